// Inverted index: for each word the documents that have it, and how often.
#include <cctype>
#include <functional>

#include "sinter/sinter.hpp"

namespace {

// Grouped by word; its documents come in the order of their paths.
using Key = sinter::Grouped<std::string, std::string>;

void split_words(std::string_view line, sinter::Emitter<Key, std::uint64_t>& out, sinter::Context& context) {
  std::string word;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && std::isalpha(static_cast<unsigned char>(line[i]))) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(line[i])));
    } else if (!word.empty()) {
      out.emit(word, context.file_path(), 1);
      word.clear();
    }
  }
}

void list_documents(const std::string& word, sinter::Group<std::uint64_t, std::string>& counts, sinter::RowWriter& out) {
  std::string documents, document;
  std::uint64_t in_document = 0;
  const auto add = [&] {
    if (in_document > 0) documents += (documents.empty() ? "" : " ") + document + ":" + std::to_string(in_document);
  };
  for (const std::uint64_t count : counts) {
    if (counts.order() != document) add(), document = counts.order(), in_document = 0;
    in_document += count;
  }
  add();
  out.row(word, documents);
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("inverted_index").read(sinter::lines("data/*.txt")).map(split_words).combine(std::plus<>{}).reduce(list_documents)
      .write(sinter::csv("index.csv", {"word", "documents"})).main(argc, argv);
}

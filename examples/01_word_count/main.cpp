// Word count: how often each word of a text occurs. Words are runs of letters; case does not matter.
#include <functional>

#include "sinter/sinter.hpp"

void split_words(std::string_view line, sinter::Emitter<std::string, std::uint64_t>& out) {
  std::string word;
  for (const char byte : line) {
    const char letter = static_cast<char>(byte | 0x20);  // ASCII: lower case
    if (letter >= 'a' && letter <= 'z') word += letter;
    else if (!word.empty()) out.emit(word, 1), word.clear();
  }
  if (!word.empty()) out.emit(word, 1);
}

void sum(const std::string& word, sinter::Group<std::uint64_t>& counts, sinter::RowWriter& out) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  out.row(word, total);
}

int main(int argc, char** argv) {
  return sinter::Job("word_count").read(sinter::lines("data/*.txt")).map(split_words).combine(std::plus<>{}).reduce(sum)
      .write(sinter::csv("counts.csv", {"word", "count"})).main(argc, argv);
}

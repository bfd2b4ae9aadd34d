// A typed job as a program, for typed_program_test.cpp: counts words of a table's column that are long enough.
#include "framework/api/job.hpp"

namespace {

struct Line {
  std::string text;
  auto fields() { return std::tie(text); }
};

void keep_long(const Line& line, sinter::Emitter<std::string, std::uint64_t>& out, sinter::Context& context) {
  if (line.text.size() >= context.parameter<std::uint32_t>("least")) out.emit(line.text, 1);
  else context.rows("short").row(line.text);
}

void count(const std::string& word, sinter::Group<std::uint64_t>& ones, sinter::RowWriter& out, sinter::Context& context) {
  std::uint64_t total = 0;
  for (const std::uint64_t one : ones) total += one;
  context.count("words");
  context.histogram("count").add(static_cast<double>(total));
  out.row(word, total);
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("long_words").parameter<std::uint32_t>("least", 3, "letters of a word that counts")
      .side_output("short", sinter::lines("short.txt")).read(sinter::csv("in.csv", {"word"})).map(keep_long).reduce(count)
      .write(sinter::csv("out.csv", {"word", "count"})).main(argc, argv);
}

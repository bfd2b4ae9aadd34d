// A typed job whose functions misbehave when they are told to, for failing_program_test.cpp: `--param how=throw`, at the word "bad".
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "framework/api/job.hpp"

namespace {

void misbehave(const std::string& how, sinter::RowWriter* rows) {
  if (how == "throw") throw std::runtime_error("no such word");
  if (how == "abort") std::abort();
  if (how == "narrow" && rows != nullptr) rows->row("one value");
  if (how == "loop")
    for (volatile std::uint64_t turns = 0;;) turns = turns + 1;
  if (how == "hog") {
    std::vector<std::vector<char>> kept;
    while (true) kept.emplace_back().reserve(64u << 20);
  }
}

void map_words(std::string_view line, sinter::Emitter<std::string, std::uint64_t>& out, sinter::Context& context) {
  if (line == "bad" && context.parameter<std::string>("where") == "map") misbehave(context.parameter<std::string>("how"), nullptr);
  out.emit(line, 1);
}

void count(const std::string& word, sinter::Group<std::uint64_t>& ones, sinter::RowWriter& out, sinter::Context& context) {
  std::uint64_t total = 0;
  for (const std::uint64_t one : ones) total += one;
  if (word == "bad" && context.parameter<std::string>("where") == "reduce") misbehave(context.parameter<std::string>("how"), &out);
  out.row(word, total);
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("failing").parameter<std::string>("where", "nowhere", "map or reduce")
      .parameter<std::string>("how", "throw", "what goes wrong").read(sinter::lines("in.txt")).map(map_words).reduce(count)
      .write(sinter::csv("out.csv", {"word", "count"})).main(argc, argv);
}

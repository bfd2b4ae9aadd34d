// The texts that `sinter init` writes; tests build and run them. See project_templates.hpp.
#include "cli/project_templates.hpp"

namespace sinter::cli {
namespace {

constexpr TemplateFile kYamlFiles[] = {
    {"job.yaml",
     R"yaml(# One record per book, from two shops that disagree.
# `sinter check job.yaml` finds mistakes, `sinter preview job.yaml` shows the claims, `sinter run job.yaml` makes out/books.csv.
version: 1
schema: { price: double, title: string }           # the attributes beside the key
sources:
  shop_a: { from: sources/shop_a.csv, trust: 2 }   # counts twice; 1 when not said
  shop_b: { from: sources/shop_b.csv }
clean:
  isbn: [trim, { remove: "[^0-9X]" }]              # `sinter list cleaners`
  title: [trim, collapse_spaces]
entity: { key: isbn }
fuse:
  default: weighted_vote                           # `sinter list rules`
  attributes: { price: median }
output: { fused: { to: out/books.csv } }
)yaml"},
    {"sources/shop_a.csv", "isbn,title,price\n978-0-441-01359-3,Dune,9.99\n978-0-14-143958-7,Emma,6.50\n"},
    {"sources/shop_b.csv", "isbn,title,price\n9780441013593, Dune  ,11.99\n9780451524935,Nineteen Eighty-Four,8.25\n"},
};

constexpr TemplateFile kCppFiles[] = {
    {"CMakeLists.txt", R"cmake(cmake_minimum_required(VERSION 3.25)
project(word_count LANGUAGES CXX)

# Installed somewhere else than /usr? cmake -DCMAKE_PREFIX_PATH=/where/it/is
find_package(sinter REQUIRED)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
add_executable(word_count word_count.cpp)
target_link_libraries(word_count PRIVATE sinter::sinter)
add_executable(word_count_test word_count_test.cpp)
target_link_libraries(word_count_test PRIVATE sinter::testing)
# sinter's headers are read once for all sources, so that a change of yours compiles in half the time.
target_precompile_headers(word_count PRIVATE <sinter/sinter.hpp>)
target_precompile_headers(word_count_test PRIVATE <sinter/testing.hpp>)

# Tests: of the functions, without a file; and the program on data/, whose output is compared with expected/.
enable_testing()
set(counts ${PROJECT_BINARY_DIR}/counts.csv)
add_test(NAME word_count.functions COMMAND word_count_test)
add_test(NAME word_count.runs COMMAND word_count --workers 2 --force --output ${counts} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
add_test(NAME word_count.counts COMMAND ${CMAKE_COMMAND} -E compare_files ${counts} ${PROJECT_SOURCE_DIR}/expected/counts.csv)
set_tests_properties(word_count.runs PROPERTIES FIXTURES_SETUP counts)
set_tests_properties(word_count.counts PROPERTIES FIXTURES_REQUIRED counts)
)cmake"},
    {"word_count.hpp", R"cpp(// How often each word occurs in data/*.txt. Change the map and the reduce, and it is your job.
#pragma once

#include <functional>

#include "sinter/sinter.hpp"

inline void split_words(std::string_view line, sinter::Emitter<std::string, std::uint64_t>& out) {
  std::string word;
  for (const char byte : line) {
    const char letter = static_cast<char>(byte | 0x20);  // ASCII: lower case
    if (letter >= 'a' && letter <= 'z') word += letter;
    else if (!word.empty()) out.emit(word, 1), word.clear();
  }
  if (!word.empty()) out.emit(word, 1);
}

inline void sum(const std::string& word, sinter::Group<std::uint64_t>& counts, sinter::RowWriter& out) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  out.row(word, total);
}

inline sinter::CompleteJob word_count() {
  return sinter::Job("word_count").read(sinter::lines("data/*.txt")).map(split_words).combine(std::plus<>{}).reduce(sum)
      .write(sinter::csv("counts.csv", {"word", "count"}));
}
)cpp"},
    {"word_count.cpp", "// The program: the command line of the job, and its own workers.\n#include \"word_count.hpp\"\n" R"cpp(
int main(int argc, char** argv) { return word_count().main(argc, argv); }
)cpp"},
    {"word_count_test.cpp", R"cpp(// Tests of the map, the combine, the reduce and the whole job, on values and files in memory.
#undef NDEBUG  // assert() is the test, in a release build too
#include <cassert>

#include "sinter/testing.hpp"
)cpp"
     "#include \"word_count.hpp\"\n" R"cpp(
using namespace sinter::testing;

int main() {
  const auto words = value_of(run_map(split_words, {"The crow,", "the hare."}));
  assert((words.pairs == std::vector<std::pair<std::string, std::uint64_t>>{{"the", 1}, {"crow", 1}, {"the", 1}, {"hare", 1}}));
  assert(value_of(run_reduce(sum, "the", {1, 2})).rows == std::vector<std::string>{"the,3"});
  assert(check_laws<std::uint64_t>(std::plus<>{}) == "");

  // Several map tasks, one of which fails at first: the answer is the same.
  const Files books{{"data/a.txt", "b a b\n"}, {"data/b.txt", "a\nb\n"}};
  const auto job = value_of(run_job(word_count(), books, JobRunOptions{.split_bytes = 2}.fail_attempt("map-0")));
  assert(job.outputs.at("counts.csv") == "word,count\na,2\nb,3\n");
  assert(job.failed_attempts == 1);
}
)cpp"},
    {"data/crow.txt", "The crow saw a pitcher.\nThe pitcher was tall; the water in it was low.\n"},
    {"expected/counts.csv", "word,count\na,1\ncrow,1\nin,1\nit,1\nlow,1\npitcher,2\nsaw,1\ntall,1\nthe,3\nwas,2\nwater,1\n"},
    {"README.md", R"md(# A job with sinter

    cmake -B build && cmake --build build     # build
    ctest --test-dir build                    # test its functions, run it on data/, compare with expected/
    build/word_count                          # counts.csv; --help lists the options

`word_count.hpp` is the whole job: a map that is called for each line, a combine that adds counts before they travel, a reduce that is
called once per word. `word_count.cpp` makes it a program, which is the whole command line and starts its own workers.
`word_count_test.cpp` tests map, combine, reduce and job without files or workers.

Without CMake: `g++ -std=c++20 -O2 word_count.cpp $(pkg-config --cflags --libs sinter) -o word_count`; the test is compiled with
`sinter-testing`. When sinter is not installed in
/usr, set PKG_CONFIG_PATH for the build and LD_LIBRARY_PATH for the run.
)md"},
    {".gitignore", "/build/\n/counts.csv*\n"},
};

constexpr ProjectTemplate kTemplates[] = {
    {"yaml", kYamlFiles, "sinter run job.yaml"},
    {"cpp", kCppFiles, "cmake -B build && cmake --build build && ctest --test-dir build"},
};

}  // namespace

std::span<const ProjectTemplate> project_templates() { return kTemplates; }

}  // namespace sinter::cli

// The ```cpp blocks of the pages for job authors compile as a stranger would compile them, and those that are tests run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/consumer/installation.hpp"

namespace sinter::testing {
namespace {

/// The fenced blocks of C++ in a page.
std::vector<std::string> cpp_blocks(const std::string& page) {
  const std::string text = read_whole_file(std::string(SINTER_SOURCE_DIR) + "/" + page);
  const std::string fence = "```cpp\n";
  std::vector<std::string> blocks;
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    const std::size_t begin = at + fence.size();
    at = text.find("```", begin);
    blocks.push_back(text.substr(begin, at - begin));
    at += 3;
  }
  return blocks;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// What a block leaves out because the reader has seen it: includes, the functions of the first example, and the blocks of the page before
/// it that are no programs.
std::string whole_program(const std::string& before, const std::string& block) {
  if (has(block, "#undef NDEBUG")) return block;
  std::string text = "#undef NDEBUG\n#include <algorithm>\n#include <cassert>\n#include <cstring>\n#include <functional>\n#include <map>\n"
                     "#include \"sinter/sinter.hpp\"\n#include \"sinter/testing.hpp\"\nusing namespace sinter::testing;\n";
  const std::string example = read_whole_file(std::string(SINTER_SOURCE_DIR) + "/examples/01_word_count/main.cpp");
  if (has(block, "split_words")) text += example.substr(0, example.find("int main("));
  return text + before + block;
}

class Snippets : public ::testing::TestWithParam<const char*> {};

TEST_P(Snippets, compile_and_run) {
  const TemporaryDirectory directory;
  std::filesystem::create_symlink(SINTER_LIBRARY, directory / "libsinter.so");
  const std::string soname = shell(directory.path().string(), "objdump -p libsinter.so | sed -n 's/ *SONAME *//p'").out;
  std::filesystem::create_symlink(SINTER_LIBRARY, directory / soname.substr(0, soname.find('\n')));
  const std::vector<std::string> blocks = cpp_blocks("docs/" + std::string(GetParam()) + ".md");
  ASSERT_FALSE(blocks.empty());
  std::string before;
  for (const std::string& block : blocks) {
    SCOPED_TRACE(block);
    const std::string source = directory.write("snippet.cpp", whole_program(before, block));
    const bool program = has(block, "int main(");
    if (!program) before += block;
    std::string script =
        SINTER_CXX_COMPILER " -std=c++20 -O0 -Wall -Wextra -Wno-unused-function -Werror -I " SINTER_BUILD_DIR "/include snippet.cpp ";
    script += program ? "-o snippet -L. -lsinter -Wl,-rpath,\"$PWD\"\n" : "-fsyntax-only\n";
    // A test takes no arguments; a job is asked for its help, since its files are not here.
    if (program) script += has(block, "argc") ? "./snippet --help\n" : "./snippet\n";
    const CommandResult result = shell(directory.path().string(), script);
    EXPECT_EQ(result.exit_code, 0) << output_of(result);
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, Snippets,
                         ::testing::Values("custom-jobs", "testing-jobs", "jobs/context", "jobs/formats", "jobs/grouping", "jobs/joins",
                                           "jobs/rounds", "jobs/sorted-pairs", "jobs/types"),
                         [](const auto& page) {
                           std::string name = page.param;
                           std::replace_if(name.begin(), name.end(), [](char letter) { return letter == '-' || letter == '/'; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace sinter::testing

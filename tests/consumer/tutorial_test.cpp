// The tutorial, followed by somebody who types what it says: its files, its commands, and what it says they print.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/consumer/installation.hpp"

namespace sinter::testing {
namespace {

/// One fenced block of a page.
struct Block {
  std::string language;
  std::string file;  // that the line before it names, as in "`main.cpp`:"; else empty
  std::string text;
};

std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> blocks;
  std::istringstream lines(read_whole_file(std::string(SINTER_SOURCE_DIR) + "/" + page));
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("```")) {
      if (!line.empty()) last = line;
      continue;
    }
    Block block{line.substr(3), "", ""};
    if (last.starts_with('`') && last.ends_with("`:")) block.file = last.substr(1, last.size() - 3);
    while (std::getline(lines, line) && line != "```") block.text += line + "\n";
    blocks.push_back(std::move(block));
    last.clear();
  }
  return blocks;
}

/// What is printed holds each expected line, in this order.
void expect_lines(const std::string& printed, const std::string& expected) {
  std::istringstream lines(expected);
  std::size_t at = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t found = printed.find(line, at);
    ASSERT_NE(found, std::string::npos) << "'" << line << "' is not in, or comes too early in:\n" << printed;
    at = found + line.size();
  }
}

TEST(Tutorial, does_what_it_says) {
  const Installation installation;
  ASSERT_EQ(installation.made().exit_code, 0) << output_of(installation.made());
  const TemporaryDirectory directory;
  const bool has_gdb = run_command({"bash", "-c", "command -v gdb"}).exit_code == 0;
  std::string printed;
  bool failed = false;
  std::size_t commands = 0;
  for (const Block& block : blocks_of("docs/tutorial.md")) {
    SCOPED_TRACE(block.text);
    if (!block.file.empty()) {
      directory.write(block.file, block.text);
    } else if (block.language == "sh") {
      ++commands;
      if (block.text.starts_with("gdb ") && !has_gdb) {
        printed.clear();
        continue;
      }
      const CommandResult result =
          shell(directory.path().string(), "exec 2>&1; export CMAKE_PREFIX_PATH='" + installation.prefix() + "'; " + block.text);
      printed = result.out;
      failed = result.exit_code != 0;
    } else {
      if (!printed.empty()) expect_lines(printed, block.text);
      EXPECT_EQ(failed, block.text.find("error:") != std::string::npos) << printed;
    }
  }
  EXPECT_EQ(commands, 6u);
}

}  // namespace
}  // namespace sinter::testing

// sinter_sort: the same bytes as `LC_ALL=C sort`, and a command line that says what is wrong.
#include "jobs/sort/sort_job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "tests/support/command.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

const std::string kProgram = std::string(SINTER_BIN_DIR) + "/sinter_sort";

/// Lines of any bytes but LF: empty ones, CRs, zeros, equal ones, common starts; the last one sometimes without its LF.
std::string random_lines(Random& random, int count) {
  std::string text = random.chance(0.3) ? "\xEF\xBB\xBF" : random.chance(0.2) ? "\xFF\xFE" : "";
  for (int line = 0; line < count; ++line) {
    if (random.chance(0.3)) text += "common start ";
    for (std::uint64_t size = random.below(random.chance(0.01) ? 2000 : 6); size > 0; --size) {
      const char byte = static_cast<char>(random.chance(0.5) ? 'a' + random.below(3) : random.below(256));
      text += byte == '\n' ? '\r' : byte;
    }
    text += '\n';
  }
  if (random.chance(0.5)) text += "no line end";
  return text;
}

TEST(SortJob, gives_the_bytes_of_sort) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const testing::TemporaryDirectory directory;
    const std::string input = directory.write("in.bin", random_lines(random, seed == 1 ? 0 : 60'000));
    const auto expected = testing::run_command({"env", "LC_ALL=C", "sort", "-o", directory / "expected", input});
    ASSERT_EQ(expected.exit_code, 0) << expected.err;
    const std::string memory = seed % 2 == 0 ? "8MiB" : "64MiB";
    const auto sorted = testing::run_command({kProgram, input, directory / "out.txt", "--workers", "2", "--memory", memory});
    ASSERT_EQ(sorted.exit_code, 0) << sorted.err;
    EXPECT_TRUE(testing::read_whole_file(directory / "out.txt") == testing::read_whole_file(directory / "expected")) << "the bytes differ";
  }
}

TEST(SortJob, a_line_longer_than_a_key_is_an_error_that_names_it) {
  const testing::TemporaryDirectory directory;
  const std::string input = directory.write("in.txt", "a\n" + std::string(100'000, 'x') + "\n");
  const auto sorted = testing::run_command({kProgram, input, directory / "out.txt"});
  EXPECT_EQ(sorted.exit_code, 1);
  EXPECT_THAT(sorted.err, HasSubstr("kMaxKeyBytes"));
  EXPECT_THAT(sorted.err, HasSubstr(input));
}

TEST(SortJob, an_existing_output_is_replaced_only_by_force) {
  const testing::TemporaryDirectory directory;
  const std::string input = directory.write("in.txt", "b\na\n");
  const std::string output = directory.write("out.txt", "precious\n");
  EXPECT_EQ(testing::run_command({kProgram, input, output}).exit_code, 1);
  EXPECT_EQ(testing::read_whole_file(output), "precious\n");
  const auto forced = testing::run_command({kProgram, "--force", "--workers=1", "--in-process", input, output});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_EQ(testing::read_whole_file(output), "a\nb\n");
}

TEST(JobMain, wrong_use_is_exit_code_2_and_shows_the_usage) {
  const std::vector<std::vector<std::string>> mistakes = {{},
                                                          {"in"},
                                                          {"in", "out", "more"},
                                                          {"in", "out", "--wrong"},
                                                          {"in", "out", "--workers", "none"},
                                                          {"in", "out", "--workers", "0"},
                                                          {"in", "out", "--memory=much"},
                                                          {"in", "out", "--memory"}};
  for (const std::vector<std::string>& words : mistakes) {
    std::vector<std::string> command = {kProgram};
    command.insert(command.end(), words.begin(), words.end());
    const auto result = testing::run_command(command);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("usage: sinter_sort INPUT OUTPUT"));
  }
  const auto help = testing::run_command({kProgram, "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--memory SIZE"));
}

TEST(JobMain, a_failed_run_is_exit_code_1) {
  const testing::TemporaryDirectory directory;
  const auto result = testing::run_command({kProgram, directory / "missing.txt", directory / "out.txt"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("missing.txt"));
}

}  // namespace
}  // namespace sinter

// A typed job's command line: verbs, parameters, side outputs, help. In worker processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/command.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TypedProgram : public ::testing::Test {
 protected:
  testing::CommandResult run(const std::string& words) {
    return testing::run_command({"bash", "-c", "cd \"$0\" && " SINTER_BIN_DIR "/typed_program " + words, directory_ / "."});
  }
  std::string file(const std::string& name) const { return testing::read_whole_file(directory_ / name); }
  testing::TemporaryDirectory directory_;
};

TEST_F(TypedProgram, runs_in_worker_processes_with_its_parameters) {
  directory_.write("in.csv", "word\nto\nthe\nlonger\nthe\n");
  const auto plain = run("--workers 2");
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(file("out.csv"), "word,count\nlonger,1\nthe,2\n");
  EXPECT_EQ(file("short.txt"), "to\n");
  EXPECT_THAT(plain.err, AllOf(HasSubstr("counter   words 2"), HasSubstr("histogram count 2 numbers, median 1, 90 % up to 2, most 2"),
                               HasSubstr("short.txt (3 B)")));
  const auto changed = run("run --param least=4 --output short=less.txt --output more.csv");
  ASSERT_EQ(changed.exit_code, 0) << changed.err;
  EXPECT_EQ(file("more.csv"), "word,count\nlonger,1\n");
  EXPECT_EQ(file("less.txt"), "to\nthe\nthe\n");
}

TEST_F(TypedProgram, a_side_output_that_exists_is_replaced_by_force_only) {
  directory_.write("in.csv", "word\nto\n");
  directory_.write("short.txt", "precious");
  EXPECT_EQ(run("").exit_code, 1);
  EXPECT_EQ(file("short.txt"), "precious");
  const auto forced = run("--force");
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_EQ(file("short.txt"), "to\n");
}

TEST_F(TypedProgram, check_finds_mistakes_before_anything_runs) {
  EXPECT_THAT(run("check").err, HasSubstr("in.csv"));
  directory_.write("in.csv", "words\nto\n");
  EXPECT_THAT(run("check").err, AllOf(HasSubstr("has no column 'word'"), HasSubstr("It has words")));
  directory_.write("in.csv", "word\nto\n");
  const auto good = run("check");
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("long_words is well: 1 file"));
  EXPECT_THAT(run("check --param least=-1").err, HasSubstr("is '-1', which is no whole number from 0, 32 bits"));
  EXPECT_THAT(run("check --param most=1").err, HasSubstr("It declares least"));
  EXPECT_EQ(run("check --param least=-1").exit_code, 1);
}

TEST_F(TypedProgram, explain_and_help_show_parameters_and_side_outputs) {
  directory_.write("in.csv", "word\nto\n");
  const auto explained = run("explain --param least=9");
  EXPECT_EQ(explained.exit_code, 0) << explained.err;
  EXPECT_THAT(explained.out, AllOf(HasSubstr("least = 9 (whole number from 0, 32 bits): letters of a word that counts"),
                                   HasSubstr("side output: short, short.txt"), HasSubstr("output: out.csv")));
  EXPECT_THAT(run("--help").out, AllOf(HasSubstr("least=3  letters of a word that counts"), HasSubstr("--param NAME=VALUE")));
}

}  // namespace
}  // namespace sinter

// Failures of an author's code in real worker processes: the error says where, and the command that it prints shows the same failure again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/command.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FailingProgram : public ::testing::Test {
 protected:
  FailingProgram() {
    std::string text;
    for (int line = 1; line <= 3000; ++line) text += line == 2001 ? "bad\n" : "word" + std::to_string(line) + "\n";
    directory_.write("in.txt", text);
  }
  testing::CommandResult shell(const std::string& command) {
    return testing::run_command({"bash", "-c", "cd \"$0\" && " + command, directory_ / "."});
  }
  testing::CommandResult run(const std::string& words) {
    return shell(SINTER_BIN_DIR "/failing_program --workers 2 --split 8KiB --memory 16MiB " + words);
  }
  /// The command in an error; empty when there is none.
  static std::string printed_command(const std::string& error) {
    const std::string before = "in the foreground, writing nothing: ";
    const std::size_t at = error.find(before);
    if (at == std::string::npos) return "";
    return error.substr(at + before.size(), error.find('\n', at) - at - before.size());
  }
  bool wrote_something() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      if (entry.path().filename() != "in.txt" && entry.path().filename() != "out.csv.logs") return true;
    }
    return false;
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(FailingProgram, a_map_that_throws_is_found_again_by_the_printed_command) {
  const auto failed = run("--param where=map --param how=throw");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("the mapper threw an exception: no such word"), HasSubstr("in line 2001"), HasSubstr("in.txt"),
                                HasSubstr("--task map-1")));
  const auto again = shell(printed_command(failed.err));
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("running map-1 (in.txt, bytes "), HasSubstr("no such word"), HasSubstr("in line 2001")));
  EXPECT_FALSE(wrote_something());
}

TEST_F(FailingProgram, a_map_that_aborts_aborts_again_in_the_foreground) {
  const auto failed = run("--param where=map --param how=abort");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("signal 6"), HasSubstr("in.txt:2001"), HasSubstr("--task map-1")));
  const auto again = shell(printed_command(failed.err));
  EXPECT_EQ(again.exit_code, 128 + 6) << again.err;
}

TEST_F(FailingProgram, a_map_that_loops_is_killed_after_the_timeout_and_loops_in_the_foreground) {
  const auto failed = run("--timeout 0.7 --param where=map --param how=loop");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("made no progress for 700 ms"), HasSubstr("in.txt:2001"), HasSubstr("--task map-1")));
  const auto again = shell("timeout 2 " + printed_command(failed.err));
  EXPECT_EQ(again.exit_code, 124) << again.err;
}

TEST_F(FailingProgram, an_error_names_options_of_the_program_and_no_keys_of_job_files) {
  const auto thrown = run("--param where=map --param how=throw");
  EXPECT_THAT(thrown.err, AllOf(HasSubstr("Use --quarantine to set such records aside"), Not(HasSubstr("execution."))));
  const auto set_aside = run("--quarantine --param where=map --param how=throw");
  EXPECT_EQ(set_aside.exit_code, 0) << set_aside.err;
  EXPECT_THAT(set_aside.err, HasSubstr("3000 rows (1 rejected, see "));
  EXPECT_THAT(testing::read_whole_file(directory_ / "out.csv.rejects.jsonl"), AllOf(HasSubstr("\"line\":2001"), HasSubstr("\"bad\"")));
  EXPECT_THAT(run("--timeout 0.7 --force --param where=map --param how=loop").err, HasSubstr("made no progress for 700 ms (--timeout)"));
  EXPECT_THAT(run("--force --memory 1KiB").err, HasSubstr("--memory is 1 KiB, a worker needs at least 8 MiB"));
}

TEST_F(FailingProgram, wrong_use_is_told_in_two_lines) {
  const auto wrong = run("--frobnicate");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.err, "failing: error: unknown option '--frobnicate'\nusage: failing [options], which --help lists\n");
}

TEST_F(FailingProgram, a_map_that_takes_ever_more_memory_fails_at_its_line) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer maps terabytes, so workers have no memory limit under one";
#endif
  const auto failed = run("--param where=map --param how=hog");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("the mapper ran out of memory"), HasSubstr("in line 2001"), HasSubstr("twice --memory")));
  const auto again = shell(printed_command(failed.err));
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("the mapper ran out of memory"), HasSubstr("in line 2001")));
}

TEST_F(FailingProgram, a_reduce_that_fails_names_its_key) {
  for (const auto& [how, said] : {std::pair("throw", "the reducer threw an exception: no such word"),
                                  std::pair("narrow", "row() was given 1 values, and the output 'out.csv' has 2 columns")}) {
    SCOPED_TRACE(how);
    const auto failed = run(std::string("--param where=reduce --param how=") + how);
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_THAT(failed.err, AllOf(HasSubstr(said), HasSubstr("group \"bad\""), HasSubstr("--task reduce-0")));
    const auto again = shell(printed_command(failed.err));
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_THAT(again.err, AllOf(HasSubstr("running reduce-0 (all groups)"), HasSubstr(said), HasSubstr("group \"bad\"")));
    EXPECT_FALSE(wrote_something());
  }
}

TEST_F(FailingProgram, a_task_that_ends_well_says_so_and_one_that_is_not_there_names_those_that_are) {
  const auto well = run("--task map-1");
  EXPECT_EQ(well.exit_code, 0);
  EXPECT_THAT(well.err, AllOf(HasSubstr("map-1 ended well and wrote nothing"), HasSubstr("counter   rows_read "), Not(HasSubstr("error"))));
  EXPECT_EQ(run("--task reduce-0").exit_code, 0);
  EXPECT_FALSE(wrote_something());
  EXPECT_THAT(run("--task map-77").err, HasSubstr("the job has no task 'map-77'. It has map-0 to map-2"));
  EXPECT_THAT(run("--task step1-0").err, HasSubstr("no tasks that are called 'step1-N'. It has map-N, reduce-N"));
  EXPECT_THAT(run("--task map").err, HasSubstr("'map' is no task"));
}

}  // namespace
}  // namespace sinter

// `sinter run --task`: one attempt of one task in the foreground, and the command that an error prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// So many that a file is not looked through before the run.
constexpr int kRows = 200'000;

class TaskOption : public ::testing::Test {
 protected:
  TaskOption() {
    std::string rows = "isbn,title\n";
    for (int i = 0; i < kRows; ++i) rows += std::to_string(i) + ",Title " + std::to_string(i) + "\n";
    plain_ = directory_.write("a.csv", rows);
    job_ = directory_.write("books.yaml", "version: 1\nsources: { a: { from: \"a.csv*\" } }\nentity: { key: isbn }\n"
                                          "fuse: { default: vote }\noutput: { fused: { to: out/books.csv } }\n");
  }
  TemporaryDirectory directory_;
  std::string plain_;
  std::string job_;
};

TEST_F(TaskOption, runs_one_attempt_and_writes_nothing) {
  const CommandResult map = sinter({"run", job_, "--task", "map-0"});
  EXPECT_EQ(map.exit_code, 0) << map.err;
  EXPECT_THAT(map.err, HasSubstr("map-0 ended well and wrote nothing: 200000 rows read, 0 rejected"));
  const CommandResult reduce = sinter({"run", job_, "--task", "reduce-0"});
  EXPECT_EQ(reduce.exit_code, 0) << reduce.err;
  EXPECT_THAT(reduce.err, HasSubstr("reduce-0 ended well"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out/books.csv"));
  const CommandResult missing = sinter({"run", job_, "--task", "reduce-9"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("the job has no task 'reduce-9'"));
}

TEST_F(TaskOption, a_failing_task_prints_the_command_that_shows_the_failure_again) {
  const CommandResult cut = run_command({"bash", "-c", "gzip \"$0\" && truncate -s -100 \"$0.gz\"", plain_});
  ASSERT_EQ(cut.exit_code, 0) << cut.err;
  const CommandResult failed = sinter({"run", job_, "-j", "2", "--memory", "32MiB"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("a.csv.gz"), HasSubstr("--set execution.workers=2 --set execution.memory=32MiB --task map-0")));
  const std::string before = "in the foreground, writing nothing: ";
  const std::size_t at = failed.err.find(before);
  ASSERT_NE(at, std::string::npos) << failed.err;
  const std::string command = failed.err.substr(at + before.size(), failed.err.find('\n', at) - at - before.size());
  const CommandResult again = run_command({"bash", "-c", command});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("running map-0"), HasSubstr("a.csv.gz")));
}

}  // namespace
}  // namespace sinter::testing

// Jobs of many stages in real worker processes: sorted pairs left, shown and joined; one attempt of a round in the foreground.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "framework/api/codec.hpp"
#include "tests/support/command.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class StagesProgram : public ::testing::Test {
 protected:
  testing::CommandResult shell(const std::string& command) {
    return testing::run_command({"bash", "-c", "cd \"$0\" && " + command, directory_ / "."});
  }
  testing::CommandResult run(const std::string& words) {
    return shell(SINTER_BIN_DIR "/stages_program " + words + " --workers 2 --memory 8MiB");
  }
  /// Words of a file, and how often each stands in it.
  std::map<std::string, int> write_words(const std::string& name, int factor) {
    std::map<std::string, int> counts;
    std::string text;
    for (int i = 0; i < 60'000; ++i) {
      const std::string word = "word" + std::to_string(i * factor % 9'000);
      ++counts[word];
      text += word + "\n";
    }
    directory_.write(name, text);
    return counts;
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(StagesProgram, leaves_sorted_pairs_which_inspect_shows_and_joins_them) {
  const auto a = write_words("a.txt", 3);
  const auto b = write_words("b.txt", 5);
  for (const std::string name : {"a", "b"}) {
    const auto sorted = run("pairs " + name + ".txt " + name + "/");
    ASSERT_EQ(sorted.exit_code, 0) << sorted.err;
    EXPECT_THAT(sorted.err, AllOf(HasSubstr("1 file, 60000 rows in "), HasSubstr(name + "/part-00000.run")));
  }
  const auto shown = shell(SINTER_BIN_DIR "/sinter inspect -n 2 a");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("records 60000"), HasSubstr("keys    \"word0\" .. \"word999\"")));
  // Values carry tags in a build that checks every record.
  const std::string value = kCheckRecords ? "tagged uint64" : "uint64";
  const std::string bytes = kCheckRecords ? "12 bytes  0500000000000000" : "8 bytes  0500000000000000\n";
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("sorted pairs a\n  key     text\n  value   " + value + "\n  parts   "), HasSubstr("\"word0\"  " + bytes)));
  const auto joined = run("join a/ b/");
  ASSERT_EQ(joined.exit_code, 0) << joined.err;
  std::map<std::string, std::pair<int, int>> expected;
  for (const auto& [word, count] : a) expected[word].first = count;
  for (const auto& [word, count] : b) expected[word].second = count;
  std::string text = "word,a,b\n";
  for (const auto& [word, counts] : expected)
    text += word + "," + std::to_string(counts.first) + "," + std::to_string(counts.second) + "\n";
  EXPECT_EQ(testing::read_whole_file(directory_ / "joined.csv"), text);
  EXPECT_THAT(run("join a/ c/ check").err, HasSubstr("unexpected argument"));
  EXPECT_THAT(shell(SINTER_BIN_DIR "/stages_program check join a/ c/").err, HasSubstr("'c/' holds no sorted pairs"));
  EXPECT_EQ(shell(SINTER_BIN_DIR "/stages_program check join a/ b/ --force").exit_code, 0);
}

TEST_F(StagesProgram, runs_one_attempt_of_a_round_and_of_a_merge_in_the_foreground) {
  write_words("a.txt", 3);
  for (const std::string task : {"round1-0", "merge1-0", "round3-0", "merge3-0", "reduce-0"}) {
    const auto well = run("rounds a.txt none --task " + task);
    EXPECT_EQ(well.exit_code, 0) << well.err;
    EXPECT_THAT(well.err, AllOf(HasSubstr("running " + task), HasSubstr(task + " ended well and wrote nothing")));
  }
  EXPECT_THAT(run("rounds a.txt none --task round4-0").err, HasSubstr("the job has no task 'round4-0'"));
  EXPECT_THAT(run("rounds a.txt none --task round0-0").err, HasSubstr("no tasks that are called 'round0-N'"));
  EXPECT_THAT(run("rounds a.txt none --task step1-0").err, HasSubstr("It has map-N, reduce-N, roundN-N, mergeN-N"));
  const auto failed = run("rounds a.txt none --param bad=2");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("a bad round"), HasSubstr("round 2 task "), HasSubstr("--task round2-")));
  const auto again = run("rounds a.txt none --param bad=2 --task round2-0");
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("running round2-0"), HasSubstr("a bad round")));
}

}  // namespace
}  // namespace sinter

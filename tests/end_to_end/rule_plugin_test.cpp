// Rules of plugins in real runs: the same bytes however a job runs, and faults of native code that cost what they should and no more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/end_to_end/sinter_run.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RulePlugins : public ::testing::Test {
 protected:
  RulePlugins() { std::filesystem::copy(SINTER_PLUGIN_DIR "/test_rules.so", directory_ / "rules.so"); }

  /// A job whose price goes through plugin/fault; entity 77 has the price 13.
  std::string faulty_job(const std::string& how) const {
    std::string rows = "id,price\n";
    for (int i = 0; i < 200; ++i) rows += std::to_string(i) + (i == 77 ? ",13\n" : ",20\n");
    directory_.write("in.csv", rows);
    return directory_.write("job.yaml", "version: 1\nplugins: ./rules.so\nschema: { price: int64 }\nsources: { a: in.csv }\nentity: id\n"
                                        "fuse: { attributes: { price: { rule: plugin/fault, how: " + how + " } } }\n"
                                        "output: out/fused.csv\nexecution: { workers: 2, retries: 1 }\n");
  }

  TemporaryDirectory directory_;
};

TEST_F(RulePlugins, answer_with_the_same_bytes_however_the_job_runs) {
  std::string rows[3];
  for (int i = 0; i < 30'000; ++i) {
    const int scrambled = i * 7919 % 30'000;
    rows[i % 3] += std::to_string(scrambled % 4'000) + "," + std::to_string(scrambled % 17) + ",t" + std::to_string(scrambled % 5) +
                   ",2024-01-0" + std::to_string(1 + scrambled % 9) + "\n";
  }
  for (int i = 0; i < 3; ++i) directory_.write("in-" + std::to_string(i) + ".csv", "id,price,title,seen\n" + rows[i]);
  const std::string job = directory_.write(
      "job.yaml", "version: 1\nplugins: [ rules.so ]\nschema: { price: double, title: string, seen: timestamp }\n"
                  "sources: { in: { each: \"in-{id}.csv\", time: seen, trust: { \"1\": 0.5 } } }\nentity: id\n"
                  "fuse: { default: plugin/describe, attributes: { title: plugin/all } }\n"
                  "output: { fused: { to: out/fused.csv, confidence: true } }\n");
  std::string expected;
  for (const char* settings : {"{ workers: 1 }", "{ workers: 2, split_size: 64KiB, memory: 8MiB }", "{ workers: 5, split_size: 64KiB }",
                               "{ workers: 3, split_size: 64KiB, in_process: true }"}) {
    const SinterRun run = sinter_run(job, {"--force", "--set", std::string("execution=") + settings});
    ASSERT_EQ(run.command.exit_code, 0) << run.command.err;
    EXPECT_TRUE(run.accounts_for_every_row());
    const std::string fused = read_whole_file(directory_ / "out/fused.csv");
    if (expected.empty()) expected = fused;
    EXPECT_EQ(fused, expected) << settings;
  }
  EXPECT_GT(expected.size(), 500'000u);
  EXPECT_THAT(expected, HasSubstr("@1/0.5/0.0/17"));
}

TEST_F(RulePlugins, are_listed_with_the_rules_of_their_job) {
  const std::string job = faulty_job("error");
  const CommandResult listed = sinter({"list", "rules", job});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out, AllOf(HasSubstr("plugin/fault"), HasSubstr("plugin/describe"), HasSubstr("weighted_vote")));
  EXPECT_EQ(sinter({"list", "rules"}).out.find("plugin/"), std::string::npos);
  EXPECT_EQ(sinter({"list", "rules", "no.yaml"}).exit_code, 78);
  EXPECT_EQ(sinter({"list", "formats", job}).exit_code, 2);
}

TEST_F(RulePlugins, that_crash_cost_attempts_and_are_named_with_their_entity) {
  const SinterRun run = sinter_run(faulty_job("crash"));
  EXPECT_EQ(run.command.exit_code, 1);
  EXPECT_THAT(run.command.err, AllOf(HasSubstr("group \"77\""), HasSubstr("signal 11"), HasSubstr("2 attempts"),
                                     HasSubstr("where code of a plugin decides: plugin/fault for 'price'")));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out/fused.csv"));
}

TEST_F(RulePlugins, that_never_end_are_killed_when_the_time_is_up) {
  const SinterRun run = sinter_run(faulty_job("loop"), {"--set", "execution.timeout=1s", "--set", "execution.retries=0"});
  EXPECT_EQ(run.command.exit_code, 1);
  EXPECT_THAT(run.command.err, AllOf(HasSubstr("group \"77\""), HasSubstr("plugin/fault for 'price'"), HasSubstr("execution.timeout")));
}

TEST_F(RulePlugins, errors_and_exceptions_fail_the_run_with_their_words) {
  const SinterRun error = sinter_run(faulty_job("error"));
  EXPECT_EQ(error.command.exit_code, 1);
  EXPECT_THAT(error.command.err,
              AllOf(HasSubstr("rule 'plugin/fault' of attribute 'price': 13 is not a price"), HasSubstr("group \"77\"")));
  const SinterRun thrown = sinter_run(faulty_job("throw"), {"--set", "execution.in_process=true"});
  EXPECT_EQ(thrown.command.exit_code, 1);
  EXPECT_THAT(thrown.command.err,
              AllOf(HasSubstr("'plugin/fault' of attribute 'price': the plugin threw something"), HasSubstr("group \"77\"")));
}

TEST_F(RulePlugins, are_shown_by_explain_and_preview_and_checked) {
  const std::string job = faulty_job("nothing");
  EXPECT_EQ(sinter({"check", job}).exit_code, 0);
  const CommandResult explained = sinter({"explain", job});
  EXPECT_THAT(explained.out,
              AllOf(HasSubstr("price (int64)  rule: plugin/fault { how: nothing }"), HasSubstr("rules.so  test rules 1.2: plugin/")));
  EXPECT_THAT(sinter({"preview", job, "--entity", "77"}).out, HasSubstr("13"));
  std::filesystem::copy_file(SINTER_PLUGIN_DIR "/newer_abi.so", directory_ / "rules.so", std::filesystem::copy_options::overwrite_existing);
  const CommandResult refused = sinter({"check", job});
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("job.yaml:2:10: error: plugin"), HasSubstr("built for ABI 2, this sinter has ABI 1"),
                                 HasSubstr("rebuild it against sinter/rule_plugin.h")));
}

TEST_F(RulePlugins, that_change_while_the_job_runs_are_refused_by_its_workers) {
  const std::string job = faulty_job("loop");
  BackgroundCommand command({sinter_program(), "run", job, "--set", "execution.timeout=2s"}, directory_ / "log");
  ASSERT_TRUE(wait_until([&] { return !children_of(command.pid()).empty(); }, 10));
  sleep_ms(500);
  // Another file of this name: workers that start from now on see it, the job was planned with the first.
  std::filesystem::copy(directory_ / "rules.so", directory_ / "other.so");
  std::ofstream(directory_ / "other.so", std::ios::app) << "changed";
  std::filesystem::rename(directory_ / "other.so", directory_ / "rules.so");
  EXPECT_EQ(command.wait(60), 1);
  EXPECT_THAT(read_whole_file(directory_ / "log"), HasSubstr("the job means something else in the worker than when it was started"));
}

}  // namespace
}  // namespace sinter::testing

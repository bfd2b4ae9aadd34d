// One job, one answer: workers, memory, split sizes, compression, processes or threads, killed workers must not change a byte.
#include <gtest/gtest.h>

#include <signal.h>

#include "tests/end_to_end/sinter_run.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::testing {
namespace {

struct Fingerprint {
  std::string fused;
  std::string rejects;
  bool operator==(const Fingerprint&) const = default;
};

class SameBytes : public ::testing::Test {
 protected:
  void SetUp() override {
    const CommandResult made = sinter({"generate", directory_ / "books", "--entities", "4000", "--sources", "6", "--seed", "11"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    job_ = directory_ / "books/job.yaml";
  }

  Fingerprint fingerprint() const {
    return {read_whole_file(directory_ / "books/out/books.csv"), read_whole_file(directory_ / "books/out/rejects.jsonl")};
  }

  Fingerprint run(const std::vector<std::string>& settings) const {
    std::vector<std::string> arguments = {"--force"};
    std::string described;
    for (const std::string& setting : settings) {
      arguments.insert(arguments.end(), {"--set", setting});
      described += setting + " ";
    }
    const SinterRun done = sinter_run(job_, arguments);
    EXPECT_EQ(done.command.exit_code, 0) << described << done.command.err;
    EXPECT_TRUE(done.accounts_for_every_row()) << described << done.command.out;
    return fingerprint();
  }

  TemporaryDirectory directory_;
  std::string job_;
};

TEST_F(SameBytes, whatever_the_execution_settings) {
  const Fingerprint expected = run({});
  ASSERT_GT(expected.fused.size(), 100'000u);
  ASSERT_GT(expected.rejects.size(), 1'000u);
  for (const char* workers : {"1", "2", "5"}) {
    for (const char* memory : {"8MiB", "64MiB", "1GiB"}) {
      for (const char* split : {"64KiB", "1MiB", "64MiB"}) {
        const bool lz4 = (workers[0] + memory[0] + split[0]) % 2 == 0;
        const std::vector<std::string> settings = {std::string("execution.workers=") + workers, std::string("execution.memory=") + memory,
                                                   std::string("execution.split_size=") + split,
                                                   std::string("execution.compression=") + (lz4 ? "lz4" : "none")};
        EXPECT_EQ(run(settings), expected) << workers << " workers, " << memory << ", splits of " << split;
      }
    }
  }
  EXPECT_EQ(run({"execution.in_process=true", "execution.workers=3", "execution.split_size=64KiB"}), expected);
}

/// A job that runs long enough to be disturbed.
class Disturbed : public ::testing::Test {
 protected:
  void SetUp() override {
    const CommandResult made =
        sinter({"generate", directory_.path().string(), "--kind", "groupby", "--rows", "1500000", "--keys", "50000"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    job_ = directory_.write(
        "job.yaml",
        "version: 1\nname: groupby\nschema: { value: double, weight: double }\nsources: { in: { from: groupby.csv, source_column: source } "
        "}\n"
        "entity: { key: key }\nfuse: { attributes: { value: median, weight: mean } }\noutput: { fused: { to: out/fused.csv } }\n"
        "execution: { workers: 2, split_size: 8MiB }\n");
  }

  std::string fused() const { return read_whole_file(directory_ / "out/fused.csv"); }
  std::vector<std::string> run_arguments() const { return {sinter_program(), "run", job_, "--force"}; }
  std::string log() const { return read_whole_file(directory_ / "log"); }

  /// Names in the output directory that are neither output nor manifest.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> names;
    if (!std::filesystem::exists(directory_ / "out")) return names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / "out")) {
      const std::string name = entry.path().filename();
      if (name != "fused.csv" && name != "fused.csv.success.json") names.push_back(name);
    }
    return names;
  }

  TemporaryDirectory directory_;
  std::string job_;
};

TEST_F(Disturbed, workers_killed_at_any_time_change_nothing) {
  ASSERT_EQ(sinter_run(job_).command.exit_code, 0);
  const std::string expected = fused();
  for (const int delay_ms : {20, 150, 400, 800}) {
    BackgroundCommand command(run_arguments(), directory_ / "log");
    ASSERT_TRUE(wait_until([&] { return !children_of(command.pid()).empty(); }, 10));
    sleep_ms(delay_ms);
    for (const pid_t child : children_of(command.pid())) {
      ::kill(child, SIGKILL);
      break;
    }
    EXPECT_EQ(command.wait(120), 0) << log();
    EXPECT_EQ(fused(), expected) << "killed after " << delay_ms << " ms";
    EXPECT_EQ(leftovers(), std::vector<std::string>());
  }
}

TEST_F(Disturbed, interrupt_stops_everything_and_leaves_nothing) {
  BackgroundCommand command(run_arguments(), directory_ / "log");
  ASSERT_TRUE(wait_until([&] { return !children_of(command.pid()).empty(); }, 10));
  sleep_ms(100);
  const std::vector<pid_t> workers = children_of(command.pid());
  command.signal(SIGINT);
  EXPECT_EQ(command.wait(5), 130) << log();
  for (const pid_t worker : workers) EXPECT_FALSE(is_alive(worker));
  EXPECT_EQ(leftovers(), std::vector<std::string>());
  EXPECT_EQ(fused(), "");
}

TEST_F(Disturbed, a_killed_client_leaves_no_orphan_and_the_next_run_removes_its_scratch) {
  std::vector<pid_t> workers;
  {
    BackgroundCommand command(run_arguments(), directory_ / "log");
    ASSERT_TRUE(wait_until([&] { return children_of(command.pid()).size() == 2; }, 10));
    sleep_ms(100);
    workers = children_of(command.pid());
    command.signal(SIGKILL);
    EXPECT_EQ(command.wait(5), 128 + SIGKILL);
  }
  for (const pid_t worker : workers) EXPECT_TRUE(wait_until([&] { return !is_alive(worker); }, 5));
  EXPECT_EQ(fused(), "");
  EXPECT_EQ(sinter_run(job_).command.exit_code, 0);
  EXPECT_EQ(leftovers(), std::vector<std::string>());
}

TEST_F(Disturbed, two_runs_on_one_output_do_not_mix) {
  BackgroundCommand first(run_arguments(), directory_ / "log");
  ASSERT_TRUE(wait_until([&] { return !children_of(first.pid()).empty(); }, 10));
  const SinterRun second = sinter_run(job_, {"--force"});
  EXPECT_EQ(second.command.exit_code, 1);
  EXPECT_NE(second.command.err.find("another run is writing"), std::string::npos) << second.command.err;
  EXPECT_EQ(first.wait(120), 0) << log();
  EXPECT_TRUE(std::filesystem::exists(directory_ / "out/fused.csv.success.json"));
  EXPECT_EQ(leftovers(), std::vector<std::string>());
}

TEST_F(Disturbed, a_full_disk_is_named_and_leaves_no_half_output) {
  const std::string mount = directory_ / "small";
  std::filesystem::create_directory(mount);
  if (run_command({"mount", "-t", "tmpfs", "-o", "size=4m", "none", mount}).exit_code != 0) {
    GTEST_SKIP() << "cannot mount a small tmpfs here";
  }
  const SinterRun run = sinter_run(job_, {"--set", "output.fused.to=" + mount + "/fused.csv"});
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(mount)) left.push_back(entry.path().filename());
  run_command({"umount", mount});
  EXPECT_EQ(run.command.exit_code, 1);
  EXPECT_NE(run.command.err.find("No space left"), std::string::npos) << run.command.err;
  EXPECT_NE(run.command.err.find(mount), std::string::npos) << run.command.err;
  EXPECT_EQ(run.command.err.find("gave up after"), std::string::npos) << "a retry cannot help: " << run.command.err;
  EXPECT_EQ(left, std::vector<std::string>());
}

}  // namespace
}  // namespace sinter::testing

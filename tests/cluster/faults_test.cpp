// run_job under faults: what must end in a clear error, in a quarantine, and without leftovers.
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/faulty_file_system.hpp"
#include "tests/cluster/cluster_fixture.hpp"

namespace sinter::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FaultsTest : public ClusterTest {
 protected:
  void fault(const std::string& place, const std::string& action, int times) {
    options_.fault = {place, action, times, directory_ + "/fault-"};
  }

  /// Processes whose command line contains this test's directory.
  std::vector<pid_t> processes() const {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream file(entry.path() / "cmdline");
      const std::string line((std::istreambuf_iterator<char>(file)), {});
      if (line.find(directory_) != std::string::npos) found.push_back(std::stoi(name));
    }
    return found;
  }
  /// Starts `cluster_test_job run` with a job that hangs, and waits until its workers are at it.
  pid_t start_hanging_client() {
    const std::string program = std::string(SINTER_BIN_DIR) + "/cluster_test_job";
    const pid_t client = ::fork();
    if (client == 0) {
      ::execl(program.c_str(), program.c_str(), "run", options_.input.c_str(), options_.output.c_str(), "2", "map", "hang", nullptr);
      ::_exit(127);
    }
    EXPECT_TRUE(eventually([&] { return processes().size() >= 2 && !leftovers().empty() && has_committed(); }));
    return client;
  }
  bool has_committed() const {
    for (const std::string& name : leftovers())
      if (files_->exists(directory_ + "/" + name + "/committed/stage-0-0")) return true;
    return false;
  }
  static bool eventually(const std::function<bool()>& holds) {
    for (int tries = 0; tries < 1000; ++tries) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};

TEST_F(FaultsTest, a_record_that_crashes_the_worker_fails_the_job_with_its_file_and_line) {
  write_input(5'000);
  fault("map", "segv", 0);
  const auto report = run();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().fault(), Fault::User);
  // Each row has two lines; the faulty one comes after 2500 rows and the header.
  EXPECT_THAT(report.error().to_string(),
              AllOf(HasSubstr("in.csv:5002"), HasSubstr("signal 11"), HasSubstr("on_bad_record"), HasSubstr("map task")));
  EXPECT_FALSE(files_->exists(options_.output));
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(FaultsTest, a_record_that_crashes_the_worker_is_set_aside_in_quarantine) {
  write_input(5'000);
  options_.execution.on_bad_record = OnBadRecord::Quarantine;
  for (const char* action : {"segv", "exit", "throw", "kill"}) {
    SCOPED_TRACE(action);
    options_.overwrite = true;
    fault("map", action, 0);
    const auto report = run();
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_EQ(report->quarantined_records, 1u);
    EXPECT_EQ(report->counters.at("rows_read"), 5'001u);
    EXPECT_EQ(report->counters.at("rows_fused") + report->counters.at("rows_rejected"), 5'001u);
    EXPECT_THAT(read(report->rejects.path),
                AllOf(HasSubstr("\"rule\":\"crashed_worker\""), HasSubstr("\"line\":5002"), HasSubstr("fault,1,fault")));
    EXPECT_THAT(read(options_.output), ::testing::Not(HasSubstr("fault")));
  }
}

TEST_F(FaultsTest, a_group_that_crashes_the_worker_is_named) {
  write_input(1'000);
  fault("reduce", "segv", 0);
  const auto report = run();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), AllOf(HasSubstr("group \"fault\""), HasSubstr("signal 11"), HasSubstr("4 attempts")));
}

TEST_F(FaultsTest, an_exception_names_file_and_line) {
  write_input(5'000);
  for (const bool in_process : {false, true}) {
    options_.execution.in_process = in_process;
    fault("map", "throw", 0);
    const auto report = run();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().fault(), Fault::User);
    EXPECT_THAT(report.error().to_string(), AllOf(HasSubstr("the test asked for it"), HasSubstr("in.csv"), HasSubstr("line 5002")));
  }
}

TEST_F(FaultsTest, an_exception_in_reduce_names_the_group) {
  write_input(1'000);
  fault("reduce", "throw", 0);
  const auto report = run();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), AllOf(HasSubstr("the test asked for it"), HasSubstr("group \"fault\"")));
}

TEST_F(FaultsTest, a_hanging_worker_is_killed_and_costs_one_attempt) {
  write_input(5'000);
  options_.execution.task_timeout_ms = 700;
  fault("map", "hang", 1);
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(report->failed_attempts, 1u);
  EXPECT_EQ(report->lost_workers, 1u);
}

TEST_F(FaultsTest, a_stopped_worker_is_noticed_by_its_silence) {
  write_input(5'000);
  heartbeat_timeout_ms_ = 1'500;
  fault("map", "stop", 1);
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(report->failed_attempts, 1u);
}

TEST_F(FaultsTest, a_program_that_cannot_be_run_is_an_error_that_says_so) {
  write_input(10);
  const JobPayload payload = make_payload(options_);
  const auto job = make_test_job(payload);
  const RunOptions run_options{{directory_ + "/no-such-program", {}}, make_test_job, *files_, clock_, log_, {}};
  const auto report = run_job(*job, payload, run_options);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), AllOf(HasSubstr("no-such-program"), HasSubstr("No such file")));
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(FaultsTest, an_input_that_changes_while_the_job_runs_is_an_error) {
  write_input(5'000);
  bool changed = false;
  on_progress_ = [&](const JobProgress& now) {
    if (now.phase != JobPhase::Running || changed) return;
    changed = true;
    std::ofstream(options_.input, std::ios::app) << "late,1,\n";
  };
  // The first worker has to load its job; the change comes when the loop begins.
  const auto report = run();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), AllOf(HasSubstr("changed while the job was running"), HasSubstr("in.csv")));
}

TEST_F(FaultsTest, a_disk_that_fills_up_while_publishing_leaves_no_half_output) {
  write_input(5'000);
  for (const std::uint64_t room : {300u, 3'000u, 8'000u}) {
    FaultyFileSystem full(*files_);
    full.set_free_bytes(room);
    const auto report = run_with(full);
    ASSERT_FALSE(report.ok()) << room;
    EXPECT_EQ(report.error().fault(), Fault::Environment);
    EXPECT_THAT(report.error().to_string(), ::testing::AnyOf(HasSubstr("No space left on device"), HasSubstr("bytes free")));
    EXPECT_FALSE(files_->exists(options_.output));
    EXPECT_FALSE(files_->exists(options_.output + ".success.json"));
    EXPECT_THAT(leftovers(), IsEmpty());
  }
}

TEST_F(FaultsTest, a_disk_that_fills_up_under_the_workers_is_named) {
  write_input(200'000, 1'000'000);
  const std::string small = directory_ + "/small";
  ASSERT_TRUE(files_->make_directories(small).ok());
  if (::mount("none", small.c_str(), "tmpfs", 0, "size=1m") != 0) GTEST_SKIP() << "mounting a small disk needs privileges";
  options_.execution.scratch_directory = small;
  const auto report = run();
  EXPECT_EQ(::umount(small.c_str()), 0);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), AllOf(HasSubstr("No space left on device"), HasSubstr(small)));
  EXPECT_FALSE(files_->exists(options_.output));
}

TEST_F(FaultsTest, ctrl_c_ends_everything_within_a_second_and_leaves_nothing) {
  write_input(20'000);
  const pid_t client = start_hanging_client();
  const auto began = std::chrono::steady_clock::now();
  ::kill(client, SIGINT);
  int status = 0;
  ::waitpid(client, &status, 0);
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 5);
  EXPECT_LT(took, std::chrono::seconds(1));
  EXPECT_THAT(processes(), IsEmpty());
  EXPECT_THAT(leftovers(), IsEmpty());
  EXPECT_FALSE(files_->exists(options_.output));
}

TEST_F(FaultsTest, a_killed_client_leaves_no_process_and_the_next_run_removes_its_scratch) {
  write_input(20'000);
  const pid_t client = start_hanging_client();
  ::kill(client, SIGKILL);
  int status = 0;
  ::waitpid(client, &status, 0);
  EXPECT_TRUE(eventually([&] { return processes().empty(); }));
  ASSERT_EQ(leftovers().size(), 2u);  // the scratch directory and the output's lock
  options_.fault = {};
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(FaultsTest, the_scratch_of_a_living_run_is_left_alone) {
  auto mine = ScratchDirectory::create(*files_, directory_, log_);
  ASSERT_TRUE(mine.ok());
  remove_dead_scratch(*files_, directory_, log_);
  EXPECT_TRUE(files_->exists((*mine)->path()));
  const std::string path = (*mine)->path();
  *mine = nullptr;
  EXPECT_FALSE(files_->exists(path));
}

TEST_F(FaultsTest, cancel_ends_a_job_in_process_too) {
  write_input(20'000);
  options_.execution.in_process = true;
  on_progress_ = [&](const JobProgress& now) {
    if (now.phase == JobPhase::Running) cancel_ = true;
  };
  const auto report = run();
  ASSERT_FALSE(report.ok());
  EXPECT_TRUE(was_cancelled(report.error()));
  EXPECT_THAT(leftovers(), IsEmpty());
}

}  // namespace
}  // namespace sinter::test

// Launcher: starts, exits, kills, and what a child may see. Uses /bin/sh.
#include "framework/runtime/launcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>

namespace sinter {
namespace {

using ::testing::HasSubstr;

class LauncherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Launcher::create([this](WorkerExit exit) {
      const std::lock_guard lock(mutex_);
      exits_[exit.worker] = exit;
    });
    ASSERT_TRUE(made.ok());
    launcher_ = std::move(made).value();
  }
  void TearDown() override { ::unlink(output_.c_str()); }
  void shell(WorkerId worker, const std::string& script) { launcher_->start(worker, {"/bin/sh", "-c", script}, output_); }
  WorkerExit exit_of(WorkerId worker) {
    const std::lock_guard lock(mutex_);
    return exits_[worker];
  }
  std::string output() const {
    std::ifstream file(output_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string output_ = ::testing::TempDir() + "sinter-launcher-" + std::to_string(::getpid());
  std::mutex mutex_;
  std::map<WorkerId, WorkerExit> exits_;
  std::unique_ptr<Launcher> launcher_;  // last: it calls back
};

TEST_F(LauncherTest, tells_an_exit_from_a_signal_of_the_same_number) {
  shell(1, "exit 15");
  shell(2, "kill -15 $$");
  shell(3, "kill -9 $$");
  ASSERT_TRUE(launcher_->wait_all(10'000));
  EXPECT_EQ(exit_of(1).how, "exited with status 15");
  EXPECT_THAT(exit_of(2).how, HasSubstr("signal 15"));
  EXPECT_EQ(exit_of(2).loss, Loss::Crash);
  EXPECT_EQ(exit_of(3).loss, Loss::Killed);
}

TEST_F(LauncherTest, a_program_that_is_not_there_is_a_failed_start) {
  launcher_->start(1, {"/no/such/program"}, output_);
  ASSERT_TRUE(launcher_->wait_all(10'000));
  EXPECT_EQ(exit_of(1).loss, Loss::Start);
  EXPECT_THAT(exit_of(1).how, HasSubstr("/no/such/program"));
}

TEST_F(LauncherTest, a_kill_reaches_what_the_worker_spawned) {
  shell(1, "sleep 60 & echo $!; wait");
  while (output().find('\n') == std::string::npos) ::usleep(10'000);
  const pid_t grandchild = std::stoi(output());
  launcher_->kill(1);
  ASSERT_TRUE(launcher_->wait_all(10'000));
  // It has our reaper, not us, as parent: wait until that has done its work.
  for (int tries = 0; tries < 500 && ::kill(grandchild, 0) == 0; ++tries) {
    std::ifstream status("/proc/" + std::to_string(grandchild) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(status)), {});
    if (text.find(") Z ") != std::string::npos) return;
    ::usleep(10'000);
  }
  EXPECT_NE(::kill(grandchild, 0), 0);
}

TEST_F(LauncherTest, output_is_captured_and_no_descriptor_leaks) {
  const int inheritable = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, on purpose
  shell(1, "echo out; echo err >&2; ls /proc/self/fd | wc -l");
  ASSERT_TRUE(launcher_->wait_all(10'000));
  ::close(inheritable);
  EXPECT_THAT(output(), HasSubstr("out\nerr\n"));
  // 0, 1 (a pipe to wc), 2, and the one ls reads the directory by.
  EXPECT_THAT(output(), HasSubstr("\n4\n"));
}

TEST_F(LauncherTest, many_at_once_are_all_reported_and_none_stays_a_zombie) {
  for (WorkerId worker = 1; worker <= 60; ++worker) shell(worker, "exit 3");
  ASSERT_TRUE(launcher_->wait_all(30'000));
  EXPECT_EQ(exits_.size(), 60u);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

TEST_F(LauncherTest, its_end_kills_what_runs) {
  shell(1, "sleep 60");
  launcher_.reset();
  EXPECT_EQ(exit_of(1).loss, Loss::Killed);
}

}  // namespace
}  // namespace sinter

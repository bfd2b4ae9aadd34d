// StandbyWorker: what it is told, who gets it, and what becomes of one that dies. With /bin/sh in place of sinter.
#include "framework/cluster/standby_worker.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "base/file_system.hpp"
#include "tests/support/command.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::cluster {
namespace {

class HandClock final : public Clock {
 public:
  SteadyMs now_ms() const override { return now; }
  std::atomic<SteadyMs> now{1'000};
};

class StandbyWorkerTest : public ::testing::Test {
 protected:
  /// One that waits runs this.
  void begin(const std::string& script) {
    const WorkerProgram program{"/bin/sh", {}, {"-c", script}};
    auto made = StandbyWorker::create(program, directory_.path(), nullptr, clock_, log_);
    ASSERT_TRUE(made.ok());
    standby_ = std::move(*made);
    launcher_ = standby_->launcher([this](WorkerExit exit) {
      const std::lock_guard lock(mutex_);
      exits_[exit.worker] = std::move(exit);
    });
  }
  void start(WorkerId worker, const std::string& program = "/bin/sh") {
    launcher_->start(worker, {program, "-c", "exit 3", "ipc://there", std::to_string(worker)}, directory_ / "output");
  }
  WorkerExit exit_of(WorkerId worker) {
    const std::lock_guard lock(mutex_);
    return exits_[worker];
  }
  std::string remember_order() const { return "cat > " + directory_ / "order"; }
  bool was_told() const {
    const auto files = make_posix_file_system();
    const auto info = files->info(directory_ / "order");
    return info.ok() && info->size_bytes > 0;
  }

  testing::TemporaryDirectory directory_;
  HandClock clock_;
  Log log_{LogLevel::Error};
  std::unique_ptr<StandbyWorker> standby_;
  std::mutex mutex_;
  std::map<WorkerId, WorkerExit> exits_;  // under mutex_
  std::unique_ptr<Launcher> launcher_;    // last: it calls back
};

TEST_F(StandbyWorkerTest, is_told_its_place_and_its_end_is_that_of_the_worker) {
  begin(remember_order() + "; exit 7");
  standby_->refill();
  EXPECT_TRUE(standby_->is_waiting());
  start(5);
  EXPECT_FALSE(standby_->is_waiting());
  ASSERT_TRUE(launcher_->wait_all(20'000));
  EXPECT_EQ(exit_of(5).how, "exited with status 7");
  const auto order = decode_order(testing::read_whole_file(directory_ / "order"));
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(order->output_path, directory_ / "output");
  EXPECT_EQ(order->endpoint, "ipc://there");
  EXPECT_EQ(order->worker, 5u);
}

TEST_F(StandbyWorkerTest, workers_start_without_one_and_other_programs_do_not_take_it) {
  begin(remember_order());
  start(1);
  standby_->refill();
  start(2, "/bin/bash");
  EXPECT_TRUE(standby_->is_waiting());
  ASSERT_TRUE(launcher_->wait_all(20'000));
  EXPECT_EQ(exit_of(1).how, "exited with status 3");
  EXPECT_FALSE(was_told());
}

TEST_F(StandbyWorkerTest, one_that_dies_is_replaced_after_longer_and_longer) {
  begin("exit 1");
  for (const SteadyMs pause : {1'000, 2'000, 4'000}) {
    standby_->refill();
    ASSERT_TRUE(testing::wait_until([&] { return !standby_->is_waiting(); }, 20));
    clock_.now += pause - 1;
    standby_->refill();
    EXPECT_FALSE(standby_->is_waiting());
    clock_.now += 1;
  }
}

TEST_F(StandbyWorkerTest, a_worker_that_was_one_is_killed_as_others_are) {
  begin(remember_order() + "; sleep 100");
  standby_->refill();
  start(1);
  ASSERT_TRUE(testing::wait_until([&] { return was_told(); }, 20));
  EXPECT_FALSE(launcher_->wait_all(0));
  launcher_->kill(1);
  ASSERT_TRUE(launcher_->wait_all(20'000));
  EXPECT_EQ(exit_of(1).loss, Loss::Killed);
  standby_->refill();
  start(2);
  launcher_.reset();  // as when its job ends at once
  EXPECT_EQ(exit_of(2).loss, Loss::Killed);
}

TEST(StandbyOrder, that_is_not_whole_is_none) {
  const std::string whole = encode_order({"/scratch/out", "ipc:///scratch/socket", 12});
  EXPECT_TRUE(decode_order(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decode_order(whole.substr(0, size)).has_value()) << size;
  EXPECT_FALSE(decode_order(whole + "x").has_value());
  EXPECT_FALSE(decode_order(encode_order({"a", "b", 1}).replace(4, 1, "x")).has_value());
}

}  // namespace
}  // namespace sinter::cluster

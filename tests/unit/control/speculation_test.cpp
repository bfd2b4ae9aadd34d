// Scheduler: second attempts at slow tasks.
#include "tests/unit/control/scheduler_fixture.hpp"

namespace sinter {
namespace {

class SpeculationTest : public SchedulerTest {
 protected:
  /// Two maps on hosts 7 and 8; the second took two seconds, the first is at `fraction` after `age_ms` more.
  void start_slow(double fraction, SteadyMs age_ms, HostId other = 8) {
    options_.speculation = true;
    options_.workers = 2;
    options_.heartbeat_timeout_ms = 1'000'000;
    scheduler_.emplace(options_);
    step(event::Tick{});
    open(0, 2, {});
    step(event::WorkerReady{1, 7});
    step(event::WorkerReady{2, other});
    now_ += 2'000;
    commit(2, map_attempt(1, 1));
    now_ += age_ms;
    step(event::Heartbeat{1, map_attempt(0, 1), 1, fraction});
    step(event::Tick{});
  }
  /// Three maps have committed on hosts 7, 8 and 9 after two seconds; workers 1 and 2 run their two readers.
  void start_readers() {
    options_.speculation = true;
    options_.workers = 3;
    options_.heartbeat_timeout_ms = 1'000'000;
    scheduler_.emplace(options_);
    step(event::Tick{});
    open(0, 3, {});
    for (WorkerId worker = 1; worker <= 3; ++worker) step(event::WorkerReady{worker, 6 + worker});
    now_ += 2'000;
    for (WorkerId worker = 1; worker <= 3; ++worker) commit(worker, map_attempt(worker - 1, 1));
    open(1, 2, {0});
  }
  /// Worker 3 makes the result of the third map again.
  void start_remaking() {
    start_readers();
    step(event::ResultsLost{{map_attempt(2, 1)}});
    ASSERT_EQ(running_on(3), map_attempt(2, 2));
  }
  /// Its attempt has become slow.
  void look_at_the_remade() {
    now_ += 10'000;
    step(event::Heartbeat{3, map_attempt(2, 2), 1, 0.1});
    step(event::Tick{});
  }
};

TEST_F(SpeculationTest, a_task_that_will_end_last_by_far_is_tried_again_on_another_host) {
  start_slow(0.1, 10'000);
  EXPECT_EQ(running_on(2), map_attempt(0, 2));
  EXPECT_EQ(running_on(1), map_attempt(0, 1)) << "the first goes on";
}

TEST_F(SpeculationTest, the_first_that_commits_wins_and_the_other_is_killed_without_blame) {
  start_slow(0.1, 10'000);
  step(event::AttemptDone{2, map_attempt(0, 2), {{"rows", 1}}});
  ASSERT_NE(find<command::Commit>(), nullptr);
  step(event::AttemptDone{1, map_attempt(0, 1), {{"rows", 1}}});
  EXPECT_EQ(find<command::Commit>(), nullptr) << "one grant at a time";
  EXPECT_NE(find<command::Discard>(), nullptr);
  step(event::CommitDone{map_attempt(0, 2)});
  EXPECT_EQ(scheduler_->counters().at("rows"), 2u);
  EXPECT_EQ(scheduler_->failed_attempts(), 0u);
}

TEST_F(SpeculationTest, the_loser_that_still_runs_is_killed) {
  start_slow(0.1, 10'000);
  commit(1, map_attempt(0, 1));
  ASSERT_NE(find<command::KillWorker>(), nullptr);
  EXPECT_EQ(find<command::KillWorker>()->worker, 2u);
  step(event::WorkerLost{2, Loss::Killed, "was killed", {}, "", ""});
  EXPECT_EQ(scheduler_->failed_attempts(), 0u);
  EXPECT_EQ(scheduler_->lost_workers(), 0u);
}

TEST_F(SpeculationTest, when_the_commit_of_the_first_fails_the_other_may_still_win) {
  start_slow(0.1, 10'000);
  step(event::AttemptDone{2, map_attempt(0, 2), {}});
  step(event::CommitFailed{map_attempt(0, 2), environment_error("rename")});
  EXPECT_EQ(running_on(1), map_attempt(0, 1));
  EXPECT_FALSE(running_on(2).has_value());
  step(event::AttemptDone{1, map_attempt(0, 1), {}});
  EXPECT_NE(find<command::Commit>(), nullptr);
}

TEST_F(SpeculationTest, one_that_is_nearly_done_is_left_alone) {
  start_slow(0.95, 10'000);
  EXPECT_FALSE(running_on(2).has_value());
}

TEST_F(SpeculationTest, a_second_attempt_does_not_go_to_the_same_host) {
  start_slow(0.1, 10'000, 7);
  EXPECT_FALSE(running_on(2).has_value());
}

TEST_F(SpeculationTest, one_of_two_that_fails_counts_and_the_other_goes_on) {
  start_slow(0.1, 10'000);
  step(event::AttemptFailed{2, map_attempt(0, 2), environment_error("disk"), false, {}});
  EXPECT_EQ(scheduler_->failed_attempts(), 1u);
  EXPECT_FALSE(running_on(2).has_value()) << "one attempt is enough until it is slow again, and it failed here";
  commit(1, map_attempt(0, 1));
  EXPECT_NE(find<command::OpenStage>(), nullptr);
}

TEST_F(SpeculationTest, a_second_attempt_waits_for_inputs_that_are_lost) {
  start_readers();
  now_ += 2'000;
  commit(2, {{1, 1}, 1});
  now_ += 10'000;
  step(event::ResultsLost{{map_attempt(2, 1)}});
  ASSERT_EQ(running_on(2), map_attempt(2, 2)) << "made again";
  step(event::Heartbeat{1, AttemptId{{1, 0}, 1}, 1, 0.1});
  step(event::Tick{});
  EXPECT_FALSE(running_on(3).has_value());
  commit(2, map_attempt(2, 2));
  now_ += kSpeculationLookMs;
  step(event::Tick{});
  EXPECT_TRUE(running_on(2) || running_on(3));
}

TEST_F(SpeculationTest, what_nobody_needs_any_more_is_not_tried_twice) {
  start_remaking();
  commit(1, {{1, 0}, 1});
  commit(2, {{1, 1}, 1});
  ASSERT_NE(find<command::OpenStage>(), nullptr);
  look_at_the_remade();
  EXPECT_FALSE(running_on(1) || running_on(2)) << "its readers have what they need";
  // Unless the next stage reads it too.
  open(2, 1, {1, 0});
  look_at_the_remade();
  EXPECT_TRUE(running_on(1) == map_attempt(2, 3) || running_on(2) == map_attempt(2, 3));
}

TEST_F(SpeculationTest, what_the_shell_waits_for_may_be_tried_twice) {
  start_remaking();
  commit(1, {{1, 0}, 1});
  commit(2, {{1, 1}, 1});
  step(event::StageBlocked{2, {map_attempt(2, 1)}});
  look_at_the_remade();
  EXPECT_TRUE(running_on(1) == map_attempt(2, 3) || running_on(2) == map_attempt(2, 3));
}

TEST_F(SpeculationTest, without_the_option_nothing_is_tried_twice) {
  start(2, 2);
  commit(2, map_attempt(1, 1));
  now_ += 100'000;
  step(event::Heartbeat{1, map_attempt(0, 1), 1, 0.01});
  step(event::Heartbeat{2, {}, 0});
  step(event::Tick{});
  EXPECT_FALSE(running_on(2).has_value());
}

}  // namespace
}  // namespace sinter

// Scheduler: one behaviour a test, by feeding events and reading commands.
#include <gmock/gmock.h>

#include "tests/unit/control/scheduler_fixture.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

TEST_F(SchedulerTest, starts_no_more_workers_than_tasks) {
  options_.workers = 5;
  Scheduler scheduler(options_);
  ASSERT_EQ(scheduler.step(event::Tick{}, 0).size(), 1u);
  EXPECT_EQ(scheduler.step(event::StageOpened{0, 2}, 0).size(), 2u);
}

TEST_F(SchedulerTest, a_job_without_splits_still_reduces) {
  start(0, 3);
  ASSERT_NE(find<command::OpenStage>(), nullptr);
  EXPECT_EQ(find<command::OpenStage>()->stage, 1u);
  step(event::StageOpened{1, 1});
  EXPECT_NE(find<command::StartWorker>(), nullptr);
}

TEST_F(SchedulerTest, walks_from_stage_to_stage_until_there_is_none) {
  start(1, 1);
  for (std::uint32_t stage = 0; stage < 5; ++stage) {
    const AttemptId attempt{{stage, 0}, 1};
    EXPECT_EQ(runs_.back().attempt, attempt);
    step(event::AttemptDone{1, attempt, {{"rows", 3}}});
    ASSERT_NE(find<command::Commit>(), nullptr);
    EXPECT_EQ(scheduler_->counters().empty(), stage == 0);
    step(event::CommitDone{attempt});
    ASSERT_NE(find<command::OpenStage>(), nullptr);
    EXPECT_EQ(find<command::OpenStage>()->stage, stage + 1);
    EXPECT_EQ(scheduler_->counters().at("rows"), 3 * (stage + 1));
    if (stage < 4) step(event::StageOpened{stage + 1, 1});
  }
  step(event::NoMoreStages{5});
  EXPECT_NE(find<command::FinishJob>(), nullptr);
  EXPECT_EQ(scheduler_->state(), JobState::Done);
  EXPECT_EQ(scheduler_->committed_attempt({2, 0}), 1u);
}

TEST_F(SchedulerTest, a_stage_is_asked_for_once_and_opened_once) {
  start(1, 1);
  step(event::AttemptDone{1, map_attempt(0, 1), {}});
  step(event::CommitDone{map_attempt(0, 1)});
  step(event::Tick{});
  EXPECT_EQ(find<command::OpenStage>(), nullptr);
  step(event::StageOpened{0, 7});
  EXPECT_TRUE(last_.empty()) << "an answer about another stage";
  step(event::StageOpened{1, 2});
  EXPECT_EQ(scheduler_->stage().total, 2u);
  step(event::StageOpened{1, 9});
  EXPECT_EQ(scheduler_->stage().total, 2u);
}

TEST_F(SchedulerTest, a_late_success_for_an_earlier_stage_is_discarded_unless_it_is_the_one_that_committed) {
  start(1, 2);
  crash(1);
  step(event::AttemptDone{2, map_attempt(0, 2), {}});
  step(event::CommitDone{map_attempt(0, 2)});
  step(event::StageOpened{1, 1});
  step(event::AttemptDone{1, map_attempt(0, 1), {}});
  ASSERT_NE(find<command::Discard>(), nullptr);
  step(event::AttemptDone{2, map_attempt(0, 2), {}});
  EXPECT_EQ(find<command::Discard>(), nullptr);
  EXPECT_EQ(find<command::Commit>(), nullptr);
}

TEST_F(SchedulerTest, retries_on_another_worker_when_there_is_one) {
  start(2, 2);
  step(event::AttemptDone{2, map_attempt(1, 1), {}});
  step(event::AttemptFailed{1, map_attempt(0, 1), environment_error("disk"), false, {}});
  EXPECT_EQ(runs_.back().attempt, map_attempt(0, 2));
  EXPECT_EQ(runs_.back().worker, 2u);
}

TEST_F(SchedulerTest, retries_on_the_same_worker_when_it_is_the_only_one) {
  start(1, 1);
  step(event::AttemptFailed{1, map_attempt(0, 1), environment_error("disk"), false, {}});
  EXPECT_EQ(runs_.back().worker, 1u);
  EXPECT_EQ(runs_.back().attempt, map_attempt(0, 2));
}

TEST_F(SchedulerTest, gives_up_after_max_attempts_with_the_first_error) {
  start(1, 1);
  for (std::uint32_t attempt = 1; attempt <= 4; ++attempt)
    step(event::AttemptFailed{1, map_attempt(0, attempt), environment_error("disk " + std::to_string(attempt)), false, {}});
  const auto* failed = find<command::FailJob>();
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->error.message(), "disk 1");
  EXPECT_THAT(failed->error.to_string(), HasSubstr("4 attempts (execution.retries + 1)"));
  EXPECT_EQ(runs_.size(), 4u);
}

TEST_F(SchedulerTest, an_error_that_a_retry_cannot_help_ends_the_job_at_once) {
  start(1, 1);
  step(event::AttemptFailed{1, map_attempt(0, 1), user_error("no such column"), false, {}});
  const auto* failed = find<command::FailJob>();
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->error.message(), "no such column");
}

TEST_F(SchedulerTest, a_late_success_of_a_lost_worker_is_discarded) {
  start(1, 1);
  crash(1);
  step(event::AttemptDone{1, map_attempt(0, 1), {}});
  EXPECT_EQ(find<command::Commit>(), nullptr);
  ASSERT_NE(find<command::Discard>(), nullptr);
  EXPECT_EQ(find<command::Discard>()->attempt, map_attempt(0, 1));
}

TEST_F(SchedulerTest, a_duplicate_success_neither_commits_again_nor_removes_files) {
  start(1, 1);
  step(event::AttemptDone{1, map_attempt(0, 1), {}});
  step(event::AttemptDone{1, map_attempt(0, 1), {}});
  EXPECT_TRUE(last_.empty());
}

TEST_F(SchedulerTest, a_failed_commit_runs_the_task_again) {
  start(1, 1);
  step(event::AttemptDone{1, map_attempt(0, 1), {{"rows", 3}}});
  step(event::CommitFailed{map_attempt(0, 1), environment_error("rename")});
  EXPECT_EQ(runs_.back().attempt, map_attempt(0, 2));
  EXPECT_TRUE(scheduler_->counters().empty());
}

TEST_F(SchedulerTest, after_a_crash_the_next_attempt_is_careful) {
  start(1, 1);
  EXPECT_FALSE(runs_.back().careful);
  crash(1);
  EXPECT_EQ(runs_.back().attempt, map_attempt(0, 2));
  EXPECT_TRUE(runs_.back().careful);
}

TEST_F(SchedulerTest, a_crash_in_careful_mode_fails_the_job_and_names_the_record) {
  start(1, 1);
  crash(1);
  crash(2, RecordAt{0, 70, 7});
  const auto* failed = find<command::FailJob>();
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->error.fault(), Fault::User);
  EXPECT_THAT(failed->error.to_string(), HasSubstr("a.csv:7 (byte 70)"));
  EXPECT_THAT(failed->error.to_string(), HasSubstr("on_bad_record"));
}

TEST_F(SchedulerTest, quarantine_sets_the_record_aside_and_costs_no_attempt) {
  options_.max_attempts = 2;
  start(1, 1, true);
  crash(1);
  for (std::uint64_t poison = 1; poison <= 5; ++poison) {
    crash(static_cast<WorkerId>(1 + poison), RecordAt{0, poison, poison});
    ASSERT_FALSE(scheduler_->ended());
    EXPECT_EQ(runs_.back().skip.size(), poison);
    EXPECT_TRUE(runs_.back().careful);
  }
  EXPECT_EQ(scheduler_->quarantined_records(), 5u);
}

TEST_F(SchedulerTest, a_kill_from_outside_blames_a_record_only_when_it_happens_there_twice) {
  start(1, 1, true);
  crash(1, {}, Loss::Killed);
  crash(2, RecordAt{0, 70, 7}, Loss::Killed);
  EXPECT_TRUE(runs_.back().skip.empty());
  crash(3, RecordAt{0, 70, 7}, Loss::Killed);
  EXPECT_EQ(runs_.back().skip.size(), 1u);
}

TEST_F(SchedulerTest, an_exception_is_looked_for_record_by_record) {
  start(1, 1);
  step(event::AttemptFailed{1, map_attempt(0, 1), user_error("threw: bad"), true, {}});
  ASSERT_TRUE(runs_.back().careful);
  step(event::AttemptFailed{1, map_attempt(0, 2), user_error("threw: bad"), true, RecordAt{0, 70, 7}});
  const auto* failed = find<command::FailJob>();
  ASSERT_NE(failed, nullptr);
  EXPECT_THAT(failed->error.message(), HasSubstr("threw: bad"));
}

TEST_F(SchedulerTest, an_exception_in_reduce_ends_the_job_at_once) {
  start(0, 1);
  step(event::StageOpened{1, 1});
  step(event::WorkerReady{find<command::StartWorker>()->worker});
  step(event::AttemptFailed{1, {{1, 0}, 1}, user_error("threw"), true, {}});
  EXPECT_NE(find<command::FailJob>(), nullptr);
}

TEST_F(SchedulerTest, a_silent_worker_is_killed_and_replaced) {
  start(1, 1);
  now_ += options_.heartbeat_timeout_ms;
  step(event::Tick{});
  ASSERT_NE(find<command::KillWorker>(), nullptr);
  EXPECT_EQ(find<command::StartWorker>(), nullptr) << "a dying worker still holds its memory";
  crash(1, {}, Loss::Killed);
  EXPECT_EQ(runs_.back().attempt, map_attempt(0, 2));
  EXPECT_FALSE(runs_.back().careful) << "silence is not the record's fault";
}

TEST_F(SchedulerTest, beats_without_progress_do_not_save_a_hanging_attempt) {
  start(1, 1);
  for (SteadyMs passed = 0; passed < options_.task_timeout_ms; passed += 1000) {
    now_ += 1000;
    step(event::Heartbeat{1, map_attempt(0, 1), 5});
    step(event::Tick{});
  }
  now_ += 1000;
  step(event::Heartbeat{1, map_attempt(0, 1), 5});
  // The first beat counted as progress, so the limit is reached one step later.
  step(event::Tick{});
  crash(1, {}, Loss::Killed);
  EXPECT_TRUE(runs_.back().careful) << "the record that hangs is to be found";
}

TEST_F(SchedulerTest, progress_keeps_a_long_attempt_alive) {
  start(1, 1);
  for (std::uint64_t beat = 1; beat < 3000; ++beat) {
    now_ += 1000;
    step(event::Heartbeat{1, map_attempt(0, 1), beat});
    step(event::Tick{});
    ASSERT_TRUE(last_.empty());
  }
}

TEST_F(SchedulerTest, a_worker_that_does_not_end_when_killed_counts_as_lost) {
  start(1, 1);
  now_ += options_.heartbeat_timeout_ms;
  step(event::Tick{});
  now_ += options_.kill_timeout_ms;
  step(event::Tick{});
  EXPECT_NE(find<command::StartWorker>(), nullptr);
}

TEST_F(SchedulerTest, three_failed_starts_end_the_job_with_their_story) {
  scheduler_.emplace(options_);
  step(event::Tick{});
  step(event::StageOpened{0, 1});
  for (WorkerId worker = 1; worker <= 3; ++worker)
    step(event::WorkerLost{worker, Loss::Start, "cannot be started: 'x': No such file", {}, "", ""});
  const auto* failed = find<command::FailJob>();
  ASSERT_NE(failed, nullptr);
  EXPECT_THAT(failed->error.message(), HasSubstr("No such file"));
}

TEST_F(SchedulerTest, cancel_ends_the_job_and_nothing_follows) {
  start(2, 2);
  step(event::Cancel{});
  EXPECT_EQ(scheduler_->state(), JobState::Cancelled);
  ASSERT_NE(find<command::FailJob>(), nullptr);
  EXPECT_EQ(find<command::FailJob>()->error.message(), kCancelledMessage);
  EXPECT_TRUE(step(event::AttemptDone{1, map_attempt(0, 1), {}}).empty());
}

TEST_F(SchedulerTest, where_workers_are_threads_nothing_times_out) {
  options_.timeouts = false;
  start(1, 1);
  EXPECT_FALSE(scheduler_->next_deadline().has_value());
  now_ += 100'000'000;
  EXPECT_TRUE(step(event::Tick{}).empty());
}

}  // namespace
}  // namespace sinter

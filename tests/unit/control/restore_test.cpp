// Scheduler: what it journals, and what a tracker that restarts makes of it.
#include "tests/unit/control/scheduler_fixture.hpp"

namespace sinter {
namespace {

constexpr AttemptId of(std::uint32_t stage, std::uint32_t ordinal, std::uint32_t number) { return {{stage, ordinal}, number}; }

class RestoreTest : public SchedulerTest {
 protected:
  RestoreTest() { options_.journal = true; }
  /// The tracker is killed; the next life knows the journal and nothing else.
  void restart(const Event& first = event::Tick{}, const std::vector<AttemptId>& damaged = {}) {
    ++options_.generation;
    auto restored = Scheduler::restore(options_, journal_, damaged);
    ASSERT_TRUE(restored.ok()) << restored.error().to_string();
    scheduler_.emplace(std::move(*restored));
    runs_.clear();
    step(first);
  }
  void ready_all() {
    std::vector<WorkerId> started;
    for (const Command& command : last_)
      if (const auto* start = std::get_if<command::StartWorker>(&command)) started.push_back(start->worker);
    for (const WorkerId worker : started) step(event::WorkerReady{worker, 0});
  }
};

TEST_F(RestoreTest, a_decision_is_journalled_before_what_follows_from_it) {
  start(1, 1);
  step(event::AttemptDone{1, of(0, 0, 1), {{"rows", 3}}, 9});
  EXPECT_EQ(find<command::Journal>(), nullptr) << "a grant is not yet a commit";
  step(event::CommitDone{of(0, 0, 1)});
  ASSERT_EQ(last_.size(), 2u);
  const JournalRecord expected = journal::Committed{of(0, 0, 1), 0, {{"rows", 3}}, 9};
  EXPECT_EQ(std::get<command::Journal>(last_[0]).record, expected);
  EXPECT_TRUE(std::holds_alternative<command::OpenStage>(last_[1]));
  step(event::NoMoreStages{1});
  ASSERT_EQ(last_.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<command::FinishJob>(last_[1]));
}

TEST_F(RestoreTest, without_a_journal_nothing_is_said_of_it) {
  options_.journal = false;
  start(1, 1);
  commit(1, of(0, 0, 1));
  EXPECT_TRUE(journal_.empty());
}

TEST_F(RestoreTest, committed_tasks_stay_and_numbers_of_a_life_before_are_not_used_again) {
  start(2, 2);
  commit(1, of(0, 0, 1));
  restart();
  ASSERT_EQ(count<command::StartWorker>(), 1u) << "one task is left";
  EXPECT_EQ(find<command::StartWorker>()->worker, kWorkersPerLife + 1);
  ready_all();
  ASSERT_EQ(runs_.size(), 1u);
  EXPECT_EQ(runs_[0].attempt, of(0, 1, kAttemptsPerLife + 1));
  EXPECT_EQ(scheduler_->counters().at("rows"), 1u);
  step(event::AttemptDone{2, of(0, 1, 1), {}});
  EXPECT_EQ(find<command::Commit>(), nullptr) << "of a life before, and its worker was not adopted";
  EXPECT_NE(find<command::Discard>(), nullptr);
}

TEST_F(RestoreTest, goes_on_with_the_next_stage) {
  start(1, 1);
  commit(1, of(0, 0, 1));
  restart();
  ASSERT_NE(find<command::OpenStage>(), nullptr);
  EXPECT_EQ(find<command::OpenStage>()->stage, 1u);
  open(1, 1, {0});
  restart();
  EXPECT_EQ(scheduler_->stage().total, 1u);
  ready_all();
  EXPECT_EQ(runs_.at(0).attempt, of(1, 0, 2 * kAttemptsPerLife + 1));
}

TEST_F(RestoreTest, lost_results_stay_lost_and_count_once) {
  start(1, 1);
  commit(1, of(0, 0, 1), 5);
  open(1, 1, {0});
  step(event::ResultsLost{{of(0, 0, 1)}});
  restart();
  ready_all();
  ASSERT_EQ(runs_.size(), 1u);
  EXPECT_EQ(runs_[0].attempt, of(0, 0, kAttemptsPerLife + 1));
  commit(runs_[0].worker, runs_[0].attempt, 5);
  EXPECT_EQ(scheduler_->counters().at("rows"), 1u);
}

TEST_F(RestoreTest, failures_careful_mode_and_records_set_aside_survive) {
  options_.max_attempts = 2;
  start(1, 1, true);
  crash(1);
  crash(2, RecordAt{0, 70, 7});
  restart();
  ready_all();
  EXPECT_TRUE(runs_.at(0).careful);
  EXPECT_EQ(runs_[0].skip, std::vector<RecordAt>{(RecordAt{0, 70, 7})});
  EXPECT_EQ(scheduler_->quarantined_records(), 1u);
  step(event::AttemptFailed{runs_[0].worker, runs_[0].attempt, environment_error("disk"), false, {}});
  restart();
  ready_all();
  step(event::AttemptFailed{runs_.at(0).worker, runs_[0].attempt, environment_error("disk"), false, {}});
  EXPECT_EQ(scheduler_->state(), JobState::Failed) << "two failures over two lives";
}

TEST_F(RestoreTest, an_ended_job_repeats_its_last_command_and_no_more) {
  start(1, 1);
  step(event::Cancel{});
  restart();
  ASSERT_EQ(last_.size(), 1u);
  EXPECT_EQ(find<command::FailJob>()->error.message(), kCancelledMessage);
  EXPECT_EQ(scheduler_->state(), JobState::Cancelled);
  EXPECT_TRUE(step(event::Tick{}).empty());
}

TEST_F(RestoreTest, a_job_that_was_done_goes_on_when_a_part_of_it_is_damaged) {
  start(1, 1);
  commit(1, of(0, 0, 1), 5);
  open(1, 2, {0}, {}, true);
  commit(1, of(1, 0, 1));
  commit(1, of(1, 1, 1));
  step(event::NoMoreStages{2});
  ASSERT_EQ(scheduler_->state(), JobState::Done);
  restart(event::WorkersAllowed{0}, {of(1, 1, 1)});
  ASSERT_EQ(last_.size(), 1u) << "nothing is opened or finished before";
  EXPECT_EQ(std::get<command::Journal>(last_[0]).record, JournalRecord(journal::KeptLost{of(1, 1, 1)}));
  // Neither is it when that life is cut short, and the next one finds the same.
  restart(event::Tick{}, {of(1, 1, 1)});
  EXPECT_EQ(find<command::Journal>(), nullptr) << "it was said before";
  EXPECT_EQ(find<command::FinishJob>(), nullptr);
  ready_all();
  ASSERT_EQ(runs_.size(), 1u) << "the other part and what both were made of are there";
  EXPECT_EQ(runs_[0].attempt, of(1, 1, 2 * kAttemptsPerLife + 1));
  commit(runs_[0].worker, runs_[0].attempt);
  EXPECT_EQ(scheduler_->counters().at("rows"), 3u);
  ASSERT_NE(find<command::OpenStage>(), nullptr);
  step(event::NoMoreStages{2});
  EXPECT_NE(find<command::FinishJob>(), nullptr);
  restart();
  EXPECT_NE(find<command::FinishJob>(), nullptr);
}

TEST_F(RestoreTest, a_task_of_a_stage_that_was_freed_is_made_again_for_what_was_kept_of_it) {
  start(1, 1);
  commit(1, of(0, 0, 1), 5);
  open(1, 1, {0});
  commit(1, of(1, 0, 1), 6);
  open(2, 1, {1}, {0}, true);
  restart(event::Tick{}, {of(0, 0, 1)});
  ready_all();
  // Both the newest stage and what was kept of the first need work, and there is one worker.
  ASSERT_EQ(runs_.size(), 1u);
  EXPECT_EQ(runs_[0].attempt, of(0, 0, kAttemptsPerLife + 1));
  commit(runs_[0].worker, runs_[0].attempt, 5);
  ASSERT_EQ(runs_.size(), 2u);
  EXPECT_EQ(runs_[1].attempt, of(2, 0, kAttemptsPerLife + 1)) << "what the first one's readers made is still there";
  commit(runs_[1].worker, runs_[1].attempt);
  EXPECT_NE(find<command::OpenStage>(), nullptr);
}

TEST_F(RestoreTest, of_a_job_that_has_failed_nothing_is_made_again) {
  start(1, 1);
  commit(1, of(0, 0, 1));
  step(event::Cancel{});
  restart(event::Tick{}, {of(0, 0, 1)});
  EXPECT_EQ(scheduler_->state(), JobState::Cancelled);
  EXPECT_NE(find<command::FailJob>(), nullptr);
}

TEST_F(RestoreTest, a_worker_of_the_life_before_is_adopted_with_its_attempt) {
  start(2, 2);
  restart(event::WorkersAllowed{0});  // until it is known which are there
  EXPECT_TRUE(last_.empty());
  step(event::WorkerAdopted{2, 7, of(0, 1, 1)});
  EXPECT_EQ(running_on(2), of(0, 1, 1));
  step(event::WorkersAllowed{1});
  step(event::AttemptDone{2, of(0, 1, 1), {}});
  ASSERT_NE(find<command::Commit>(), nullptr);
  step(event::CommitDone{of(0, 1, 1)});
  EXPECT_EQ(scheduler_->result_host({0, 1}), 7u);
  EXPECT_EQ(running_on(2), of(0, 0, kAttemptsPerLife + 1)) << "it works on";
}

TEST_F(RestoreTest, an_attempt_whose_task_has_committed_or_runs_is_not_taken_over) {
  start(2, 2);
  commit(1, of(0, 0, 1));
  restart();
  step(event::WorkerAdopted{3, 7, of(0, 0, 2)});
  ASSERT_NE(find<command::KillWorker>(), nullptr);
  step(event::WorkerLost{3, Loss::Killed, "was killed", {}, "", ""});
  EXPECT_NE(find<command::Discard>(), nullptr);
  step(event::WorkerAdopted{1, 7, of(0, 0, 1)});
  EXPECT_EQ(find<command::KillWorker>(), nullptr) << "it is the one that committed";
  ASSERT_EQ(running_on(1), of(0, 1, kAttemptsPerLife + 1));
  step(event::WorkerAdopted{2, 7, of(0, 1, 1)});
  EXPECT_NE(find<command::KillWorker>(), nullptr);
}

TEST_F(RestoreTest, an_attempt_that_was_given_up_in_this_life_is_not_taken_over) {
  start(1, 1);
  restart();
  ready_all();
  const AttemptId attempt = runs_.at(0).attempt;
  step(event::WorkerLost{runs_[0].worker, Loss::Node, "its node is gone", {}, "", ""});
  step(event::WorkerAdopted{runs_[0].worker, 7, attempt});
  EXPECT_NE(find<command::KillWorker>(), nullptr);
}

TEST_F(RestoreTest, records_out_of_order_are_refused) {
  options_.generation = 2;
  const JournalRecord opened = journal::StageOpened{0, 1, {}, {}, false};
  const JournalRecord committed = journal::Committed{of(0, 0, 1), 0, {}, {}};
  EXPECT_TRUE(Scheduler::restore(options_, {opened, committed}).ok());
  EXPECT_FALSE(Scheduler::restore(options_, {committed, opened}).ok());
  EXPECT_FALSE(Scheduler::restore(options_, {opened, committed, committed}).ok());
  EXPECT_FALSE(Scheduler::restore(options_, {opened, journal::ResultLost{of(0, 0, 1)}}).ok());
  EXPECT_FALSE(Scheduler::restore(options_, {opened, journal::Committed{of(0, 0, kAttemptsPerLife + 1), 0, {}, {}}}).ok());
  const JournalRecord done = journal::Ended{JobState::Done, {}, {}};
  const JournalRecord damaged = journal::KeptLost{of(0, 0, 1)};
  EXPECT_TRUE(Scheduler::restore(options_, {opened, committed, done, damaged, committed, done}).ok());
  EXPECT_FALSE(Scheduler::restore(options_, {opened, committed, done, journal::ResultLost{of(0, 0, 1)}}).ok());
  EXPECT_FALSE(Scheduler::restore(options_, {opened, damaged}).ok());
  EXPECT_FALSE(Scheduler::restore(options_, {opened, committed, journal::KeptLost{of(0, 0, 2)}}).ok());
}

}  // namespace
}  // namespace sinter

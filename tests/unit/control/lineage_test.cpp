// Scheduler: results that are lost after they committed, and what is made again.
#include <gmock/gmock.h>

#include "tests/unit/control/scheduler_fixture.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr AttemptId of(std::uint32_t stage, std::uint32_t ordinal, std::uint32_t number) { return {{stage, ordinal}, number}; }

class LineageTest : public SchedulerTest {
 protected:
  /// Two maps and their readers: worker 1 on host 7, worker 2 on host 8; both maps have committed, both reduces run.
  void start_reading(bool keeps_results = false) {
    options_.workers = 2;
    options_.journal = true;
    scheduler_.emplace(options_);
    step(event::Tick{});
    open(0, 2, {});
    step(event::WorkerReady{1, 7});
    step(event::WorkerReady{2, 8});
    commit(1, of(0, 0, 1), 100);
    commit(2, of(0, 1, 1), 101);
    open(1, 2, {0}, {}, keeps_results);
  }
  event::AttemptFailed cannot_fetch(WorkerId worker, AttemptId attempt, AttemptId input) {
    return {worker, attempt, environment_error("cannot fetch"), false, {}, {input}};
  }
};

TEST_F(LineageTest, knows_which_results_lie_on_which_host) {
  start_reading();
  EXPECT_EQ(scheduler_->results_on(7), std::vector<AttemptId>{of(0, 0, 1)});
  EXPECT_EQ(scheduler_->result_host({0, 1}), 8u);
}

TEST_F(LineageTest, a_lost_result_is_made_again_before_tasks_that_read_it_start_and_counts_once) {
  start_reading();
  step(event::AttemptFailed{2, of(1, 1, 1), environment_error("disk"), false, {}});
  ASSERT_FALSE(running_on(2).has_value()) << "it failed here before";
  step(event::ResultsLost{{of(0, 0, 1)}});
  EXPECT_EQ(running_on(2), of(0, 0, 2)) << "the map again";
  EXPECT_EQ(running_on(1), of(1, 0, 1)) << "whoever has begun goes on";
  commit(1, of(1, 0, 1));
  EXPECT_FALSE(running_on(1).has_value()) << "its input is not there yet";
  commit(2, of(0, 0, 2), 100);
  EXPECT_EQ(running_on(1), of(1, 1, 2));
  EXPECT_EQ(scheduler_->committed_attempt({0, 0}), 2u);
  EXPECT_EQ(scheduler_->result_host({0, 0}), 8u);
  EXPECT_EQ(scheduler_->counters().at("rows"), 3u) << "two maps and a reduce";
  EXPECT_EQ(scheduler_->lost_results(), 1u);
}

TEST_F(LineageTest, what_nobody_reads_any_more_is_not_made_again) {
  start_reading(true);
  commit(1, of(1, 0, 1));
  step(event::ResultsLost{{of(1, 0, 1)}});
  EXPECT_FALSE(running_on(1).has_value()) << "a part of the output is never lost";
  commit(2, of(1, 1, 1));
  ASSERT_NE(find<command::OpenStage>(), nullptr);
  step(event::ResultsLost{{of(0, 0, 1), of(0, 1, 1)}});
  EXPECT_FALSE(running_on(1).has_value());
  step(event::NoMoreStages{2});
  EXPECT_EQ(scheduler_->state(), JobState::Done);
}

TEST_F(LineageTest, a_result_that_is_waited_for_no_longer_is_given_up) {
  start_reading();
  step(event::WorkersAllowed{0});
  step(event::ResultsLost{{of(0, 0, 1)}});  // no worker for it
  EXPECT_EQ(scheduler_->wanted_workers(), 3u);
  commit(1, of(1, 0, 1));
  commit(2, of(1, 1, 1));
  EXPECT_EQ(scheduler_->wanted_workers(), 0u);
  EXPECT_NE(find<command::OpenStage>(), nullptr);
}

TEST_F(LineageTest, freed_results_are_made_again_down_the_line) {
  start_reading();
  commit(1, of(1, 0, 1));
  commit(2, of(1, 1, 1));
  open(2, 1, {1}, {0});
  ASSERT_EQ(running_on(1), of(2, 0, 1));
  step(event::ResultsLost{{of(1, 1, 1)}});
  EXPECT_EQ(running_on(2), of(0, 0, 2)) << "the lost step reads both maps, whose results were freed";
  commit(2, of(0, 0, 2), 100);
  EXPECT_EQ(running_on(2), of(0, 1, 2));
  commit(2, of(0, 1, 2), 101);
  EXPECT_EQ(running_on(2), of(1, 1, 2));
  EXPECT_EQ(scheduler_->committed_attempt({1, 0}), 1u) << "what is there is not made again";
}

TEST_F(LineageTest, one_reader_that_cannot_fetch_is_excused_and_two_make_the_result_lost) {
  options_.max_attempts = 1;
  start_reading();
  step(cannot_fetch(1, of(1, 0, 1), of(0, 1, 1)));
  ASSERT_FALSE(scheduler_->ended());
  EXPECT_EQ(scheduler_->lost_results(), 0u);
  step(cannot_fetch(2, of(1, 1, 1), of(0, 1, 1)));
  ASSERT_FALSE(scheduler_->ended());
  EXPECT_EQ(scheduler_->lost_results(), 1u);
  EXPECT_EQ(running_on(1), of(0, 1, 2)) << "on another host than that which could not serve it";
  EXPECT_EQ(scheduler_->failed_attempts(), 0u);
}

TEST_F(LineageTest, a_result_that_can_never_be_fetched_ends_the_job) {
  start_reading();
  for (std::uint32_t number = 1; !scheduler_->ended(); ++number) {
    ASSERT_LT(number, 100u);
    for (const WorkerId worker : {1u, 2u}) {
      const std::optional<AttemptId> running = running_on(worker);
      if (!running || scheduler_->ended()) continue;
      if (running->task.stage == 0) commit(worker, *running, 100 + running->task.ordinal);
      else step(cannot_fetch(worker, *running, of(0, 0, scheduler_->committed_attempt({0, 0}))));
    }
  }
  ASSERT_NE(find<command::FailJob>(), nullptr);
  EXPECT_THAT(find<command::FailJob>()->error.message(), HasSubstr("could not be fetched"));
}

TEST_F(LineageTest, inputs_that_never_were_excuse_nobody_for_ever) {
  start_reading();
  for (std::uint32_t tries = 0; !scheduler_->ended(); ++tries) {
    ASSERT_LT(tries, 2 * kMaxStaleFetches + 2 * options_.max_attempts);
    const WorkerId worker = running_on(1) ? 1 : 2;
    step(cannot_fetch(worker, *running_on(worker), of(0, 0, 99)));
  }
  EXPECT_GE(runs_.size(), kMaxStaleFetches);
}

TEST_F(LineageTest, a_result_that_differs_when_made_again_fails_the_job_once_others_have_read_it) {
  start_reading();
  commit(1, of(1, 0, 1));
  step(event::ResultsLost{{of(0, 0, 1)}});
  ASSERT_EQ(running_on(1), of(0, 0, 2));
  step(event::AttemptDone{1, of(0, 0, 2), {}, 666});
  step(event::CommitDone{of(0, 0, 2)});
  const auto* failed = find<command::FailJob>();
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->error.fault(), Fault::User);
  EXPECT_THAT(failed->error.message(), HasSubstr("not deterministic"));
}

TEST_F(LineageTest, a_result_that_differs_is_taken_when_nothing_was_built_on_it_and_readers_begin_again) {
  start_reading();
  step(event::AttemptFailed{1, of(1, 0, 1), environment_error("disk"), false, {}});
  step(event::ResultsLost{{of(0, 0, 1)}});
  ASSERT_EQ(running_on(1), of(0, 0, 2));
  step(event::AttemptDone{1, of(0, 0, 2), {}, 666});
  step(event::CommitDone{of(0, 0, 2)});
  ASSERT_NE(find<command::KillWorker>(), nullptr);
  EXPECT_EQ(find<command::KillWorker>()->worker, 2u) << "it may have read the old one";
  step(event::AttemptDone{2, of(1, 1, 1), {}, {}});
  EXPECT_EQ(find<command::Commit>(), nullptr);
  EXPECT_NE(find<command::Discard>(), nullptr);
  EXPECT_FALSE(scheduler_->ended());
}

TEST_F(LineageTest, a_stage_that_cannot_be_opened_over_lost_results_is_asked_for_again) {
  start_reading();
  commit(1, of(1, 0, 1));
  commit(2, of(1, 1, 1));
  ASSERT_NE(find<command::OpenStage>(), nullptr);
  step(event::StageBlocked{2, {of(1, 0, 1)}});
  EXPECT_EQ(find<command::OpenStage>(), nullptr);
  ASSERT_EQ(running_on(2), of(1, 0, 2)) << "on another host than that which could not serve it";
  commit(2, of(1, 0, 2));
  ASSERT_NE(find<command::OpenStage>(), nullptr);
  EXPECT_EQ(find<command::OpenStage>()->stage, 2u);
}

TEST_F(LineageTest, a_result_lost_with_its_node_while_it_commits_is_no_failure) {
  options_.max_attempts = 1;
  start_reading(true);
  step(event::AttemptDone{1, of(1, 0, 1), {}, {}});
  step(event::CommitFailed{of(1, 0, 1), environment_error("node gone"), true});
  EXPECT_FALSE(running_on(1)) << "not again on the host that could not give it out, as there is another one";
  commit(2, of(1, 1, 1));
  EXPECT_EQ(running_on(2), of(1, 0, 2));
  EXPECT_EQ(scheduler_->failed_attempts(), 0u);
}

TEST_F(LineageTest, results_that_are_never_given_out_when_they_commit_end_the_job) {
  start_reading(true);
  for (std::uint32_t number = 1; !scheduler_->ended(); ++number) {
    ASSERT_LT(number, 100u);
    for (const WorkerId worker : {1u, 2u}) {
      const std::optional<AttemptId> running = running_on(worker);
      if (!running || scheduler_->ended()) continue;
      step(event::AttemptDone{worker, *running, {}, {}});
      step(event::CommitFailed{*running, environment_error("no such file"), true});
    }
  }
  ASSERT_NE(find<command::FailJob>(), nullptr);
  EXPECT_THAT(find<command::FailJob>()->error.message(), AllOf(HasSubstr("could not be fetched"), HasSubstr("no such file")));
}

}  // namespace
}  // namespace sinter

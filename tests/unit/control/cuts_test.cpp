// Scheduler: ranges that are cut again.
#include "tests/unit/control/scheduler_fixture.hpp"

namespace sinter {
namespace {

constexpr AttemptId kFirst{{1, 0}, 1};
constexpr AttemptId kSecond{{1, 1}, 1};

class CutsTest : public SchedulerTest {
 protected:
  CutsTest() {
    options_.cut_ranges = true;
    options_.journal = true;
    options_.heartbeat_timeout_ms = 1'000'000;
  }
  /// Two maps have committed on workers 1 and 2; each has `ranges` of the next stage as far as there are any.
  void start_ranges(std::uint32_t ranges, bool keeps_results = false) {
    start(2, 2);
    commit(1, map_attempt(0, 1));
    commit(2, map_attempt(1, 1));
    open(1, ranges, {0}, {}, keeps_results);
  }
  void look(double fraction, SteadyMs age_ms, WorkerId worker = 1, AttemptId attempt = kFirst) {
    now_ += age_ms;
    step(event::Heartbeat{worker, attempt, ++progress_, fraction});
    step(event::Tick{});
  }
  /// The attempt of the one range has agreed; the rest of it runs on worker 2.
  void cut_once() {
    start_ranges(1);
    look(0.25, 10'000);
    ASSERT_NE(find<command::AskToCut>(), nullptr);
    step(event::RangeCut{1, kFirst, "m"});
    ASSERT_EQ(running_on(2), kSecond);
  }
  void restart() {
    ++options_.generation;
    auto restored = Scheduler::restore(options_, journal_);
    ASSERT_TRUE(restored.ok()) << restored.error().to_string();
    scheduler_.emplace(std::move(*restored));
    step(event::WorkersAllowed{0});
  }
  std::uint64_t progress_ = 0;
};

TEST_F(CutsTest, an_attempt_with_long_to_go_beside_an_idle_worker_is_asked_once) {
  start_ranges(1);
  look(0.25, 10'000);
  ASSERT_EQ(count<command::AskToCut>(), 1u);
  EXPECT_EQ(find<command::AskToCut>()->worker, 1u);
  EXPECT_EQ(find<command::AskToCut>()->attempt, kFirst);
  look(0.3, kSpeculationLookMs);
  EXPECT_EQ(count<command::AskToCut>(), 0u) << "it has not answered";
  look(0.3, kCutAnswerMs);
  EXPECT_EQ(count<command::AskToCut>(), 1u) << "the question may be lost";
}

TEST_F(CutsTest, the_rest_becomes_a_task_that_starts_at_once) {
  start_ranges(1);
  look(0.25, 10'000);
  step(event::RangeCut{1, kFirst, "m"});
  ASSERT_EQ(last_.size(), 3u);
  const JournalRecord expected = journal::RangeCut{kFirst, 1, "m"};
  EXPECT_EQ(std::get<command::Journal>(last_[0]).record, expected) << "before anything follows from it";
  const auto& cut = std::get<command::RangeCut>(last_[1]);
  EXPECT_EQ(cut.task, kFirst.task);
  EXPECT_EQ(cut.rest, 1u);
  EXPECT_EQ(cut.border, "m");
  EXPECT_EQ(std::get<command::RunTask>(last_[2]).attempt, kSecond);
  EXPECT_EQ(running_on(1), kFirst) << "the first goes on to the border";
  commit(1, kFirst);
  EXPECT_EQ(find<command::OpenStage>(), nullptr) << "the stage has two tasks now";
  commit(2, kSecond);
  EXPECT_NE(find<command::OpenStage>(), nullptr);
}

TEST_F(CutsTest, what_is_left_may_be_cut_once_more) {
  cut_once();
  commit(2, kSecond);
  look(0.4, 10'000);
  ASSERT_EQ(count<command::AskToCut>(), 1u);
  step(event::RangeCut{1, kFirst, "f"});
  EXPECT_EQ(running_on(2), (AttemptId{{1, 2}, 1}));
}

TEST_F(CutsTest, one_that_refuses_is_not_asked_again_and_may_get_a_second_attempt) {
  options_.speculation = true;
  start(3, 3);
  now_ += 1'000;
  for (WorkerId worker = 1; worker <= 3; ++worker) commit(worker, map_attempt(worker - 1, 1));
  open(1, 2, {0});
  now_ += 1'000;
  commit(2, kSecond);
  look(0.25, 10'000);
  ASSERT_EQ(count<command::AskToCut>(), 1u);
  look(0.25, 2'000);
  EXPECT_FALSE(running_on(2) || running_on(3)) << "two attempts would not agree about the border";
  step(event::CutRefused{1, kFirst});
  look(0.25, 2'000);
  EXPECT_EQ(count<command::AskToCut>(), 0u);
  EXPECT_TRUE(running_on(2) || running_on(3));
}

TEST_F(CutsTest, an_attempt_beside_another_of_its_task_is_not_cut) {
  options_.speculation = true;
  start(3, 3);
  now_ += 1'000;
  for (WorkerId worker = 1; worker <= 3; ++worker) commit(worker, map_attempt(worker - 1, 1));
  open(1, 2, {0});
  now_ += 1'000;
  commit(2, kSecond);
  look(-1, 10'000);
  ASSERT_TRUE(running_on(2) || running_on(3)) << "a second attempt, for how far the first is was not known";
  look(0.1, 2'000);
  EXPECT_EQ(count<command::AskToCut>(), 0u);
  step(event::RangeCut{1, kFirst, "m"});
  EXPECT_EQ(find<command::RangeCut>(), nullptr);
  EXPECT_EQ(scheduler_->stage().total, 2u);
}

TEST_F(CutsTest, nothing_is_asked_where_it_would_not_help) {
  start_ranges(1);
  look(0.25, 4'000);
  EXPECT_EQ(count<command::AskToCut>(), 0u) << "it is young";
  look(0.9, 16'000);
  EXPECT_EQ(count<command::AskToCut>(), 0u) << "it is nearly done";
  look(-1, 10'000);
  EXPECT_EQ(count<command::AskToCut>(), 0u) << "nobody knows how far it is";
}

TEST_F(CutsTest, a_queued_task_comes_before_a_cut) {
  start_ranges(3);
  look(0.1, 10'000);
  EXPECT_EQ(count<command::AskToCut>(), 0u);
}

TEST_F(CutsTest, without_idle_workers_more_are_wanted) {
  start_ranges(2);
  EXPECT_EQ(scheduler_->wanted_workers(), 2u);
  look(0.1, 10'000);
  EXPECT_EQ(count<command::AskToCut>(), 0u);
  EXPECT_EQ(scheduler_->wanted_workers(), 3u) << "for the range that would be cut";
  step(event::WorkersAllowed{3});
  ASSERT_NE(find<command::StartWorker>(), nullptr);
  step(event::WorkerReady{find<command::StartWorker>()->worker});
  look(0.1, 1);
  EXPECT_EQ(count<command::AskToCut>(), 1u);
}

TEST_F(CutsTest, a_lost_attempt_of_a_cut_task_is_made_again_and_the_answer_of_a_zombie_cuts_nothing) {
  cut_once();
  crash(1);
  step(event::RangeCut{1, kFirst, "c"});
  EXPECT_EQ(scheduler_->stage().total, 2u);
  commit(2, kSecond);
  const auto again = std::find_if(runs_.begin(), runs_.end(), [](const auto& run) { return run.attempt == AttemptId{{1, 0}, 2}; });
  ASSERT_NE(again, runs_.end());
  step(event::RangeCut{again->worker, kFirst, "c"});
  EXPECT_EQ(scheduler_->stage().total, 2u) << "another attempt than the worker runs";
}

TEST_F(CutsTest, a_result_that_is_made_again_is_not_cut) {
  start_ranges(2);
  commit(1, kFirst);
  step(event::ResultsLost{{kFirst}});
  ASSERT_EQ(running_on(1), (AttemptId{{1, 0}, 2}));
  commit(2, kSecond);
  look(0.1, 10'000, 1, {{1, 0}, 2});
  EXPECT_EQ(count<command::AskToCut>(), 0u) << "readers may have read the whole";
  step(event::RangeCut{1, {{1, 0}, 2}, "m"});
  EXPECT_EQ(scheduler_->stage().total, 2u);
}

TEST_F(CutsTest, a_tracker_that_restarts_knows_the_cut_and_adopts_who_agreed) {
  cut_once();
  commit(2, kSecond);
  restart();
  EXPECT_EQ(scheduler_->stage().total, 2u);
  EXPECT_EQ(scheduler_->stage().committed, 1u);
  step(event::WorkerAdopted{1, 0, kFirst});
  EXPECT_EQ(running_on(1), kFirst);
  commit(1, kFirst);
  EXPECT_NE(find<command::OpenStage>(), nullptr);
}

TEST_F(CutsTest, who_began_before_one_that_agreed_is_not_adopted) {
  start_ranges(1);
  crash(1, {}, Loss::Node);
  const AttemptId second{{1, 0}, 2};
  ASSERT_EQ(running_on(2), second);
  now_ += 10'000;
  step(event::RangeCut{2, second, "m"});
  restart();
  step(event::WorkerAdopted{1, 0, kFirst});
  EXPECT_NE(find<command::KillWorker>(), nullptr) << "it does the whole range";
}

TEST_F(CutsTest, an_attempt_that_began_before_the_cut_of_another_is_no_failure) {
  options_.max_attempts = 1;
  start_ranges(1);
  event::AttemptFailed failed{1, kFirst, environment_error("another part of its range"), false, {}};
  failed.outdated = true;
  step(failed);
  EXPECT_FALSE(scheduler_->ended());
  EXPECT_EQ(scheduler_->failed_attempts(), 0u);
  ASSERT_NE(find<command::Discard>(), nullptr);
  EXPECT_EQ(find<command::BlameHost>(), nullptr);
  EXPECT_EQ(runs_.back().attempt, (AttemptId{{1, 0}, 2}));
}

TEST_F(CutsTest, a_cut_that_cannot_follow_is_no_journal) {
  start_ranges(1);
  ++options_.generation;
  for (const journal::RangeCut& bad : {journal::RangeCut{kFirst, 2, "m"}, journal::RangeCut{kFirst, 1, ""},
                                       journal::RangeCut{map_attempt(0, 1), 2, "m"}, journal::RangeCut{{{2, 0}, 1}, 1, "m"}}) {
    std::vector<JournalRecord> records = journal_;
    records.push_back(bad);
    EXPECT_FALSE(Scheduler::restore(options_, records).ok());
  }
  std::vector<JournalRecord> records = journal_;
  records.push_back(journal::RangeCut{kFirst, 1, "m"});
  EXPECT_TRUE(Scheduler::restore(options_, records).ok());
}

TEST_F(CutsTest, without_the_option_nothing_is_asked) {
  options_.cut_ranges = false;
  start_ranges(1);
  look(0.1, 100'000);
  EXPECT_EQ(count<command::AskToCut>(), 0u);
}

}  // namespace
}  // namespace sinter

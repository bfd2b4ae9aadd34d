// What becomes of a job, told as its shell tells it, is seen and written down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/faulty_file_system.hpp"
#include "framework/cluster/job_view.hpp"
#include "tests/unit/cluster/told_job.hpp"

namespace sinter::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class JobViewTest : public ::testing::Test {
 protected:
  ToldJob job_;
};

TEST_F(JobViewTest, tasks_are_waiting_running_and_committed_with_where_and_what) {
  job_.open_map(3);
  job_.start(1, 7, 0);
  job_.clock.advance(500);
  job_.view->progressed({{0, 0}, 1}, {10, 100, 0, "reading"});
  job_.start(2, 8, 1);
  job_.commit(8, {{0, 1}, 1}, {{"rows_read", 5}});
  const TaskPage page = job_.view->tasks("", {}, 0, 10);
  ASSERT_THAT(page.tasks, SizeIs(3));
  EXPECT_EQ(page.tasks[0].state, TaskViewState::Running);
  ASSERT_THAT(page.tasks[0].running, SizeIs(1));
  EXPECT_EQ(page.tasks[0].running[0].node, "alpha");
  EXPECT_EQ(page.tasks[0].running[0].running_ms, 500);
  EXPECT_EQ(page.tasks[0].running[0].progress.rows, 10u);
  EXPECT_EQ(page.tasks[1].state, TaskViewState::Committed);
  EXPECT_EQ(page.tasks[1].committed, 1u);
  EXPECT_EQ(page.tasks[2].state, TaskViewState::Waiting);
  EXPECT_EQ(page.next, 0u);
  const JobNumbers numbers = job_.view->numbers();
  EXPECT_EQ(numbers.counters.at("rows_read"), 5u);
  EXPECT_EQ(numbers.attempts_started, 2u);
  ASSERT_THAT(numbers.stages, SizeIs(1));
  EXPECT_EQ(numbers.stages[0].committed, 1u);
  EXPECT_EQ(numbers.stages[0].running, 1u);
}

TEST_F(JobViewTest, pages_of_tasks_hold_them_all_once_filtered_or_not) {
  job_.open_map(5);
  job_.open_reduce(4);
  for (std::uint32_t task = 0; task < 5; ++task) job_.commit(1, {{0, task}, 1}, {});
  for (const std::size_t limit : {1, 2, 3, 100}) {
    std::vector<std::string> names;
    std::uint64_t from = 0;
    do {
      const TaskPage page = job_.view->tasks("", {}, from, limit);
      for (const TaskFacts& task : page.tasks) names.push_back(task.name);
      from = page.next;
    } while (from != 0);
    EXPECT_THAT(names, ElementsAre("map-0", "map-1", "map-2", "map-3", "map-4", "reduce-0", "reduce-1", "reduce-2", "reduce-3"));
  }
  EXPECT_THAT(job_.view->tasks("reduce", {}, 0, 100).tasks, SizeIs(4));
  EXPECT_THAT(job_.view->tasks("", TaskViewState::Waiting, 0, 100).tasks, SizeIs(4));
  EXPECT_THAT(job_.view->tasks("step9", {}, 0, 100).tasks, IsEmpty());
  EXPECT_EQ(job_.view->find_task("reduce-3"), (TaskId{1, 3}));
  for (const std::string name : {"reduce-4", "reduce", "", "-", "map-", "map-1x", "map--1", "map-99999999999999999999"})
    EXPECT_FALSE(job_.view->find_task(name).has_value()) << name;
}

TEST_F(JobViewTest, an_attempt_that_fails_counts_and_one_that_is_lost_does_not) {
  job_.open_map(2);
  job_.start(1, 7, 0);
  job_.start(2, 8, 1);
  const AttemptId first{{0, 0}, 1};
  const Error error = user_error("line 3 is bad");
  job_.view->stepped(event::AttemptFailed{7, first, error, false, {}, {}},
                     {command::Discard{first}, command::Journal{journal::Failed{first, 7, 1, error, false, {}}}});
  const AttemptId second{{0, 1}, 1};
  job_.view->stepped(event::WorkerLost{8, Loss::Node, "was lost with its node 'beta'", {}, "", ""}, {command::Discard{second}});
  const JobNumbers numbers = job_.view->numbers();
  EXPECT_EQ(numbers.attempts_failed, 1u);
  EXPECT_EQ(numbers.attempts_lost, 1u);
  EXPECT_EQ(job_.totals.attempts_failed, 1u);
  EXPECT_EQ(job_.totals.workers_lost, 1u);
  EXPECT_EQ(job_.view->tasks("", {}, 0, 1).tasks[0].failures, 1u);
  EXPECT_THAT(job_.view->tasks("", TaskViewState::Running, 0, 9).tasks, IsEmpty());
  const std::string history = job_.history();
  EXPECT_THAT(history,
              HasSubstr(R"("event":"attempt_failed","attempt":"map-0-1","worker":7,"node":"alpha","ms":0,"reason":"line 3 is bad")"));
  EXPECT_THAT(history, HasSubstr(R"("event":"attempt_lost","attempt":"map-1-1")"));
  EXPECT_THAT(history, HasSubstr(R"("event":"worker_lost","worker":8,"node":"beta","reason":"was lost with its node 'beta'")"));
}

TEST_F(JobViewTest, a_lost_result_waits_again_and_counts_once) {
  job_.open_map(1);
  job_.commit(1, {{0, 0}, 1}, {{"rows_read", 5}});
  job_.view->stepped(event::ResultsLost{{{{0, 0}, 1}}}, {command::Journal{journal::ResultLost{{{0, 0}, 1}}}});
  EXPECT_EQ(job_.view->tasks("", {}, 0, 1).tasks[0].state, TaskViewState::Waiting);
  EXPECT_EQ(job_.view->numbers().stages[0].committed, 0u);
  job_.commit(1, {{0, 0}, 2}, {{"rows_read", 5}});
  EXPECT_EQ(job_.view->numbers().counters.at("rows_read"), 5u);
  EXPECT_EQ(job_.view->numbers().stages[0].committed, 1u);
}

TEST_F(JobViewTest, the_rest_of_a_range_is_one_task_more) {
  job_.open_map(1);
  job_.open_reduce(1);
  const journal::RangeCut cut{{{1, 0}, 1}, 1, "m"};
  job_.view->stepped(event::RangeCut{1, {{1, 0}, 1}, "m"}, {command::Journal{cut}, command::RangeCut{{1, 0}, 1, "m"},
                                                            command::RunTask{2, {{1, 1}, 1}, false, {}}});
  EXPECT_EQ(job_.view->numbers().stages[1].tasks, 2u);
  EXPECT_THAT(job_.history(), HasSubstr("\"event\":\"range_cut\",\"attempt\":\"reduce-0-1\",\"rest\":\"reduce-1\""));
  EXPECT_THAT(job_.view->running_of({1, 1}), ElementsAre(std::pair(AttemptId{{1, 1}, 1}, WorkerId{2})));
  job_.restart();
  job_.open_map(1);
  job_.open_reduce(1);
  job_.view->replayed(cut);
  EXPECT_EQ(job_.view->numbers().stages[1].tasks, 2u);
  EXPECT_TRUE(job_.view->find_task("reduce-1"));
}

TEST_F(JobViewTest, another_life_sees_what_was_and_writes_no_event_twice) {
  job_.open_map(2);
  job_.commit(1, {{0, 0}, 1}, {{"rows_read", 5}});
  const std::string before = job_.history();
  job_.restart();
  job_.view->stage_opened(0, job_.map_stage(2), 0, true);
  job_.view->replayed(journal::Committed{{{0, 0}, 1}, 1, {{"rows_read", 5}}, {}});
  EXPECT_EQ(job_.view->tasks("", {}, 0, 1).tasks[0].state, TaskViewState::Committed);
  EXPECT_EQ(job_.view->numbers().counters.at("rows_read"), 5u);
  EXPECT_EQ(job_.totals.attempts_committed, 1u);
  EXPECT_THAT(job_.history(), ::testing::StartsWith(before));
  EXPECT_THAT(job_.history().substr(before.size()), HasSubstr("\"event\":\"resumed\""));
  EXPECT_THAT(job_.history().substr(before.size()), Not(HasSubstr("committed")));
  job_.view->replayed(journal::Failed{{{0, 1}, 1}, 7, 1, user_error("bad"), false, {}});
  EXPECT_EQ(job_.view->numbers().attempts_failed, 1u);
  EXPECT_EQ(job_.view->tasks("", {}, 1, 1).tasks[0].failures, 1u);
  // A worker of before that still runs is there.
  job_.view->stepped(event::WorkerAdopted{9, 2, AttemptId{{0, 1}, 3}}, {});
  EXPECT_THAT(job_.view->running_of({0, 1}), ElementsAre(std::pair(AttemptId{{0, 1}, 3}, WorkerId{9})));
  job_.view->ended("cancelled", "the job was cancelled");
  EXPECT_THAT(job_.view->running_of({0, 1}), IsEmpty());
}

TEST_F(JobViewTest, a_released_worker_is_no_loss) {
  job_.open_map(1);
  job_.view->stepped(event::WorkersAllowed{1}, {command::StartWorker{7}});
  EXPECT_EQ(job_.view->numbers().workers_starting, 1u);
  job_.start(1, 7, 0);
  EXPECT_EQ(job_.view->numbers().workers_starting, 0u);
  job_.view->stepped(event::WorkersAllowed{0}, {command::ReleaseWorker{7}});
  job_.view->stepped(event::WorkerLost{7, Loss::Crash, "ended", {}, "", ""}, {});
  EXPECT_EQ(job_.totals.workers_lost, 0u);
  EXPECT_THAT(job_.history(), Not(HasSubstr("worker_lost")));
}

TEST(JobHistoryTest, the_oldest_events_go_first_and_the_rest_can_be_read_page_by_page) {
  const auto files = make_memory_file_system();
  const std::string long_text(1'000, 'x');
  std::uint64_t written = 0;
  {
    JobHistory history(*files, "/job", "2026-11-21T00:00:00Z");
    for (; written < 3'000; ++written) history.append("2026-11-21T00:00:01Z", "\"event\":\"e\",\"text\":\"" + long_text + "\"");
    EXPECT_TRUE(history.take_failure().ok());
  }
  // A life that died in the middle of a line.
  const std::string torn = *read_file(*files, "/job/history") + "{\"n\":99999,\"at\":\"20";
  ASSERT_TRUE(write_file(*files, "/job/history", torn).ok());
  JobHistory(*files, "/job", "2027-01-01T00:00:00Z").append("2026-11-21T00:00:02Z", "\"event\":\"last\"");
  const HistoryPage first = *read_history(*files, "/job", 1, 10);
  EXPECT_EQ(first.submitted_at, "2026-11-21T00:00:00Z");
  EXPECT_GT(first.first, 500u);
  EXPECT_LT(first.first, 2'100u);
  std::uint64_t expected = first.first;
  for (std::uint64_t from = 1; from != 0;) {
    const HistoryPage page = *read_history(*files, "/job", from, 100);
    for (const std::string& event : page.events) EXPECT_THAT(event, ::testing::StartsWith("{\"n\":" + std::to_string(expected++) + ","));
    from = page.next;
  }
  EXPECT_EQ(expected, 3'002u);
  EXPECT_LE(files->info("/job/history")->size_bytes + files->info("/job/history.old")->size_bytes, 2 * kMaxHistoryFileBytes);
}

TEST(JobHistoryTest, a_disk_that_fails_costs_the_history_and_is_told_once) {
  const auto memory = make_memory_file_system();
  FaultyFileSystem files(*memory);
  JobHistory history(files, "/job", "2026-11-21T00:00:00Z");
  history.append("2026-11-21T00:00:01Z", "\"event\":\"one\"");
  files.fail(FileOperation::Append, 0, ENOSPC, 1, 5);
  history.append("2026-11-21T00:00:02Z", "\"event\":\"two\"");
  history.append("2026-11-21T00:00:03Z", "\"event\":\"three\"");
  EXPECT_FALSE(history.take_failure().ok());
  const HistoryPage page = *read_history(files, "/job", 1, 10);
  ASSERT_FALSE(page.events.empty());
  EXPECT_THAT(page.events.front(), HasSubstr("one"));
  for (const std::string& event : page.events) EXPECT_THAT(event, Not(HasSubstr("two")));
  FaultyFileSystem broken(*memory);
  broken.fail(FileOperation::Create, 0, EROFS, 100);
  JobHistory nowhere(broken, "/other", "2026-11-21T00:00:00Z");
  nowhere.append("2026-11-21T00:00:01Z", "\"event\":\"one\"");
  EXPECT_FALSE(nowhere.take_failure().ok());
}

}  // namespace
}  // namespace sinter::cluster

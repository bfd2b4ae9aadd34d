// Scheduler over several hosts: where retries go, what a lost node costs, and how many workers the job may have.
#include "tests/unit/control/scheduler_fixture.hpp"

namespace sinter {
namespace {

class ManyHostsTest : public SchedulerTest {
 protected:
  /// Workers 1 and up, each on the host at its place.
  void start_on(std::uint32_t maps, const std::vector<HostId>& hosts) {
    options_.workers = static_cast<std::uint32_t>(hosts.size());
    scheduler_.emplace(options_);
    step(event::Tick{});
    open(0, maps, {});
    for (WorkerId worker = 1; worker <= std::min<std::size_t>(maps, hosts.size()); ++worker)
      step(event::WorkerReady{worker, hosts[worker - 1]});
  }
};

TEST_F(ManyHostsTest, a_retry_goes_to_another_host_and_not_to_another_worker_of_the_same) {
  start_on(3, {7, 7, 8});
  commit(2, map_attempt(1, 1));
  step(event::AttemptFailed{1, map_attempt(0, 1), environment_error("disk"), false, {}});
  EXPECT_FALSE(running_on(1).has_value());
  EXPECT_FALSE(running_on(2).has_value()) << "the same host";
  commit(3, map_attempt(2, 1));
  EXPECT_EQ(running_on(3), map_attempt(0, 2));
}

TEST_F(ManyHostsTest, a_task_goes_to_the_host_that_has_most_of_what_it_reads_and_waits_for_none) {
  start_on(3, {7, 8, 8});
  for (WorkerId worker = 1; worker <= 3; ++worker) commit(worker, map_attempt(worker - 1, 1));
  event::StageOpened opened{1, 5, {0}};
  opened.nearest = {8, 8, 7, 0, 9};
  step(opened);
  EXPECT_EQ(running_on(1), (AttemptId{{1, 2}, 1})) << "its own comes first";
  EXPECT_EQ(running_on(2), (AttemptId{{1, 0}, 1}));
  EXPECT_EQ(running_on(3), (AttemptId{{1, 1}, 1}));
  commit(3, {{1, 1}, 1});
  EXPECT_EQ(running_on(3), (AttemptId{{1, 3}, 1})) << "then those that are nobody's";
  commit(1, {{1, 2}, 1});
  EXPECT_EQ(running_on(1), (AttemptId{{1, 4}, 1})) << "and those of a host that has no worker";
}

TEST_F(ManyHostsTest, a_near_task_that_failed_there_is_tried_elsewhere) {
  start_on(2, {7, 8});
  for (WorkerId worker = 1; worker <= 2; ++worker) commit(worker, map_attempt(worker - 1, 1));
  event::StageOpened opened{1, 2, {0}};
  opened.nearest = {7, 7};
  step(opened);
  step(event::AttemptFailed{1, {{1, 0}, 1}, environment_error("disk"), false, {}});
  EXPECT_FALSE(running_on(1).has_value());
  commit(2, {{1, 1}, 1});
  EXPECT_EQ(running_on(2), (AttemptId{{1, 0}, 2}));
}

TEST_F(ManyHostsTest, a_task_that_failed_everywhere_goes_elsewhere_before_it_comes_back) {
  start_on(2, {7, 8});
  commit(1, map_attempt(0, 1));
  step(event::AttemptFailed{2, map_attempt(1, 1), environment_error("network"), false, {}});
  ASSERT_EQ(running_on(1), map_attempt(1, 2));
  step(event::AttemptFailed{1, map_attempt(1, 2), environment_error("disk"), false, {}});
  EXPECT_FALSE(running_on(1).has_value()) << "it failed here last";
  EXPECT_EQ(running_on(2), map_attempt(1, 3));
}

TEST_F(ManyHostsTest, a_lost_node_is_no_failure_of_its_tasks_and_raises_no_suspicion) {
  options_.max_attempts = 1;
  start_on(1, {7});
  step(event::WorkerLost{1, Loss::Node, "its node is gone", RecordAt{0, 70, 7}, "a.csv:7", ""});
  ASSERT_FALSE(scheduler_->ended());
  EXPECT_EQ(scheduler_->failed_attempts(), 0u);
  ASSERT_NE(find<command::Discard>(), nullptr);
  step(event::WorkerReady{find<command::StartWorker>()->worker, 8});
  EXPECT_EQ(runs_.back().attempt, map_attempt(0, 2));
  EXPECT_FALSE(runs_.back().careful);
}

TEST_F(ManyHostsTest, nodes_that_go_while_workers_start_are_no_failed_starts) {
  options_.workers = 1;
  scheduler_.emplace(options_);
  step(event::Tick{});
  open(0, 1, {});
  for (WorkerId worker = 1; worker <= 2 * kMaxStartFailures; ++worker)
    step(event::WorkerLost{worker, Loss::Node, "its node is gone", {}, "", ""});
  EXPECT_FALSE(scheduler_->ended());
}

TEST_F(ManyHostsTest, starting_workers_that_somebody_kills_are_started_again_for_a_long_while_but_not_for_ever) {
  options_.workers = 1;
  scheduler_.emplace(options_);
  step(event::Tick{});
  open(0, 1, {});
  for (WorkerId worker = 1; worker < kMaxKilledStarts; ++worker) step(event::WorkerLost{worker, Loss::Killed, "was killed", {}, "", ""});
  EXPECT_FALSE(scheduler_->ended());
  step(event::WorkerLost{kMaxKilledStarts, Loss::Killed, "was killed", {}, "", ""});
  EXPECT_TRUE(scheduler_->ended());
}

TEST_F(ManyHostsTest, a_disk_that_is_full_on_one_host_is_left_alone_and_one_that_is_full_everywhere_ends_the_job) {
  start_on(2, {7, 8});
  const Error full = system_error("write", "/scratch/result", ENOSPC);
  ASSERT_FALSE(full.retriable());
  step(event::AttemptFailed{1, map_attempt(0, 1), full, false, {}, {}});
  ASSERT_FALSE(scheduler_->ended());
  EXPECT_EQ(scheduler_->failed_attempts(), 0u);
  EXPECT_FALSE(running_on(1).has_value());
  commit(2, map_attempt(1, 1));
  ASSERT_EQ(running_on(2), map_attempt(0, 2));
  step(event::AttemptFailed{2, map_attempt(0, 2), full, false, {}, {}});
  EXPECT_TRUE(scheduler_->ended());
}

TEST_F(ManyHostsTest, a_task_goes_to_where_it_failed_rather_than_to_where_it_cannot_work) {
  options_.max_attempts = 2;
  start_on(2, {7, 8});
  commit(2, map_attempt(1, 1));
  step(event::AttemptFailed{1, map_attempt(0, 1), environment_error("flaky"), false, {}, {}});
  ASSERT_EQ(running_on(2), map_attempt(0, 2));
  step(event::AttemptFailed{2, map_attempt(0, 2), system_error("write", "/scratch/result", ENOSPC), false, {}, {}});
  ASSERT_FALSE(scheduler_->ended());
  EXPECT_EQ(running_on(1), map_attempt(0, 3));
}

TEST_F(ManyHostsTest, a_host_on_which_no_worker_starts_does_not_end_a_job_that_others_work_for) {
  options_.workers = 2;
  scheduler_.emplace(options_);
  step(event::Tick{});
  open(0, 2, {});
  step(event::WorkerReady{1, 7});
  for (WorkerId worker = 2; worker < 20; ++worker) step(event::WorkerLost{worker, Loss::Start, "no room", {}, "", ""});
  EXPECT_FALSE(scheduler_->ended());
  EXPECT_EQ(running_on(1), map_attempt(0, 1));
}

TEST_F(ManyHostsTest, surplus_workers_are_released_when_idle_and_cost_nothing) {
  start_on(4, {7, 7, 8, 8});
  step(event::WorkersAllowed{2});
  EXPECT_EQ(count<command::ReleaseWorker>(), 0u) << "all are at work";
  commit(1, map_attempt(0, 1));
  commit(2, map_attempt(1, 1));
  EXPECT_EQ(scheduler_->wanted_workers(), 2u);
  // Both went as they became idle.
  step(event::WorkerLost{1, Loss::Crash, "ended", {}, "", ""});
  EXPECT_EQ(find<command::StartWorker>(), nullptr);
  EXPECT_EQ(scheduler_->lost_workers(), 0u);
  EXPECT_EQ(scheduler_->failed_attempts(), 0u);
}

TEST_F(ManyHostsTest, a_released_worker_gets_no_task_and_is_killed_when_it_stays) {
  start_on(5, {7, 7});
  step(event::WorkersAllowed{1});
  commit(1, map_attempt(0, 1));
  ASSERT_FALSE(running_on(1).has_value());
  now_ += options_.kill_timeout_ms;
  step(event::Heartbeat{2, map_attempt(1, 1), 1});
  step(event::Tick{});
  ASSERT_NE(find<command::KillWorker>(), nullptr);
  EXPECT_EQ(find<command::KillWorker>()->worker, 1u);
  step(event::WorkerLost{1, Loss::Killed, "was killed", {}, "", ""});
  EXPECT_EQ(scheduler_->lost_workers(), 0u);
}

TEST_F(ManyHostsTest, a_draining_host_ends_what_it_runs_and_gets_nothing_new) {
  start_on(4, {7, 8});
  step(event::HostDraining{7});
  EXPECT_EQ(count<command::ReleaseWorker>(), 0u);
  step(event::AttemptDone{1, map_attempt(0, 1), {}});
  ASSERT_NE(find<command::Commit>(), nullptr) << "what it has done counts";
  ASSERT_NE(find<command::ReleaseWorker>(), nullptr);
  EXPECT_EQ(find<command::ReleaseWorker>()->worker, 1u);
  EXPECT_FALSE(running_on(1).has_value());
  // A failed task goes where it can go.
  step(event::AttemptFailed{2, map_attempt(1, 1), environment_error("disk"), false, {}});
  EXPECT_TRUE(running_on(2).has_value());
}

TEST_F(ManyHostsTest, more_workers_are_started_when_the_job_may_have_more) {
  start_on(9, {7});
  step(event::WorkersAllowed{4});
  EXPECT_EQ(count<command::StartWorker>(), 3u);
  step(event::WorkersAllowed{0});
  EXPECT_EQ(count<command::ReleaseWorker>(), 3u) << "those that start run nothing yet";
}

}  // namespace
}  // namespace sinter

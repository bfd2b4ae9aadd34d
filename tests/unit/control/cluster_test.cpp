// Cluster: shares, places, quotas, bad nodes; and laws that hold after any events.
#include "framework/control/cluster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sinter {
namespace {

using namespace cluster_event;
using ::testing::HasSubstr;

class ClusterTest : public ::testing::Test {
 protected:
  const std::vector<ClusterCommand>& step(const ClusterEvent& event) {
    last_ = cluster_.step(event, now_);
    for (const ClusterCommand& command : last_) {
      if (const auto* allow = std::get_if<cluster_command::Allow>(&command)) allowed_[allow->job] = allow->count;
      if (const auto* spawn = std::get_if<cluster_command::Spawn>(&command)) places_[{spawn->job, spawn->worker}] = spawn->node;
    }
    return last_;
  }
  void add(JobId job, std::uint64_t wanted, std::int32_t priority = 0, std::uint32_t weight = 1) {
    step(JobAdded{job, priority, weight, wanted, 0});
  }
  /// Starts as many workers as the job may have, and returns where the last one went.
  HostId start(JobId job, WorkerId worker) {
    step(WorkerWanted{job, worker});
    return places_.contains({job, worker}) ? places_.at({job, worker}) : 0;
  }

  ClusterOptions options_;
  Cluster cluster_{options_};
  SteadyMs now_ = 0;
  std::vector<ClusterCommand> last_;
  std::map<JobId, std::uint32_t> allowed_;
  std::map<std::pair<JobId, WorkerId>, HostId> places_;
};

TEST_F(ClusterTest, a_job_alone_may_have_every_slot_that_it_can_use) {
  step(NodeJoined{1, 4, 0});
  add(1, 100);
  EXPECT_EQ(allowed_[1], 4u);
  step(NodeJoined{2, 4, 0});
  EXPECT_EQ(allowed_[1], 8u);
  step(JobDemand{1, 3});
  EXPECT_EQ(allowed_[1], 3u);
}

TEST_F(ClusterTest, workers_spread_over_nodes_and_wait_when_all_slots_are_taken) {
  step(NodeJoined{1, 2, 0});
  step(NodeJoined{2, 1, 0});
  add(1, 9);
  EXPECT_EQ(start(1, 1), 1u);
  EXPECT_EQ(start(1, 2), 1u);
  EXPECT_EQ(start(1, 3), 2u);
  EXPECT_EQ(start(1, 4), 0u);
  step(WorkerGone{1, 3});
  EXPECT_EQ((places_[{1, 4}]), 2u);
}

TEST_F(ClusterTest, jobs_of_a_priority_share_by_weight_and_what_one_leaves_goes_to_the_others) {
  step(NodeJoined{1, 12, 0});
  add(1, 100, 0, 1);
  add(2, 100, 0, 2);
  EXPECT_EQ(allowed_[1], 4u);
  EXPECT_EQ(allowed_[2], 8u);
  add(3, 3, 0, 3);
  EXPECT_EQ(allowed_[3], 3u);
  EXPECT_EQ(allowed_[1] + allowed_[2], 9u);
  EXPECT_EQ(allowed_[2], 6u);
}

TEST_F(ClusterTest, a_higher_priority_is_served_first) {
  step(NodeJoined{1, 4, 0});
  add(1, 100);
  add(2, 3, 5);
  EXPECT_EQ(allowed_[2], 3u);
  EXPECT_EQ(allowed_[1], 1u);
}

TEST_F(ClusterTest, more_is_allowed_only_as_slots_become_free) {
  step(NodeJoined{1, 4, 0});
  add(1, 4);
  for (WorkerId worker = 1; worker <= 4; ++worker) start(1, worker);
  add(2, 4);
  EXPECT_EQ(allowed_[1], 2u) << "its share, to which it comes as its workers become idle";
  EXPECT_EQ(allowed_[2], 0u) << "nothing is free yet";
  step(WorkerGone{1, 4});
  EXPECT_EQ(allowed_[2], 1u);
  start(2, 1);
  step(WorkerGone{1, 3});
  EXPECT_EQ(allowed_[2], 2u);
}

TEST_F(ClusterTest, memory_limits_what_a_node_takes) {
  step(NodeJoined{1, 8, 1000});
  step(JobAdded{1, 0, 1, 100, 300});
  EXPECT_EQ(allowed_[1], 3u);
}

TEST_F(ClusterTest, a_job_that_brings_native_code_gets_the_slots_of_nodes_that_take_it_and_no_others) {
  step(NodeJoined{1, 4, 0});
  step(NodeJoined{2, 2, 0, true});
  JobAdded brings{1, 0, 1, 100, 0};
  brings.native_code = true;
  step(brings);
  add(2, 100);
  EXPECT_EQ(allowed_[1], 2u);
  EXPECT_EQ(allowed_[2], 4u) << "what the first cannot use is the other's";
  EXPECT_EQ(start(1, 1), 2u);
  EXPECT_EQ(start(1, 2), 2u);
  EXPECT_EQ(start(1, 3), 0u);
  step(NodeJoined{3, 1, 0, true});
  EXPECT_EQ(places_.at({1, 3}), 3u);
}

TEST_F(ClusterTest, jobs_beyond_the_limit_wait_and_beyond_the_next_are_refused) {
  options_.max_running_jobs = 1;
  options_.max_jobs = 2;
  cluster_ = Cluster(options_);
  step(NodeJoined{1, 4, 0});
  add(1, 4);
  add(2, 4, 9);
  EXPECT_FALSE(cluster_.is_running(2));
  add(3, 4);
  ASSERT_EQ(last_.size(), 1u);
  EXPECT_THAT(std::get<cluster_command::Refuse>(last_[0]).error.message(), HasSubstr("2 jobs"));
  step(JobRemoved{1});
  EXPECT_TRUE(cluster_.is_running(2));
  EXPECT_EQ(allowed_[2], 4u);
}

/// Also with a lower limit than before, and beside a job that has ended and is not written down as such.
TEST_F(ClusterTest, a_job_that_a_life_before_has_taken_is_not_refused) {
  options_.max_jobs = 1;
  cluster_ = Cluster(options_);
  step(NodeJoined{1, 4, 0});
  add(1, 4);
  step(JobAdded{2, 0, 1, 4, 0, false, true});
  step(JobRemoved{1});
  EXPECT_EQ(allowed_[2], 4u);
}

TEST_F(ClusterTest, a_quota_holds_though_slots_stay_free) {
  options_.max_slots_per_job = 2;
  cluster_ = Cluster(options_);
  step(NodeJoined{1, 8, 0});
  add(1, 8);
  EXPECT_EQ(allowed_[1], 2u);
}

TEST_F(ClusterTest, a_draining_node_takes_no_more) {
  step(NodeJoined{1, 2, 0});
  step(NodeJoined{2, 2, 0});
  add(1, 9);
  step(NodeDraining{1});
  EXPECT_EQ(allowed_[1], 2u);
  EXPECT_EQ(start(1, 1), 2u);
  EXPECT_EQ(start(1, 2), 2u);
  EXPECT_EQ(start(1, 3), 0u);
}

TEST_F(ClusterTest, a_lost_node_takes_its_workers_along) {
  step(NodeJoined{1, 2, 0});
  add(1, 9);
  start(1, 1);
  step(NodeLost{1});
  EXPECT_EQ(cluster_.workers(), 0u);
  EXPECT_EQ(allowed_[1], 0u);
  step(WorkerGone{1, 1});
  step(NodeJoined{1, 2, 0});
  EXPECT_EQ(allowed_[1], 2u);
}

TEST_F(ClusterTest, a_node_where_a_job_fails_is_left_alone_by_it_and_forgiven) {
  for (HostId node = 1; node <= 3; ++node) step(NodeJoined{node, node == 1 ? 9u : 1u, 0});
  add(1, 9);
  for (std::uint32_t failure = 0; failure < kMaxNodeFailures; ++failure) step(NodeFailed{1, 1});
  EXPECT_TRUE(cluster_.avoids(1, 1));
  EXPECT_NE(start(1, 1), 1u);
  ASSERT_EQ(cluster_.next_deadline(), kForgiveMs);
  step(NodeFailed{2, 1});
  for (std::uint32_t failure = 1; failure < kMaxNodeFailures; ++failure) step(NodeFailed{2, 1});
  EXPECT_FALSE(cluster_.avoids(1, 1)) << "so many bad nodes: it is the job";
  now_ = kForgiveMs;
  step(Tick{});
  EXPECT_FALSE(cluster_.next_deadline().has_value());
  EXPECT_EQ(start(1, 2), 1u);
}

TEST_F(ClusterTest, a_worker_found_on_a_returning_node_takes_its_slot) {
  add(1, 9);
  EXPECT_EQ(start(1, 1), 0u);
  step(NodeJoined{1, 1, 0, false, {{1, 77}}});
  EXPECT_FALSE((places_.contains({1, 1}))) << "who waits for a slot does not get one that is taken";
  step(WorkerGone{1, 77});
  EXPECT_EQ((places_[{1, 1}]), 1u);
}

/// A tracker that restarts hears of workers before their job has said what they need.
TEST_F(ClusterTest, workers_that_were_found_take_up_memory_as_soon_as_it_is_known_how_much) {
  step(JobAdded{1});
  step(JobAdded{2, 0, 1, 9, 300});
  step(NodeJoined{1, 4, 1'000, false, {{1, 77}}});
  EXPECT_EQ(allowed_[2], 0u) << "nobody knows what is free";
  step(JobDemand{1, 0, 500});
  EXPECT_EQ(allowed_[2], 1u);
  step(WorkerGone{1, 77});
  EXPECT_EQ(allowed_[2], 3u);
}

/// Nodes and jobs that come and go at random, with jobs that start what they may.
class ClusterLife : public ClusterTest {
 protected:
  void happen(Random& random) {
    const auto node = static_cast<HostId>(1 + random.below(4));
    const auto job = static_cast<JobId>(1 + random.below(4));
    switch (random.below(6)) {
      case 0:
        slots_.try_emplace(node, static_cast<std::uint32_t>(random.below(5)));
        step(NodeJoined{node, slots_[node], 0});
        break;
      case 1:
        slots_.erase(node);
        std::erase_if(places_, [&](const auto& one) { return one.second == node; });
        step(NodeLost{node});
        break;
      case 2:
        wanted_[job] = random.below(12);
        if (cluster_.is_running(job)) step(JobDemand{job, wanted_[job]});
        else add(job, wanted_[job], 0, static_cast<std::uint32_t>(1 + random.below(3)));
        break;
      case 3: {
        if (places_.empty()) break;
        const auto gone = places_.begin()->first;
        places_.erase(places_.begin());
        step(WorkerGone{gone.first, gone.second});
        break;
      }
      default:
        if (wanted_.contains(job) && used_by(job) < allowed_[job]) {
          ASSERT_NE(start(job, next_++), 0u) << "what is allowed finds a slot";
        }
    }
  }
  std::uint32_t used_by(JobId job) const {
    return static_cast<std::uint32_t>(
        std::count_if(places_.begin(), places_.end(), [&](const auto& one) { return one.first.first == job; }));
  }
  void check() {
    std::uint64_t all = 0, shared = 0;
    bool unmet = false, above = false;
    for (const auto& [node, count] : slots_) {
      const auto used = std::count_if(places_.begin(), places_.end(), [id = node](const auto& one) { return one.second == id; });
      ASSERT_LE(used, count) << "node " << node << " is overfull";
      all += count;
    }
    for (const auto& [job, want] : wanted_) {
      ASSERT_LE(allowed_[job], want);
      shared += allowed_[job];
      unmet = unmet || allowed_[job] < want;
      above = above || used_by(job) > allowed_[job];
    }
    ASSERT_LE(shared, all);
    ASSERT_TRUE(shared == all || !unmet || above) << "a slot stays free, a job wants it, and nobody is about to give one back";
  }

  std::map<HostId, std::uint32_t> slots_;
  std::map<JobId, std::uint64_t> wanted_;
  WorkerId next_ = 1;
};

TEST_F(ClusterLife, no_node_is_overfull_and_nothing_usable_is_held_back) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    cluster_ = Cluster(options_);
    allowed_.clear();
    places_.clear();
    slots_.clear();
    wanted_.clear();
    for (int round = 0; round < 100 && !HasFatalFailure(); ++round) {
      happen(random);
      check();
    }
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace sinter

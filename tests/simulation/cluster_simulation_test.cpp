// Thousands of seeded lives of a cluster: nodes, links, a tracker with journals of its jobs, and every fault. The same lives find planted
// mistakes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/simulation/simulated_tracker.hpp"

namespace sinter::simulation {
namespace {

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* asked = std::getenv(name);
  return asked == nullptr ? otherwise : std::strtoull(asked, nullptr, 10);
}

/// What happened in all of the lives: faults that never happen prove nothing.
struct Tally {
  std::uint64_t lost = 0, remade = 0, restarts = 0, doubled = 0, cuts = 0, forgotten = 0, spoiled = 0;
  std::uint64_t cancelled = 0, shared = 0, in_turn = 0, left = 0, refused = 0, jobs = 0;

  void add(const World& world) {
    for (const auto& [id, job] : world.jobs()) {
      lost += job->oracle.lost_results();
      remade += job->oracle.remade();
      doubled += job->oracle.doubled();
      cuts += job->oracle.cuts();
      forgotten += job->oracle.forgotten();
      spoiled += job->oracle.spoiled();
      cancelled += job->ended == JobState::Cancelled ? 1 : 0;
    }
    jobs += world.jobs().size();
    restarts += world.lives() - 1;
    shared += world.counts().shared;
    in_turn += world.counts().in_turn;
    left += world.counts().left;
    refused += world.counts().refused;
  }
  void print() const {
    std::cout << jobs << " jobs, " << lost << " results lost, " << remade << " made again, " << restarts << " restarts of the tracker, "
              << doubled << " second attempts at slow tasks, " << cuts << " ranges cut again, " << forgotten << " decisions forgotten, "
              << spoiled << " kept files spoiled; " << cancelled << " jobs cancelled, " << refused << " refused, " << shared
              << " times two jobs on a node, " << in_turn << " turns of lower priorities, " << left << " nodes left\n";
  }
};

/// SINTER_SIMULATION_SEEDS asks for more than 2,000, before a release for 100,000; SINTER_SIMULATION_FIRST_SEED begins where one failed.
TEST(ClusterSimulation, through_every_fault_each_result_counts_once_and_all_jobs_end) {
  const std::uint64_t first = number_from_environment("SINTER_SIMULATION_FIRST_SEED", 1);
  const std::uint64_t count = number_from_environment("SINTER_SIMULATION_SEEDS", 2'000);
  Tally tally;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    World world(seed, Bug::None);
    world.run();
    for (const std::string& violation : world.violations()) ADD_FAILURE() << "seed " << seed << ": " << violation;
    if (HasFailure()) return;
    ASSERT_TRUE(world.ended()) << "seed " << seed;
    tally.add(world);
  }
  tally.print();
  if (count < 1'000) return;
  EXPECT_GT(tally.lost, count / 2);
  EXPECT_GT(tally.remade, count / 4);
  EXPECT_GT(tally.restarts, count / 4);
  EXPECT_GT(tally.doubled, count / 20);
  EXPECT_GT(tally.forgotten, count / 100);
  EXPECT_GT(tally.cuts, count / 4);
  EXPECT_GT(tally.spoiled, count / 20);
  EXPECT_GT(tally.jobs, count * 3 / 2);
  EXPECT_GT(tally.cancelled, count / 20);
  EXPECT_GT(tally.refused, count / 20);
  EXPECT_GT(tally.shared, count);
  EXPECT_GT(tally.in_turn, count / 2);
  EXPECT_GT(tally.left, count / 4);
}

TEST(ClusterSimulation, each_planted_mistake_is_found) {
  for (int bug = 1; bug <= static_cast<int>(kLastBug); ++bug) {
    std::uint64_t seed = 1;
    std::string found;
    // Only an attempt that answers while another already runs shows that one.
    const std::uint64_t seeds = static_cast<Bug>(bug) == Bug::ZombieCutTaken ? 10'000 : 2'000;
    for (; seed <= seeds && found.empty(); ++seed) {
      World world(seed, static_cast<Bug>(bug));
      world.run();
      if (!world.violations().empty()) found = world.violations().front();
    }
    EXPECT_FALSE(found.empty()) << "mistake " << bug << " was not found";
    std::cout << "mistake " << bug << " found by seed " << seed - 1 << ": " << found << "\n";
  }
}

Submission job_of_many_tasks(std::uint32_t weight, std::int32_t priority, SteadyMs at) {
  Submission wanted;
  wanted.at = at;
  wanted.weight = weight;
  wanted.priority = priority;
  wanted.tasks = 2'000;
  return wanted;
}

TEST(ClusterSimulation, over_a_long_quiet_life_slots_are_shared_by_weight) {
  QuietLife life{{job_of_many_tasks(1, 0, 0), job_of_many_tasks(2, 0, 0), job_of_many_tasks(3, 0, 0)}, {4, 4, 4}, 200'000};
  World world(1, life);
  world.run();
  ASSERT_THAT(world.violations(), ::testing::IsEmpty());
  const SharesJudge& judge = world.tracker().judge();
  const double all = static_cast<double>(judge.slot_ms(1) + judge.slot_ms(2) + judge.slot_ms(3));
  EXPECT_GT(all, 0.95 * 12 * 200'000);
  for (JobId id = 1; id <= 3; ++id) EXPECT_NEAR(static_cast<double>(judge.slot_ms(id)) / all, id / 6.0, 0.03) << "job " << id;
}

TEST(ClusterSimulation, a_job_of_higher_priority_soon_has_every_slot_that_it_can_use) {
  QuietLife life{{job_of_many_tasks(3, 0, 0), job_of_many_tasks(1, 1, 100'000)}, {4, 4, 4}, 200'000};
  World world(1, life);
  world.run();
  ASSERT_THAT(world.violations(), ::testing::IsEmpty());
  EXPECT_GT(static_cast<double>(world.tracker().judge().slot_ms(2)), 0.95 * 12 * 100'000);
}

}  // namespace
}  // namespace sinter::simulation

// Reservations from a memory budget.
#include "base/memory_budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sinter {
namespace {

TEST(MemoryBudget, gives_what_it_has_and_takes_it_back) {
  MemoryBudget budget("execution.memory", 100);
  {
    auto first = budget.reserve(60, "sorting").value();
    EXPECT_EQ(budget.free_bytes(), 40u);
    auto refused = budget.reserve(41, "merging");
    ASSERT_FALSE(refused.ok());
    for (const char* part : {"execution.memory", "100", "41", "merging", "60"})
      EXPECT_NE(refused.error().to_string().find(part), std::string::npos) << part;
    EXPECT_TRUE(first.resize(100));
    EXPECT_FALSE(first.resize(101));
    EXPECT_EQ(first.bytes(), 100u);
    EXPECT_TRUE(first.resize(10));
    Reservation moved = std::move(first);
    EXPECT_EQ(budget.used_bytes(), 10u);
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_EQ(budget.peak_bytes(), 100u);
}

TEST(MemoryBudget, assignment_returns_the_old_reservation) {
  MemoryBudget budget("m", 100);
  auto a = budget.reserve(30, "x").value();
  auto b = budget.reserve(20, "x").value();
  a = std::move(b);
  EXPECT_EQ(budget.used_bytes(), 20u);
}

TEST(MemoryBudget, threads_never_exceed_it) {
  MemoryBudget budget("m", 1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i)
        if (auto got = budget.reserve(300, "x"); got.ok()) {
          EXPECT_LE(budget.used_bytes(), 1000u);
        }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_LE(budget.peak_bytes(), 1000u);
}

}  // namespace
}  // namespace sinter

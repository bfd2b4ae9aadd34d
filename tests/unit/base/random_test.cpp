// The generator gives the same numbers everywhere, and they are uniform and normal.
#include "base/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace sinter {
namespace {

TEST(Random, split_mix_is_the_published_one) {
  // First outputs for seed 1234567, from the reference implementation's test vectors (rosettacode.org, Pseudo-random numbers/Splitmix64).
  std::uint64_t state = 1234567;
  const std::uint64_t expected[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u};
  for (const std::uint64_t value : expected) {
    EXPECT_EQ(split_mix64(state), value);
    state += 0x9e3779b97f4a7c15;
  }
}

TEST(Random, the_same_seed_gives_the_same_numbers) {
  Random a(42), b(42), c(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto number = a.next();
    EXPECT_EQ(number, b.next());
    differs = differs || number != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, below_is_uniform_and_stays_below) {
  Random random(1);
  std::vector<int> counts(10);
  for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(random.below(10))];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, between_covers_both_ends_and_the_whole_range) {
  Random random(1);
  bool low = false, high = false;
  for (int i = 0; i < 1000; ++i) {
    const auto number = random.between(-3, 3);
    ASSERT_GE(number, -3);
    ASSERT_LE(number, 3);
    low = low || number == -3;
    high = high || number == 3;
  }
  EXPECT_TRUE(low && high);
  (void)random.between(INT64_MIN, INT64_MAX);
  EXPECT_EQ(random.between(5, 5), 5);
}

TEST(Random, normal_has_mean_zero_and_deviation_one) {
  Random random(2);
  double sum = 0, squares = 0;
  int beyond_two = 0;
  constexpr int kCount = 200'000;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    if (std::abs(x) > 2) ++beyond_two;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.01);
  EXPECT_NEAR(squares / kCount, 1, 0.01);
  EXPECT_NEAR(beyond_two / static_cast<double>(kCount), 0.0455, 0.002);
}

TEST(Random, shuffle_keeps_all_items_and_moves_them) {
  Random random(3);
  std::vector<int> items(100);
  for (int i = 0; i < 100; ++i) items[static_cast<std::size_t>(i)] = i;
  auto shuffled = items;
  random.shuffle(shuffled);
  EXPECT_NE(shuffled, items);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, items);
}

}  // namespace
}  // namespace sinter

// CombineTable and CombinePolicy: nothing is lost, hot keys are combined, and looking up stops where it does not pay.
#include "shuffle/run/combine_table.hpp"

#include <map>

#include <gtest/gtest.h>

#include "tests/unit/shuffle/shuffle_records.hpp"

namespace sinter {
namespace {

TEST(CombinePolicy, predicts_from_few_repeats_that_a_million_keys_fit) {
  // 16 Ki draws from a million keys repeat about 134 times.
  CombineWindow window{16384, 134, 0, 1'000'000, 64};
  EXPECT_GT(predicted_hit_ratio(window), 0.8);
  EXPECT_TRUE(combining_pays(window));
  window.capacity_keys = 100'000;
  EXPECT_LT(predicted_hit_ratio(window), 0.06);
  EXPECT_FALSE(combining_pays(window));
}

TEST(CombinePolicy, costs_decide_and_not_a_fixed_ratio) {
  EXPECT_FALSE(combining_pays({16384, 0, 0, 1 << 20, 64})) << "no repeats";
  EXPECT_TRUE(combining_pays({16384, 16000, 100, 1 << 20, 64})) << "all repeats";
  // The same share of hits pays in the cache and does not outside of it.
  EXPECT_TRUE(combining_pays({16384, 3000, 2000, 4000, 64}));
  EXPECT_FALSE(combining_pays({16384, 3000, 60000, 80000, 64}));
}

TEST(CombinePolicy, bypass_is_tried_again_and_never_a_latch) {
  CombinePolicy policy;
  EXPECT_TRUE(policy.active());
  policy.judge({16384, 0, 0, 1000, 64});
  for (std::size_t i = 0; i < kBypassWindows; ++i) {
    EXPECT_FALSE(policy.active());
    policy.bypassed();
  }
  EXPECT_TRUE(policy.active());
  policy.judge({16384, 16000, 0, 1000, 64});
  EXPECT_TRUE(policy.active());
}

class TableOverBuffer {
 public:
  TableOverBuffer(Combiner& combiner, std::size_t table_bytes)
      : buffer(std::move(SortBuffer::create(32 << 20)).value()),
        table(std::move(CombineTable::create(combiner, buffer, table_bytes)).value()) {}
  void add(std::string_view key, std::string_view value) {
    ASSERT_TRUE(buffer.append(key, key.size(), value));
    table.appended(key);
  }
  SortBuffer buffer;
  CombineTable table;
};

TEST(CombineTable, sums_stay_right_over_key_counts_and_table_sizes) {
  for (const std::uint64_t keys : {1u, 100u, 5000u, 200000u}) {
    for (const std::size_t table_bytes : {kMinCombineTableBytes, std::size_t{1} << 20}) {
      SCOPED_TRACE(std::to_string(keys) + " keys, table of " + std::to_string(table_bytes));
      Random random(keys);
      testing::SumCombiner combiner;
      TableOverBuffer subject(combiner, table_bytes);
      std::map<std::string, std::uint64_t> expected;
      for (int i = 0; i < 200000; ++i) {
        const std::string key = "key" + std::to_string(random.below(keys));
        const std::uint64_t value = random.below(100);
        expected[key] += value;
        subject.add(key, testing::number_value(value));
      }
      subject.table.flush();
      std::map<std::string, std::uint64_t> sums;
      for (const SortEntry& entry : subject.buffer.sort(false)) {
        const std::string_view value = subject.buffer.value_at(entry.position);
        sums[std::string(subject.buffer.key_at(entry.position))] += load_fixed<std::uint64_t>(value.data());
      }
      ASSERT_EQ(sums, expected);
      if (keys <= 100) {
        EXPECT_EQ(subject.buffer.records(), keys) << "few keys are combined to one record each";
      }
      if (keys == 5000 && table_bytes > kMinCombineTableBytes) {
        EXPECT_LT(subject.buffer.records(), 5500u);
      }
    }
  }
}

TEST(CombineTable, values_that_grow_move_and_are_not_lost) {
  Random random(3);
  testing::SetCombiner combiner;
  TableOverBuffer subject(combiner, 1 << 16);
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 100000; ++i) {
    const std::string key = "key" + std::to_string(random.below(500));
    const std::string value(1, static_cast<char>(random.below(60)));
    std::string& set = expected[key];
    std::string merged;
    combiner.merge(key, set, value, merged);
    set = merged;
    subject.add(key, value);
  }
  subject.table.flush();
  std::map<std::string, std::string> sets;
  for (const SortEntry& entry : subject.buffer.sort(false)) {
    std::string& set = sets[std::string(subject.buffer.key_at(entry.position))];
    std::string merged;
    combiner.merge("", set, subject.buffer.value_at(entry.position), merged);
    set = merged;
  }
  EXPECT_EQ(sets, expected);
  EXPECT_LT(subject.buffer.records(), 1000u);
  EXPECT_LT(subject.buffer.used_bytes(), 500u * 512) << "moved values leave little garbage";
}

TEST(CombineTable, distinct_keys_are_bypassed) {
  testing::SumCombiner combiner;
  TableOverBuffer subject(combiner, 1 << 20);
  for (int i = 0; i < 40000; ++i) subject.add("key" + std::to_string(i), testing::number_value(1));
  EXPECT_FALSE(subject.table.active());
  EXPECT_EQ(subject.buffer.records(), 40000u);
}

}  // namespace
}  // namespace sinter

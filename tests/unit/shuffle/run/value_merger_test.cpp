// ValueMerger: one value a key, growth without quadratic cost, a bound that is honoured.
#include "shuffle/run/value_merger.hpp"

#include <gtest/gtest.h>

#include "tests/unit/shuffle/shuffle_records.hpp"

namespace sinter {
namespace {

/// Joins values and counts the bytes it writes.
class CountingJoin final : public Combiner {
 public:
  bool merge_in_place(std::string_view, std::span<char>, std::string_view) override { return false; }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override {
    merged.assign(a).append(b);
    written_bytes += merged.size();
  }
  std::size_t written_bytes = 0;
};

TEST(ValueMerger, sums_values_of_fixed_size) {
  testing::SumCombiner combiner;
  ValueMerger merger(combiner, 100);
  for (std::uint64_t count = 1; count < 50; ++count) {
    merger.start(testing::number_value(1));
    for (std::uint64_t i = 2; i <= count; ++i) {
      ASSERT_FALSE(merger.full_for(testing::number_value(i)));
      merger.add("k", testing::number_value(i));
    }
    ASSERT_EQ(merger.result("k"), testing::number_value(count * (count + 1) / 2));
  }
}

TEST(ValueMerger, values_that_grow_cost_n_log_n_and_stay_below_the_limit) {
  CountingJoin combiner;
  ValueMerger merger(combiner, 100000);
  merger.start("x");
  std::size_t values = 1;
  for (; !merger.full_for("x"); ++values) merger.add("k", "x");
  EXPECT_EQ(values, 100000u);
  EXPECT_EQ(merger.result("k").size(), values);
  EXPECT_LT(combiner.written_bytes, values * 20) << "about log2(n) bytes a value";
}

}  // namespace
}  // namespace sinter

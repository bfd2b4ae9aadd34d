// Memory: whatever the input, no worker's resident memory exceeds its budget plus 64 MiB, measured from outside.
#include "tests/end_to_end/memory_watch.hpp"

namespace sinter::testing {
namespace {

using Memory = MemoryWatch;

TEST_F(Memory, nearly_distinct_keys_stay_within_the_budget) {
  ASSERT_EQ(sinter({"generate", directory_.path().string(), "--kind", "groupby", "--rows", "1000000", "--keys", "100000000"}).exit_code, 0);
  EXPECT_LE(run(job("groupby.csv", "mean", "16MiB")), 16 * kMiB + kAllowanceBytes);
  EXPECT_LE(run(job("groupby.csv", "median", "16MiB")), 16 * kMiB + kAllowanceBytes);
}

TEST_F(Memory, one_huge_group_stays_within_the_budget) {
  std::string text = "key,source,value\n";
  for (int i = 0; i < 800'000; ++i) text += "x,s" + std::to_string(i % 40) + "," + std::to_string(i * 7919LL % 100'003) + ".25\n";
  directory_.write("one.csv", text);
  EXPECT_LE(run(job("one.csv", "median", "16MiB")), 16 * kMiB + kAllowanceBytes);
  EXPECT_EQ(read_whole_file(directory_ / "out.csv").substr(0, 12), "key,value\nx,");
  EXPECT_LE(run(job("one.csv", "mean", "16MiB")), 16 * kMiB + kAllowanceBytes);
}

/// A million distinct values in one cell: more than the worker's memory by far.
TEST_F(Memory, a_cell_of_a_million_distinct_values_stays_within_the_budget) {
  std::string text = "key,source,value\n";
  for (std::int64_t i = 0; i < 1'000'000; ++i)
    text += "x,s" + std::to_string(i % 90'000) + "," + std::to_string(i * 7919 % 1'000'003) + ".5\n";
  directory_.write("one.csv", text);
  // The ones that sort once more. Others pass over the same claims; all were measured: 19 MiB.
  for (const char* rule :
       {"keep_all", "{ rule: union, order: first }", "{ rule: vote, same_within: 2e6 }", "{ rule: count, of: sources }"}) {
    EXPECT_LE(run(job("one.csv", rule, "16MiB")), 16 * kMiB + kAllowanceBytes) << rule;
    const std::uint64_t size = read_whole_file(directory_ / "out.csv").size();
    if (std::string_view(rule) == "keep_all" || std::string_view(rule) == "{ rule: union, order: first }") {
      EXPECT_GT(size, 8'000'000u) << rule;
    }
  }
}

}  // namespace
}  // namespace sinter::testing

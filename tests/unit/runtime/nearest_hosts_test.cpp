// Where tasks had best run.
#include "framework/runtime/nearest_hosts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A run whose blocks begin with these keys and have these bytes.
RunSummary run(const std::vector<std::pair<std::string, std::uint32_t>>& blocks) {
  RunSummary summary;
  for (const auto& [key, bytes] : blocks) {
    BlockEntry entry;
    entry.first_key = key + "|order";
    entry.first_group_size = static_cast<std::uint32_t>(key.size());
    entry.raw_bytes = bytes;
    summary.blocks.push_back(std::move(entry));
  }
  return summary;
}

const std::vector<KeyRange> kRanges = {{"", "g"}, {"g", "p"}, {"p", ""}};

TEST(NearestHosts, the_host_with_most_bytes_of_a_range_is_its_nearest) {
  const std::vector<RunSummary> runs = {run({{"a", 100}, {"h", 10}}), run({{"b", 60}, {"g", 20}, {"q", 1}}), run({{"c", 60}})};
  EXPECT_THAT(nearest_hosts(runs, {4, 9, 9}, kRanges), ElementsAre(9, 9, 9));
  EXPECT_THAT(nearest_hosts(runs, {4, 9, 7}, kRanges), ElementsAre(4, 9, 9));
}

TEST(NearestHosts, the_border_belongs_to_the_range_that_it_begins) {
  EXPECT_THAT(nearest_hosts({run({{"g", 5}}), run({{"f", 5}, {"p", 5}})}, {1, 2}, kRanges), ElementsAre(2, 1, 2));
}

TEST(NearestHosts, of_equals_the_first_counts_and_unknown_places_do_not) {
  EXPECT_THAT(nearest_hosts({run({{"a", 5}}), run({{"b", 5}}), run({{"c", 50}, {"z", 9}})}, {2, 1, 0}, kRanges), ElementsAre(1, 0, 0));
}

TEST(NearestHosts, one_host_is_no_choice) {
  EXPECT_THAT(nearest_hosts({run({{"a", 5}}), run({{"b", 5}})}, {3, 3}, kRanges), IsEmpty());
  EXPECT_THAT(nearest_hosts({run({{"a", 5}}), run({{"b", 5}})}, {0, 0}, kRanges), IsEmpty());
}

}  // namespace
}  // namespace sinter

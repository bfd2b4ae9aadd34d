// cut_ranges(): ranges are even, ordered, disjoint, cover everything, and never split a group.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/shuffle/shuffle_records.hpp"

namespace sinter {
namespace {

RunSummary summary_of(const std::vector<std::pair<std::string, std::uint32_t>>& blocks) {
  RunSummary summary;
  for (const auto& [group, bytes] : blocks) {
    BlockEntry entry;
    entry.first_key = group + "-suffix";
    entry.first_group_size = static_cast<std::uint32_t>(group.size());
    entry.raw_bytes = bytes;
    summary.blocks.push_back(entry);
  }
  return summary;
}

TEST(CutRanges, nothing_gives_one_range_without_bounds) {
  EXPECT_EQ(cut_ranges({}, 100, 10), std::vector<KeyRange>{KeyRange()});
  const RunSummary empty;
  EXPECT_EQ(cut_ranges({&empty, &empty}, 0, 0), std::vector<KeyRange>{KeyRange()});
}

TEST(CutRanges, cuts_where_the_bytes_are) {
  const RunSummary a = summary_of({{"a", 100}, {"c", 100}, {"e", 100}});
  const RunSummary b = summary_of({{"b", 100}, {"d", 100}, {"f", 100}});
  const std::vector<KeyRange> expected{{"", "c"}, {"c", "e"}, {"e", ""}};
  EXPECT_EQ(cut_ranges({&a, &b}, 200, 10), expected);
  EXPECT_EQ(cut_ranges({&b, &a}, 200, 10), expected) << "the order of the runs does not matter";
  EXPECT_EQ(cut_ranges({&a, &b}, 1, 2), (std::vector<KeyRange>{{"", "d"}, {"d", ""}}));
  EXPECT_EQ(cut_ranges({&a, &b}, 1, 1), std::vector<KeyRange>{KeyRange()});
}

TEST(CutRanges, a_hot_group_is_never_split_and_the_rest_is_spread) {
  std::vector<std::pair<std::string, std::uint32_t>> blocks(50, {"hot", 100});
  const RunSummary only_hot = summary_of(blocks);
  EXPECT_EQ(cut_ranges({&only_hot, &only_hot}, 100, 100), std::vector<KeyRange>{KeyRange()});
  blocks.insert(blocks.begin(), {"a", 100});
  blocks.insert(blocks.end(), {{"x", 100}, {"y", 100}, {"z", 100}});
  const RunSummary mixed = summary_of(blocks);
  EXPECT_EQ(cut_ranges({&mixed}, 100, 100), (std::vector<KeyRange>{{"", "hot"}, {"hot", "x"}, {"x", "y"}, {"y", "z"}, {"z", ""}}));
}

TEST(CutRanges, ranges_of_real_runs_give_every_record_once_and_are_balanced) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const auto files = make_memory_file_system();
    std::vector<RunSummary> summaries;
    std::vector<testing::Record> all;
    MergeOptions merge;
    merge.spill_directory = "/scratch/merge";
    for (int run = 0; run < 3; ++run) {
      const testing::Shape shape = seed % 2 == 0 ? testing::Shape::Suffixed : testing::Shape::Integers;
      const auto records = testing::random_records(random, shape, 20000, 3000);
      all.insert(all.end(), records.begin(), records.end());
      RunBuilderOptions options;
      options.memory_bytes = 4 << 20;
      options.block_bytes = 1024;
      options.spill_directory = "/scratch/spill";
      options.run_path = "/run" + std::to_string(run);
      summaries.push_back(testing::build_run(*files, options, records));
      merge.run_paths.push_back(options.run_path);
    }
    std::sort(all.begin(), all.end());
    std::uint64_t total_bytes = 0;
    std::vector<const RunSummary*> pointers;
    for (const RunSummary& summary : summaries) {
      total_bytes += summary.raw_bytes;
      pointers.push_back(&summary);
    }
    const auto ranges = cut_ranges(pointers, total_bytes / 7, 100);
    ASSERT_EQ(ranges.size(), 8u) << "7 full ranges and what the division left";
    std::vector<testing::Record> read;
    std::string last_group;
    MemoryBudget budget("test.memory", 16 << 20);
    for (const KeyRange& range : ranges) {
      ASSERT_EQ(range.begin, ranges.front() == range ? "" : (&range - 1)->end);
      merge.range = range;
      auto part = testing::read_groups(*files, budget, merge);
      ASSERT_TRUE(part.ok());
      ASSERT_NEAR(static_cast<double>(part->size()), 60000.0 / 8, 60000.0 / 8 * 0.15);
      const std::string first_group = part->front().key.substr(0, part->front().group_size);
      ASSERT_NE(first_group, last_group) << "a group lies in one range";
      last_group = part->back().key.substr(0, part->back().group_size);
      read.insert(read.end(), part->begin(), part->end());
    }
    ASSERT_EQ(read, all);
  }
}

}  // namespace
}  // namespace sinter

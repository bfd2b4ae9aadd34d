// GroupCursor: groups in order over many runs, ranges, passes under little memory, skipping, combining.
#include "shuffle/merge/group_cursor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/shuffle/shuffle_records.hpp"

namespace sinter {
namespace {

using testing::Record;
using testing::Shape;

struct Runs {
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  std::vector<std::string> paths;
  std::vector<Record> records;  // sorted
};

Runs make_runs(Random& random, std::size_t count, Shape shape, Compression compression = Compression::None) {
  Runs runs;
  for (std::size_t i = 0; i < count; ++i) {
    const auto records = testing::random_records(random, shape, random.below(1500), 1 + random.below(400));
    RunBuilderOptions options;
    options.memory_bytes = 1 << 20;
    options.block_bytes = 1024;
    options.compression = compression;
    options.spill_directory = "/scratch/spills";
    options.run_path = "/run" + std::to_string(i);
    testing::build_run(*runs.files, options, records);
    runs.paths.push_back(options.run_path);
    runs.records.insert(runs.records.end(), records.begin(), records.end());
  }
  std::sort(runs.records.begin(), runs.records.end());
  return runs;
}

MergeOptions merge_of(const Runs& runs) {
  MergeOptions options;
  options.run_paths = runs.paths;
  options.spill_directory = "/scratch/merge";
  return options;
}

TEST(GroupCursor, reads_all_records_in_order_over_fan_ins_and_memories) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (const Shape shape : {Shape::Integers, Shape::Suffixed, Shape::OneKey, Shape::Mixed}) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " shape " + std::to_string(static_cast<int>(shape)));
      Random random(seed);
      const Runs runs = make_runs(random, random.below(20), shape, random.chance(0.5) ? Compression::Lz4 : Compression::None);
      for (const std::uint32_t fan_in : {2u, 3u, 32u}) {
        for (const std::uint64_t memory_bytes : {std::uint64_t{64} << 10, std::uint64_t{4} << 20}) {
          MemoryBudget budget("test.memory", memory_bytes);
          MergeOptions options = merge_of(runs);
          options.max_fan_in = fan_in;
          auto read = testing::read_groups(*runs.files, budget, options);
          ASSERT_TRUE(read.ok()) << read.error().to_string();
          ASSERT_EQ(*read, runs.records) << "fan-in " << fan_in << " memory " << memory_bytes;
          ASSERT_EQ(budget.used_bytes(), 0u);
          ASSERT_TRUE(!runs.files->exists("/scratch/merge") || runs.files->list("/scratch/merge").value().empty());
        }
      }
    }
  }
}

TEST(GroupCursor, a_range_gives_exactly_its_groups) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Runs runs = make_runs(random, 1 + random.below(5), Shape::Suffixed);
    if (runs.records.empty()) continue;
    const auto bound = [&]() -> std::string {
      const Record& record = runs.records[random.below(runs.records.size())];
      std::string group = record.key.substr(0, record.group_size);
      if (random.chance(0.3)) group[group.size() / 2] = static_cast<char>(random.next());
      return random.chance(0.1) ? std::string() : group;
    };
    MergeOptions options = merge_of(runs);
    options.range = {bound(), bound()};
    std::vector<Record> expected;
    for (const Record& record : runs.records) {
      if (record.key >= options.range.begin && (options.range.end.empty() || record.key < options.range.end)) expected.push_back(record);
    }
    MemoryBudget budget("test.memory", 4 << 20);
    const auto read = testing::read_groups(*runs.files, budget, options);
    ASSERT_TRUE(read.ok());
    ASSERT_EQ(*read, expected);
  }
}

TEST(GroupCursor, unread_values_are_skipped_wherever_reading_stops) {
  Random random(3);
  const Runs runs = make_runs(random, 4, Shape::Suffixed);
  std::vector<std::string> expected;
  for (const Record& record : runs.records) {
    const std::string group = record.key.substr(0, record.group_size);
    if (expected.empty() || expected.back() != group) expected.push_back(group);
  }
  for (std::uint64_t most = 0; most < 4; ++most) {
    MemoryBudget budget("test.memory", 4 << 20);
    const auto cursor = GroupCursor::open(*runs.files, budget, merge_of(runs)).value();
    std::vector<std::string> groups;
    while (cursor->next_group().value()) {
      groups.emplace_back(cursor->group());
      for (std::uint64_t i = random.below(most + 1); i > 0 && cursor->next_value().value(); --i) {
      }
    }
    EXPECT_EQ(groups, expected);
    EXPECT_FALSE(cursor->next_group().value()) << "the end stays the end";
    EXPECT_FALSE(cursor->next_value().value());
  }
}

TEST(GroupCursor, a_combiner_merges_equal_keys_over_runs_and_passes) {
  testing::SumCombiner combiner;
  Random random(8);
  const Runs runs = make_runs(random, 12, Shape::Integers);
  for (const std::uint32_t fan_in : {2u, 32u}) {
    MemoryBudget budget("test.memory", 1 << 20);
    MergeOptions options = merge_of(runs);
    options.combiner = &combiner;
    options.max_fan_in = fan_in;
    EXPECT_EQ(testing::read_groups(*runs.files, budget, options).value(), testing::summed(runs.records));
  }
}

TEST(GroupCursor, no_runs_and_empty_runs_have_no_groups) {
  const auto files = make_memory_file_system();
  MemoryBudget budget("test.memory", 1 << 20);
  MergeOptions options;
  options.spill_directory = "/scratch";
  EXPECT_TRUE(testing::read_groups(*files, budget, options).value().empty());
  RunBuilderOptions empty;
  empty.memory_bytes = 1 << 20;
  empty.run_path = "/empty";
  testing::build_run(*files, empty, {});
  options.run_paths = {"/empty", "/empty"};
  EXPECT_TRUE(testing::read_groups(*files, budget, options).value().empty());
}

TEST(GroupCursor, too_little_memory_is_an_error_that_names_the_budget) {
  Random random(2);
  const Runs runs = make_runs(random, 6, Shape::Strings);
  MemoryBudget budget("test.memory", 3000);
  const auto read = testing::read_groups(*runs.files, budget, merge_of(runs));
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().to_string(), ::testing::HasSubstr("test.memory"));
}

TEST(GroupCursor, a_missing_run_is_an_environment_error) {
  const auto files = make_memory_file_system();
  MemoryBudget budget("test.memory", 1 << 20);
  MergeOptions options;
  options.run_paths = {"/nowhere.run"};
  const auto read = testing::read_groups(*files, budget, options);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().fault(), Fault::Environment);
  EXPECT_THAT(read.error().to_string(), ::testing::HasSubstr("/nowhere.run"));
}

}  // namespace
}  // namespace sinter

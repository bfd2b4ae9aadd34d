// Tagged merge: what a sort of all records with their tags would give, over sources, groups left unread, and little memory.
#include "shuffle/merge/tagged_merge.hpp"

#include <gtest/gtest.h>

#include "tests/unit/shuffle/shuffle_records.hpp"

namespace sinter {
namespace {

using testing::Record;
using testing::Shape;

std::string tag(std::size_t source) {
  std::string bytes;
  append_key_int64(bytes, static_cast<std::int64_t>(source));
  return bytes;
}

std::vector<Record> with_tag(std::vector<Record> records, std::size_t source) {
  for (Record& record : records) record.key.insert(record.group_size, tag(source));
  return records;
}

/// Sources on a file system in memory, and all their records with tags, sorted.
struct Sources {
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  std::vector<TaggedSource> merged;
  std::vector<Record> model;

  /// Adds runs of one source. `stored`: with several tags, which the records have already.
  void add(Random& random, Shape shape, std::vector<std::size_t> numbers, bool stored) {
    TaggedSource source;
    if (!stored) source.tag = tag(numbers.front());
    source.merge.spill_directory = "/scratch/merge";
    for (std::size_t run = 0, runs = random.below(5); run < runs; ++run) {
      std::vector<Record> records;
      for (const std::size_t number : numbers) {
        std::vector<Record> drawn = testing::random_records(random, shape, random.below(400), 1 + random.below(100));
        const std::vector<Record> tagged = with_tag(drawn, number);
        model.insert(model.end(), tagged.begin(), tagged.end());
        if (stored) drawn = tagged;
        records.insert(records.end(), drawn.begin(), drawn.end());
      }
      RunBuilderOptions options;
      options.memory_bytes = 1 << 20;
      options.block_bytes = 1024;
      options.spill_directory = "/scratch/spills";
      options.run_path = "/run" + std::to_string(merged.size()) + "-" + std::to_string(run);
      testing::build_run(*files, options, records);
      source.merge.run_paths.push_back(options.run_path);
    }
    merged.push_back(std::move(source));
    std::sort(model.begin(), model.end());
  }
};

/// The records of every group, or only the first few of each.
std::vector<Record> read(GroupCursor& cursor, Random& random, std::vector<std::string>& groups, bool all) {
  std::vector<Record> records;
  while (true) {
    const auto group = cursor.next_group();
    EXPECT_TRUE(group.ok()) << group.error().to_string();
    if (!group.ok() || !*group) return records;
    groups.emplace_back(cursor.group());
    std::uint64_t left = all ? ~std::uint64_t{0} : random.below(4);
    while (left-- > 0) {
      const auto value = cursor.next_value();
      EXPECT_TRUE(value.ok());
      if (!value.ok() || !*value) break;
      records.push_back({std::string(cursor.key()), cursor.group().size(), std::string(cursor.value())});
    }
  }
}

TEST(TaggedMerge, gives_what_sorting_all_records_with_their_tags_gives) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Shape shape = seed % 3 == 0 ? Shape::OneKey : seed % 3 == 1 ? Shape::Suffixed : Shape::Strings;
    Sources sources;
    // Tags 0, 2 and 4 are stored, or all are put in; 1 and 3 come between.
    if (seed % 2 == 0) sources.add(random, shape, {0, 2, 4}, true);
    sources.add(random, shape, {3}, false);
    sources.add(random, shape, {1}, false);
    MemoryBudget budget("test.memory", seed % 5 == 0 ? 96u << 10 : 4u << 20);
    {
      auto cursor = open_tagged_merge(*sources.files, budget, std::move(sources.merged));
      ASSERT_TRUE(cursor.ok()) << cursor.error().to_string();
      std::vector<std::string> groups;
      EXPECT_EQ(read(**cursor, random, groups, true), sources.model);
      const auto end = (*cursor)->next_group();
      EXPECT_TRUE(end.ok() && !*end) << "after the end comes a group";
    }
    EXPECT_EQ(budget.used_bytes(), 0u);
  }
}

TEST(TaggedMerge, values_that_nobody_reads_are_passed_over) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Sources sources;
    sources.add(random, Shape::Suffixed, {0}, false);
    sources.add(random, Shape::Suffixed, {1}, false);
    std::vector<std::string> expected;
    for (const Record& record : sources.model)
      if (const std::string group = record.key.substr(0, record.group_size); expected.empty() || expected.back() != group)
        expected.push_back(group);
    MemoryBudget budget("test.memory", 4u << 20);
    auto cursor = open_tagged_merge(*sources.files, budget, std::move(sources.merged));
    ASSERT_TRUE(cursor.ok()) << cursor.error().to_string();
    std::vector<std::string> groups;
    for (const Record& record : read(**cursor, random, groups, false))
      EXPECT_TRUE(std::binary_search(sources.model.begin(), sources.model.end(), record));
    EXPECT_EQ(groups, expected);
  }
}

}  // namespace
}  // namespace sinter

// RunBuilder: the run is the sorted multiset of what was added, with the same bytes for every order, memory and spill count.
#include "shuffle/build/run_builder.hpp"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/checksum.hpp"
#include "base/faulty_file_system.hpp"
#include "shuffle/run/memory_region.hpp"
#include "shuffle/run/run_writer.hpp"
#include "tests/unit/shuffle/shuffle_records.hpp"

namespace sinter {
namespace {

using testing::Record;
using testing::Shape;

RunBuilderOptions options_with(std::uint64_t memory_bytes, std::uint32_t block_bytes, Compression compression) {
  RunBuilderOptions options;
  options.memory_bytes = memory_bytes;
  options.block_bytes = block_bytes;
  options.compression = compression;
  options.spill_directory = "/scratch/spills";
  options.run_path = "/run";
  options.max_fan_in = 4;
  return options;
}

constexpr Shape kShapes[] = {Shape::Integers, Shape::Strings, Shape::Suffixed, Shape::LongCommon, Shape::OneKey, Shape::Mixed};

TEST(RunBuilder, holds_the_sorted_records_over_shapes_memories_blocks_and_codecs) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    for (const Shape shape : kShapes) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " shape " + std::to_string(static_cast<int>(shape)));
      Random random(seed);
      auto records = testing::random_records(random, shape, 1 + random.below(30000), 1 + random.below(5000));
      auto expected = records;
      std::sort(expected.begin(), expected.end());
      const std::uint32_t block_bytes = 1024u << random.below(6);
      const Compression compression = random.chance(0.5) ? Compression::Lz4 : Compression::None;
      const std::uint32_t first_block_bytes = random.chance(0.5) ? kMinBlockBytes : block_bytes;
      std::uint64_t fingerprint = 0;
      for (const std::uint64_t memory_bytes : {kMinSortMemoryBytes, std::uint64_t{1} << 20, std::uint64_t{64} << 20}) {
        const auto files = make_memory_file_system();
        random.shuffle(records);
        RunBuilderStatistics statistics;
        RunBuilderOptions options = options_with(memory_bytes, block_bytes, compression);
        options.first_block_bytes = first_block_bytes;
        const RunSummary summary = testing::build_run(*files, options, records, &statistics);
        ASSERT_EQ(testing::read_run(*files, "/run"), expected);
        ASSERT_EQ(summary.records, records.size());
        ASSERT_EQ(statistics.records_in, records.size());
        if (memory_bytes > (32 << 20)) {
          ASSERT_EQ(statistics.spills, 0u);
        }
        const std::string bytes = read_file(*files, "/run").value();
        ASSERT_EQ(bytes.size(), summary.file_bytes);
        if (fingerprint == 0) fingerprint = checksum64(bytes);
        ASSERT_EQ(checksum64(bytes), fingerprint) << "the run's bytes depend on memory or order, memory " << memory_bytes;
        ASSERT_TRUE(!files->exists("/scratch/spills") || files->list("/scratch/spills").value().empty()) << "spills are removed";
      }
    }
  }
}

TEST(RunBuilder, a_small_run_has_several_blocks_and_a_large_one_few_more_when_they_begin_small) {
  for (const auto& [count, least, most] : {std::tuple{400, 4, 16}, std::tuple{100'000, 40, 160}}) {
    std::vector<testing::Record> records;
    for (int i = 0; i < count; ++i) {
      const std::string key = "key-" + std::to_string(1'000'000 + i);
      records.push_back(testing::Record{key, key.size(), "a value"});
    }
    const auto files = make_memory_file_system();
    RunBuilderOptions options = options_with(64u << 20, 128u << 10, Compression::None);
    const std::size_t even = testing::build_run(*files, options, records).blocks.size();
    options.first_block_bytes = kMinBlockBytes;
    const std::size_t grown = testing::build_run(*files, options, records).blocks.size();
    EXPECT_GE(grown, even + static_cast<std::size_t>(least));
    EXPECT_LE(grown, even + static_cast<std::size_t>(most));
  }
}

TEST(RunBuilder, combines_to_the_sums_with_the_same_bytes_for_every_memory) {
  testing::SumCombiner combiner;
  RegionCache regions;  // of all builders, as a worker has it for all attempts: what one leaves in it is nothing to the next
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    for (const Shape shape : {Shape::Integers, Shape::Strings, Shape::Suffixed, Shape::LongCommon, Shape::OneKey}) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " shape " + std::to_string(static_cast<int>(shape)));
      Random random(seed);
      auto records = testing::random_records(random, shape, 1 + random.below(60000), 1 + random.below(random.chance(0.5) ? 100 : 50000));
      const auto expected = testing::summed(records);
      std::uint64_t fingerprint = 0;
      for (const std::uint64_t memory_bytes : {kMinSortMemoryBytes, std::uint64_t{1} << 20, std::uint64_t{64} << 20}) {
        const auto files = make_memory_file_system();
        random.shuffle(records);
        RunBuilderOptions options = options_with(memory_bytes, 4096, Compression::None);
        options.combiner = &combiner;
        options.regions = &regions;
        RunBuilderStatistics statistics;
        testing::build_run(*files, options, records, &statistics);
        ASSERT_EQ(testing::read_run(*files, "/run"), expected);
        ASSERT_EQ(statistics.records_out, expected.size());
        ASSERT_EQ(statistics.combined_records, records.size() - expected.size());
        const std::uint64_t checksum = checksum64(read_file(*files, "/run").value());
        if (fingerprint == 0) fingerprint = checksum;
        ASSERT_EQ(checksum, fingerprint);
      }
    }
  }
}

TEST(RunBuilder, an_empty_run_is_a_run) {
  const auto files = make_memory_file_system();
  const RunSummary summary = testing::build_run(*files, options_with(1 << 20, 4096, Compression::Lz4), {});
  EXPECT_EQ(summary.records, 0u);
  EXPECT_TRUE(summary.blocks.empty());
  EXPECT_TRUE(testing::read_run(*files, "/run").empty());
}

TEST(RunBuilder, empty_keys_and_values_are_records) {
  const auto files = make_memory_file_system();
  const std::vector<Record> records{{"", 0, ""}, {"", 0, "v"}, {"k", 0, ""}, {"k", 1, "w"}};
  testing::build_run(*files, options_with(1 << 20, 4096, Compression::None), records);
  EXPECT_EQ(testing::read_run(*files, "/run"), records);
}

TEST(RunBuilder, giant_records_get_blocks_of_their_own_whatever_the_memory) {
  for (const Compression compression : {Compression::None, Compression::Lz4}) {
    Random random(9);
    std::vector<Record> records = testing::random_records(random, Shape::Strings, 20000, 3000);
    for (int i = 0; i < 12; ++i) {
      Record giant{"user:" + std::to_string(i), 6, std::string(100000 + 2000 * i, 'g')};
      for (char& c : giant.value) c = static_cast<char>(random.next());
      records.insert(records.begin() + random.below(records.size()), giant);
    }
    std::vector<Record> expected = records;
    std::sort(expected.begin(), expected.end());
    std::string bytes;
    for (const std::uint64_t memory_bytes : {std::uint64_t{1} << 20, std::uint64_t{32} << 20}) {
      const auto files = make_memory_file_system();
      const RunSummary summary = testing::build_run(*files, options_with(memory_bytes, 4096, compression), records);
      ASSERT_EQ(testing::read_run(*files, "/run"), expected);
      for (const BlockEntry& block : summary.blocks) ASSERT_TRUE(block.raw_bytes <= 4096 || block.records == 1);
      const std::string read = read_file(*files, "/run").value();
      ASSERT_TRUE(bytes.empty() || bytes == read);
      bytes = read;
    }
  }
}

TEST(RunBuilder, refuses_what_is_over_a_limit_and_names_it) {
  const auto files = make_memory_file_system();
  MemoryBudget budget("test.memory", 1 << 20);
  auto small = RunBuilder::create(*files, budget, options_with(kMinSortMemoryBytes - 1, 1024, Compression::None));
  ASSERT_FALSE(small.ok());
  EXPECT_THAT(small.error().to_string(), ::testing::HasSubstr("execution.memory"));
  auto too_much = RunBuilder::create(*files, budget, options_with(2 << 20, 1024, Compression::None));
  ASSERT_FALSE(too_much.ok());
  EXPECT_THAT(too_much.error().to_string(), ::testing::HasSubstr("test.memory"));
  auto builder = RunBuilder::create(*files, budget, options_with(1 << 20, 1024, Compression::None));
  ASSERT_TRUE(builder.ok());
  EXPECT_THAT((*builder)->add(std::string(70000, 'k'), 1, "").error().to_string(), ::testing::HasSubstr("kMaxKeyBytes"));
  EXPECT_THAT((*builder)->add("k", 1, std::string(200000, 'v')).error().to_string(),
              ::testing::HasSubstr("larger than 1/8 of the sort memory"));
  EXPECT_TRUE((*builder)->add("k", 1, "v").ok()) << "a refused record costs nothing else";
  EXPECT_EQ((*builder)->finish().value().records, 1u);
}

TEST(RunBuilder, a_growing_value_of_one_key_is_bounded_by_splitting_it) {
  testing::SetCombiner combiner;
  const auto files = make_memory_file_system();
  RunBuilderOptions options = options_with(1 << 20, 1024, Compression::None);
  options.combiner = &combiner;
  std::vector<Record> records;
  for (int i = 0; i < 50000; ++i) records.push_back({"k", 1, std::string(1, static_cast<char>(i % 120))});
  testing::build_run(*files, options, records);
  const auto read = testing::read_run(*files, "/run");
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].value.size(), 120u);
}

TEST(RunBuilder, a_full_disk_is_an_error_that_says_so_and_leaves_no_files) {
  Random random(4);
  const auto records = testing::random_records(random, Shape::Mixed, 20000, 3000);
  std::uint64_t failures = 0;
  for (std::uint64_t free_bytes = 0;; free_bytes = free_bytes * 3 / 2 + 1000) {
    const auto memory = make_memory_file_system();
    FaultyFileSystem files(*memory);
    files.set_free_bytes(free_bytes);
    MemoryBudget budget("test.memory", 8 << 20);
    auto builder = RunBuilder::create(files, budget, options_with(kMinSortMemoryBytes, 4096, Compression::None));
    ASSERT_TRUE(builder.ok());
    Status status;
    for (const Record& record : records) {
      if (status.ok()) status = (*builder)->add(record.key, record.group_size, record.value);
    }
    std::string message;
    if (status.ok()) {
      auto summary = (*builder)->finish();
      if (summary.ok()) break;
      message = summary.error().to_string();
    } else {
      message = status.error().to_string();
    }
    ++failures;
    ASSERT_THAT(message, ::testing::AnyOf(::testing::HasSubstr("No space left"), ::testing::HasSubstr("full"))) << free_bytes;
    builder->reset();
    ASSERT_FALSE(memory->exists("/run")) << "no half run";
    ASSERT_TRUE(!memory->exists("/scratch/spills") || memory->list("/scratch/spills").value().empty());
    ASSERT_EQ(budget.used_bytes(), 0u);
  }
  EXPECT_GT(failures, 5u);
}

TEST(RunBuilder, every_failing_file_operation_is_an_error_and_never_a_wrong_run) {
  Random random(6);
  const auto records = testing::random_records(random, Shape::Strings, 20000, 3000);
  for (const FileOperation operation :
       {FileOperation::Open, FileOperation::Read, FileOperation::Create, FileOperation::Append, FileOperation::Close}) {
    bool completed = false;
    for (std::uint64_t nth = 0; !completed; nth = nth * 2 + 1) {
      const auto memory = make_memory_file_system();
      FaultyFileSystem files(*memory);
      files.fail(operation, nth, EIO);
      MemoryBudget budget("test.memory", 8 << 20);
      auto builder = RunBuilder::create(files, budget, options_with(kMinSortMemoryBytes, 4096, Compression::None));
      ASSERT_TRUE(builder.ok());
      Status status;
      for (const Record& record : records) {
        if (status.ok()) status = (*builder)->add(record.key, record.group_size, record.value);
      }
      const std::uint64_t before = files.operations(operation);
      const bool finished = status.ok() && (*builder)->finish().ok();
      completed = finished && files.operations(operation) <= nth;
      ASSERT_TRUE(completed || !finished) << "operation " << static_cast<int>(operation) << " number " << nth << " of " << before;
    }
  }
}

TEST(RunBuilder, a_builder_that_is_dropped_leaves_no_files_and_no_memory) {
  const auto files = make_memory_file_system();
  MemoryBudget budget("test.memory", 8 << 20);
  {
    auto builder = RunBuilder::create(*files, budget, options_with(kMinSortMemoryBytes, 1024, Compression::None));
    for (int i = 0; i < 50000; ++i) ASSERT_TRUE((*builder)->add("key" + std::to_string(i), 3, "value").ok());
    EXPECT_GT((*builder)->statistics().spills, 0u);
    EXPECT_EQ(budget.used_bytes(), kMinSortMemoryBytes);
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_TRUE(files->list("/scratch/spills").value().empty());
}

}  // namespace
}  // namespace sinter

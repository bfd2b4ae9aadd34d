// Records, combiners and run building that the shuffle's tests share. Test code; one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/random.hpp"
#include "shuffle/merge/group_cursor.hpp"
#include "shuffle/record/combiner.hpp"
#include "shuffle/record/key.hpp"
#include "shuffle/build/run_builder.hpp"

namespace sinter::testing {

struct Record {
  std::string key;
  std::size_t group_size = 0;
  std::string value;
  friend bool operator==(const Record&, const Record&) = default;
  friend bool operator<(const Record& a, const Record& b) { return std::tie(a.key, a.value) < std::tie(b.key, b.value); }
};

/// Adds 8-byte integers; others are refused by an assertion.
class SumCombiner final : public Combiner {
 public:
  bool merge_in_place(std::string_view, std::span<char> into, std::string_view value) override {
    const std::uint64_t sum = load_fixed<std::uint64_t>(into.data()) + load_fixed<std::uint64_t>(value.data());
    std::memcpy(into.data(), &sum, sizeof(sum));
    return true;
  }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override {
    merged.clear();
    append_fixed(merged, load_fixed<std::uint64_t>(a.data()) + load_fixed<std::uint64_t>(b.data()));
  }
};

/// A set of bytes, kept sorted: grows while new members come.
class SetCombiner final : public Combiner {
 public:
  bool merge_in_place(std::string_view, std::span<char> into, std::string_view value) override {
    return std::includes(into.begin(), into.end(), value.begin(), value.end());
  }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override {
    merged.clear();
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(merged));
  }
};

inline std::string number_value(std::uint64_t number) {
  std::string value;
  append_fixed(value, number);
  return value;
}

enum class Shape { Integers, Strings, Suffixed, LongCommon, OneKey, Mixed };

/// `count` random records over about `keys` distinct groups.
inline std::vector<Record> random_records(Random& random, Shape shape, std::size_t count, std::uint64_t keys) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < count; ++i) {
    Record record;
    const std::uint64_t id = shape == Shape::OneKey ? 7 : random.below(keys);
    switch (shape) {
      case Shape::Integers: append_key_int64(record.key, static_cast<std::int64_t>(id)); break;
      case Shape::Strings: append_key_string(record.key, "user:" + std::to_string(split_mix64(id) % 1000000007)); break;
      case Shape::LongCommon: append_key_string(record.key, std::string(300, 'x') + std::to_string(id) + std::string(id % 40, 'y')); break;
      case Shape::OneKey: append_key_string(record.key, "hot"); break;
      case Shape::Suffixed:
      case Shape::Mixed: append_key_string(record.key, std::string(id % 3, '\0') + std::to_string(id)); break;
    }
    record.group_size = record.key.size();
    if (shape == Shape::Suffixed) append_key_int64(record.key, static_cast<std::int64_t>(random.below(1000)), Order::Descending);
    record.value = number_value(random.below(1000));
    if (shape == Shape::Mixed) {
      const std::uint64_t size = random.below(random.chance(0.02) ? 3000 : 40);
      record.value.assign(size, static_cast<char>('a' + random.below(26)));
    }
    records.push_back(std::move(record));
  }
  return records;
}

/// What combining leaves of records with 8-byte values.
inline std::vector<Record> summed(const std::vector<Record>& records) {
  std::map<std::string, Record> sums;
  for (const Record& record : records) {
    const auto [at, fresh] = sums.emplace(record.key, record);
    if (fresh) continue;
    at->second.value = number_value(load_fixed<std::uint64_t>(at->second.value.data()) + load_fixed<std::uint64_t>(record.value.data()));
  }
  std::vector<Record> merged;
  for (auto& [key, record] : sums) merged.push_back(record);
  return merged;
}

/// Builds a run; fails the test on an error.
inline RunSummary build_run(FileSystem& files, const RunBuilderOptions& options, const std::vector<Record>& records,
                            RunBuilderStatistics* statistics = nullptr) {
  MemoryBudget budget("test.memory", options.memory_bytes);
  auto builder = RunBuilder::create(files, budget, options);
  EXPECT_TRUE(builder.ok()) << builder.error().to_string();
  for (const Record& record : records) {
    const Status added = (*builder)->add(record.key, record.group_size, record.value);
    EXPECT_TRUE(added.ok()) << added.error().to_string();
  }
  auto summary = (*builder)->finish();
  EXPECT_TRUE(summary.ok()) << summary.error().to_string();
  if (statistics != nullptr) *statistics = (*builder)->statistics();
  builder->reset();
  EXPECT_EQ(budget.used_bytes(), 0u);
  return summary.ok() ? *summary : RunSummary();
}

/// Every record of a cursor, with the group it was shown under.
inline Result<std::vector<Record>> read_groups(FileSystem& files, MemoryBudget& budget, const MergeOptions& options) {
  SINTER_ASSIGN(const std::unique_ptr<GroupCursor> cursor, GroupCursor::open(files, budget, options));
  std::vector<Record> records;
  while (true) {
    SINTER_ASSIGN(const bool more, cursor->next_group());
    if (!more) return records;
    while (true) {
      SINTER_ASSIGN(const bool value, cursor->next_value());
      if (!value) break;
      EXPECT_TRUE(cursor->key().starts_with(cursor->group()));
      records.push_back({std::string(cursor->key()), cursor->group().size(), std::string(cursor->value())});
    }
  }
}

inline std::vector<Record> read_run(FileSystem& files, const std::string& path) {
  MemoryBudget budget("test.memory", 256 << 20);
  auto records = read_groups(files, budget, {.run_paths = {path}, .range = {}, .max_fan_in = 32, .spill_directory = "/scratch/read"});
  EXPECT_TRUE(records.ok()) << records.error().to_string();
  return records.ok() ? *records : std::vector<Record>();
}

}  // namespace sinter::testing

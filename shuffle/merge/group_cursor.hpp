// GroupCursor: the groups of a key range over many runs, in key order, one value at a time: a group never has to fit in memory.
// Owned by the reduce attempt; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "shuffle/record/combiner.hpp"
#include "shuffle/run/run_format.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Which runs, which keys of them, and what a merge may use.
struct MergeOptions {
  std::vector<std::string> run_paths;
  KeyRange range;
  /// Read buffers come out of the budget; when they do not fit, or there are more runs than max_fan_in, runs are merged in passes.
  std::uint32_t max_fan_in = 32;
  /// Of the budget; more is taken only where nothing works with less.
  std::uint64_t max_memory_bytes = ~std::uint64_t{0};
  /// For merge passes; made when needed. Belongs to one attempt: objects of several threads must not share it.
  std::string spill_directory;
  /// Merges values of equal key on the way; may be null. Must outlive the cursor.
  Combiner* combiner = nullptr;
};

/// Reads sorted runs as one, group by group and value by value.
class GroupCursor {
 public:
  static Result<std::unique_ptr<GroupCursor>> open(FileSystem& files, MemoryBudget& budget, MergeOptions options);
  virtual ~GroupCursor() = default;

  /// Moves to the next group, skipping what is unread of this one; false at the end.
  virtual Result<bool> next_group() = 0;
  /// Group bytes of the current group; valid until next_group().
  virtual std::string_view group() const = 0;

  /// Moves to the next value of the group; false when the group has no more. Values come in (key, value bytes) order.
  virtual Result<bool> next_value() = 0;
  /// Whole key (group and sort suffix) and value of the current record; valid until next_value().
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
};

}  // namespace sinter

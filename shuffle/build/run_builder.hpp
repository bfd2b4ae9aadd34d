// RunBuilder: takes one map attempt's records in any order, combines, sorts, spills under memory pressure,
// and leaves exactly one sorted run. Owned by the attempt; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "shuffle/record/combiner.hpp"
#include "shuffle/run/run_format.hpp"

namespace [[gnu::visibility("default")]] sinter {

class RegionCache;

/// Fewest bytes a builder works with; blocks must be small then (memory_bytes >= 6 * block_bytes).
inline constexpr std::uint64_t kMinSortMemoryBytes = 256u << 10;

/// Memory, files and layout of one sort.
struct RunBuilderOptions {
  /// Bytes for table, arena and entries, taken from the budget; at least kMinSortMemoryBytes.
  std::uint64_t memory_bytes = 64u << 20;
  std::uint32_t block_bytes = 128u << 10;
  std::uint32_t first_block_bytes = 4u << 20;  // see RunWriterOptions
  Compression compression = Compression::None;
  /// Spills lie here while building; removed by finish() and by the destructor. Made when needed. Belongs to one attempt:
  /// objects of several threads must not share it.
  std::string spill_directory;
  /// Where finish() leaves the run.
  std::string run_path;
  /// May be null: no combining. Must outlive the builder.
  Combiner* combiner = nullptr;
  /// May be null. Sort memory is taken from and, when nothing was spilled, left in it. Must outlive the builder.
  RegionCache* regions = nullptr;
  /// Runs merged at once; more spills than this are merged in several passes.
  std::uint32_t max_fan_in = 32;
};

/// What happened, for counters and explain.
struct RunBuilderStatistics {
  std::uint64_t records_in = 0;
  std::uint64_t records_out = 0;  // after combining
  std::uint64_t combined_records = 0;
  std::uint64_t spills = 0;
  std::uint64_t spilled_bytes = 0;
};

/// Sorts records within a memory limit, whatever their number.
class RunBuilder {
 public:
  static Result<std::unique_ptr<RunBuilder>> create(FileSystem& files, MemoryBudget& budget, RunBuilderOptions options);
  virtual ~RunBuilder() = default;

  /// `key` is group bytes followed by sort-suffix bytes; the first `group_size` bytes are the group. Groups are
  /// prefix-free (every append_key_* sequence of fixed shape is). Copies both. May spill.
  /// Errors: a record larger than the named limits, files.
  virtual Status add(std::string_view key, std::size_t group_size, std::string_view value) = 0;

  /// Sorts, merges all spills, writes the run with its index and footer, and returns its summary. Call once.
  /// Records of equal key keep no particular order unless the values differ: ties are ordered by value bytes, so the
  /// run's bytes are a function of the multiset of records (after combining: of the multiset of merged values).
  virtual Result<RunSummary> finish() = 0;
  virtual const RunBuilderStatistics& statistics() const = 0;
};

}  // namespace sinter

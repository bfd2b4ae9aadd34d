// The run: one immutable file of records sorted by key, in blocks with a checksum each, a sparse index, a footer.
// Format page with a worked example: docs/formats/run.md. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Of the blocks of a run.
enum class Compression : std::uint8_t { None = 0, Lz4 = 1 };

/// One block as the sparse index knows it.
struct BlockEntry {
  std::string first_key;       // whole first key
  std::uint32_t first_group_size = 0;
  std::uint64_t offset_bytes = 0;
  std::uint32_t stored_bytes = 0;
  std::uint32_t raw_bytes = 0;
  std::uint32_t records = 0;
};

/// Everything known of a run without reading its blocks.
struct RunSummary {
  std::string path;
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::string last_key;
  std::vector<BlockEntry> blocks;
};

/// Half-open range of group keys [begin, end). An empty `end` means unbounded; an empty `begin` means from the start.
struct KeyRange {
  std::string begin;
  std::string end;
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

/// Cuts the key space of `runs` into ranges of about `target_bytes` each (measured by raw block bytes), at group
/// borders only, at most `max_ranges`. Deterministic in the multiset of runs; ranges are disjoint, ordered and cover everything.
/// A function of indexes only: cost O(blocks log runs). Never empty: no records give one unbounded range.
std::vector<KeyRange> cut_ranges(const std::vector<const RunSummary*>& runs, std::uint64_t target_bytes, std::size_t max_ranges);

/// Reads footer and index of the run at `path`. Errors name the file and what is damaged.
Result<RunSummary> read_run_summary(FileSystem& files, const std::string& path);

}  // namespace sinter

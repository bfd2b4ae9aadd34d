// SpillSorter: byte strings in a few channels, given back in memcmp order, from memory or, past its memory, through sorted runs on disk
// (decision 0007). Owned by one reduce attempt; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "shuffle/build/run_builder.hpp"
#include "shuffle/merge/group_cursor.hpp"

namespace sinter::fusion {

/// Where goes what memory cannot hold.
struct SpillSpace {
  FileSystem* files = nullptr;
  MemoryBudget* memory = nullptr;
  std::string directory;
  /// For records in memory and for sorting them when they spill, half each; a share of the budget when 0, at least
  /// 2 * kMinSortMemoryBytes.
  std::uint64_t memory_bytes = 0;
};

/// Sorted records of one channel, readable several times.
class ByteCursor {
 public:
  virtual ~ByteCursor() = default;
  virtual Status rewind() = 0;
  /// False at the end. The bytes are valid until the next call.
  virtual Result<bool> next(std::string_view& bytes) = 0;
};

/// clear(), add() any number of records to any channel, sort(), open() each channel. Reused without allocation while nothing spills.
class SpillSorter {
 public:
  /// `name` starts the names of its files and tells sorters of one directory apart.
  SpillSorter(std::size_t channels, SpillSpace space, std::string name);
  ~SpillSorter();

  /// Forgets all records and removes spilled files.
  Status clear();
  /// Copies the bytes. May spill. Errors: files, memory.
  Status add(std::size_t channel, std::string_view bytes);
  /// Must follow the last add().
  Status sort();
  /// The sorted records of a channel. Valid until the next open() or clear().
  Result<ByteCursor*> open(std::size_t channel);

  bool spilled() const { return builder_ != nullptr || !run_paths_.empty(); }

 private:
  class MemoryCursor;
  class SpilledCursor;
  /// A record in bytes_; the prefix decides most comparisons without touching the bytes.
  struct Entry {
    std::uint64_t prefix;
    std::uint32_t offset;
    std::uint32_t size;
  };
  std::string_view bytes_of(const Entry& entry) const { return std::string_view(bytes_).substr(entry.offset, entry.size); }
  Result<bool> has_room(std::size_t size);
  Status spill();
  Status open_builder();
  Status close_builder();
  Status add_to_run(std::size_t channel, std::string_view bytes);

  SpillSpace space_;
  std::string name_;
  std::string bytes_;
  std::vector<std::vector<Entry>> entries_;  // per channel
  std::size_t entry_count_ = 0;
  std::uint64_t longest_ = 0;
  Reservation reservation_;
  std::unique_ptr<RunBuilder> builder_;
  std::string builder_path_;
  std::uint64_t longest_in_builder_ = 0;   // a longer record needs a builder with more memory
  std::vector<std::string> run_paths_;
  bool sorted_ = false;
  std::string key_;
  std::uint64_t runs_ = 0;
  std::unique_ptr<ByteCursor> cursor_;
};

/// How many of the sorted records differ.
Result<std::uint64_t> count_distinct(ByteCursor& sorted);

}  // namespace sinter::fusion

// Claim sets: the canonical bytes of a claim, and ClaimCollector, which gathers the claims of one entity and gives them back
// sorted, in memory or, past its memory, through sorted runs on disk. Owned by one reduce attempt; one thread.
// Format page: docs/formats/row-state.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "jobs/fusion/rules/rule.hpp"
#include "shuffle/merge/group_cursor.hpp"
#include "shuffle/build/run_builder.hpp"

namespace sinter::fusion {

/// Appends the parts of a claim that are needed. Order-preserving: memcmp orders claims by (value, source, time, position),
/// a missing time first. Requires: claim.value is not null.
void append_claim(std::string& out, const Claim& claim, const ClaimNeeds& needs);

/// Reads what append_claim() wrote with the same needs. Texts are borrowed from `bytes` where they can be, else copied to the
/// arena. False on damaged bytes.
bool read_claim(std::string_view bytes, const ClaimNeeds& needs, Arena& arena, Claim& claim);

/// Where claims go that memory cannot hold.
struct ClaimSpill {
  FileSystem* files = nullptr;
  MemoryBudget* memory = nullptr;
  std::string directory;
  /// For claims in memory and for sorting them when they spill, half each; a share of the budget when 0, at least
  /// 2 * kMinSortMemoryBytes.
  std::uint64_t memory_bytes = 0;
};

/// One per reduce attempt. clear(), add() any number of claims of any cell, sort(), open() each cell. Reused without allocation.
class ClaimCollector {
 public:
  /// needs[cell] are those that the cell's claims are encoded with.
  ClaimCollector(std::vector<ClaimNeeds> needs, ClaimSpill spill);
  ~ClaimCollector();

  /// Forgets all claims and removes spilled files.
  Status clear();
  /// Copies the encoded claim. May spill. Errors: files, memory.
  Status add(std::size_t cell, std::string_view claim);
  /// Must follow the last add().
  Status sort();
  /// The sorted claims of a cell. Valid until the next open() or clear().
  Result<ClaimCursor*> open(std::size_t cell);

  bool spilled() const { return builder_ != nullptr || !run_path_.empty(); }

 private:
  class MemoryCursor;
  class SpilledCursor;
  /// A claim in bytes_; the prefix decides most comparisons without touching the bytes.
  struct Entry {
    std::uint64_t prefix;
    std::uint32_t offset;
    std::uint32_t size;
  };
  std::string_view bytes_of(const Entry& entry) const { return std::string_view(bytes_).substr(entry.offset, entry.size); }
  Result<bool> has_room(std::size_t size);
  Status spill();
  Status add_to_run(std::size_t cell, std::string_view claim);

  std::vector<ClaimNeeds> needs_;
  ClaimSpill spill_;
  std::string bytes_;
  std::vector<std::vector<Entry>> entries_;  // per cell
  std::size_t entry_count_ = 0;
  std::uint64_t largest_claim_ = 0;
  Reservation reservation_;
  std::unique_ptr<RunBuilder> builder_;
  std::string run_path_;      // set by sort()
  std::string pending_path_;  // of the builder
  std::string key_;
  std::uint64_t runs_ = 0;
  std::unique_ptr<ClaimCursor> cursor_;
};

}  // namespace sinter::fusion

// Claim sets: the canonical bytes of a claim, and ClaimCollector, which gathers the claims of one entity and gives them back
// sorted. Owned by one reduce attempt; one thread.
// Format page: docs/formats/row-state.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/fusion/rules/rule.hpp"
#include "jobs/fusion/rules/spill_sorter.hpp"

namespace sinter::fusion {

/// Appends the parts of a claim that are needed. Order-preserving: memcmp orders claims by (value, source, time, position),
/// a missing time first. Requires: claim.value is not null.
void append_claim(std::string& out, const Claim& claim, const ClaimNeeds& needs);

/// Reads what append_claim() wrote with the same needs. Texts are borrowed from `bytes` where they can be, else copied to the
/// arena. False on damaged bytes.
bool read_claim(std::string_view bytes, const ClaimNeeds& needs, Arena& arena, Claim& claim);

/// The claims of the cells of one entity, sorted. One per reduce attempt: clear(), add() any number of claims of any cell, sort(), open()
/// each cell. Cost: see SpillSorter.
class ClaimCollector {
 public:
  /// needs[cell] are those that the cell's claims are encoded with.
  ClaimCollector(std::vector<ClaimNeeds> needs, SpillSpace space);

  /// Forgets all claims and removes spilled files.
  Status clear() { return sorter_.clear(); }
  /// Copies the encoded claim. May spill. Errors: files, memory.
  Status add(std::size_t cell, std::string_view claim) { return sorter_.add(cell, claim); }
  /// Must follow the last add().
  Status sort() { return sorter_.sort(); }
  /// The sorted claims of a cell. Valid until the next open() or clear().
  Result<ClaimCursor*> open(std::size_t cell);

  bool spilled() const { return sorter_.spilled(); }

 private:
  class Cursor final : public ClaimCursor {
   public:
    explicit Cursor(const std::vector<ClaimNeeds>& needs) : needs_(needs) {}
    void open(ByteCursor& bytes, std::size_t cell);
    Status rewind() override { return bytes_->rewind(); }
    Result<bool> next(Claim& claim) override;

   private:
    const std::vector<ClaimNeeds>& needs_;
    ByteCursor* bytes_ = nullptr;
    std::size_t cell_ = 0;
    Arena arena_{4096};  // of the current claim
  };

  std::vector<ClaimNeeds> needs_;
  SpillSorter sorter_;
  Cursor cursor_;
};

}  // namespace sinter::fusion

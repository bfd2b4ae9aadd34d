// Collecting of claims: see claim_set.hpp. One thread.
#include "jobs/fusion/rules/claim_set.hpp"

namespace sinter::fusion {

ClaimCollector::ClaimCollector(std::vector<ClaimNeeds> needs, SpillSpace space)
    : needs_(std::move(needs)), sorter_(needs_.size(), std::move(space), "claims"), cursor_(needs_) {}

Result<ClaimCursor*> ClaimCollector::open(std::size_t cell) {
  SINTER_ASSIGN(ByteCursor* const bytes, sorter_.open(cell));
  cursor_.open(*bytes, cell);
  return &cursor_;
}

void ClaimCollector::Cursor::open(ByteCursor& bytes, std::size_t cell) {
  bytes_ = &bytes;
  cell_ = cell;
}

Result<bool> ClaimCollector::Cursor::next(Claim& claim) {
  std::string_view bytes;
  SINTER_ASSIGN(const bool more, bytes_->next(bytes));
  if (!more) return false;
  arena_.clear();
  if (!read_claim(bytes, needs_[cell_], arena_, claim)) return internal_error("an encoded claim is damaged");
  return true;
}

}  // namespace sinter::fusion

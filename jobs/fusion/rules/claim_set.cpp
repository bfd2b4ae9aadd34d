// Encoding, collecting and spilling of claims: see claim_set.hpp. One thread.
#include "jobs/fusion/rules/claim_set.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

/// Memory of the claims of one entity, as a share of the worker's budget: the rest belongs to read buffers and output.
constexpr std::uint64_t kBudgetShare = 8;
/// Reserved at once, so that the budget is asked rarely.
constexpr std::uint64_t kReservationStep = 64 * kKiB;
/// Claims are as long as records may be, keys are not: the rest of a claim travels as the value of its record, which orders
/// records of equal key.
constexpr std::size_t kClaimKeyBytes = 32 * kKiB;
/// Offsets into the arena are 32 bits wide.
constexpr std::uint64_t kMaxArenaBytes = 1 * kGiB;
/// Memory of the run builder for each byte of the longest claim.
constexpr std::uint64_t kLargestClaimShare = 16;

std::uint64_t prefix_of(std::string_view bytes) {
  if (bytes.size() >= 8) return load_big_endian_u64(bytes.data());
  char padded[8] = {};
  std::memcpy(padded, bytes.data(), bytes.size());
  return load_big_endian_u64(padded);
}

}  // namespace

class ClaimCollector::MemoryCursor final : public ClaimCursor {
 public:
  MemoryCursor(const ClaimCollector& collector) : collector_(collector), arena_(4096) {}

  void open(std::size_t cell) {
    cell_ = cell;
    at_ = 0;
  }
  Status rewind() override {
    at_ = 0;
    return {};
  }
  Result<bool> next(Claim& claim) override {
    const std::vector<Entry>& entries = collector_.entries_[cell_];
    if (at_ == entries.size()) return false;
    arena_.clear();
    if (!read_claim(collector_.bytes_of(entries[at_++]), collector_.needs_[cell_], arena_, claim)) {
      return internal_error("an encoded claim is damaged");
    }
    return true;
  }

 private:
  const ClaimCollector& collector_;
  Arena arena_;  // of the current claim
  std::size_t cell_ = 0;
  std::size_t at_ = 0;
};

class ClaimCollector::SpilledCursor final : public ClaimCursor {
 public:
  SpilledCursor(const ClaimCollector& collector, std::size_t cell) : collector_(collector), cell_(cell), arena_(4096) {}

  Status rewind() override {
    MergeOptions options;
    options.run_paths = {collector_.run_path_};
    append_key_int64(options.range.begin, static_cast<std::int64_t>(cell_));
    append_key_int64(options.range.end, static_cast<std::int64_t>(cell_) + 1);
    options.spill_directory = collector_.spill_.directory;
    groups_.reset();  // gives its read buffers back before the new ones are taken
    SINTER_ASSIGN(groups_, GroupCursor::open(*collector_.spill_.files, *collector_.spill_.memory, std::move(options)));
    SINTER_ASSIGN(has_group_, groups_->next_group());
    return {};
  }
  Result<bool> next(Claim& claim) override {
    if (!groups_) SINTER_TRY(rewind());
    if (!has_group_) return false;
    SINTER_ASSIGN(const bool more, groups_->next_value());
    if (!more) return false;
    arena_.clear();
    const std::string_view head = groups_->key().substr(groups_->group().size());
    std::string_view bytes = head;
    if (!groups_->value().empty()) {
      joined_.assign(head);
      joined_.append(groups_->value());
      bytes = joined_;
    }
    if (!read_claim(bytes, collector_.needs_[cell_], arena_, claim)) return internal_error("a spilled claim is damaged");
    return true;
  }

 private:
  const ClaimCollector& collector_;
  std::size_t cell_;
  Arena arena_;
  std::unique_ptr<GroupCursor> groups_;
  bool has_group_ = false;
  std::string joined_;
};

ClaimCollector::ClaimCollector(std::vector<ClaimNeeds> needs, ClaimSpill spill)
    : needs_(std::move(needs)), spill_(std::move(spill)), entries_(needs_.size()), cursor_(std::make_unique<MemoryCursor>(*this)) {
  require(spill_.files != nullptr && spill_.memory != nullptr, "a claim collector needs files and a memory budget");
  if (spill_.memory_bytes == 0) spill_.memory_bytes = spill_.memory->limit_bytes() / kBudgetShare;
  // Half for claims in memory, half for the run builder: both exist while spilling.
  spill_.memory_bytes = std::clamp<std::uint64_t>(spill_.memory_bytes / 2, kMinSortMemoryBytes, kMaxArenaBytes);
}

ClaimCollector::~ClaimCollector() { (void)clear(); }  // the attempt's scratch directory goes away as a whole

Status ClaimCollector::clear() {
  bytes_.clear();
  for (std::vector<Entry>& entries : entries_) entries.clear();
  entry_count_ = 0;
  if (!spilled()) return {};
  cursor_ = std::make_unique<MemoryCursor>(*this);
  builder_.reset();
  if (run_path_.empty()) return {};
  const std::string path = std::move(run_path_);
  run_path_.clear();
  return spill_.files->remove(path);
}

Result<bool> ClaimCollector::has_room(std::size_t size) {
  const std::uint64_t wanted = bytes_.size() + size + (entry_count_ + 1) * sizeof(Entry);
  if (wanted > spill_.memory_bytes) return false;
  if (wanted <= reservation_.bytes()) return true;
  const std::uint64_t step = std::min(spill_.memory_bytes, (wanted + wanted / 2 + kReservationStep) / kReservationStep * kReservationStep);
  if (reservation_.bytes() > 0) return reservation_.resize(step);
  Result<Reservation> reserved = spill_.memory->reserve(step, "the claims of one entity");
  if (!reserved.ok()) return false;  // the budget is full: spill
  reservation_ = std::move(reserved).value();
  return true;
}

Status ClaimCollector::add(std::size_t cell, std::string_view claim) {
  require(cell < entries_.size(), "a claim of an unknown cell");
  largest_claim_ = std::max<std::uint64_t>(largest_claim_, claim.size());
  if (builder_) return add_to_run(cell, claim);
  require(run_path_.empty(), "claims are added after sort()");
  SINTER_ASSIGN(const bool room, has_room(claim.size()));
  if (!room) {
    SINTER_TRY(spill());
    return add_to_run(cell, claim);
  }
  entries_[cell].push_back({prefix_of(claim), static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(claim.size())});
  bytes_.append(claim);
  ++entry_count_;
  return {};
}

Status ClaimCollector::spill() {
  RunBuilderOptions options;
  // A run builder takes records up to a share of its memory; claims as long as those seen must fit.
  const std::uint64_t for_longest = std::min(largest_claim_ * kLargestClaimShare, spill_.memory->free_bytes() / 2);
  options.memory_bytes = std::max(spill_.memory_bytes, for_longest);
  options.block_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(kDefaultRunBlockBytes, spill_.memory_bytes / 8));
  options.spill_directory = spill_.directory;
  options.run_path = spill_.directory + "/claims-" + std::to_string(runs_++) + ".run";
  const std::string path = options.run_path;
  SINTER_ASSIGN(builder_, RunBuilder::create(*spill_.files, *spill_.memory, std::move(options)));
  for (std::size_t cell = 0; cell < entries_.size(); ++cell) {
    for (const Entry& entry : entries_[cell]) SINTER_TRY(add_to_run(cell, bytes_of(entry)));
    std::vector<Entry>().swap(entries_[cell]);
  }
  std::string().swap(bytes_);
  entry_count_ = 0;
  reservation_ = Reservation();
  pending_path_ = path;
  return {};
}

Status ClaimCollector::add_to_run(std::size_t cell, std::string_view claim) {
  key_.clear();
  append_key_int64(key_, static_cast<std::int64_t>(cell));
  const std::size_t group_size = key_.size();
  key_.append(claim.substr(0, kClaimKeyBytes));
  return builder_->add(key_, group_size, claim.size() > kClaimKeyBytes ? claim.substr(kClaimKeyBytes) : std::string_view());
}

Status ClaimCollector::sort() {
  if (builder_) {
    Result<RunSummary> summary = builder_->finish();
    builder_.reset();
    run_path_ = std::move(pending_path_);
    if (!summary.ok()) return std::move(summary).error();
    return {};
  }
  for (std::vector<Entry>& entries : entries_) {
    if (entries.size() < 2) continue;
    std::sort(entries.begin(), entries.end(), [this](const Entry& a, const Entry& b) {
      if (a.prefix != b.prefix) return a.prefix < b.prefix;
      return bytes_of(a) < bytes_of(b);
    });
  }
  return {};
}

Result<ClaimCursor*> ClaimCollector::open(std::size_t cell) {
  require(builder_ == nullptr, "open() before sort()");
  if (!run_path_.empty()) {
    cursor_.reset();  // one set of read buffers at a time
    cursor_ = std::make_unique<SpilledCursor>(*this, cell);
    SINTER_TRY(cursor_->rewind());
    return cursor_.get();
  }
  static_cast<MemoryCursor&>(*cursor_).open(cell);
  return cursor_.get();
}

}  // namespace sinter::fusion

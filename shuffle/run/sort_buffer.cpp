// SortBuffer: see the header. One thread.
#include "shuffle/run/sort_buffer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/bytes.hpp"

namespace sinter {

Result<SortBuffer> SortBuffer::create(std::size_t size_bytes, RegionCache* regions) {
  const std::size_t reachable = std::min(size_bytes, kMaxArenaBytes) / sizeof(SortEntry) * sizeof(SortEntry);
  SINTER_ASSIGN(MemoryRegion region, regions == nullptr ? MemoryRegion::create(reachable) : regions->take(reachable));
  return SortBuffer(std::move(region));
}

SortBuffer::SortBuffer(MemoryRegion region)
    : region_(std::move(region)), data_(region_.data()), limit_bytes_(region_.size_bytes()) {}

bool SortBuffer::append_with_room(std::string_view key, std::size_t group_size, std::string_view value) {
  const std::size_t units = std::bit_ceil(units_of(kHeaderBytes + key.size() + value.size()));
  if ((tail_ + units) * kArenaUnitBytes + (records_ + 1) * sizeof(SortEntry) > limit_bytes_) return false;
  const std::size_t before = tail_;
  if (!append(key, group_size, value)) return false;
  char* at = data_ + before * kArenaUnitBytes;
  const std::uint64_t header = load_fixed<std::uint64_t>(at) | kRoundedBit;
  std::memcpy(at, &header, kHeaderBytes);
  tail_ = before + units;
  return true;
}

bool SortBuffer::set_value(std::uint32_t position, std::string_view value) {
  const std::uint64_t header = header_at(position);
  const std::size_t key_size = header >> kKeyShift & kKeyMask;
  const std::size_t units = units_of(kHeaderBytes + key_size + value.size());
  const std::size_t stride = (header & kRoundedBit) != 0 ? std::bit_ceil(units) : units;
  // The stride is derived from the sizes, so a value may only take a size that gives the same stride.
  if (stride != stride_units(position)) return false;
  char* at = data_ + std::size_t{position} * kArenaUnitBytes;
  const std::uint64_t updated = (header & ~kValueMask) | value.size();
  std::memcpy(at, &updated, kHeaderBytes);
  std::memcpy(at + kHeaderBytes + key_size, value.data(), value.size());
  return true;
}

void SortBuffer::kill(std::uint32_t position) {
  require(!is_dead(position), "a record of the sort buffer dies once");
  const std::uint64_t header = header_at(position) | kDeadBit;
  std::memcpy(data_ + std::size_t{position} * kArenaUnitBytes, &header, kHeaderBytes);
  --records_;
}

bool SortBuffer::is_dead(std::uint32_t position) const { return (header_at(position) & kDeadBit) != 0; }

void SortBuffer::truncate(std::uint32_t tail, std::size_t removed) {
  require(tail <= tail_ && removed <= records_, "the sort buffer takes back only what it holds");
  tail_ = tail;
  records_ -= removed;
}

std::span<const SortEntry> SortBuffer::sort(bool by_value) {
  char* const top = data_ + limit_bytes_ - records_ * sizeof(SortEntry);
  const std::span<SortEntry> entries(reinterpret_cast<SortEntry*>(top), records_);
  std::size_t filled = 0;
  for (std::uint32_t position = 1; position < tail_;) {
    const std::uint32_t following = next(position);
    if (!is_dead(position)) {
      entries[filled].position = position;
      set_entry_key(entries[filled++], key_at(position), common_);
    }
    position = following;
  }
  require(filled == records_, "the sort buffer counts its living records");
  sort_entries(entries, *this, common_, by_value);
  return entries;
}

bool SortBuffer::limit(std::size_t bytes) {
  // Entries end at the limit and must be aligned there.
  const std::size_t aligned = std::min(bytes, region_.size_bytes()) / sizeof(SortEntry) * sizeof(SortEntry);
  if (used_bytes() + records_ * sizeof(SortEntry) > aligned) return false;
  limit_bytes_ = aligned;
  region_.discard_from(aligned);  // an earlier attempt may have used what the limit gives away
  return true;
}

void SortBuffer::clear() {
  tail_ = 1;
  records_ = 0;
  first_key_.clear();
  common_ = 0;
}

}  // namespace sinter

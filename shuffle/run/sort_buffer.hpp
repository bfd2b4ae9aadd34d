// SortBuffer: records of one run in memory. Records grow from the bottom of one region, sort entries are laid at its top
// when it is sorted, so there is one limit and no buffer ever doubles. Owned by a RunBuilder; one thread.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "shuffle/record/short_copy.hpp"
#include "shuffle/run/entry_sort.hpp"
#include "shuffle/run/memory_region.hpp"

namespace sinter {

/// Positions count these, so 32 bits reach 32 GiB.
inline constexpr std::size_t kArenaUnitBytes = 8;
inline constexpr std::size_t kMaxArenaBytes = kArenaUnitBytes << 32;

/// One record in the buffer, borrowed until the buffer changes.
struct StoredRecord {
  std::string_view key;
  std::size_t group_size = 0;
  std::span<char> value;
  std::string_view value_view() const { return {value.data(), value.size()}; }
};

class SortBuffer final : public RecordLookup {
 public:
  /// Position of no record.
  static constexpr std::uint32_t kNowhere = 0;

  /// The memory comes from `regions` when there is one.
  static Result<SortBuffer> create(std::size_t size_bytes, RegionCache* regions = nullptr);
  /// The memory for another buffer; this one is of no use afterwards.
  MemoryRegion take_region() && { return std::move(region_); }

  /// Copies a record to the tail; false, and nothing changes, when it and its sort entry have no room.
  /// Requires: key and value within kMaxKeyBytes and kMaxRecordBytes.
  bool append(std::string_view key, std::size_t group_size, std::string_view value) {
    const std::size_t bytes = kHeaderBytes + key.size() + value.size();
    const std::size_t units = units_of(bytes);
    if ((tail_ + units) * kArenaUnitBytes + (records_ + 1) * sizeof(SortEntry) > limit_bytes_) [[unlikely]] return false;
    char* at = data_ + tail_ * kArenaUnitBytes;
    const std::uint64_t header = pack(key.size(), group_size, value.size());
    std::memcpy(at, &header, kHeaderBytes);
    copy_short(at + kHeaderBytes, key.data(), key.size());
    copy_short(at + kHeaderBytes + key.size(), value.data(), value.size());
    tail_ += units;
    ++records_;
    note_prefix(key);
    return true;
  }

  /// The same with room behind the value for it to grow in place up to room_at().
  bool append_with_room(std::string_view key, std::size_t group_size, std::string_view value);

  std::size_t records() const { return records_; }
  /// Bytes that hold records, the dead included.
  std::size_t used_bytes() const { return tail_ * kArenaUnitBytes; }
  std::size_t limit_bytes() const { return limit_bytes_; }
  /// Position that the next appended record will have.
  std::uint32_t tail() const { return static_cast<std::uint32_t>(tail_); }

  StoredRecord record_at(std::uint32_t position) const {
    char* at = data_ + std::size_t{position} * kArenaUnitBytes;
    std::uint64_t header;
    std::memcpy(&header, at, kHeaderBytes);
    char* key = at + kHeaderBytes;
    const std::size_t key_size = header >> kKeyShift & kKeyMask;
    return {{key, key_size}, header >> kGroupShift & kKeyMask, {key + key_size, header & kValueMask}};
  }
  const char* address_of(std::uint32_t position) const { return data_ + std::size_t{position} * kArenaUnitBytes; }
  std::string_view key_at(std::uint32_t position) const override { return record_at(position).key; }
  std::string_view value_at(std::uint32_t position) const override { return record_at(position).value_view(); }

  /// Replaces the value; false, and nothing changes, when the record has no room for it.
  bool set_value(std::uint32_t position, std::string_view value);
  /// The record will not be sorted; its bytes stay used.
  void kill(std::uint32_t position);
  bool is_dead(std::uint32_t position) const;
  /// Position of the record behind this one.
  std::uint32_t next(std::uint32_t position) const { return position + static_cast<std::uint32_t>(stride_units(position)); }

  // Taking back records at the tail. Between close_gap() calls and truncate() the bytes in between are undefined.
  /// Moves the record at `from` down to `to`. Requires: to <= from.
  void close_gap(std::uint32_t to, std::uint32_t from) {
    if (to != from) std::memmove(data_ + std::size_t{to} * kArenaUnitBytes, address_of(from), stride_units(from) * kArenaUnitBytes);
  }
  /// Makes `tail` the end and takes back `removed` records that lay behind it or were moved over.
  void truncate(std::uint32_t tail, std::size_t removed);

  /// Sorted entries of the living records; the buffer may only be read until clear(). Ties by value bytes when `by_value`.
  std::span<const SortEntry> sort(bool by_value);

  /// Forgets all records. The memory stays.
  void clear();
  /// Gives the pages back too.
  void discard() { region_.discard(); clear(); }
  /// Uses only the first bytes of the region from now on, for the room that a giant record takes elsewhere; false, and
  /// nothing changes, when it holds more.
  [[nodiscard]] bool limit(std::size_t bytes);

 private:
  // Header of a record, one word: value size 28 bits, key size 17, group size 17, rounded, dead.
  static constexpr std::size_t kHeaderBytes = 8;
  static constexpr unsigned kKeyShift = 28;
  static constexpr unsigned kGroupShift = 45;
  static constexpr std::uint64_t kValueMask = (std::uint64_t{1} << 28) - 1;
  static constexpr std::uint64_t kKeyMask = (std::uint64_t{1} << 17) - 1;
  static constexpr std::uint64_t kRoundedBit = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kDeadBit = std::uint64_t{1} << 63;
  static_assert(kMaxRecordBytes <= kValueMask && kMaxKeyBytes <= kKeyMask);

  explicit SortBuffer(MemoryRegion region);
  static std::size_t units_of(std::size_t bytes) { return (bytes + kArenaUnitBytes - 1) / kArenaUnitBytes; }
  static std::uint64_t pack(std::size_t key, std::size_t group, std::size_t value) {
    return std::uint64_t{value} | std::uint64_t{key} << kKeyShift | std::uint64_t{group} << kGroupShift;
  }
  std::uint64_t header_at(std::uint32_t position) const {
    std::uint64_t header;
    std::memcpy(&header, address_of(position), kHeaderBytes);
    return header;
  }
  std::size_t stride_units(std::uint32_t position) const {
    const std::uint64_t header = header_at(position);
    const std::size_t units = units_of(kHeaderBytes + (header >> kKeyShift & kKeyMask) + (header & kValueMask));
    return (header & kRoundedBit) != 0 ? std::bit_ceil(units) : units;
  }
  void note_prefix(std::string_view key) {
    if (records_ == 1) [[unlikely]] {
      first_key_.assign(key);
      common_ = key.size();
      return;
    }
    if (key.size() >= common_ && same_short(key.data(), first_key_.data(), common_)) [[likely]] return;
    common_ = common_prefix(key.data(), first_key_.data(), key.size() < common_ ? key.size() : common_);
  }

  MemoryRegion region_;
  char* data_ = nullptr;
  std::size_t limit_bytes_ = 0;
  std::size_t tail_ = 1;  // units; unit 0 stays empty so that a position is never kNowhere
  std::size_t records_ = 0;
  std::string first_key_;
  std::size_t common_ = 0;
};

}  // namespace sinter

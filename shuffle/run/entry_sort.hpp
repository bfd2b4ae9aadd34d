// Sorting of 16-byte entries that stand for records in an arena: first by the key bytes inside the entry, then by the rest.
// Used by the sort buffer; one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "shuffle/record/short_copy.hpp"

namespace sinter {

/// As a little-endian 128-bit number: twelve key bytes in their order, then the position. So entries are compared
/// without touching the records, and never compare equal.
struct SortEntry {
  std::uint32_t position;  // of the record, in units of kArenaUnitBytes
  std::uint32_t extra;     // key bytes 8..11 after the skipped ones, big-endian, zero-padded
  std::uint64_t prefix;    // key bytes 0..7 after the skipped ones, big-endian, zero-padded
};
static_assert(sizeof(SortEntry) == 16);

/// Key bytes held by one entry.
inline constexpr std::size_t kEntryKeyBytes = 12;

/// Where the bytes of a record lie; what the sort calls on ties.
class RecordLookup {
 public:
  virtual ~RecordLookup() = default;
  virtual std::string_view key_at(std::uint32_t position) const = 0;
  virtual std::string_view value_at(std::uint32_t position) const = 0;
};

/// Fills prefix and extra from the bytes of `text` after `skip`. Requires: skip <= text.size().
inline void set_entry_key(SortEntry& entry, std::string_view text, std::size_t skip) {
  const std::size_t left = text.size() - skip;
  char bytes[kEntryKeyBytes] = {};
  copy_short(bytes, text.data() + skip, left < kEntryKeyBytes ? left : kEntryKeyBytes);
  entry.prefix = load_big_endian_u64(bytes);
  entry.extra = __builtin_bswap32(load_fixed<std::uint32_t>(bytes + 8));
}

/// Sorts by (key, value) when `by_value`, else by key alone with ties in no particular order. All keys share their first
/// `skip` bytes, and the entries were filled by set_entry_key() with it. In place; no memory beyond the stack.
/// Source: MSD radix sort in place (McIlroy, Bostic, McIlroy, "Engineering Radix Sort", 1993) down to ranges that fit
/// in the L1 cache, those by pdqsort; ties are reloaded 12 bytes further, as multikey quicksort does.
void sort_entries(std::span<SortEntry> entries, const RecordLookup& records, std::size_t skip, bool by_value);

}  // namespace sinter

// MSD radix sort of sort-buffer entries with pdqsort leaves; ties are refilled with later bytes. One thread.
#include "shuffle/run/entry_sort.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/sort/pdqsort/pdqsort.hpp>
#include <cstring>

#include "base/bytes.hpp"

namespace sinter {
namespace {

/// Ranges below this go to pdqsort: 16 KiB of entries stay in the L1 cache.
constexpr std::size_t kLeafEntries = 1024;
/// Groups of ties below this are compared by their records; refilling entries would not pay.
constexpr std::size_t kSmallTie = 16;
/// Refills below one another; past it (only keys built to hurt get there) ties are compared by their records.
constexpr int kMaxRefills = 64;

__extension__ using Wide = unsigned __int128;

// As one 128-bit number the comparison is two instructions and no branch.
Wide wide_of(const SortEntry& entry) { return load_fixed<Wide>(reinterpret_cast<const char*>(&entry)); }

struct EntryLess {
  bool operator()(const SortEntry& a, const SortEntry& b) const { return wide_of(a) < wide_of(b); }
};

void sort_leaf(SortEntry* first, std::size_t count) {
  boost::sort::pdqsort_branchless(first, first + count, EntryLess());
}

/// Bits in which the prefixes of the range differ.
std::uint64_t differing_bits(const SortEntry* first, std::size_t count) {
  std::uint64_t differing = 0;
  for (std::size_t i = 1; i < count; ++i) differing |= first[i].prefix ^ first->prefix;
  return differing;
}

/// Sorts by the bytes inside the entries.
void radix_sort(SortEntry* first, std::size_t count) {
  if (count <= kLeafEntries) return sort_leaf(first, count);
  const std::uint64_t differing = differing_bits(first, count);
  if (differing == 0) return sort_leaf(first, count);
  const int skipped = std::countl_zero(differing);  // digits start at the first bit that tells anything apart
  const auto digit = [skipped](const SortEntry& entry) { return static_cast<std::size_t>((entry.prefix << skipped) >> 56); };

  std::array<std::size_t, 257> begin{};
  for (std::size_t i = 0; i < count; ++i) ++begin[digit(first[i]) + 1];
  for (std::size_t d = 0; d < 256; ++d) begin[d + 1] += begin[d];
  std::array<std::size_t, 256> next;
  std::copy_n(begin.begin(), 256, next.begin());
  for (std::size_t d = 0; d < 256; ++d) {
    while (next[d] < begin[d + 1]) {
      SortEntry moving = first[next[d]];
      for (std::size_t to = digit(moving); to != d; to = digit(moving)) std::swap(moving, first[next[to]++]);
      first[next[d]++] = moving;
    }
  }
  for (std::size_t d = 0; d < 256; ++d) {
    if (begin[d + 1] - begin[d] > 1) radix_sort(first + begin[d], begin[d + 1] - begin[d]);
  }
}

bool same_bytes(const SortEntry& a, const SortEntry& b) { return a.prefix == b.prefix && a.extra == b.extra; }

/// Sorts ranges whose texts agree up to `depth`; the text is the key in the first phase, the value in the second.
class TieSorter {
 public:
  TieSorter(const RecordLookup& records, bool by_value) : records_(records), by_value_(by_value) {}

  /// `filled`: the entries already hold the bytes at `depth`.
  void sort(SortEntry* first, std::size_t count, std::size_t depth, bool in_value, bool filled, int refills) const {
    if (count < 2) return;
    if (!filled) {
      if (count < kSmallTie || refills > kMaxRefills) return sort_by_records(first, count, in_value);
      depth = common_depth(first, count, depth, in_value);
      for (std::size_t i = 0; i < count; ++i) set_entry_key(first[i], text(first[i], in_value), depth);
    }
    radix_sort(first, count);
    for (std::size_t i = 0; i < count;) {
      std::size_t end = i + 1;
      while (end < count && same_bytes(first[i], first[end])) ++end;
      if (end - i > 1) sort_tie(first + i, end - i, depth + kEntryKeyBytes, in_value, refills + 1);
      i = end;
    }
  }

 private:
  std::string_view text(const SortEntry& entry, bool in_value) const {
    return in_value ? records_.value_at(entry.position) : records_.key_at(entry.position);
  }

  /// All texts agree up to `depth` when padded with zeroes. Those that end there come first, shortest first.
  void sort_tie(SortEntry* first, std::size_t count, std::size_t depth, bool in_value, int refills) const {
    SortEntry* const longer = std::partition(
        first, first + count, [&](const SortEntry& entry) { return text(entry, in_value).size() <= depth; });
    const auto ended = static_cast<std::size_t>(longer - first);
    std::size_t shortest = depth;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < ended; ++i) {
      shortest = std::min(shortest, text(first[i], in_value).size());
      longest = std::max(longest, text(first[i], in_value).size());
    }
    if (ended > 1 && shortest != longest) {
      sort_by_records(first, ended, in_value);
    } else if (ended > 1 && !in_value && by_value_) {
      sort(first, ended, 0, /*in_value=*/true, /*filled=*/false, 0);
    }
    sort(longer, count - ended, depth, in_value, /*filled=*/false, refills);
  }

  void sort_by_records(SortEntry* first, std::size_t count, bool in_value) const {
    boost::sort::pdqsort(first, first + count, [&](const SortEntry& a, const SortEntry& b) {
      if (!in_value) {
        const int order = records_.key_at(a.position).compare(records_.key_at(b.position));
        if (order != 0) return order < 0;
        if (!by_value_) return false;
      }
      return records_.value_at(a.position) < records_.value_at(b.position);
    });
  }

  /// How far all texts agree, at least `depth`.
  std::size_t common_depth(const SortEntry* first, std::size_t count, std::size_t depth, bool in_value) const {
    const std::string_view leader = text(first[0], in_value);
    std::size_t common = leader.size();
    for (std::size_t i = 1; i < count && common > depth; ++i) {
      const std::string_view other = text(first[i], in_value);
      const std::size_t limit = std::min(common, other.size());
      if (limit == common && std::memcmp(leader.data() + depth, other.data() + depth, common - depth) == 0) continue;
      std::size_t at = depth;
      while (at < limit && leader[at] == other[at]) ++at;
      common = at;
    }
    return common;
  }

  const RecordLookup& records_;
  bool by_value_;
};

}  // namespace

void sort_entries(std::span<SortEntry> entries, const RecordLookup& records, std::size_t skip, bool by_value) {
  TieSorter(records, by_value).sort(entries.data(), entries.size(), skip, /*in_value=*/false, /*filled=*/true, 0);
}

}  // namespace sinter

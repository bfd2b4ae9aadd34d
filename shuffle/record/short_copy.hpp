// memcpy and memcmp for the handful of bytes that keys and values usually are, without the call. Stateless; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sinter {

/// Copies exactly `size` bytes between buffers that do not overlap. Sizes up to 32 cost two overlapping moves and no call.
[[gnu::always_inline]] inline void copy_short(char* to, const char* from, std::size_t size) {
  const auto both_ends = [&]<class Word>(Word first) {
    Word last;
    std::memcpy(&first, from, sizeof(Word));
    std::memcpy(&last, from + size - sizeof(Word), sizeof(Word));
    std::memcpy(to, &first, sizeof(Word));
    std::memcpy(to + size - sizeof(Word), &last, sizeof(Word));
  };
  struct Sixteen {
    std::uint64_t low, high;
  };
  if (size > 32) [[unlikely]] {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    both_ends(Sixteen{});
  } else if (size >= 8) {
    both_ends(std::uint64_t{});
  } else if (size >= 4) {
    both_ends(std::uint32_t{});
  } else if (size >= 2) {
    both_ends(std::uint16_t{});
  } else if (size == 1) {
    *to = *from;
  }
}

/// Whether `size` bytes are equal. Sizes up to 16 cost two overlapping comparisons and no call.
[[gnu::always_inline]] inline bool same_short(const char* a, const char* b, std::size_t size) {
  const auto differing = [&]<class Word>(Word) {
    Word first[2];
    Word last[2];
    std::memcpy(&first[0], a, sizeof(Word));
    std::memcpy(&first[1], b, sizeof(Word));
    std::memcpy(&last[0], a + size - sizeof(Word), sizeof(Word));
    std::memcpy(&last[1], b + size - sizeof(Word), sizeof(Word));
    return (first[0] ^ first[1]) | (last[0] ^ last[1]);
  };
  if (size > 16) [[unlikely]] return std::memcmp(a, b, size) == 0;
  if (size >= 8) return differing(std::uint64_t{}) == 0;
  if (size >= 4) return differing(std::uint32_t{}) == 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

/// Length of the common prefix of two byte strings of at least `limit` bytes, at most `limit`.
inline std::size_t common_prefix(const char* a, const char* b, std::size_t limit) {
  std::size_t at = 0;
  while (at + 8 <= limit) {
    std::uint64_t left;
    std::uint64_t right;
    std::memcpy(&left, a + at, 8);
    std::memcpy(&right, b + at, 8);
    if (left != right) return at + static_cast<std::size_t>(__builtin_ctzll(left ^ right)) / 8;
    at += 8;
  }
  while (at < limit && a[at] == b[at]) ++at;
  return at;
}

}  // namespace sinter

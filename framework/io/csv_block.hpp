// The CSV state machine over one block of at most 64 bytes given as bit masks. Private to the scanners; any thread.
// always_inline: so that it is compiled with the instruction set of the SIMD function around it.
#pragma once

#include <bit>
#include <cstdint>

#include "framework/io/csv_scanner.hpp"

namespace sinter::csv {

/// Bit i speaks of byte i of the block.
struct BlockMasks {
  std::uint64_t quote = 0;
  std::uint64_t delimiter = 0;
  std::uint64_t newline = 0;
};

[[gnu::always_inline]] inline std::uint64_t prefix_xor(std::uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

/// The exact machine, visiting only quotes and separators. Returns the separators outside quotes.
inline std::uint64_t resolve_exactly(const BlockMasks& masks, unsigned last, CsvState& state) {
  const std::uint64_t separators = masks.delimiter | masks.newline;
  bool quoted = state == CsvState::Quoted;
  unsigned open_at = state == CsvState::FieldStart ? 0 : ~0u;  // a quote at this byte opens
  std::uint64_t structural = 0;
  for (std::uint64_t special = separators | masks.quote; special != 0; special &= special - 1) {
    const auto at = static_cast<unsigned>(std::countr_zero(special));
    const std::uint64_t bit = special & (~special + 1);
    if ((masks.quote & bit) != 0) {
      if (quoted) {
        quoted = false;
        open_at = at + 1;
      } else {
        quoted = open_at == at;
      }
    } else if (!quoted) {
      structural |= bit;
      open_at = at + 1;
    }
  }
  state = quoted ? CsvState::Quoted : open_at == last + 1 ? CsvState::FieldStart : CsvState::Unquoted;
  return structural;
}

/// The separators outside quotes of a block whose last byte is bit `last`; moves `state` behind it.
[[gnu::always_inline]] inline std::uint64_t resolve_block(const BlockMasks& masks, unsigned last, CsvState& state) {
  const std::uint64_t separators = masks.delimiter | masks.newline;
  const std::uint64_t at_last = std::uint64_t{1} << last;
  if (masks.quote == 0) [[likely]] {
    if (state == CsvState::Quoted) return 0;
    state = (separators & at_last) != 0 ? CsvState::FieldStart : CsvState::Unquoted;
    return separators;
  }
  const std::uint64_t carry = state == CsvState::Quoted ? ~std::uint64_t{0} : 0;
  const std::uint64_t inside = prefix_xor(masks.quote) ^ carry;
  const std::uint64_t special = separators | masks.quote;
  const std::uint64_t may_open = special << 1 | (state == CsvState::FieldStart ? 1 : 0);
  // Prefix xor takes every quote for structure. That is right exactly when each opening one stands where it may:
  // behind a separator (outside quotes, since this one opens) or behind a closing quote.
  if ((masks.quote & inside & ~may_open) != 0) [[unlikely]] return resolve_exactly(masks, last, state);
  state = (inside & at_last) != 0 ? CsvState::Quoted : (special & at_last) != 0 ? CsvState::FieldStart : CsvState::Unquoted;
  return separators & ~inside;
}

/// Adds newlines that are not structure to the rows they lie in. `rows_before`: rows the index had before the block.
inline void add_inner_lines(CsvIndex& index, std::size_t rows_before, std::uint64_t row_newlines, std::uint64_t inner) {
  for (; inner != 0; inner &= inner - 1) {
    const std::uint64_t below = (inner & (~inner + 1)) - 1;
    const auto row = static_cast<std::uint32_t>(rows_before + static_cast<std::size_t>(std::popcount(row_newlines & below)));
    if (index.inner_lines.empty() || index.inner_lines.back().row != row) index.inner_lines.push_back({row, 0});
    ++index.inner_lines.back().count;
  }
}

/// Appends one block to the index; `offset` is the block's first byte.
[[gnu::always_inline]] inline void append_block(CsvIndex& index, std::uint32_t offset, const BlockMasks& masks, std::uint64_t structural) {
  std::uint32_t* out = index.separators.get() + index.separator_count;
  const auto count = static_cast<std::size_t>(std::popcount(structural));
  std::uint64_t bits = structural;
  // Groups of 8 without a test each: the count is known, and writing too much is cheaper than a mispredicted branch.
  for (std::size_t done = 0; done < count; done += 8) {
    for (std::size_t i = 0; i < 8; ++i) {
      out[done + i] = offset + static_cast<std::uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
  }
  const std::uint64_t rows = structural & masks.newline;
  const std::size_t rows_before = index.row_count;
  std::uint32_t* ends = index.row_ends.get() + rows_before;
  const auto base = static_cast<std::uint32_t>(index.separator_count);
  for (std::uint64_t left = rows; left != 0; left &= left - 1) {
    const std::uint64_t below = (left & (~left + 1)) - 1;
    *ends++ = base + static_cast<std::uint32_t>(std::popcount(structural & below));
  }
  index.separator_count += count;
  index.row_count += static_cast<std::size_t>(std::popcount(rows));
  const std::uint64_t inner = masks.newline & ~structural;
  if (inner != 0) [[unlikely]] add_inner_lines(index, rows_before, rows, inner);
}

/// A whole block of 64 bytes without quotes, once each path knows its first row or waits for a quote: nothing but newlines to count.
/// Most blocks of most files are like that. False: the block is not, and the chunk has not changed.
[[gnu::always_inline]] inline bool extend_by_quiet_block(CsvChunk& chunk, const BlockMasks& masks) {
  if (masks.quote != 0) return false;
  for (const CsvChunk::Path& path : chunk.from) {
    if (path.state != CsvState::Quoted && path.first_row == CsvChunk::kNone) return false;
  }
  const CsvState after = ((masks.delimiter | masks.newline) >> 63) != 0 ? CsvState::FieldStart : CsvState::Unquoted;
  for (CsvChunk::Path& path : chunk.from) path.state = path.state == CsvState::Quoted ? CsvState::Quoted : after;
  chunk.newlines += static_cast<std::uint64_t>(std::popcount(masks.newline));
  chunk.size_bytes += 64;
  return true;
}

/// Extends every path of the chunk by one block.
[[gnu::always_inline]] inline void extend_block(CsvChunk& chunk, const BlockMasks& masks, unsigned last) {
  std::array<std::uint64_t, kCsvStates> structural{};
  std::array<CsvState, kCsvStates> before{};
  for (std::size_t i = 0; i < kCsvStates; ++i) {
    CsvChunk::Path& path = chunk.from[i];
    before[i] = path.state;
    // Paths usually meet after a field or two; then one computation serves all.
    std::size_t same = 0;
    while (same < i && before[same] != before[i]) ++same;
    if (same < i) {
      structural[i] = structural[same];
      path.state = chunk.from[same].state;
    } else {
      structural[i] = resolve_block(masks, last, path.state);
    }
    const std::uint64_t rows = structural[i] & masks.newline;
    if (path.first_row == CsvChunk::kNone && rows != 0) [[unlikely]] {
      const std::uint64_t up_to = rows ^ (rows - 1);  // the first one and all below
      path.first_row = chunk.size_bytes + static_cast<std::uint64_t>(std::countr_zero(rows)) + 1;
      path.lines_before = chunk.newlines + static_cast<std::uint64_t>(std::popcount(masks.newline & up_to));
    }
  }
  chunk.newlines += static_cast<std::uint64_t>(std::popcount(masks.newline));
  chunk.size_bytes += last + 1;
}

}  // namespace sinter::csv

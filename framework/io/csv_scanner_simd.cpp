// Bit masks of quotes, delimiters and newlines by Highway, compiled once per instruction set and chosen at run time.
// The only file that sees Highway. Any thread.
#include "framework/io/csv_scanner_simd.hpp"

#include <cstring>

#include "framework/io/csv_block.hpp"

// AVX-512 brought nothing here (performance.md 2.1); SSSE3 has nothing over SSE2 that we use.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "framework/io/csv_scanner_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sinter::csv::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Bytes = hn::CappedTag<std::uint8_t, 64>;

HWY_INLINE std::uint64_t mask_bits(Bytes tag, hn::Mask<Bytes> mask) {
  std::uint64_t bits = 0;
  std::uint8_t stored[8] = {};
  hn::StoreMaskBits(tag, mask, stored);
  std::memcpy(&bits, stored, sizeof(bits));
  return bits;
}

struct Needles {
  hn::Vec<Bytes> quote;
  hn::Vec<Bytes> delimiter;
  hn::Vec<Bytes> newline;
  std::uint64_t quoting;  // all ones, or zero when nothing quotes
};

HWY_INLINE Needles make_needles(const CsvDialect& dialect) {
  const Bytes tag;
  return {hn::Set(tag, static_cast<std::uint8_t>(dialect.quote)), hn::Set(tag, static_cast<std::uint8_t>(dialect.delimiter)),
          hn::Set(tag, static_cast<std::uint8_t>('\n')), dialect.quote == '\0' ? 0 : ~std::uint64_t{0}};
}

HWY_INLINE BlockMasks masks_of(const char* from, const Needles& needles) {
  const Bytes tag;
  const std::size_t lanes = hn::Lanes(tag);
  BlockMasks masks;
  for (std::size_t i = 0; i < 64; i += lanes) {
    const auto bytes = hn::LoadU(tag, reinterpret_cast<const std::uint8_t*>(from) + i);
    masks.quote |= mask_bits(tag, hn::Eq(bytes, needles.quote)) << i;
    masks.delimiter |= mask_bits(tag, hn::Eq(bytes, needles.delimiter)) << i;
    masks.newline |= mask_bits(tag, hn::Eq(bytes, needles.newline)) << i;
  }
  masks.quote &= needles.quoting;
  return masks;
}

/// Masks of fewer than 64 bytes, without reading behind them.
HWY_INLINE BlockMasks masks_of_tail(const char* from, std::size_t size, const Needles& needles) {
  char padded[64] = {};
  std::memcpy(padded, from, size);
  BlockMasks masks = masks_of(padded, needles);
  const std::uint64_t valid = (std::uint64_t{1} << size) - 1;
  masks.quote &= valid;
  masks.delimiter &= valid;
  masks.newline &= valid;
  return masks;
}

CsvState scan(const CsvDialect& dialect, CsvState state, std::string_view bytes, std::size_t from, CsvIndex& index) {
  const Needles needles = make_needles(dialect);
  std::size_t at = from;
  for (; at + 64 <= bytes.size(); at += 64) {
    const BlockMasks masks = masks_of(bytes.data() + at, needles);
    append_block(index, static_cast<std::uint32_t>(at), masks, resolve_block(masks, 63, state));
  }
  if (at < bytes.size()) {
    const std::size_t size = bytes.size() - at;
    const BlockMasks masks = masks_of_tail(bytes.data() + at, size, needles);
    append_block(index, static_cast<std::uint32_t>(at), masks, resolve_block(masks, static_cast<unsigned>(size - 1), state));
  }
  return state;
}

void extend(const CsvDialect& dialect, std::string_view bytes, CsvChunk& chunk) {
  const Needles needles = make_needles(dialect);
  std::size_t at = 0;
  for (; at + 64 <= bytes.size(); at += 64) {
    const BlockMasks masks = masks_of(bytes.data() + at, needles);
    if (!extend_by_quiet_block(chunk, masks)) extend_block(chunk, masks, 63);
  }
  if (at == bytes.size()) return;
  const std::size_t size = bytes.size() - at;
  extend_block(chunk, masks_of_tail(bytes.data() + at, size, needles), static_cast<unsigned>(size - 1));
}

}  // namespace sinter::csv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::csv {
namespace {

/// One instruction set's functions.
struct Scanner {
  decltype(&HWY_STATIC_DISPATCH(scan)) scan;
  decltype(&HWY_STATIC_DISPATCH(extend)) extend;
};

/// Not Highway's own choice: that is in its library, which measures the processor's clock for 5 ms whenever a process starts.
Scanner choose_scanner() {
#if HWY_ARCH_X86 && (HWY_TARGETS & HWY_AVX2)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma"))
    return {&N_AVX2::scan, &N_AVX2::extend};
#endif
#if HWY_ARCH_X86 && (HWY_TARGETS & HWY_SSE4)
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes"))
    return {&N_SSE4::scan, &N_SSE4::extend};
#endif
  return {&HWY_STATIC_DISPATCH(scan), &HWY_STATIC_DISPATCH(extend)};
}

const Scanner& scanner() {
  static const Scanner chosen = choose_scanner();
  return chosen;
}

}  // namespace

CsvState scan_simd(const CsvDialect& dialect, CsvState state, std::string_view bytes, std::size_t from, CsvIndex& index) {
  return scanner().scan(dialect, state, bytes, from, index);
}

void extend_chunk_simd(const CsvDialect& dialect, std::string_view bytes, CsvChunk& chunk) { scanner().extend(dialect, bytes, chunk); }

}  // namespace sinter::csv
#endif

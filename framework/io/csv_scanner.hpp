// CSV structure: where fields and rows end, found 64 bytes at a time. The grammar is in docs/formats/inputs.md.
// Stateless functions over memory the caller owns; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sinter {

/// The bytes that structure a file. Newline is always LF. quote '\0': nothing quotes; delimiter '\n': lines have one field.
struct CsvDialect {
  char delimiter = ',';
  char quote = '"';
};

/// What the bytes so far leave behind. Three states are enough: after a closing quote another quote re-enters the quoted
/// text (the doubled quote) exactly as it does at the start of a field, and everything else acts as in unquoted text.
enum class CsvState : std::uint8_t {
  FieldStart,  // a quote now opens quoted text
  Unquoted,    // a quote now is literal
  Quoted       // only a quote means anything
};
inline constexpr std::size_t kCsvStates = 3;

/// Simd: the best the processor has, chosen at run time. Scalar: byte by byte. Both give the same result, always.
enum class ScanMode : std::uint8_t { Simd, Scalar };

/// Newlines inside quotes, per row that has some.
struct InnerLines {
  std::uint32_t row = 0;  // ordinal in the index
  std::uint64_t count = 0;
};

/// Where fields end. Grows by scan_csv(); arrays have room for the worst case so that the scanner never checks.
struct CsvIndex {
  /// Slack the scanner may overwrite behind the used part.
  static constexpr std::size_t kSlack = 64;

  std::unique_ptr<std::uint32_t[]> separators;  // offsets of delimiters and newlines outside quotes, ascending
  std::unique_ptr<std::uint32_t[]> row_ends;    // indexes into separators: the newlines
  std::size_t separator_count = 0;
  std::size_t row_count = 0;
  std::size_t capacity = 0;
  std::vector<InnerLines> inner_lines;

  /// Room for `count` entries; drops what was there.
  void allocate(std::size_t count);
};

/// Appends the structure of bytes[from, bytes.size()) to `index`, as offsets from bytes.data().
/// Requires: bytes.size() < 4 GiB; index capacity >= separator_count + bytes.size() - from + kSlack.
/// Returns the state after the last byte. Cost: about 4 GB/s per core (SIMD), 0.5 GB/s (scalar).
/// Source: bit masks and prefix xor as in Langdale and Lemire, "Parsing gigabytes of JSON per second" (2019).
CsvState scan_csv(const CsvDialect& dialect, CsvState state, std::string_view bytes, std::size_t from, CsvIndex& index,
                  ScanMode mode = ScanMode::Simd);

/// What a chunk of a file does to each state it might begin in. Feed chunks in parallel, then chain them.
struct CsvChunk {
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  struct Path {
    CsvState state = CsvState::FieldStart;   // after the bytes fed so far
    std::uint64_t first_row = kNone;         // offset in the chunk of the first row that starts behind a newline in it
    std::uint64_t lines_before = 0;          // newline bytes before first_row
  };
  std::array<Path, kCsvStates> from{Path{CsvState::FieldStart}, Path{CsvState::Unquoted}, Path{CsvState::Quoted}};
  std::uint64_t newlines = 0;
  std::uint64_t size_bytes = 0;
};

/// Extends the chunk by `bytes`. Same result however the chunk is fed, in either mode.
void extend_chunk(const CsvDialect& dialect, std::string_view bytes, CsvChunk& chunk, ScanMode mode = ScanMode::Simd);

}  // namespace sinter

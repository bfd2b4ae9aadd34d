// The byte-by-byte CSV machine, which defines the structure, and the choice between it and SIMD. Any thread.
#include "framework/io/csv_scanner.hpp"

#include "base/assert.hpp"
#include "framework/io/csv_scanner_simd.hpp"

namespace sinter {

namespace {

/// The grammar: moves the state over one byte; true when the byte ends a field.
bool step(const CsvDialect& dialect, char byte, CsvState& state) {
  const bool quote = dialect.quote != '\0' && byte == dialect.quote;
  if (state == CsvState::Quoted) {
    if (quote) state = CsvState::FieldStart;
    return false;
  }
  if (quote && state == CsvState::FieldStart) {
    state = CsvState::Quoted;
    return false;
  }
  if (!quote && (byte == dialect.delimiter || byte == '\n')) {
    state = CsvState::FieldStart;
    return true;
  }
  state = CsvState::Unquoted;
  return false;
}

CsvState scan_scalar(const CsvDialect& dialect, CsvState state, std::string_view bytes, std::size_t from, CsvIndex& index) {
  for (std::size_t at = from; at < bytes.size(); ++at) {
    const bool newline = bytes[at] == '\n';
    if (step(dialect, bytes[at], state)) {
      if (newline) index.row_ends[index.row_count++] = static_cast<std::uint32_t>(index.separator_count);
      index.separators[index.separator_count++] = static_cast<std::uint32_t>(at);
    } else if (newline) {
      const auto row = static_cast<std::uint32_t>(index.row_count);
      if (index.inner_lines.empty() || index.inner_lines.back().row != row) index.inner_lines.push_back({row, 0});
      ++index.inner_lines.back().count;
    }
  }
  return state;
}

void extend_chunk_scalar(const CsvDialect& dialect, std::string_view bytes, CsvChunk& chunk) {
  for (const char byte : bytes) {
    ++chunk.size_bytes;
    if (byte == '\n') ++chunk.newlines;
    for (CsvChunk::Path& path : chunk.from) {
      if (step(dialect, byte, path.state) && byte == '\n' && path.first_row == CsvChunk::kNone) {
        path.first_row = chunk.size_bytes;
        path.lines_before = chunk.newlines;
      }
    }
  }
}

}  // namespace

void CsvIndex::allocate(std::size_t count) {
  separators = std::make_unique_for_overwrite<std::uint32_t[]>(count);
  row_ends = std::make_unique_for_overwrite<std::uint32_t[]>(count);
  capacity = count;
  separator_count = 0;
  row_count = 0;
  inner_lines.clear();
}

CsvState scan_csv(const CsvDialect& dialect, CsvState state, std::string_view bytes, std::size_t from, CsvIndex& index, ScanMode mode) {
  require(bytes.size() <= 0xffff'ffffu && from <= bytes.size(), "a CSV scan stays below 4 GiB");
  require(index.capacity >= index.separator_count + (bytes.size() - from) + CsvIndex::kSlack, "a CSV index has room for its bytes");
  return mode == ScanMode::Scalar ? scan_scalar(dialect, state, bytes, from, index)
                                  : csv::scan_simd(dialect, state, bytes, from, index);
}

void extend_chunk(const CsvDialect& dialect, std::string_view bytes, CsvChunk& chunk, ScanMode mode) {
  if (mode == ScanMode::Scalar) extend_chunk_scalar(dialect, bytes, chunk);
  else csv::extend_chunk_simd(dialect, bytes, chunk);
}

}  // namespace sinter

// Fuzz target: SIMD and scalar scans agree, and the pieces of a cut file hold the records of the whole one. One thread.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/file_system.hpp"
#include "framework/io/csv_scanner.hpp"
#include "framework/io/input.hpp"

namespace {

using namespace sinter;

void check(bool condition) {
  if (!condition) std::abort();
}

void compare_scans(std::string_view bytes, const CsvDialect& dialect) {
  for (std::size_t s = 0; s < kCsvStates; ++s) {
    CsvIndex simd;
    CsvIndex scalar;
    simd.allocate(bytes.size() + CsvIndex::kSlack);
    scalar.allocate(bytes.size() + CsvIndex::kSlack);
    const auto state = static_cast<CsvState>(s);
    check(scan_csv(dialect, state, bytes, 0, simd) == scan_csv(dialect, state, bytes, 0, scalar, ScanMode::Scalar));
    check(simd.separator_count == scalar.separator_count && simd.row_count == scalar.row_count);
    for (std::size_t i = 0; i < simd.separator_count; ++i) check(simd.separators[i] == scalar.separators[i]);
    for (std::size_t i = 0; i < simd.row_count; ++i) check(simd.row_ends[i] == scalar.row_ends[i]);
  }
}

/// Everything about the records of a piece as one string; false when the file is refused (no table, UTF-16).
bool read_piece(FileSystem& files, const InputFile& file, const SplitPiece& piece, std::string& out) {
  MemoryBudget budget("fuzz", 64u << 20);
  auto reader = open_reader(files, budget, file, piece, {{"1", false}, {"3", false}});
  if (!reader.ok()) return false;
  while (true) {
    auto batch = (*reader)->next_batch();
    if (!batch.ok()) return false;
    if (batch->empty()) return true;
    for (const Record& record : *batch) {
      out += std::to_string(record.position.offset_bytes) + ":" + std::to_string(record.line) + ":" + std::string(record.problem);
      for (const FieldView& field : record.fields) (out += static_cast<char>('0' + static_cast<int>(field.kind))) += field.text;
      (out += '|') += record.raw;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  compare_scans(bytes, CsvDialect{});
  const auto files = make_memory_file_system();
  check(write_file(*files, "f", bytes).ok());
  InputFile file;
  file.path = "f";
  file.size_bytes = bytes.size();
  file.format.kind = FormatKind::Csv;
  file.format.codec = Codec::None;
  file.format.delimiter = ',';
  file.format.header = (data[0] & 1) != 0;
  file.format.allow_short_rows = (data[0] & 2) != 0;
  if (!file.format.header && (data[0] & 4) != 0) file.format.columns = {"1", "2", "3"};
  std::string whole;
  if (!read_piece(*files, file, {0, 0, file.size_bytes, 1}, whole)) return 0;
  const auto splits = plan_splits(*files, {file}, 1 + data[1], 1);
  check(splits.ok());
  std::string pieces;
  for (const Split& split : *splits) {
    for (const SplitPiece& piece : split.pieces) check(read_piece(*files, file, piece, pieces));
  }
  check(whole == pieces);
  return 0;
}

// What the io tests share: files in memory, records copied out of readers, random CSV, and a plain model of the CSV grammar.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "framework/io/input.hpp"

namespace sinter::testing {

/// A record that outlives its batch. A field is its kind's letter, a colon and its text: "T:abc", "N:" (null), "#:12", "-:" (missing).
struct ReadRecord {
  std::vector<std::string> fields;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
  std::string problem;
  std::string raw;
  friend bool operator==(const ReadRecord&, const ReadRecord&) = default;
};
std::ostream& operator<<(std::ostream& out, const ReadRecord& record);

std::vector<ColumnRequest> columns(const std::vector<std::string>& names);
InputFile csv_file(const std::string& path, std::uint64_t size_bytes);
InputFile json_file(const std::string& path, std::uint64_t size_bytes);

/// The records of one piece; a failed reader fails as an error.
Result<std::vector<ReadRecord>> read_piece(FileSystem& files, const InputFile& file, const SplitPiece& piece,
                                           const std::vector<ColumnRequest>& wanted, std::uint64_t memory_bytes = 256u << 20);
/// The same over a whole file.
Result<std::vector<ReadRecord>> read_whole(FileSystem& files, const InputFile& file, const std::vector<ColumnRequest>& wanted,
                                           std::uint64_t memory_bytes = 256u << 20);
/// Writes `text` into memory and reads it as CSV or, by name, as JSON lines.
std::vector<ReadRecord> read_text(const std::string& text, const std::vector<std::string>& names, Format format = {});

/// Bytes made of what CSV gets wrong, with some ordinary text in between.
std::string random_csv(std::mt19937_64& random, std::size_t size, unsigned nastiness);

/// The CSV grammar byte by byte, with no thought of speed: rows of raw fields and where they start.
struct ModelRow {
  std::vector<std::string> raw_fields;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
  bool unterminated = false;
};
std::vector<ModelRow> model_rows(const std::string& text);

}  // namespace sinter::testing

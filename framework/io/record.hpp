// What a reader hands to a mapper: records of fields, each with the place it came from. Views into the reader's buffers:
// valid until the reader's next batch. One thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace [[gnu::visibility("default")]] sinter {

/// `Record::raw` is cut here, so that one bad record cannot fill a disk with rejects.
inline constexpr std::size_t kMaxRejectBytes = 64 * 1024;
/// Records one batch holds at most.
inline constexpr std::size_t kMaxBatchRecords = 1024;

/// How the source wrote a field.
enum class FieldKind : std::uint8_t {
  Missing,  // the record has no such field
  Null,     // JSON null, or an empty unquoted CSV field
  Text,     // a string; a quoted empty CSV field is an empty Text
  Number,   // a JSON number, as its own digits
  Bool,     // JSON true or false, as that word
  Json      // a JSON array or object, as its own text
};

/// One field: its text, and how the source wrote it.
struct FieldView {
  std::string_view text;
  FieldKind kind = FieldKind::Missing;
};

/// Where a record starts. Independent of how files were split, so it orders records the same way in every run.
struct RecordPosition {
  std::uint32_t file = 0;          // ordinal in the job's file list
  std::uint64_t offset_bytes = 0;  // of the decompressed file
  friend auto operator<=>(const RecordPosition&, const RecordPosition&) = default;
};

/// One record, projected to the columns the job asked for, in that order.
struct Record {
  std::span<const FieldView> fields;
  RecordPosition position;
  /// The line of the record within its file, 1-based; for rejects and errors. 0: its format has no lines, the offset says where it is.
  std::uint64_t line = 0;
  /// Empty for a good record, else why it cannot be read ("row has 5 fields, the header has 7"); fields are then not usable.
  std::string_view problem;
  /// The record as the file has it, without its line ending; for rejects. May be cut at kMaxRejectBytes.
  std::string_view raw;
};

}  // namespace sinter

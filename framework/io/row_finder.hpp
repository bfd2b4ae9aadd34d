// RowFinder: cuts a byte source into rows and fields, with bounded memory whatever the file holds. Serves CSV and, with a
// dialect of newlines only, JSON lines and plain lines. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/byte_source.hpp"
#include "framework/io/csv_scanner.hpp"

namespace sinter {

/// Lines and columns never meet: a newline "delimits" fields, so each line is one field, and nothing quotes.
inline constexpr CsvDialect kLinesDialect{'\n', '\0'};

/// Readable bytes behind every row, for parsers that read ahead.
inline constexpr std::size_t kRowPaddingBytes = 64;

/// A row that cannot be delivered as fields.
struct BrokenRow {
  std::uint64_t offset_bytes = 0;
  std::uint64_t line = 0;
  std::uint64_t size_bytes = 0;    // without the newline
  std::uint64_t fields = 0;
  std::uint64_t lines = 0;         // it spans
  std::uint64_t open_line = 0;     // line of the quote that is never closed, or 0
  std::string raw;                 // at most kMaxRejectBytes
};

/// Rows that lie one after another in the finder's buffer. Row r has the fields that end at
/// separators[row_ends[r - 1] + 1] to separators[row_ends[r]] (row_ends[-1] stands for 0), and separators[0] + 1 (mod 2^32)
/// is where the first row starts. A '\r' before the newline is still there.
struct RowBlock {
  const char* bytes = nullptr;
  const std::uint32_t* separators = nullptr;
  const std::uint32_t* row_ends = nullptr;
  std::size_t rows = 0;
  std::uint64_t offset_bytes = 0;  // of bytes[0] in the (decompressed) file
  std::uint64_t first_line = 0;    // of row 0
  std::span<const InnerLines> inner_lines;
  const BrokenRow* broken = nullptr;  // then rows == 0
};

class RowFinder {
 public:
  struct Start {
    std::uint64_t offset_bytes = 0;
    std::uint64_t line = 1;
    /// Bytes are bytes: a mark at the start belongs to the first row, and UTF-16 is not looked for.
    bool keeps_byte_order_mark = false;
  };
  /// `size_hint_bytes`: about what the source holds; buffers of small files are small. `path` is for messages. The budget must outlive it.
  static Result<RowFinder> open(std::unique_ptr<ByteSource> source, MemoryBudget& budget, const std::string& path,
                                const CsvDialect& dialect, Start start, std::uint64_t size_hint_bytes);

  /// The next rows; no rows and no broken one at the end. Valid until the next call.
  Result<RowBlock> next();

 private:
  RowFinder() = default;
  Status allocate(std::uint64_t size_hint_bytes);
  void retire_block();
  Status fill();
  bool grow();
  Status skip_byte_order_mark();
  RowBlock block();
  RowBlock last_row();
  std::size_t pending_separators() const { return index_.separator_count - 1; }
  void scan_window();
  bool pending_too_large() const;
  Result<RowBlock> skip_broken_row(bool out_of_memory);
  Result<bool> skip_window(class QuoteTracker& tracker);
  void restart_at(std::size_t at);

  std::unique_ptr<ByteSource> source_;
  Reservation reservation_;
  std::string path_;
  CsvDialect dialect_;
  CsvState state_ = CsvState::FieldStart;
  CsvIndex index_;
  BrokenRow broken_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;           // without padding
  std::size_t window_ = 0;             // bytes scanned at a time
  std::size_t filled_ = 0;
  std::size_t scanned_ = 0;
  std::size_t row_begin_ = 0;          // of the row not yet delivered
  std::uint64_t buffer_offset_ = 0;    // of buffer_[0] in the file
  std::uint64_t line_ = 1;             // of the row at row_begin_
  std::uint64_t memory_limit_ = 0;     // for the message
  bool at_end_ = false;                // the source gave all
  bool started_ = false;
  bool keeps_byte_order_mark_ = false;
};

}  // namespace sinter

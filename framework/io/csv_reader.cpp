// Header, projection and the row loop over RowFinder's index. One thread.
#include "framework/io/csv_reader.hpp"

#include <algorithm>
#include <optional>

#include "base/limits.hpp"
#include "framework/io/csv_field.hpp"
#include "framework/io/problem_text.hpp"
#include "framework/io/row_finder.hpp"

namespace sinter {

namespace {

/// Fields of one batch: bounds the memory of very wide projections.
constexpr std::size_t kBatchFields = 32 * 1024;
constexpr std::size_t kMissingColumn = ~std::size_t{0};

/// The columns of a file and where its records begin.
struct CsvTable {
  std::vector<std::string> names;
  std::uint64_t records_begin_bytes = 0;  // behind the header row
  std::uint64_t records_line = 1;
  bool found = false;                     // false: no row in the range looked at
};

CsvDialect dialect_of(const Format& format) { return {format.delimiter, format.quote}; }

int quote_code(const Format& format) { return format.quote == '\0' ? -1 : static_cast<unsigned char>(format.quote); }

/// One row of a block.
struct RowBounds {
  const std::uint32_t* separators = nullptr;  // [0] is the byte before the row; [fields] its newline
  std::size_t fields = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  // without newline and the '\r' before it
};

inline RowBounds bounds_of(const RowBlock& block, std::uint32_t previous_end, std::size_t row) {
  RowBounds bounds;
  const std::uint32_t last = block.row_ends[row];
  bounds.separators = block.separators + previous_end;
  bounds.fields = last - previous_end;
  bounds.begin = bounds.separators[0] + 1;
  bounds.end = block.separators[last];
  if (bounds.end > bounds.begin && block.bytes[bounds.end - 1] == '\r') --bounds.end;
  return bounds;
}

inline bool is_blank(const RowBounds& bounds) { return bounds.fields == 1 && bounds.begin == bounds.end; }

/// Reads `finder` to the first row that is not blank and takes the names from it.
Result<CsvTable> read_table(RowFinder& finder, const InputFile& file, RowBlock& block, std::size_t& row, std::uint64_t& line) {
  CsvTable table;
  TextArena arena;
  std::uint32_t previous_end = 0;
  while (true) {
    SINTER_ASSIGN(block, finder.next());
    if (block.broken != nullptr) {
      return user_error("'" + file.path + "' line " + std::to_string(block.broken->line) + ": the first row cannot be read: " +
                        std::string(describe_broken_row(*block.broken, 0, arena)));
    }
    if (block.rows == 0) return table;
    line = block.first_line;
    previous_end = 0;
    std::size_t inner = 0;
    for (row = 0; row < block.rows; ++row) {
      const RowBounds bounds = bounds_of(block, previous_end, row);
      if (!is_blank(bounds)) {
        table.found = true;
        table.names.reserve(bounds.fields);
        for (std::size_t i = 0; i < bounds.fields; ++i) {
          const char* begin = block.bytes + (bounds.separators[i] + 1);
          const char* end = block.bytes + (i + 1 == bounds.fields ? bounds.end : bounds.separators[i + 1]);
          const bool quoted = begin != end && static_cast<unsigned char>(*begin) == quote_code(file.format);
          if (!quoted && has_lone_return({begin, end})) {
            return user_error("'" + file.path + "': " + std::string(kLoneReturnNote)).with_hint(std::string(kLoneReturnHint));
          }
          table.names.emplace_back(make_csv_field(begin, end, quote_code(file.format), arena).text);
        }
        if (inner < block.inner_lines.size() && block.inner_lines[inner].row == row) line += block.inner_lines[inner].count;
        table.records_begin_bytes = block.offset_bytes + block.separators[block.row_ends[row]] + 1;
        table.records_line = line + 1;
        return table;
      }
      previous_end = block.row_ends[row];
      ++line;
    }
  }
}

Status check_width(const CsvTable& table, const InputFile& file) {
  if (table.names.size() <= kMaxColumns) return {};
  return user_error("'" + file.path + "' has " + std::to_string(table.names.size()) + " columns; the limit is " +
      std::to_string(kMaxColumns) +
                    " (kMaxColumns)")
      .with_hint("Check the delimiter");
}

/// Declared columns say all there is to know, so that no row needs to be looked at.
bool has_declared_columns(const Format& format) { return !format.header && !format.columns.empty(); }

WidthFrom width_from(const Format& format) {
  if (format.header) return WidthFrom::Header;
  return format.columns.empty() ? WidthFrom::FirstRow : WidthFrom::Declaration;
}

/// Names of a file without header or declaration: "1", "2", ...
void name_columns(CsvTable& table) {
  for (std::size_t i = 0; i < table.names.size(); ++i) table.names[i] = std::to_string(i + 1);
}

/// Where each requested column is. Errors name everything that is wrong at once.
Result<std::vector<std::size_t>> project(const CsvTable& table, const std::vector<ColumnRequest>& columns, const InputFile& file) {
  std::vector<std::size_t> at;
  std::string missing;
  std::string ambiguous;
  for (const ColumnRequest& column : columns) {
    const auto found = std::find(table.names.begin(), table.names.end(), column.name);
    if (found == table.names.end()) {
      at.push_back(kMissingColumn);
      if (column.required) missing += (missing.empty() ? "" : ", ") + column.name;
      continue;
    }
    at.push_back(static_cast<std::size_t>(found - table.names.begin()));
    if (std::find(found + 1, table.names.end(), column.name) != table.names.end()) {
      ambiguous += (ambiguous.empty() ? "" : ", ") + column.name;
    }
  }
  if (missing.empty() && ambiguous.empty()) return at;
  std::string message = "'" + file.path + "' ";
  if (!missing.empty()) message += "has no column named " + missing + "; it has " + list_names(table.names);
  if (!ambiguous.empty()) message += (missing.empty() ? "" : ", and ") + ("has more than one column named " + ambiguous);
  return user_error(std::move(message)).with_hint("Check the delimiter and the header line");
}

class CsvReader final : public RecordReader {
 public:
  CsvReader(RowFinder finder, const InputFile& file, std::uint32_t ordinal, std::size_t width, std::vector<std::size_t> at)
      : finder_(std::move(finder)), file_(ordinal), quote_(quote_code(file.format)), short_rows_(file.format.allow_short_rows),
        width_(width), width_from_(width_from(file.format)), at_(std::move(at)),
        batch_records_(std::clamp<std::size_t>(kBatchFields / std::max<std::size_t>(at_.size(), 1), 1, kMaxBatchRecords)),
        records_(std::make_unique<Record[]>(batch_records_)), fields_(std::make_unique<FieldView[]>(batch_records_ * at_.size())) {}

  /// Continues in a block whose first `row` rows were read elsewhere; `line` is that of row `row`.
  void continue_in(const RowBlock& block, std::size_t row, std::uint64_t line) {
    block_ = block;
    row_ = row;
    line_ = line;
    previous_end_ = row == 0 ? 0 : block.row_ends[row - 1];
    while (inner_ < block.inner_lines.size() && block.inner_lines[inner_].row < row) ++inner_;
  }

  Result<std::span<const Record>> next_batch() override {
    arena_.clear();
    count_ = 0;
    while (count_ == 0) {
      if (row_ == block_.rows) {
        SINTER_ASSIGN(block_, finder_.next());
        row_ = 0;
        previous_end_ = 0;
        inner_ = 0;
        line_ = block_.first_line;
        if (block_.broken != nullptr) add_broken(*block_.broken);
        else if (block_.rows == 0) break;
      }
      const std::size_t to = std::min(block_.rows, row_ + batch_records_);
      for (; row_ < to; ++row_) add_row();
    }
    return std::span<const Record>(records_.get(), count_);
  }

 private:
  void add_row() {
    const RowBounds bounds = bounds_of(block_, previous_end_, row_);
    previous_end_ = block_.row_ends[row_];
    const std::uint64_t line = line_++;
    if (inner_ < block_.inner_lines.size() && block_.inner_lines[inner_].row == row_) [[unlikely]]
      line_ += block_.inner_lines[inner_++].count;
    if (bounds.fields != width_ || width_ == 1 || bounds.end - bounds.begin > kMaxRecordBytes) [[unlikely]] {
      if (is_blank(bounds)) return;
      if (bounds.fields > width_ || (bounds.fields < width_ && !short_rows_) || bounds.end - bounds.begin > kMaxRecordBytes) {
        add_bad(bounds, line);
        return;
      }
    }
    FieldView* const fields = fields_.get() + count_ * at_.size();
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const std::size_t column = at_[i];
      if (column >= bounds.fields) [[unlikely]] {
        fields[i] = FieldView{};
        continue;
      }
      const char* begin = block_.bytes + (bounds.separators[column] + 1);
      const char* end = block_.bytes + (column + 1 == bounds.fields ? bounds.end : bounds.separators[column + 1]);
      fields[i] = make_csv_field(begin, end, quote_, arena_);
    }
    Record& record = start_record(block_.offset_bytes + bounds.begin, line, {block_.bytes + bounds.begin, bounds.end - bounds.begin});
    record.fields = {fields, at_.size()};
    record.problem = {};
  }

  Record& start_record(std::uint64_t offset, std::uint64_t line, std::string_view raw) {
    Record& record = records_[count_++];
    record.position = {file_, offset};
    record.line = line;
    record.raw = raw.substr(0, kMaxRejectBytes);
    return record;
  }

  void add_bad(const RowBounds& bounds, std::uint64_t line) {
    BrokenRow row;
    row.size_bytes = bounds.end - bounds.begin;
    row.fields = bounds.fields;
    row.raw.assign(block_.bytes + bounds.begin, std::min<std::size_t>(row.size_bytes, kMaxRejectBytes));
    Record& record = start_record(block_.offset_bytes + bounds.begin, line, {block_.bytes + bounds.begin, bounds.end - bounds.begin});
    record.fields = {};
    record.problem = describe_broken_row(row, width_, arena_, width_from_);
  }

  void add_broken(const BrokenRow& row) {
    Record& record = start_record(row.offset_bytes, row.line, row.raw);
    record.fields = {};
    record.problem = describe_broken_row(row, width_, arena_, width_from_);
  }

  RowFinder finder_;
  std::uint32_t file_;
  int quote_;
  bool short_rows_;
  std::size_t width_;
  WidthFrom width_from_;
  std::vector<std::size_t> at_;          // column of each requested field
  std::size_t batch_records_;
  std::unique_ptr<Record[]> records_;
  std::unique_ptr<FieldView[]> fields_;  // of all records of the batch
  TextArena arena_;
  RowBlock block_;
  std::size_t row_ = 0;
  std::uint32_t previous_end_ = 0;       // index of the separator before row_
  std::size_t inner_ = 0;                // next of block_.inner_lines
  std::uint64_t line_ = 0;               // of row_
  std::size_t count_ = 0;
};

Result<RowFinder> open_finder(FileSystem& files, MemoryBudget& budget, const InputFile& file, RowFinder::Start start, std::uint64_t end) {
  SINTER_ASSIGN(auto source, open_byte_source(files, budget, file, start.offset_bytes, end));
  const std::uint64_t hint = file.format.codec == Codec::None ? end - start.offset_bytes + 1 : ~std::uint64_t{0};
  return RowFinder::open(std::move(source), budget, file.path, dialect_of(file.format), start, hint);
}

/// Reads from the start of the file, header and records in one go.
Result<std::unique_ptr<RecordReader>> open_first(FileSystem& files, MemoryBudget& budget, const InputFile& file, const SplitPiece& piece,
                                                 const std::vector<ColumnRequest>& columns) {
  SINTER_ASSIGN(RowFinder finder, open_finder(files, budget, file, {}, piece.end_bytes));
  RowBlock block;
  std::size_t row = 0;
  std::uint64_t line = 1;
  SINTER_ASSIGN(CsvTable table, read_table(finder, file, block, row, line));
  if (!table.found) {
    // No header, no rows: an empty file holds no records, as one day's file of many may.
    return std::unique_ptr<RecordReader>(std::make_unique<CsvReader>(std::move(finder), file, piece.file, 1, std::vector<std::size_t>{}));
  }
  SINTER_TRY(check_width(table, file));
  if (!file.format.header) name_columns(table);
  SINTER_ASSIGN(auto at, project(table, columns, file));
  const std::size_t width = table.names.size();
  auto reader = std::make_unique<CsvReader>(std::move(finder), file, piece.file, width, std::move(at));
  if (file.format.header) reader->continue_in(block, row + 1, table.records_line);
  else reader->continue_in(block, 0, block.first_line);
  return std::unique_ptr<RecordReader>(std::move(reader));
}

Result<CsvTable> read_table_of(FileSystem& files, MemoryBudget& budget, const InputFile& file) {
  if (has_declared_columns(file.format)) {
    CsvTable declared;
    declared.names = file.format.columns;
    return declared;
  }
  SINTER_ASSIGN(RowFinder finder, open_finder(files, budget, file, {}, file.size_bytes));
  RowBlock block;
  std::size_t row = 0;
  std::uint64_t line = 1;
  SINTER_ASSIGN(CsvTable table, read_table(finder, file, block, row, line));
  SINTER_TRY(check_width(table, file));
  if (!file.format.header) {
    name_columns(table);
    table.records_begin_bytes = 0;
    table.records_line = 1;
  }
  return table;
}

}  // namespace

Result<std::unique_ptr<RecordReader>> open_csv_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file,
    const SplitPiece& piece,
                                                      const std::vector<ColumnRequest>& columns) {
  if (piece.begin_bytes == 0 && !has_declared_columns(file.format)) return open_first(files, budget, file, piece, columns);
  SINTER_ASSIGN(CsvTable table, read_table_of(files, budget, file));
  SINTER_ASSIGN(auto at, project(table, columns, file));
  // With tiny splits a piece may begin in blank lines above the header.
  RowFinder::Start start{piece.begin_bytes, piece.first_line};
  if (start.offset_bytes < table.records_begin_bytes) start = {table.records_begin_bytes, table.records_line};
  start.offset_bytes = std::min(start.offset_bytes, std::max(piece.end_bytes, piece.begin_bytes));
  SINTER_ASSIGN(RowFinder finder, open_finder(files, budget, file, start, piece.end_bytes));
  return std::unique_ptr<RecordReader>(
      std::make_unique<CsvReader>(std::move(finder), file, piece.file, table.names.size(), std::move(at)));
}

Result<std::vector<std::string>> read_csv_columns(FileSystem& files, MemoryBudget& budget, const InputFile& file) {
  SINTER_ASSIGN(CsvTable table, read_table_of(files, budget, file));
  return std::move(table.names);
}

}  // namespace sinter

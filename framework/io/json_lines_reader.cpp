// Lines by RowFinder, values by JsonLineParser. One thread.
#include "framework/io/json_lines_reader.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "framework/io/json_line_parser.hpp"
#include "framework/io/problem_text.hpp"
#include "framework/io/row_finder.hpp"

namespace sinter {

namespace {

/// Fields of one batch: bounds the memory of very wide projections.
constexpr std::size_t kBatchFields = 32 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
/// Records looked at for their keys.
constexpr std::size_t kColumnSampleRecords = 100;

Result<RowFinder> open_lines(FileSystem& files, MemoryBudget& budget, const InputFile& file, const SplitPiece& piece) {
  SINTER_ASSIGN(auto source, open_byte_source(files, budget, file, piece.begin_bytes, piece.end_bytes));
  const std::uint64_t hint = file.format.codec == Codec::None ? piece.end_bytes - piece.begin_bytes + 1 : ~std::uint64_t{0};
  return RowFinder::open(std::move(source), budget, file.path, kLinesDialect, {.offset_bytes = piece.begin_bytes, .line = piece.first_line},
                         hint);
}

std::string_view line_of(const RowBlock& block, std::size_t row) {
  const std::uint32_t begin = block.separators[row] + 1;
  std::uint32_t end = block.separators[row + 1];
  if (end > begin && block.bytes[end - 1] == '\r') --end;
  std::string_view line(block.bytes + begin, end - begin);
  // Files put together leave their byte order marks in the middle.
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  return line;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

class JsonLinesReader final : public RecordReader {
 public:
  JsonLinesReader(RowFinder finder, JsonLineParser parser, Reservation reservation, const InputFile& file, std::uint32_t ordinal,
      std::size_t width)
      : finder_(std::move(finder)), parser_(std::move(parser)), reservation_(std::move(reservation)), path_(file.path), file_(ordinal),
          width_(width),
        batch_records_(std::clamp<std::size_t>(kBatchFields / std::max<std::size_t>(width, 1), 1, kMaxBatchRecords)),
        records_(std::make_unique<Record[]>(batch_records_)), fields_(std::make_unique<FieldView[]>(batch_records_ * width)) {}

  Result<std::span<const Record>> next_batch() override {
    arena_.clear();
    count_ = 0;
    while (count_ == 0) {
      if (row_ == block_.rows) {
        SINTER_ASSIGN(block_, finder_.next());
        row_ = 0;
        if (block_.broken != nullptr) add_broken(*block_.broken);
        else if (block_.rows == 0) break;
      }
      const std::size_t to = std::min(block_.rows, row_ + batch_records_);
      for (; row_ < to; ++row_) SINTER_TRY(add_line(line_of(block_, row_)));
    }
    return std::span<const Record>(records_.get(), count_);
  }

 private:
  Status add_line(std::string_view line) {
    if (is_blank(line)) return {};
    if (line.size() > reserved_for_ && line.size() <= kMaxRecordBytes) SINTER_TRY(reserve_for(line.size()));
    const auto offset = static_cast<std::uint64_t>(line.data() - block_.bytes);
    const std::span<FieldView> fields(fields_.get() + count_ * width_, width_);
    std::fill(fields.begin(), fields.end(), FieldView{});
    Record& record = records_[count_++];
    record.position = {file_, block_.offset_bytes + offset};
    record.line = block_.first_line + row_;
    record.raw = line.substr(0, kMaxRejectBytes);
    record.problem = line.size() > kMaxRecordBytes ? too_large(line.size()) : parser_.parse(line, fields, arena_);
    record.fields = record.problem.empty() ? std::span<const FieldView>(fields) : std::span<const FieldView>();
    return {};
  }

  Status reserve_for(std::size_t line_bytes) {
    if (!reservation_.resize(JsonLineParser::memory_bytes(line_bytes))) {
      return user_error("'" + path_ + "' line " + std::to_string(block_.first_line + row_) + ": parsing its " + std::to_string(line_bytes) +
                        " bytes takes " + std::to_string(JsonLineParser::memory_bytes(line_bytes)) + " bytes of memory, more than is free")
          .with_hint("Raise execution.memory");
    }
    reserved_for_ = line_bytes;
    return {};
  }

  std::string_view too_large(std::size_t size) {
    BrokenRow row;
    row.size_bytes = size;
    return describe_broken_row(row, 1, arena_);
  }

  void add_broken(const BrokenRow& row) {
    Record& record = records_[count_++];
    record.position = {file_, row.offset_bytes};
    record.line = row.line;
    record.raw = row.raw;
    record.problem = describe_broken_row(row, 1, arena_);
    record.fields = {};
  }

  RowFinder finder_;
  JsonLineParser parser_;
  Reservation reservation_;         // for the parser
  std::size_t reserved_for_ = 0;    // longest line it covers
  std::string path_;
  std::uint32_t file_;
  std::size_t width_;
  std::size_t batch_records_;
  std::unique_ptr<Record[]> records_;
  std::unique_ptr<FieldView[]> fields_;
  TextArena arena_;
  RowBlock block_;
  std::size_t row_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

Result<std::unique_ptr<RecordReader>> open_json_lines_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file,
                                                             const SplitPiece& piece, const std::vector<ColumnRequest>& columns) {
  SINTER_ASSIGN(auto tree, JsonPathTree::build(columns));
  SINTER_ASSIGN(RowFinder finder, open_lines(files, budget, file, piece));
  SINTER_ASSIGN(Reservation reservation, budget.reserve(0, "parsing '" + file.path + "'"));
  return std::unique_ptr<RecordReader>(
      std::make_unique<JsonLinesReader>(std::move(finder), JsonLineParser(std::move(tree)), std::move(reservation), file, piece.file,
          columns.size()));
}

Result<std::vector<std::string>> read_json_lines_columns(FileSystem& files, MemoryBudget& budget, const InputFile& file) {
  SINTER_ASSIGN(RowFinder finder, open_lines(files, budget, file, {0, 0, file.size_bytes, 1}));
  JsonLineParser parser{JsonPathTree{}};
  std::vector<std::string> names;
  for (std::size_t seen = 0; seen < kColumnSampleRecords;) {
    SINTER_ASSIGN(const RowBlock block, finder.next());
    if (block.rows == 0 && block.broken == nullptr) break;
    for (std::size_t row = 0; row < block.rows && seen < kColumnSampleRecords; ++row) {
      const std::string_view line = line_of(block, row);
      if (is_blank(line)) continue;
      parser.collect_paths(line, kMaxColumns, names);
      ++seen;
    }
  }
  return names;
}

}  // namespace sinter

// Lines by RowFinder, delivered where they lie in its buffer. One thread.
#include "framework/io/lines_reader.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "framework/io/problem_text.hpp"
#include "framework/io/row_finder.hpp"

namespace sinter {

namespace {

class LinesReader final : public RecordReader {
 public:
  LinesReader(RowFinder finder, std::uint32_t ordinal)
      : finder_(std::move(finder)), file_(ordinal), records_(std::make_unique<Record[]>(kMaxBatchRecords)),
        fields_(std::make_unique<FieldView[]>(kMaxBatchRecords)) {}

  Result<std::span<const Record>> next_batch() override {
    arena_.clear();
    if (row_ == block_.rows) {
      SINTER_ASSIGN(block_, finder_.next());
      row_ = 0;
      if (block_.broken != nullptr) return broken_batch(*block_.broken);
    }
    const std::size_t count = std::min(block_.rows - row_, kMaxBatchRecords);
    for (std::size_t i = 0; i < count; ++i, ++row_) set_line(records_[i], fields_[i]);
    return std::span<const Record>(records_.get(), count);
  }

 private:
  void set_line(Record& record, FieldView& field) {
    // The separator before a file's first line is at -1, so the sum wraps to 0 in 32 bits.
    const std::uint32_t begin = block_.separators[row_] + 1;
    field = {{block_.bytes + begin, block_.separators[row_ + 1] - begin}, FieldKind::Text};
    record.fields = {&field, 1};
    record.problem = {};
    record.position = {file_, block_.offset_bytes + begin};
    record.line = block_.first_line + row_;
    record.raw = field.text.substr(0, kMaxRejectBytes);
    if (field.text.size() > kMaxRecordBytes) [[unlikely]] {
      BrokenRow row;
      row.size_bytes = field.text.size();
      record.problem = describe_broken_row(row, 1, arena_);
      record.fields = {};
    }
  }

  std::span<const Record> broken_batch(const BrokenRow& row) {
    Record& record = records_[0];
    record.fields = {};
    record.position = {file_, row.offset_bytes};
    record.line = row.line;
    record.problem = describe_broken_row(row, 1, arena_);
    record.raw = row.raw;
    return {&record, 1};
  }

  RowFinder finder_;
  std::uint32_t file_;
  std::unique_ptr<Record[]> records_;
  std::unique_ptr<FieldView[]> fields_;
  TextArena arena_;
  RowBlock block_;
  std::size_t row_ = 0;
};

}  // namespace

Result<std::unique_ptr<RecordReader>> open_lines_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file,
                                                        const SplitPiece& piece) {
  SINTER_ASSIGN(auto source, open_byte_source(files, budget, file, piece.begin_bytes, piece.end_bytes));
  const std::uint64_t hint = file.format.codec == Codec::None ? piece.end_bytes - piece.begin_bytes + 1 : ~std::uint64_t{0};
  RowFinder::Start start{piece.begin_bytes, piece.first_line};
  start.keeps_byte_order_mark = true;
  SINTER_ASSIGN(RowFinder finder, RowFinder::open(std::move(source), budget, file.path, kLinesDialect, start, hint));
  return std::unique_ptr<RecordReader>(std::make_unique<LinesReader>(std::move(finder), piece.file));
}

}  // namespace sinter

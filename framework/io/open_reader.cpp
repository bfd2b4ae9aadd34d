// Which reader reads a file. Any thread; each reader stays on one.
#include "base/limits.hpp"
#include "framework/io/csv_reader.hpp"
#include "framework/io/framed_reader.hpp"
#include "framework/io/input.hpp"
#include "framework/io/json_lines_reader.hpp"
#include "framework/io/lines_reader.hpp"
#include "framework/io/record_format.hpp"

namespace sinter {

namespace {

/// Memory for a look at a file's columns: buffers, a header of the largest size, a zstd window.
constexpr std::uint64_t kColumnsBudgetBytes = 512 * kMiB;

}  // namespace

Result<std::unique_ptr<RecordReader>> open_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file, const SplitPiece& piece,
                                                  const std::vector<ColumnRequest>& columns) {
  switch (file.format.kind) {
    case FormatKind::Csv: return open_csv_reader(files, budget, file, piece, columns);
    case FormatKind::JsonLines: return open_json_lines_reader(files, budget, file, piece, columns);
    case FormatKind::Lines: return open_lines_reader(files, budget, file, piece);
    case FormatKind::Records: return open_framed_reader(files, budget, file, piece);
    case FormatKind::Infer: break;
  }
  return internal_error("the format of '" + file.path + "' was not decided before reading; expand_inputs() does that");
}

Result<std::vector<std::string>> read_columns(FileSystem& files, const InputFile& file) {
  if (file.format.kind == FormatKind::Lines) return std::vector<std::string>{std::string(kLineColumn)};
  if (file.format.kind == FormatKind::Records) return file.format.records->columns();
  MemoryBudget budget("a look at the columns", kColumnsBudgetBytes);
  return file.format.kind == FormatKind::Csv ? read_csv_columns(files, budget, file) : read_json_lines_columns(files, budget, file);
}

}  // namespace sinter

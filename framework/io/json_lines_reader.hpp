// JsonLinesReader: one JSON object per line as records. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/input.hpp"

namespace sinter {

/// Opens a piece of a JSON lines file; the contract is open_reader()'s. Columns are paths; a record without one has it Missing.
Result<std::unique_ptr<RecordReader>> open_json_lines_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file,
                                                             const SplitPiece& piece, const std::vector<ColumnRequest>& columns);

/// The paths that the first records of the file have.
Result<std::vector<std::string>> read_json_lines_columns(FileSystem& files, MemoryBudget& budget, const InputFile& file);

}  // namespace sinter

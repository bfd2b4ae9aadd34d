// CsvReader: CSV rows as records, projected to the requested columns. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/input.hpp"

namespace sinter {

/// Opens a piece of a CSV file; the contract is open_reader()'s.
Result<std::unique_ptr<RecordReader>> open_csv_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file,
    const SplitPiece& piece,
                                                      const std::vector<ColumnRequest>& columns);

/// The names of a CSV file's columns: its header, its declared columns, or "1", "2", ...; empty when the file has no row.
Result<std::vector<std::string>> read_csv_columns(FileSystem& files, MemoryBudget& budget, const InputFile& file);

}  // namespace sinter

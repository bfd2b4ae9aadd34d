// LinesReader: each line of a text file as a record of one field. One thread.
#pragma once

#include <memory>
#include <string_view>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/input.hpp"

namespace sinter {

/// Name of the only column that lines have.
inline constexpr std::string_view kLineColumn = "line";

/// Opens a piece of a text file; the contract is open_reader()'s. The field is the line's bytes without its LF: a CR, a byte order mark
/// and bytes that are no UTF-8 are kept. Columns are not looked at.
Result<std::unique_ptr<RecordReader>> open_lines_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file,
                                                        const SplitPiece& piece);

}  // namespace sinter

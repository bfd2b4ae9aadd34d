// FramedReader: records of a format of the author's own (record_format.hpp), and the borders at which its files are cut. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/input.hpp"

namespace sinter {

/// Opens a piece of a file whose format has `records`; the contract is open_reader()'s. Records have no line: `Record::line` is 0.
Result<std::unique_ptr<RecordReader>> open_framed_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file,
                                                         const SplitPiece& piece);

/// Where a plain file may be cut into pieces of about `piece_bytes`: starts of records as the reader finds them, ascending, neither 0 nor
/// the file's size. Requires: its format has starts. Cost: a look behind each border, constant memory.
Result<std::vector<std::uint64_t>> find_record_starts(FileSystem& files, const InputFile& file, std::uint64_t piece_bytes);

}  // namespace sinter

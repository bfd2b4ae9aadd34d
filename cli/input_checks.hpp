// Checks of a job against the files it names, before anything runs: headers are looked at, rows are not. Every problem is said at once,
// at its place in the job file. One thread.
#pragma once

#include <vector>

#include "base/file_system.hpp"
#include "framework/io/input.hpp"
#include "jobs/fusion/config/job_file.hpp"

namespace sinter::cli {

/// How many headers of a source's files are read: `run` looks at the first ones, so that a hundred thousand small files are not opened
/// twice; a file behind them that lacks a column stops the run when it is reached, and so does one whose header cannot be read.
enum class HeaderDepth { FirstFiles, EveryFile };
inline constexpr std::size_t kFirstHeaders = 100;

/// The files of the job's sources, in their order: expanded once, for the run to use. Problems: paths that match nothing, files that
/// cannot be read, columns that a CSV file lacks, attributes that no source has, a truth that is not there, an output that would replace
/// something the job reads. The list is complete only when `diagnostics` has no error.
std::vector<InputFile> check_inputs(FileSystem& files, const fusion::JobFile& job, HeaderDepth depth, fusion::Diagnostics& diagnostics);

}  // namespace sinter::cli

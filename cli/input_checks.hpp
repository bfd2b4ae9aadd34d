// Checks of a job against the files it names, before anything runs: headers are looked at, rows are not. One thread.
#pragma once

#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/io/input.hpp"
#include "jobs/fusion/config/job_file.hpp"

namespace sinter::cli {

/// Every requested column that a CSV file lacks, each with a suggestion. Cost: opens every file.
Status check_columns(FileSystem& files, const std::vector<InputDeclaration>& inputs, const std::vector<InputFile>& found);

/// Attributes that no source can have a value for: a name in the schema that no header knows. JSON records may differ from line to
/// line and long rows name their attributes, so a job with such a source passes. Cost: opens the first file of each source.
Status check_attributes(FileSystem& files, const fusion::JobFile& job, const std::vector<InputFile>& found);

/// The files of quality.gold and their columns, if the job has any: found out before the run, not after it.
Status check_gold(FileSystem& files, const fusion::JobFile& job);

/// The output must not be, or hold, a file that the job reads: an input, the truth, the job file. Links are followed.
Status check_output_is_no_input(FileSystem& files, const fusion::JobFile& job, const std::vector<InputFile>& found);

}  // namespace sinter::cli

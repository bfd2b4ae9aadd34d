// Loading a job file for a verb, with its problems shown. One thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/file_system.hpp"
#include "cli/commands.hpp"
#include "cli/input_checks.hpp"
#include "jobs/fusion/config/job_file.hpp"

namespace sinter::cli {

/// The job, or null after every problem was printed; `exit_code` is then what the verb returns.
std::shared_ptr<fusion::JobFile> load_job_file(FileSystem& files, const JobArguments& arguments, const Console& console, int& exit_code);

/// check_inputs(), with its problems shown; nothing when there is an error, which is the job file's (kBadJobFile).
std::optional<std::vector<InputFile>> find_job_files(FileSystem& files, const fusion::JobFile& job, HeaderDepth depth,
                                                     const Console& console);

/// The process's environment, for ${env.X} in job files.
fusion::EnvironmentLookup process_environment();

}  // namespace sinter::cli

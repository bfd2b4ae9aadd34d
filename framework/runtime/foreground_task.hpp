// run_foreground_task: one attempt of one task of a job, on the calling thread, for a person with a debugger. Writes no output. Blocks.
#pragma once

#include <string>

#include "base/result.hpp"
#include "framework/runtime/messages.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter {

/// How the attempt ended, when it ended well.
struct ForegroundTask {
  std::string task;
  std::string input;       // "data/a.csv, bytes 0 to 4194304", or the first key of its range
  Counters counters;
  AttemptProgress progress;
};

/// Plans the job as run_job() would, runs the stages before the task's with workers, then one attempt of the task here, record by record
/// when it maps. `on_begin` is told what it reads, before any of the author's code of the task runs. Neither timeouts nor retries, and
/// Ctrl-C ends the process; its memory is limited as a worker's. Errors: those of run_job(), the attempt's own, and a task that the job
/// does not have (with those that it has).
Result<ForegroundTask> run_foreground_task(const JobDefinition& job, const JobPayload& payload, const RunOptions& options,
                                           const std::string& task, const std::function<void(const ForegroundTask&)>& on_begin);

}  // namespace sinter

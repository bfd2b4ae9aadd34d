// run_job: runs one job on this machine, from its definition to its published output. Blocks the calling thread, which must live as long
// as the job. Each call is independent; several may run at once on different outputs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "framework/api/histogram_summary.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/control/task_id.hpp"
#include "framework/plan/plan.hpp"
#include "framework/plan/stages.hpp"
#include "framework/runtime/launcher.hpp"
#include "framework/runtime/worker_pool.hpp"

namespace sinter {

class JobObserver;

/// How to run a worker: `executable arguments... endpoint worker_id`, which must call worker_main().
struct WorkerProgram {
  std::string executable;
  std::vector<std::string> arguments;
  /// With these it calls standby_main(). Empty: it cannot be started before it is needed.
  std::vector<std::string> standby_arguments = {};
};

enum class JobPhase : std::uint8_t { Planning, Running, Publishing, Done };

/// The map, a step, all rounds together, or the reduce.
struct StageProgress {
  std::string name;            // "map", "step 1" or its own name, "rounds", "reduce"
  std::uint64_t tasks_total = 0;
  std::uint64_t tasks_done = 0;
  std::uint64_t tasks_running = 0;
  std::uint64_t rows = 0;      // map: records read; others: values read
  std::uint64_t bytes = 0;     // map: of input; reduce: of output
  std::uint64_t rejected = 0;  // lines for the rejects file
  std::int64_t elapsed_ms = 0;
  std::string status;          // what the job's own code said last in a running attempt; may be empty
};

/// Where the job is. Running attempts are counted in; what a failed one had done disappears again.
struct JobProgress {
  JobPhase phase = JobPhase::Planning;
  std::uint64_t input_bytes = 0;
  std::uint32_t workers = 0;
  std::vector<StageProgress> stages;  // all of the job's, in order; empty while it is planned
  std::size_t stage = 0;              // the one that runs or ran last
  std::uint32_t rounds = 0;           // begun so far
  std::uint64_t failed_attempts = 0;
};

/// One file that the job leaves.
struct OutputFileReport {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;  // XXH3-64 of its bytes
};

struct JobReport {
  Counters counters;                      // sums over committed attempts
  std::vector<HistogramSummary> histograms;    // sums over committed attempts, by name
  std::vector<OutputFileReport> outputs;       // in key order; of a map-only job in input order
  std::vector<OutputFileReport> side_outputs;  // in the order of their declarations
  std::string manifest_path;                   // out/x.csv.success.json, or _SUCCESS.json in a directory of parts
  OutputFileReport rejects;               // its path is empty when nothing was rejected
  std::uint64_t rejected_lines = 0;
  std::vector<StageProgress> stages;
  std::uint32_t rounds = 0;
  std::string summary;                    // of the last round
  std::vector<OutputFileReport> side_inputs;  // what was read; their checksums are of the bytes as stored
  std::int64_t planning_ms = 0;
  std::int64_t publishing_ms = 0;
  std::int64_t total_ms = 0;
  std::uint32_t workers = 0;
  std::uint64_t input_files = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t shuffle_bytes = 0;        // of all committed runs, as stored
  std::uint64_t failed_attempts = 0;
  std::uint64_t lost_workers = 0;
  std::uint64_t quarantined_records = 0;
  std::uint64_t peak_worker_memory_bytes = 0;  // resident, the largest of all workers, as they measured themselves
};

/// An error makes an attempt that has done its work fail after all.
using AttemptJudge = std::function<Status(const Stage& stage, const AttemptId& attempt)>;

struct RunOptions {
  WorkerProgram worker;
  /// Makes the definition again inside a worker, from the payload. In-process workers call it from their threads.
  JobFactory factory;
  FileSystem& files;  // the operating system's, or of an in-process job any: worker processes have their own eyes
  const Clock& clock;
  Log& log;
  /// Called on run_job()'s thread, at most every progress_interval_ms and at the end of each stage.
  std::function<void(const JobProgress&)> on_progress;
  std::int64_t progress_interval_ms = 200;
  /// Set to true by anyone (a signal handler): the job ends within a second. May be null.
  const std::atomic<bool>* cancel = nullptr;
  /// With a job_directory: set to true by anyone, run_job() returns an error soon, and workers, files and journal stay as they are.
  const std::atomic<bool>* pause = nullptr;
  unsigned cores = 1;  // workers when the job does not say
  std::int64_t heartbeat_interval_ms = 500;
  std::int64_t heartbeat_timeout_ms = 5'000;
  /// What a person types to run the job again, for the hint of a task's error, which adds `--task map-3`. Empty: no such hint.
  std::string rerun_command = {};
  /// In-process only: asked by the workers' threads before they report success. For tests of faults; may be empty.
  AttemptJudge judge_attempt = {};
  /// How worker processes of this machine are started. Empty: each when it is needed.
  LauncherFactory make_launcher = {};
  /// Where workers come from. Empty: processes of this machine, or with JobDefinition's in_process threads.
  PoolFactory make_pool = {};
  /// Not empty: the job lives in this directory and has a journal there. When the process dies, run_job() with the same job and directory
  /// goes on where it was; the caller removes the directory in the end. Empty: a directory of its own, and the job dies with the process.
  std::string job_directory = {};
  /// What workers are told about where they are, see Setup.
  std::string host = {};
  std::string run_secret = {};
  /// A second attempt, on another host, at tasks that are about to end last.
  bool speculation = false;
  /// The rest of a key range whose attempt is about to end last becomes a task of its own.
  bool cut_ranges = true;
  /// Relative paths start here; empty: where this process is. Where it is not empty, `files` knows it too.
  std::string working_directory = {};
  /// Told of everything that is decided, on run_job()'s thread; may be null.
  JobObserver* observer = nullptr;
};

/// Words as a shell reads them back.
std::string shell_command(const std::vector<std::string>& words);

/// Whether `error` says that the job was cancelled, not that it failed.
bool was_cancelled(const Error& error);

/// Runs the job. On success the output, its rejects and its manifest are on disk, durable; on error the output is as it was before,
/// and neither processes nor scratch are left. Lines that the job's own code logged are in "<output>.logs/" either way. Errors name the
/// task, the file and line where that is known, and what a worker last wrote.
Result<JobReport> run_job(const JobDefinition& job, const JobPayload& payload, const RunOptions& options);

}  // namespace sinter

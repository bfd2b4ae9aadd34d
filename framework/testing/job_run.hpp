// run_job: a whole typed job in this process, over files in memory. Blocks; each call is independent, and none touches the disk.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "framework/api/histogram_summary.hpp"
#include "framework/api/job_draft.hpp"

namespace [[gnu::visibility("default")]] sinter {
namespace testing {

/// Texts of files by their paths.
using Files = std::map<std::string, std::string, std::less<>>;

/// One attempt that is to fail after it has done its work.
struct FailedAttempt {
  std::string task;  // "map-0", "step1-0", "reduce-2"
  std::uint32_t attempt = 1;
};

/// How to run a job in a test. None of it may change the answer, parameters apart.
struct JobRunOptions {
  std::uint32_t workers = 2;                  // threads
  std::uint64_t memory_bytes = 64u << 20;     // per worker, at least 8 MiB
  std::uint64_t split_bytes = 0;              // 0: as a run chooses, at least 4 MiB; small ones make many map tasks of small inputs
  std::uint64_t reduce_bytes = 0;             // 0: as a run chooses, at least 1 MiB
  std::uint32_t max_attempts = 4;             // of a task
  std::vector<std::string> parameters = {};   // "NAME=VALUE", as behind --param
  std::vector<FailedAttempt> failures = {};

  /// Lets an attempt fail when it has done its work: the task is tried again, and nothing of the attempt may be seen.
  JobRunOptions& fail_attempt(std::string task, std::uint32_t attempt = 1) {
    failures.push_back({std::move(task), attempt});
    return *this;
  }
};

/// The map, a step, all rounds together, or the reduce, of a job that ran.
struct StageOutcome {
  std::string name;
  std::uint64_t tasks = 0;
  std::uint64_t rows = 0;  // map: records read; others: values read, after combining
};

/// What a job left.
struct JobOutcome {
  Files outputs;        // the output or its parts, and side outputs; sorted pairs with their manifest: they are inputs of another job
  std::string rejects;  // the rejects file; empty when nothing was rejected
  std::string manifest;
  Files logs;           // by attempt: "attempt-stage-0-0-1.jsonl"
  std::map<std::string, std::uint64_t, std::less<>> counters;
  std::vector<HistogramSummary> histograms;
  std::vector<StageOutcome> stages;
  std::uint32_t rounds = 0;
  std::uint64_t failed_attempts = 0;
};

/// Runs the job over `inputs` and nothing else: the files that it reads have these paths. Errors: those of a run, with task, file and line;
/// a failure that was asked for and met no attempt.
Result<JobOutcome> run_job(const CompleteJob& job, const Files& inputs, const JobRunOptions& options = {});

}  // namespace testing
}  // namespace sinter

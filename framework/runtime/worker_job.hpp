// WorkerJob: a job in the place where its tasks run: plan, definition, memory, side data. Owned by a worker, or by whoever runs one attempt
// without one; one thread.
#pragma once

#include <memory>
#include <string>

#include "framework/runtime/attempt.hpp"
#include "framework/runtime/plan_file.hpp"

namespace sinter {

class WorkerJob {
 public:
  WorkerJob(JobLayout layout, PlanFile plan, JobDefinition definition, PositionFile position, FileSystem& files);

  /// The job whose plan file lies in `layout`. `worker`: whose position file it writes; an in-process job has none. Errors: the plan file,
  /// the factory, inputs that are not the plan's.
  static Result<std::unique_ptr<WorkerJob>> load(FileSystem& files, JobLayout layout, const JobFactory& factory, WorkerId worker);

  /// execution.memory.
  std::uint64_t worker_bytes() const { return plan_.plan.memory.worker_bytes; }
  /// Runs one attempt on the calling thread.
  AttemptResult run(const RunAttempt& run, ProgressBoard& progress, const std::atomic<bool>& stop);

 private:
  FileSystem& files_;
  JobLayout layout_;
  PlanFile plan_;
  JobDefinition definition_;
  MemoryBudget memory_;
  PositionFile position_;
  RegionCache regions_;
  SideData side_data_;
};

}  // namespace sinter

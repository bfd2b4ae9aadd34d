// WorkerJob: loading, and attempts. One thread.
#include "framework/runtime/worker_job.hpp"

namespace sinter {

WorkerJob::WorkerJob(JobLayout layout, PlanFile plan, JobDefinition definition, PositionFile position, FileSystem& files)
    : files_(files), layout_(std::move(layout)), plan_(std::move(plan)), definition_(std::move(definition)),
      memory_("execution.memory", plan_.plan.memory.task_bytes()), position_(std::move(position)),
      side_data_(files, plan_.plan, definition_) {}

Result<std::unique_ptr<WorkerJob>> WorkerJob::load(FileSystem& files, JobLayout layout, const JobFactory& factory, WorkerId worker) {
  SINTER_ASSIGN(PlanFile plan, read_plan_file(files, layout.plan()));
  SINTER_ASSIGN(JobDefinition definition, factory(plan.payload));
  SINTER_ASSIGN(PositionFile position,
                plan.plan.in_process ? PositionFile::create_unnamed() : PositionFile::create(layout.worker_position(worker)));
  SINTER_TRY(take_record_formats(plan.plan, definition));
  return std::make_unique<WorkerJob>(std::move(layout), std::move(plan), std::move(definition), std::move(position), files);
}

AttemptResult WorkerJob::run(const RunAttempt& run, ProgressBoard& progress, const std::atomic<bool>& stop) {
  const AttemptSurroundings around{files_,    memory_,   plan_.plan, definition_, layout_,
                                   progress, position_, regions_,   side_data_,  stop};
  return run.stage.work == StageWork::Map ? run_map_attempt(around, run) : run_reduce_attempt(around, run);
}

}  // namespace sinter

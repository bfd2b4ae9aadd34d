// Outlines of jobs. Pure.
#include "framework/plan/job_outline.hpp"

#include "framework/plan/plan.hpp"
#include "framework/plan/stages.hpp"

namespace sinter {
namespace {

Error no_code() { return internal_error("the code of this job is in its workers, not here"); }

Status check(const JobOutline& outline) {
  for (const std::uint32_t count : {outline.inputs, outline.side_inputs, outline.sorted_inputs})
    if (count > kMaxOutlineParts)
      return user_error("a job has up to " + std::to_string(kMaxOutlineParts) + " inputs (kMaxOutlineParts), not " + std::to_string(count));
  if (outline.steps.size() > kMaxOutlineParts)
    return user_error("a job has up to " + std::to_string(kMaxOutlineParts) + " steps (kMaxOutlineParts)");
  if (outline.memory_bytes < kMinWorkerMemoryBytes)
    return user_error("the job's memory is " + format_bytes(outline.memory_bytes) + ", a worker needs at least " +
                      format_bytes(kMinWorkerMemoryBytes));
  return {};
}

}  // namespace

JobOutline outline_of(const JobDefinition& job) {
  JobOutline outline;
  outline.name = job.name;
  outline.hash = job.hash;
  outline.inputs = static_cast<std::uint32_t>(job.inputs.size());
  outline.side_inputs = static_cast<std::uint32_t>(job.side_inputs.size());
  outline.sorted_inputs = static_cast<std::uint32_t>(job.sorted_inputs.size());
  outline.maps = static_cast<bool>(job.make_map);
  outline.map_writes = static_cast<bool>(job.make_map_output);
  outline.reduces = static_cast<bool>(job.make_reduce);
  for (const StepDeclaration& step : job.steps) outline.steps.push_back({step.name, step.whole_partitions});
  if (job.rounds) outline.most_rounds = job.rounds->max_rounds;
  outline.sorted_output = job.sorted_output;
  outline.output = job.output;
  outline.side_outputs = job.side_outputs;
  outline.parameters = job.parameters;
  outline.whole_partitions = job.whole_partitions;
  outline.reduce_remark = job.reduce_remark;
  outline.rejects_path = job.rejects_path;
  outline.workers = job.execution.workers;
  outline.memory_bytes = job.execution.memory_bytes;
  return outline;
}

Result<JobDefinition> definition_of(const JobOutline& outline) {
  SINTER_TRY(check(outline));
  const auto none = [](TaskContext&) { return no_code(); };
  const auto none_of = [](std::size_t, TaskContext&) { return no_code(); };
  JobDefinition job;
  job.name = outline.name;
  job.hash = outline.hash;
  job.inputs.resize(outline.inputs);
  job.side_inputs.resize(outline.side_inputs);
  job.sorted_inputs.resize(outline.sorted_inputs);
  if (outline.maps) job.make_map = none_of;
  if (outline.map_writes) job.make_map_output = none_of;
  if (outline.reduces) job.make_reduce = none;
  for (const JobOutline::Step& step : outline.steps) job.steps.push_back({step.name, none, {}, step.whole_partitions});
  if (outline.most_rounds > 0) {
    RoundsDeclaration& rounds = job.rounds.emplace();
    rounds.make_round = none;
    rounds.make_merge = none;
    rounds.max_rounds = outline.most_rounds;
  }
  job.sorted_output = outline.sorted_output;
  job.output = outline.output;
  job.side_outputs = outline.side_outputs;
  job.parameters = outline.parameters;
  job.whole_partitions = outline.whole_partitions;
  job.reduce_remark = outline.reduce_remark;
  job.rejects_path = outline.rejects_path;
  job.execution.workers = outline.workers;
  job.execution.memory_bytes = outline.memory_bytes;
  SINTER_TRY(check_shape(job));
  return job;
}

}  // namespace sinter

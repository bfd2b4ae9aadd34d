// One attempt in the foreground: plan, earlier stages, attempt. See the header.
#include "framework/runtime/foreground_task.hpp"

#include <signal.h>

#include <algorithm>

#include "framework/api/readable_key.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/memory_limit.hpp"
#include "framework/runtime/publish.hpp"
#include "framework/runtime/scratch_directory.hpp"
#include "framework/runtime/tracker.hpp"
#include "framework/runtime/worker_job.hpp"

namespace sinter {
namespace {

/// "map" of "map-3" and 3; nothing when it has no number.
std::optional<std::pair<std::string, std::uint32_t>> split_name(const std::string& task) {
  const std::size_t dash = task.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto ordinal = parse_parameter<std::uint32_t>(std::string_view(task).substr(dash + 1));
  if (!ordinal) return std::nullopt;
  return std::pair(task.substr(0, dash), *ordinal);
}

/// Error: no stage of the job has tasks of this name. Rounds end when they end, so any number of one will do.
Status check_stage(const JobDefinition& job, const std::string& name) {
  std::vector<Stage> stages{Stage{}};
  for (std::uint32_t step = 0; step < job.steps.size(); ++step) stages.push_back({.work = StageWork::Step, .step = step});
  if (!job.make_map_output) stages.push_back({.work = StageWork::Reduce});
  std::string all;
  for (const Stage& one : stages) {
    if (tasks_name(one) == name) return {};
    all += (all.empty() ? "" : ", ") + tasks_name(one) + "-N";
  }
  const auto round = parse_parameter<std::uint32_t>(std::string_view(name).substr(std::min(name.size(), name.find_first_of("0123456789"))));
  for (const StageWork work : {StageWork::Round, StageWork::Merge})
    if (job.rounds && round && *round > 0 && tasks_name({.work = work, .round = *round}) == name) return {};
  return user_error("the job has no tasks that are called '" + name + "-N'")
      .with_hint("It has " + all + (job.rounds ? ", roundN-N, mergeN-N" : ""));
}

Error no_such_task(const std::string& task, const std::vector<Stage>& stages) {
  std::string all;
  for (const Stage& stage : stages) {
    all += (all.empty() ? "" : ", ") + task_name(stage, 0);
    if (stage.tasks > 1) all += " to " + task_name(stage, stage.tasks - 1);
  }
  return user_error("the job has no task '" + task + "'").with_hint("It has " + all);
}

/// Ctrl-C ends the process from now on: code that loops looks at no flag. Scratch is left to the next run.
void release_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::string describe_range(const KeyRange& range) {
  if (range.begin.empty() && range.end.empty()) return "all groups";
  const std::string from = range.begin.empty() ? "groups" : "groups from " + readable_key(range.begin);
  return range.end.empty() ? from : from + " to below " + readable_key(range.end);
}

}  // namespace

Result<ForegroundTask> run_foreground_task(const JobDefinition& job, const JobPayload& payload, const RunOptions& options,
                                           const std::string& task, const std::function<void(const ForegroundTask&)>& on_begin) {
  const auto name = split_name(task);
  if (!name) return user_error("'" + task + "' is no task: they are called map-0, step1-0, reduce-0 and so on");
  SINTER_TRY(check_stage(job, name->first));
  SINTER_ASSIGN(const Plan plan, make_plan(options.files, job, options.cores));
  const std::string& wanted = job.execution.scratch_directory;
  SINTER_ASSIGN(const std::unique_ptr<ScratchDirectory> scratch,
                ScratchDirectory::create(options.files, wanted.empty() ? output_paths(job).parent : wanted, options.log));
  const JobLayout layout(scratch->path());
  SINTER_TRY(options.files.make_directories(layout.committed_directory()));
  SINTER_TRY(write_plan_file(options.files, layout.plan(), PlanFile{payload, plan}));
  // A task has the same range each time, however slow the ones before it are.
  RunOptions without_cuts = options;
  without_cuts.cut_ranges = false;
  Tracker tracker(plan, job, layout, without_cuts, [](TaskId) {}, [](TaskId, std::uint32_t) {});
  tracker.stop_before(name->first);
  SINTER_ASSIGN(TrackerResult before, tracker.run());
  if (!before.stopped || name->second >= before.stages.back().tasks) return no_such_task(task, before.stages);

  const auto stage = static_cast<std::uint32_t>(before.stages.size() - 1);
  RunAttempt run{{{stage, name->second}, 1}, before.stages.back(), true, {}, {}};
  ForegroundTask ended;
  ended.task = task;
  if (stage == 0) {
    ended.input = describe_split(plan, plan.splits[name->second]);
  } else {
    run.range = before.ranges[name->second];
    ended.input = describe_range(run.range);
  }
  on_begin(ended);
  release_signals();
  limit_memory(plan.memory.worker_bytes);
  SINTER_ASSIGN(PositionFile position, PositionFile::create_unnamed());
  WorkerJob here(layout, PlanFile{payload, plan}, job, std::move(position), options.files);
  ProgressBoard progress;
  const std::atomic<bool> never{false};
  AttemptResult result = here.run(run, progress, never);
  SINTER_TRY(std::move(result.status).with_context("in " + task + " (" + ended.input + ")"));
  ended.counters = std::move(result.counters);
  ended.progress = progress.read();
  return ended;
}

}  // namespace sinter

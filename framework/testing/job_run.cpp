// A job over the in-process runner and the file system in memory. See the header.
#include "framework/testing/job_run.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include "framework/runtime/publish.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter::testing {
namespace {

/// Fails the attempts that were asked for, and remembers what ran. Called on the workers' threads.
class Failures {
 public:
  explicit Failures(const std::vector<FailedAttempt>& wanted) : wanted_(wanted), met_(wanted.size(), false) {}

  Status judge(const Stage& stage, const AttemptId& attempt) {
    const std::lock_guard lock(mutex_);
    const std::string task = task_name(stage, attempt.task.ordinal);
    seen_.insert(task);
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (wanted_[i].task != task || wanted_[i].attempt != attempt.number) continue;
      met_[i] = true;
      return environment_error("the test lets attempt " + std::to_string(attempt.number) + " of " + task + " fail");
    }
    return {};
  }
  Status all_met() {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (met_[i]) continue;
      std::string tasks;
      for (const std::string& task : seen_) tasks += (tasks.empty() ? "" : ", ") + task;
      return user_error("attempt " + std::to_string(wanted_[i].attempt) + " of " + wanted_[i].task +
                        " was to fail, and there was none; the tasks were " + tasks);
    }
    return {};
  }

 private:
  const std::vector<FailedAttempt>& wanted_;
  std::mutex mutex_;
  std::vector<bool> met_;
  std::set<std::string> seen_;
};

Status write_inputs(FileSystem& files, const Files& inputs) {
  for (const auto& [path, text] : inputs) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos && slash > 0) SINTER_TRY(files.make_directories(path.substr(0, slash)));
    SINTER_TRY(write_file(files, path, text));
  }
  return {};
}

Result<JobDefinition> define(const CompleteJob& job, const JobRunOptions& options) {
  SINTER_ASSIGN(JobDefinition definition, job.definition());
  for (const std::string& parameter : options.parameters) SINTER_TRY(set_parameter(definition.parameters, parameter));
  ExecutionOptions& execution = definition.execution;
  execution.in_process = true;
  execution.workers = options.workers;
  execution.memory_bytes = options.memory_bytes;
  execution.split_bytes = options.split_bytes;
  execution.reduce_bytes = options.reduce_bytes;
  execution.max_attempts = options.max_attempts;
  return definition;
}

Result<JobOutcome> collect(FileSystem& files, const JobDefinition& definition, JobReport report) {
  JobOutcome outcome;
  for (const auto* list : {&report.outputs, &report.side_outputs}) {
    for (const OutputFileReport& file : *list) {
      SINTER_ASSIGN(outcome.outputs[file.path], read_file(files, file.path));
    }
  }
  if (!report.rejects.path.empty()) {
    SINTER_ASSIGN(outcome.rejects, read_file(files, report.rejects.path));
  }
  SINTER_ASSIGN(outcome.manifest, read_file(files, report.manifest_path));
  if (definition.sorted_output) outcome.outputs[report.manifest_path] = outcome.manifest;
  const std::string logs = output_paths(definition).logs;
  if (files.exists(logs)) {
    SINTER_ASSIGN(const std::vector<std::string> names, files.list(logs));
    for (const std::string& name : names) {
      SINTER_ASSIGN(outcome.logs[name], read_file(files, logs + "/" + name));
    }
  }
  for (const StageProgress& stage : report.stages) outcome.stages.push_back({stage.name, stage.tasks_total, stage.rows});
  outcome.counters = std::move(report.counters);
  outcome.histograms = std::move(report.histograms);
  outcome.rounds = report.rounds;
  outcome.failed_attempts = report.failed_attempts;
  return outcome;
}

}  // namespace

Result<JobOutcome> run_job(const CompleteJob& job, const Files& inputs, const JobRunOptions& options) {
  const std::unique_ptr<FileSystem> files = make_memory_file_system();
  SINTER_TRY(write_inputs(*files, inputs));
  SINTER_ASSIGN(const JobDefinition definition, define(job, options));
  const SteadyClock clock;
  Log log(LogLevel::Error);
  Failures failures(options.failures);
  RunOptions run{.worker = {},
                 .factory = [&](const JobPayload&) { return define(job, options); },
                 .files = *files,
                 .clock = clock,
                 .log = log,
                 .on_progress = {}};
  run.judge_attempt = [&](const Stage& stage, const AttemptId& attempt) { return failures.judge(stage, attempt); };
  SINTER_ASSIGN(JobReport report, sinter::run_job(definition, {definition.name, ""}, run));
  SINTER_TRY(failures.all_met());
  return collect(*files, definition, std::move(report));
}

}  // namespace sinter::testing

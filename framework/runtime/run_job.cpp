// run_job: output check, scratch, plan, tracker, publication.
#include "framework/runtime/run_job.hpp"

#include <memory>

#include "framework/control/events.hpp"
#include "framework/io/committed_output.hpp"
#include "framework/io/output_assembly.hpp"
#include "framework/runtime/attempt_extras.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/plan_file.hpp"
#include "framework/runtime/output_lock.hpp"
#include "framework/runtime/publish.hpp"
#include "framework/runtime/round_verdict.hpp"
#include "framework/runtime/scratch_directory.hpp"
#include "framework/runtime/tracker.hpp"

namespace sinter {
namespace {

class JobRun {
 public:
  JobRun(const JobDefinition& job, const JobPayload& payload, const RunOptions& options)
      : job_(job), payload_(payload), options_(options), paths_(output_paths(job)), began_ms_(options.clock.now_ms()) {}

  Result<JobReport> run() {
    SINTER_TRY(prepare());
    const JobLayout layout(scratch_ ? scratch_->path() : options_.job_directory);
    SINTER_TRY(options_.files.make_directories(layout.committed_directory()));
    SINTER_TRY(plan(layout));
    report_.planning_ms = options_.clock.now_ms() - began_ms_;
    OutputPublication publication = output_of(job_);
    publication.consume_parts = scratch_ != nullptr;  // else another life may have to publish them again
    OutputAssembly output(options_.files, std::move(publication));
    const auto on_part = [&](TaskId task) { output.part_ready(task.ordinal, layout.result(task)); };
    const auto on_cut = [&](TaskId task, std::uint32_t rest) { output.part_behind(task.ordinal, rest); };
    Result<TrackerResult> tasks = Tracker(plan_, job_, layout, options_, on_part, on_cut).run();
    if (Status kept = keep_logs(options_.files, layout, paths_.logs); !kept.ok())
      options_.log.warning("the job's log lines cannot be kept", {{"reason", kept.error().to_string()}});
    if (!tasks.ok()) return std::move(tasks).error();
    SINTER_TRY(publish(layout, *tasks, output));
    return report_;
  }

 private:
  Status prepare() {
    if (job_.output.path.empty()) return user_error("the job has no output path");
    SINTER_TRY(check_output_path(options_.files, job_.output.path, job_.overwrite));
    SINTER_ASSIGN(lock_, OutputLock::take(options_.files, paths_.parent, job_.output.path));
    for (const SideOutputDeclaration& side : job_.side_outputs) SINTER_TRY(check_side_output(side));
    // Once more under the lock: a run that has just ended may have made it.
    SINTER_TRY(check_output_path(options_.files, job_.output.path, job_.overwrite));
    if (!options_.job_directory.empty()) return {};
    const std::string& wanted = job_.execution.scratch_directory;
    SINTER_ASSIGN(scratch_, ScratchDirectory::create(options_.files, wanted.empty() ? paths_.parent : wanted, options_.log));
    return {};
  }

  /// Made, or that of a life before.
  Status plan(const JobLayout& layout) {
    tell(JobPhase::Planning);
    if (!scratch_ && options_.files.exists(layout.plan())) {
      SINTER_ASSIGN(PlanFile known, read_plan_file(options_.files, layout.plan()));
      plan_ = std::move(known.plan);
      return take_record_formats(plan_, job_);
    }
    SINTER_ASSIGN(plan_, make_plan(options_.files, job_, options_.cores));
    const PlanFile made{payload_, plan_};
    if (scratch_) return write_plan_file(options_.files, layout.plan(), made);
    // Whole or not there at all, whatever happens now; there for good with the first sync of the journal beside it.
    SINTER_TRY(write_plan_file(options_.files, layout.plan() + ".new", made, true));
    return options_.files.rename(layout.plan() + ".new", layout.plan());
  }

  Status check_side_output(const SideOutputDeclaration& side) {
    if (side.output.path.empty()) return user_error("the side output '" + side.name + "' has no path");
    std::size_t same = side.output.path == job_.output.path ? 1 : 0;
    for (const SideOutputDeclaration& other : job_.side_outputs) same += other.output.path == side.output.path ? 1 : 0;
    if (same > 1) return user_error("the side output '" + side.name + "' is written to '" + side.output.path + "', as another output is");
    return check_output_path(options_.files, side.output.path, job_.overwrite);
  }

  Status publish(const JobLayout& layout, TrackerResult& tasks, OutputAssembly& output) {
    report_.counters = std::move(tasks.counters);
    drop_verdicts(report_.counters);
    report_.histograms = take_histograms(report_.counters);
    report_.stages = std::move(tasks.progress);
    for (const StageProgress& stage : report_.stages) report_.rejected_lines += stage.rejected;
    report_.rounds = tasks.rounds;
    report_.summary = std::move(tasks.summary);
    for (const SideFile& side : plan_.side_files) report_.side_inputs.push_back({side.file.path, side.file.size_bytes, side.checksum});
    report_.workers = plan_.workers;
    report_.input_files = plan_.files.size() + plan_.sorted_runs.size();
    report_.input_bytes = plan_.input_bytes + sorted_bytes(plan_.sorted_runs);
    report_.shuffle_bytes = tasks.shuffle_bytes;
    report_.failed_attempts = tasks.failed_attempts;
    report_.lost_workers = tasks.lost_workers;
    report_.quarantined_records = tasks.quarantined_records;
    report_.peak_worker_memory_bytes = tasks.peak_worker_memory_bytes;
    tell(JobPhase::Publishing);
    SINTER_TRY(publish_job(options_.files, options_.clock, {job_, paths_, layout, output, tasks.stages}, report_));
    report_.total_ms = options_.clock.now_ms() - began_ms_;
    tell(JobPhase::Done);
    return {};
  }

  void tell(JobPhase phase) {
    if (!options_.on_progress) return;
    JobProgress progress;
    progress.phase = phase;
    progress.input_bytes = plan_.input_bytes;
    progress.workers = plan_.workers;
    progress.stages = report_.stages;
    progress.stage = report_.stages.empty() ? 0 : report_.stages.size() - 1;
    progress.rounds = report_.rounds;
    progress.failed_attempts = report_.failed_attempts;
    options_.on_progress(progress);
  }

  const JobDefinition& job_;
  const JobPayload& payload_;
  const RunOptions& options_;
  OutputPaths paths_;
  SteadyMs began_ms_;
  Plan plan_;
  JobReport report_;
  std::unique_ptr<OutputLock> lock_;
  std::unique_ptr<ScratchDirectory> scratch_;
};

}  // namespace

std::string shell_command(const std::vector<std::string>& words) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  std::string command;
  for (const std::string& word : words) {
    if (!command.empty()) command += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      command += word;
      continue;
    }
    command += '\'';
    for (const char letter : word) command += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    command += '\'';
  }
  return command;
}

bool was_cancelled(const Error& error) { return error.message() == kCancelledMessage; }

Result<JobReport> run_job(const JobDefinition& job, const JobPayload& payload, const RunOptions& options) {
  return JobRun(job, payload, options).run();
}

}  // namespace sinter

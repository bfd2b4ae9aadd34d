// Tracker: from stage to stage: ranges, verdicts on rounds, files that nobody reads any more; and progress. One thread.
#include <algorithm>

#include "framework/plan/partitions.hpp"
#include "framework/runtime/attempt_context.hpp"
#include "framework/runtime/tracker.hpp"
#include "shuffle/run/run_format.hpp"

namespace sinter {
namespace {

void add(StageProgress& line, const AttemptProgress& attempt) {
  line.rows += attempt.rows;
  line.bytes += attempt.bytes;
  line.rejected += attempt.rejected;
  if (!attempt.status.empty()) line.status = attempt.status;
}

}  // namespace

/// False: there is none.
Result<bool> Tracker::open_next_stage() {
  bool converged = false;
  if (!stages_.empty()) {
    end_line();
    if (stages_.back().work == StageWork::Merge) {
      SINTER_ASSIGN(converged, judge_round(static_cast<std::uint32_t>(stages_.size() - 1)));
    }
    free_inputs();
  }
  std::optional<Stage> next = next_stage(job_, stages_, converged);
  if (!next) return false;
  if (next->work == StageWork::Map) {
    next->tasks = static_cast<std::uint32_t>(plan_.splits.size());
  } else {
    SINTER_TRY(cut_ranges_for(*next));
    next->tasks = static_cast<std::uint32_t>(ranges_.size());
  }
  stages_.push_back(*next);
  if (task_name(*next, 0) == stop_before_ + "-0") {
    stopped_ = true;
    return false;
  }
  begin_line(stages_.back());
  return true;
}

Result<bool> Tracker::judge_round(std::uint32_t merge_stage) {
  SINTER_ASSIGN(std::string current, read_file(options_.files, layout_.result(TaskId{merge_stage, 0}), kMaxSummaryBytes));
  bool converged = false;
  if (job_.rounds->converged) {
    bool threw = false;
    SINTER_TRY(guarded(threw, "condition that ends the rounds", [&]() -> Status {
      converged = job_.rounds->converged(stages_[merge_stage].round, summary_, current);
      return {};
    }));
  }
  summary_ = std::move(current);
  return converged;
}

void Tracker::free_inputs() {
  for (const std::uint32_t stage : stages_to_free(stages_)) {
    for (std::uint32_t task = 0; task < stages_[stage].tasks; ++task) {
      const Status removed = options_.files.remove(layout_.result(TaskId{stage, task}));
      // The scratch directory goes as a whole at the end.
      if (!removed.ok()) options_.log.warning("cannot remove a run that nobody reads any more", {{"reason", removed.error().message()}});
    }
  }
}

Status Tracker::cut_ranges_for(const Stage& stage) {
  if (kept_stage_ == stage.input_stage) {
    ranges_ = kept_ranges_;
    return {};
  }
  std::vector<RunSummary> runs;
  std::vector<const RunSummary*> pointers;
  std::uint64_t raw_bytes = 0;
  runs.reserve(stage.input_tasks);
  for (std::uint32_t task = 0; task < stage.input_tasks; ++task) {
    SINTER_ASSIGN(RunSummary summary, read_run_summary(options_.files, layout_.result(TaskId{stage.input_stage, task})));
    shuffle_bytes_ += summary.file_bytes;
    raw_bytes += summary.raw_bytes;
    runs.push_back(std::move(summary));
    pointers.push_back(&runs.back());
  }
  const std::size_t max_ranges = stage.work == StageWork::Merge ? 1 : kMaxRanges;
  ranges_ = cut_ranges(pointers, range_bytes(plan_, raw_bytes), max_ranges);
  if (keeps_partitions(job_, stages_[stage.input_stage])) ranges_ = widen_to_partitions(std::move(ranges_));
  if (stage.work == StageWork::Round) {
    kept_stage_ = stage.input_stage;
    kept_ranges_ = ranges_;
  }
  return {};
}

void Tracker::begin_line(const Stage& stage) {
  lines_[line_of_stage(job_, stage)].tasks_total += stage.tasks;
  line_began_ms_ = options_.clock.now_ms();
  if (stages_.size() > 1) report_progress(true);
}

void Tracker::end_line() {
  lines_[line_of_stage(job_, stages_.back())].elapsed_ms += options_.clock.now_ms() - *line_began_ms_;
  line_began_ms_.reset();
}

void Tracker::count_committed(const AttemptId& attempt) {
  StageProgress& line = lines_[line_of_stage(job_, stages_[attempt.task.stage])];
  ++line.tasks_done;
  const auto found = running_.find(attempt);
  if (found == running_.end()) return;
  add(line, found->second);
  running_.erase(found);
}

std::vector<StageProgress> Tracker::lines_now() const {
  std::vector<StageProgress> lines = lines_;
  if (!line_began_ms_) return lines;
  StageProgress& open = lines[line_of_stage(job_, stages_.back())];
  open.elapsed_ms += options_.clock.now_ms() - *line_began_ms_;
  open.tasks_running = scheduler_.stage().running;
  for (const auto& [attempt, part] : running_) add(open, part);
  return lines;
}

void Tracker::report_progress(bool force) {
  if (!options_.on_progress || stages_.empty()) return;
  const SteadyMs now = options_.clock.now_ms();
  if (!force && now < next_report_ms_) return;
  next_report_ms_ = now + options_.progress_interval_ms;
  JobProgress progress;
  progress.phase = JobPhase::Running;
  progress.input_bytes = plan_.input_bytes;
  progress.workers = plan_.workers;
  progress.stages = lines_now();
  progress.stage = line_of_stage(job_, stages_.back());
  progress.rounds = stages_.back().round;
  progress.failed_attempts = scheduler_.failed_attempts();
  options_.on_progress(progress);
}

}  // namespace sinter

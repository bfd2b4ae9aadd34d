// Tracker: from stage to stage: ranges, verdicts on rounds, files that nobody reads any more; and progress. One thread.
#include <algorithm>

#include "framework/plan/partitions.hpp"
#include "framework/runtime/job_observer.hpp"
#include "framework/runtime/nearest_hosts.hpp"
#include "framework/runtime/round_verdict.hpp"
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

/// The answer to OpenStage. It may be asked for again, when results were lost that it takes.
Result<Event> Tracker::open_next_stage(std::uint32_t number) {
  std::vector<AttemptId> lost;
  const bool closes = line_began_ms_.has_value();
  if (closes) SINTER_TRY(close_stage(lost));
  if (!lost.empty()) return Event(event::StageBlocked{number, std::move(lost)});
  std::optional<Stage> next = next_stage(job_, stages_, converged_);
  // What the last stage has read goes with the job, or at once where no journal has to be durable before.
  if (closes && (next || !journal_)) free_inputs();
  if (!next) return Event(event::NoMoreStages{number});
  Ranges ranges = std::make_shared<const std::vector<KeyRange>>();
  nearest_.clear();
  if (next->work == StageWork::Map) {
    next->tasks = static_cast<std::uint32_t>(plan_.splits.size());
  } else {
    SINTER_ASSIGN(ranges, cut_ranges_for(*next, lost));
    if (!lost.empty()) return Event(event::StageBlocked{number, std::move(lost)});
    next->tasks = static_cast<std::uint32_t>(ranges->size());
  }
  if (journal_) {
    const bool as_before =
        next->work == StageWork::Round && !ranges_.empty() && std::find(ranges_.begin(), ranges_.end(), ranges) != ranges_.end();
    journal_->append(
        journal::StageFound{*next, next->tasks, as_before, as_before ? std::vector<KeyRange>() : *ranges, judged_, shuffle_bytes_});
  }
  ranges_.push_back(std::move(ranges));
  stages_.push_back(*next);
  if (tasks_name(*next) == stop_before_) {
    stopped_ = true;
    return Event(event::NoMoreStages{number});
  }
  begin_line(stages_.back());
  if (options_.observer != nullptr) options_.observer->stage_opened(number, stages_.back(), shuffle_bytes_, false);
  event::StageOpened opened{number, next->tasks, {}, freed_, writes_output(job_, *next), std::move(nearest_)};
  if (next->work != StageWork::Map) opened.inputs.push_back(next->input_stage);
  if (next->summary_stage) opened.inputs.push_back(*next->summary_stage);
  return Event(std::move(opened));
}

/// All tasks of the last stage have committed: the verdict, if it was a round's.
Status Tracker::close_stage(std::vector<AttemptId>& lost) {
  converged_ = false;
  const auto last = static_cast<std::uint32_t>(stages_.size() - 1);
  if (stages_.back().work == StageWork::Merge) {
    Result<std::string> summary = read_file(options_.files, layout_.result(TaskId{last, 0}), kMaxSummaryBytes);
    if (!summary.ok()) return blame(summary.error(), TaskId{last, 0}, lost);
    summary_ = std::move(*summary);
    converged_ = scheduler_.counters().contains(converged_counter(stages_.back().round));
    judged_ = last;
    if (journal_) SINTER_TRY(write_file_atomically(options_.files, layout_.summary(last), summary_));
  }
  end_line();
  return {};
}

Status Tracker::blame(const Error& error, TaskId task, std::vector<AttemptId>& lost) const {
  if (!pool_->loses_results() || error.fault() != Fault::Environment) return error;
  options_.log.warning("a committed result cannot be read", {{"task", to_string(task)}, {"reason", error.to_string()}});
  lost.push_back(AttemptId{task, scheduler_.committed_attempt(task)});
  return {};
}

void Tracker::free_inputs() {
  freed_ = stages_to_free(stages_);
  if (freed_.empty()) return;
  // A commit that was forgotten would have to read them once more.
  sync_journal();
  if (failure_) return;
  for (const std::uint32_t stage : freed_) {
    for (std::uint32_t task = 0; task < stages_[stage].tasks; ++task) {
      const std::string path = layout_.result(TaskId{stage, task});
      if (!options_.files.exists(path)) continue;  // lost with its node, and not made again since nobody asked
      const Status removed = options_.files.remove(path);
      // The scratch directory goes as a whole at the end.
      if (!removed.ok()) options_.log.warning("cannot remove a run that nobody reads any more", {{"reason", removed.error().message()}});
    }
  }
}

Result<Tracker::Ranges> Tracker::cut_ranges_for(const Stage& stage, std::vector<AttemptId>& lost) {
  if (kept_stage_ == stage.input_stage) {
    nearest_ = kept_nearest_;
    return kept_ranges_;
  }
  std::vector<RunSummary> runs;
  std::vector<HostId> hosts;
  std::vector<const RunSummary*> pointers;
  std::uint64_t file_bytes = 0;
  std::uint64_t raw_bytes = 0;
  std::vector<std::string> paths;
  for (std::uint32_t task = 0; task < stage.input_tasks; ++task) paths.push_back(layout_.result(TaskId{stage.input_stage, task}));
  pool_->will_read(paths);
  for (std::uint32_t task = 0; task < stage.input_tasks; ++task) {
    const TaskId input{stage.input_stage, task};
    Result<RunSummary> summary = read_run_summary(options_.files, paths[task]);
    if (!summary.ok()) {
      SINTER_TRY(blame(summary.error(), input, lost));
      continue;
    }
    file_bytes += summary->file_bytes;
    runs.push_back(std::move(summary).value());
    hosts.push_back(scheduler_.result_host(input));
  }
  if (stage.input_stage == 0) {
    for (const SortedRun& run : plan_.sorted_runs) {
      SINTER_ASSIGN(RunSummary summary, read_run_summary(options_.files, run.path));
      runs.push_back(std::move(summary));
      hosts.push_back(0);
    }
  }
  for (const RunSummary& run : runs) {
    raw_bytes += run.raw_bytes;
    pointers.push_back(&run);
  }
  if (!lost.empty()) return Ranges();
  shuffle_bytes_ += file_bytes;
  const std::size_t max_ranges = stage.work == StageWork::Merge ? 1 : kMaxRanges;
  const bool whole_partitions = keeps_partitions(job_, stages_[stage.input_stage]);
  std::vector<KeyRange> ranges = cut_ranges(pointers, range_bytes(plan_, raw_bytes), max_ranges);
  if (whole_partitions) ranges = widen_to_partitions(std::move(ranges));
  nearest_ = nearest_hosts(runs, hosts, ranges);
  if (options_.cut_ranges && may_cut_again(job_, stage)) {
    const std::size_t wanted = std::min<std::size_t>(ranges.size() * kMarksPerRange, kMaxMarks);
    std::vector<KeyRange> pieces = cut_ranges(pointers, raw_bytes / wanted, wanted);
    if (whole_partitions) pieces = widen_to_partitions(std::move(pieces));
    marks_.emplace(stage.input_stage, pieces);
  }
  auto shared = std::make_shared<const std::vector<KeyRange>>(std::move(ranges));
  if (stage.work == StageWork::Round) {
    kept_stage_ = stage.input_stage;
    kept_ranges_ = shared;
    kept_nearest_ = nearest_;
  }
  return Ranges(std::move(shared));
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
  if (!counted_.insert(attempt.task).second) {  // a result that was lost is there again
    running_.erase(attempt);
    return;
  }
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

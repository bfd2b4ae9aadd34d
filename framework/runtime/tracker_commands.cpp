// Tracker: carrying out the scheduler's commands, and progress.
#include <algorithm>

#include "framework/runtime/tracker.hpp"
#include "shuffle/run/run_format.hpp"

namespace sinter {
namespace {
constexpr std::size_t index_of(TaskKind kind) { return static_cast<std::size_t>(kind); }
}  // namespace

void Tracker::apply(const command::StartWorker& start) {
  options_.log.debug("starting a worker", {{"worker", start.worker}});
  alive_.insert(start.worker);
  pool_->start(start.worker);
}

void Tracker::apply(const command::KillWorker& kill) {
  options_.log.warning("killing a worker", {{"worker", kill.worker}});
  pool_->kill(kill.worker);
}

void Tracker::apply(const command::RunTask& run) {
  options_.log.debug("starting an attempt", {{"attempt", to_string(run.attempt)}, {"worker", run.worker}});
  RunAttempt message{run.attempt, run.careful, run.skip, {}};
  if (run.attempt.task.kind == TaskKind::Reduce) message.range = ranges_[run.attempt.task.ordinal];
  send(run.worker, to_message(message));
}

void Tracker::apply(const command::Commit& commit) {
  Status published = publish_attempt(commit.attempt);
  if (!published.ok()) {
    events_.emplace_back(event::CommitFailed{commit.attempt, std::move(published).error()});
    return;
  }
  const auto found = running_.find(commit.attempt);
  if (found != running_.end()) {
    committed_[index_of(commit.attempt.task.kind)][commit.attempt.task.ordinal] = found->second;
    running_.erase(found);
  }
  on_committed_(commit.attempt.task);
  events_.emplace_back(event::CommitDone{commit.attempt});
}

/// Renames twice or once: rejects first, so that a result never stands without them.
Status Tracker::publish_attempt(const AttemptId& attempt) {
  FileSystem& files = options_.files;
  if (files.exists(layout_.attempt_rejects(attempt)))
    SINTER_TRY(files.rename(layout_.attempt_rejects(attempt), layout_.rejects(attempt.task)));
  SINTER_TRY(files.rename(layout_.attempt_result(attempt), layout_.result(attempt.task)));
  return files.remove_all(layout_.attempt(attempt));
}

void Tracker::apply(const command::Discard& discard) {
  options_.log.info("an attempt failed", {{"attempt", to_string(discard.attempt)}});
  running_.erase(discard.attempt);
  const Status removed = options_.files.remove_all(layout_.attempt(discard.attempt));
  // The scratch directory goes as a whole at the end.
  if (!removed.ok()) options_.log.warning("cannot remove an attempt's files", {{"reason", removed.error().message()}});
}

void Tracker::apply(const command::CutRanges&) {
  Status cut = cut_ranges_of_runs();
  if (!cut.ok()) {
    events_.emplace_back(event::ShellFailed{std::move(cut).error()});
    return;
  }
  committed_[1].resize(ranges_.size());
  stage_ended_ms_[0] = options_.clock.now_ms();
  stage_began_ms_[1] = stage_ended_ms_[0];
  report_progress(true);
  events_.emplace_back(event::RangesCut{static_cast<std::uint32_t>(ranges_.size())});
}

Status Tracker::cut_ranges_of_runs() {
  std::vector<RunSummary> runs;
  std::vector<const RunSummary*> pointers;
  std::uint64_t raw_bytes = 0;
  runs.reserve(plan_.splits.size());
  for (std::uint32_t map = 0; map < plan_.splits.size(); ++map) {
    SINTER_ASSIGN(RunSummary summary, read_run_summary(options_.files, layout_.result(TaskId{TaskKind::Map, map})));
    shuffle_bytes_ += summary.file_bytes;
    raw_bytes += summary.raw_bytes;
    runs.push_back(std::move(summary));
    pointers.push_back(&runs.back());
  }
  ranges_ = cut_ranges(pointers, range_bytes(plan_, raw_bytes), kMaxRanges);
  return {};
}

void Tracker::apply(const command::FinishJob&) { stage_ended_ms_[1] = options_.clock.now_ms(); }

void Tracker::apply(const command::FailJob& fail) {
  Error error = fail.error;
  if (fail.attempt) {
    std::string task = to_string(fail.attempt->task);
    if (fail.attempt->task.kind == TaskKind::Map)
      task += " of " + std::to_string(plan_.splits.size()) + " (" + describe_split(plan_, plan_.splits[fail.attempt->task.ordinal]) + ")";
    else
      task += " of " + std::to_string(ranges_.size());
    error = std::move(error).with_context("in " + task);
  }
  failure_ = std::move(error);
}

void Tracker::send(WorkerId worker, net::Message message) {
  const auto peer = peers_of_workers_.find(worker);
  if (peer == peers_of_workers_.end()) return;  // its exit is on the way
  const Status sent = transport_->send(peer->second, std::move(message));
  if (sent.ok()) return;
  options_.log.warning("a worker cannot be reached", {{"worker", worker}, {"reason", sent.error().message()}});
  pool_->kill(worker);
}

StageProgress Tracker::progress_of(TaskKind kind) const {
  const StageCount count = scheduler_.stage(kind);
  StageProgress stage;
  stage.tasks_total = count.total;
  stage.tasks_done = count.committed;
  stage.tasks_running = count.running;
  const auto add = [&stage](const AttemptProgress& part) {
    stage.rows += part.rows;
    stage.bytes += part.bytes;
    stage.rejected += part.rejected;
  };
  for (const AttemptProgress& part : committed_[index_of(kind)]) add(part);
  for (const auto& [attempt, part] : running_)
    if (attempt.task.kind == kind) add(part);
  const SteadyMs began = stage_began_ms_[index_of(kind)];
  const SteadyMs ended = stage_ended_ms_[index_of(kind)];
  if (began > 0) stage.elapsed_ms = (ended > 0 ? ended : options_.clock.now_ms()) - began;
  return stage;
}

JobProgress Tracker::progress() const {
  JobProgress now;
  const bool reducing = scheduler_.stage(TaskKind::Reduce).total > 0;
  now.stage = reducing ? JobStage::Reducing : JobStage::Mapping;
  now.input_bytes = plan_.input_bytes;
  now.workers = plan_.workers;
  now.map = progress_of(TaskKind::Map);
  now.reduce = progress_of(TaskKind::Reduce);
  now.failed_attempts = scheduler_.failed_attempts();
  return now;
}

void Tracker::report_progress(bool force) {
  if (!options_.on_progress) return;
  const SteadyMs now = options_.clock.now_ms();
  if (!force && now < next_report_ms_) return;
  next_report_ms_ = now + options_.progress_interval_ms;
  options_.on_progress(progress());
}

}  // namespace sinter

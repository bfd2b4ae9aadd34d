// Tracker: carrying out the scheduler's commands. Owned by run_job(); one thread.
#include "framework/runtime/attempt_extras.hpp"
#include "framework/runtime/tracker.hpp"

namespace sinter {
namespace {

/// What a task that is run again has to be looked for in, when its ranges depended on who was slow.
std::string note_on_cuts(const std::vector<Stage>& stages, const Stage& stage) {
  for (const Stage& earlier : stages)
    if (&earlier != &stage && earlier.work == StageWork::Step && !earlier.cut_from.empty())
      return " (or one beside it: ranges of " + tasks_name(earlier) +
             " were cut again while the job ran, so borders behind it were others)";
  return "";
}

}  // namespace

void Tracker::apply(const command::StartWorker& start) {
  options_.log.debug("starting a worker", {{"worker", start.worker}});
  pool_->start(start.worker);
}

void Tracker::apply(const command::KillWorker& kill) {
  options_.log.warning("killing a worker", {{"worker", kill.worker}});
  pool_->kill(kill.worker);
}

void Tracker::apply(const command::RunTask& run) {
  options_.log.debug("starting an attempt", {{"attempt", to_string(run.attempt)}, {"worker", run.worker}});
  const Stage& stage = stages_[run.attempt.task.stage];
  RunAttempt message{run.attempt, stage, run.careful, run.skip, {}, pool_->inputs_of(stage)};
  if (stage.work != StageWork::Map) message.range = (*ranges_[run.attempt.task.stage])[run.attempt.task.ordinal];
  pool_->gives(run.worker, run.attempt);
  pool_->send(run.worker, to_message(message));
}

void Tracker::apply(const command::Commit& commit) {
  Result<bool> published = publish_attempt(commit.attempt);
  if (!published.ok()) end_commit(commit.attempt, std::move(published).error());
  else if (!*published) end_commit(commit.attempt, {});
}

/// The attempt's files are where they stay, or cannot be brought there.
void Tracker::end_commit(const AttemptId& attempt, Status published) {
  if (published.ok()) published = options_.files.remove_all(layout_.attempt(attempt));
  if (!published.ok()) {
    // What cannot be fetched from its node is as good as lost, and no fault of the task. A disk here that is full is another matter.
    const bool lost = pool_->loses_results() && published.error().fault() == Fault::Environment && published.error().retriable();
    events_.emplace_back(event::CommitFailed{attempt, std::move(published).error(), lost});
    return;
  }
  if (journal_) {
    const auto progress = running_.find(attempt);
    journal_->append(journal::ResultAt{attempt, pool_->place_of(layout_.result(attempt.task)),
                                       progress == running_.end() ? AttemptProgress{} : progress->second});
    if (auto kept = to_keep_.extract(attempt); !kept.empty()) journal_->append(journal::FilesKept{attempt, std::move(kept.mapped())});
  }
  count_committed(attempt);
  if (writes_output(job_, stages_[attempt.task.stage])) on_part_(attempt.task);
  events_.emplace_back(event::CommitDone{attempt});
}

/// Renames what there is: rejects and side outputs first, so that a result never stands without them. True: Kept follows.
Result<bool> Tracker::publish_attempt(const AttemptId& attempt) {
  FileSystem& files = options_.files;
  if (files.exists(layout_.attempt_rejects(attempt)))
    SINTER_TRY(files.rename(layout_.attempt_rejects(attempt), layout_.rejects(attempt.task)));
  SINTER_TRY(commit_side_outputs(files, layout_, attempt, job_.side_outputs.size()));
  SINTER_TRY(files.rename(layout_.attempt_result(attempt), layout_.result(attempt.task)));
  // What a result that is made again gives once more must not depend on anybody's life.
  std::vector<std::string> paths{layout_.rejects(attempt.task)};
  for (std::size_t side = 0; side < job_.side_outputs.size(); ++side) paths.push_back(layout_.side_output(attempt.task, side));
  if (writes_output(job_, stages_[attempt.task.stage])) paths.push_back(layout_.result(attempt.task));
  return pool_->keep(attempt, paths);
}

void Tracker::apply(const command::Discard& discard) {
  options_.log.info("an attempt failed", {{"attempt", to_string(discard.attempt)}});
  running_.erase(discard.attempt);
  to_keep_.erase(discard.attempt);
  const Status removed = options_.files.remove_all(layout_.attempt(discard.attempt));
  // The scratch directory goes as a whole at the end.
  if (!removed.ok()) options_.log.warning("cannot remove an attempt's files", {{"reason", removed.error().message()}});
}

void Tracker::apply(const command::OpenStage& open) {
  Result<Event> answer = open_next_stage(open.stage);
  if (answer.ok()) events_.push_back(std::move(answer).value());
  else events_.emplace_back(event::ShellFailed{std::move(answer).error()});
}

// The loop sees that the scheduler has ended.
void Tracker::apply(const command::FinishJob&) {}

void Tracker::apply(const command::ReleaseWorker& release) { pool_->send(release.worker, to_message(Stop{})); }

void Tracker::apply(const command::BlameHost& blame) { pool_->blame(blame.host); }

// take() has written it already.
void Tracker::apply(const command::Journal&) {}

void Tracker::apply(const command::FailJob& fail) {
  Error error = fail.error;
  if (fail.attempt) {
    const Stage& stage = stages_[fail.attempt->task.stage];
    const std::uint32_t ordinal = fail.attempt->task.ordinal;
    std::string task = stage_name(job_, stage) + " task " + std::to_string(ordinal) + " of " + std::to_string(stage.tasks);
    if (stage.work == StageWork::Map) task += " (" + describe_split(plan_, plan_.splits[ordinal]) + ")";
    error = std::move(error).with_context("in " + task);
    if (!options_.rerun_command.empty()) {
      const std::string hint = error.hint().empty() ? "" : error.hint() + ". ";
      error = std::move(error).with_hint(hint + "To run this attempt alone, in the foreground, writing nothing: " + options_.rerun_command +
                                         " --task " + task_name(stage, first_owner(stage, ordinal)) + note_on_cuts(stages_, stage));
    }
  }
  failure_ = std::move(error);
}

}  // namespace sinter

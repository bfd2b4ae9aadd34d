// Tracker: the journal: written as decisions are made, read when the process that made them is gone. One thread.
#include <algorithm>

#include "framework/plan/plan.hpp"
#include "framework/runtime/job_observer.hpp"
#include "framework/runtime/tracker.hpp"

namespace sinter {

void Tracker::sync_journal() {
  if (!journal_) return;
  if (Status synced = journal_->sync(); !synced.ok() && !failure_) {
    // Nothing that follows may happen: the job fails, and whoever looks at the journal later finds it as it was.
    failure_ = std::move(synced).error().with_context("while writing the job's journal");
    due_.clear();
    events_.clear();
    events_.emplace_back(event::ShellFailed{*failure_});
  }
}

Status Tracker::restore() {
  if (options_.job_directory.empty()) return {};
  std::vector<JobRecord> records;
  SINTER_ASSIGN(journal_, JobJournal::open(options_.files, layout_.journal(), records));
  SchedulerOptions scheduling = scheduler_options();
  std::vector<JournalRecord> decisions;
  Replayed replayed;
  for (const JobRecord& record : records) {
    if (std::holds_alternative<journal::LifeBegan>(record)) ++scheduling.generation;
    else if (const auto* stage = std::get_if<journal::StageFound>(&record)) replayed.found = *stage;
    else if (const auto* result = std::get_if<journal::ResultAt>(&record)) replayed.said[result->attempt] = *result;
    else if (const auto* kept = std::get_if<journal::FilesKept>(&record)) replayed.said_kept[kept->attempt] = *kept;
    else decisions.push_back(std::get<JournalRecord>(record));
    const auto* decision = std::get_if<JournalRecord>(&record);
    if (decision == nullptr) continue;
    SINTER_TRY(replay(*decision, replayed));
    if (options_.observer != nullptr) options_.observer->replayed(*decision);
  }
  if (!stages_.empty()) pool_->want_workers(0);  // the pool says with it what each of those who return takes up
  SINTER_ASSIGN(const std::vector<AttemptId> damaged, look_at_kept(replayed));
  SINTER_ASSIGN(scheduler_, Scheduler::restore(scheduling, decisions, damaged));
  journal_->append(journal::LifeBegan{});  // durable before anybody hears of this life
  if (stages_.empty()) return {};
  for (const AttemptId& attempt : damaged) replayed.results.erase(attempt.task);
  for (const auto& [task, result] : replayed.results) {
    SINTER_TRY(pool_->put_back(layout_.result(task), result.place));
    if (writes_output(job_, stages_[task.stage])) on_part_(task);
  }
  if (judged_) {
    SINTER_ASSIGN(summary_, read_file(options_.files, layout_.summary(*judged_), kMaxSummaryBytes));
  }
  line_began_ms_ = options_.clock.now_ms();
  options_.log.info("a job goes on from its journal", {{"job", plan_.job_name}, {"records", std::uint64_t{records.size()}}});
  return {};
}

Status Tracker::replay(const JournalRecord& decision, Replayed& replayed) {
  if (const auto* opened = std::get_if<journal::StageOpened>(&decision)) {
    if (!replayed.found || opened->stage != stages_.size() || opened->tasks != replayed.found->tasks)
      return internal_error("the job's journal opens a stage that it does not describe");
    replay_stage(*replayed.found);
    for (const std::uint32_t freed : opened->freed)
      std::erase_if(replayed.results, [&](const auto& entry) { return entry.first.stage == freed; });
  } else if (const auto* committed = std::get_if<journal::Committed>(&decision)) {
    const AttemptId& attempt = committed->attempt;
    const auto result = replayed.said.find(attempt);
    if (result == replayed.said.end() || attempt.task.stage >= stages_.size())
      return internal_error("the job's journal commits an attempt whose result it does not place");
    replayed.results[attempt.task] = result->second;
    replayed.kept.erase(attempt.task);
    if (const auto kept = replayed.said_kept.find(attempt); kept != replayed.said_kept.end()) replayed.kept[attempt.task] = kept->second;
    running_[attempt] = result->second.progress;
    count_committed(attempt);
  } else if (const auto* lost = std::get_if<journal::ResultLost>(&decision)) {
    replayed.results.erase(lost->attempt.task);
  } else if (const auto* damaged = std::get_if<journal::KeptLost>(&decision)) {
    replayed.results.erase(damaged->attempt.task);
    replayed.ended.reset();
  } else if (const auto* ended = std::get_if<journal::Ended>(&decision)) {
    replayed.ended = ended->state;
  } else if (const auto* cut = std::get_if<journal::RangeCut>(&decision)) {
    const KeyRange* range = range_of(cut->attempt.task);
    if (range == nullptr || cut->rest != stages_[cut->attempt.task.stage].tasks || !lies_in(*range, cut->border))
      return internal_error("the job's journal cuts a range that is not there");
    cut_range(cut->attempt.task, cut->rest, cut->border);
  }
  return {};
}

// What is kept is not synced when its commit is journalled: nobody's job waits for that, and only a power cut makes a difference. So who
// goes on with the job reads it once.
Result<std::vector<AttemptId>> Tracker::look_at_kept(const Replayed& replayed) {
  std::vector<AttemptId> damaged;
  const bool done = replayed.ended == JobState::Done;
  if (replayed.ended && !done) return damaged;
  FileSystem& files = options_.files;
  for (const auto& [task, kept] : replayed.kept) {
    // One that is done may have been published.
    if (!done && options_.cancel != nullptr && options_.cancel->load()) return environment_error(std::string(kCancelledMessage), false);
    paused_ = options_.pause != nullptr && options_.pause->load();
    if (paused_) return environment_error("the job is paused", false);
    for (const FileChecksum& file : kept.files) {
      const std::string path = layout_.committed_directory() + "/" + file.name;
      const Result<std::uint64_t> sum = files.exists(path) ? checksum_of_file(files, path) : Result<std::uint64_t>(std::uint64_t{0});
      if (sum.ok() && *sum == file.checksum) continue;
      options_.log.warning("a file that was kept is damaged; its task is made again",
                           {{"task", to_string(task)},
                            {"file", path},
                            {"reason", !files.exists(path) ? "it is gone" : sum.ok() ? "its checksum differs" : sum.error().message()}});
      damaged.push_back(kept.attempt);
      break;
    }
    if (damaged.empty() || damaged.back() != kept.attempt) continue;
    // Whatever is made again, nothing of this is published.
    for (const FileChecksum& file : kept.files) SINTER_TRY(files.remove_all(layout_.committed_directory() + "/" + file.name));
  }
  return damaged;
}

std::vector<FileChecksum> Tracker::kept_of(const AttemptDone& done) const {
  const TaskId& task = done.attempt.task;
  std::vector<std::pair<std::string, std::string>> kept{{layout_.attempt_rejects(done.attempt), layout_.rejects(task)}};
  for (std::size_t side = 0; side < job_.side_outputs.size(); ++side)
    kept.emplace_back(layout_.attempt_side_output(done.attempt, side), layout_.side_output(task, side));
  if (writes_output(job_, stages_[task.stage])) kept.emplace_back(layout_.attempt_result(done.attempt), layout_.result(task));
  std::vector<FileChecksum> files;
  for (const FileChecksum& one : done.checksums)
    for (const auto& [from, to] : kept)
      if (layout_.attempt(done.attempt) + "/" + one.name == from) files.push_back({to.substr(to.rfind('/') + 1), one.checksum});
  return files;
}

void Tracker::replay_stage(const journal::StageFound& found) {
  Stage stage = found.stage;
  stage.tasks = found.tasks;
  Ranges ranges = found.ranges_as_before ? kept_ranges_ : std::make_shared<const std::vector<KeyRange>>(found.ranges);
  if (stage.work == StageWork::Round) {
    kept_stage_ = stage.input_stage;
    kept_ranges_ = ranges;
  }
  ranges_.push_back(std::move(ranges));
  stages_.push_back(stage);
  judged_ = found.judged;
  shuffle_bytes_ = found.shuffle_bytes;
  lines_[line_of_stage(job_, stage)].tasks_total += stage.tasks;
  if (options_.observer != nullptr) {
    const auto number = static_cast<std::uint32_t>(stages_.size() - 1);
    options_.observer->stage_opened(number, stages_.back(), shuffle_bytes_, true);
  }
}

}  // namespace sinter

// Tracker: the journal: written as decisions are made, read when the process that made them is gone. One thread.
#include <algorithm>

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
  std::map<TaskId, journal::ResultAt> results;
  std::map<AttemptId, journal::ResultAt> said;
  std::optional<journal::StageFound> found;
  for (const JobRecord& record : records) {
    if (std::holds_alternative<journal::LifeBegan>(record)) ++scheduling.generation;
    else if (const auto* stage = std::get_if<journal::StageFound>(&record)) found = *stage;
    else if (const auto* result = std::get_if<journal::ResultAt>(&record)) said[result->attempt] = *result;
    else decisions.push_back(std::get<JournalRecord>(record));
    const auto* decision = std::get_if<JournalRecord>(&record);
    if (decision == nullptr) continue;
    SINTER_TRY(replay(*decision, found, said, results));
    if (options_.observer != nullptr) options_.observer->replayed(*decision);
  }
  SINTER_ASSIGN(scheduler_, Scheduler::restore(scheduling, decisions));
  journal_->append(journal::LifeBegan{});  // durable before anybody hears of this life
  if (stages_.empty()) return {};
  for (const auto& [task, result] : results) {
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

Status Tracker::replay(const JournalRecord& decision, const std::optional<journal::StageFound>& found,
                       const std::map<AttemptId, journal::ResultAt>& said, std::map<TaskId, journal::ResultAt>& results) {
  if (const auto* opened = std::get_if<journal::StageOpened>(&decision)) {
    if (!found || opened->stage != stages_.size() || opened->tasks != found->tasks)
      return internal_error("the job's journal opens a stage that it does not describe");
    replay_stage(*found);
    for (const std::uint32_t freed : opened->freed) std::erase_if(results, [&](const auto& entry) { return entry.first.stage == freed; });
  } else if (const auto* committed = std::get_if<journal::Committed>(&decision)) {
    const auto result = said.find(committed->attempt);
    if (result == said.end() || committed->attempt.task.stage >= stages_.size())
      return internal_error("the job's journal commits an attempt whose result it does not place");
    results[committed->attempt.task] = result->second;
    running_[committed->attempt] = result->second.progress;
    count_committed(committed->attempt);
  } else if (const auto* lost = std::get_if<journal::ResultLost>(&decision)) {
    results.erase(lost->attempt.task);
  } else if (const auto* cut = std::get_if<journal::RangeCut>(&decision)) {
    const KeyRange* range = range_of(cut->attempt.task);
    if (range == nullptr || cut->rest != stages_[cut->attempt.task.stage].tasks || !lies_in(*range, cut->border))
      return internal_error("the job's journal cuts a range that is not there");
    cut_range(cut->attempt.task, cut->rest, cut->border);
  }
  return {};
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

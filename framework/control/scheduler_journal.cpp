// Scheduler: decisions take effect here and nowhere else, in a life as in its replay, so that the journal says all there is to know.
#include <algorithm>

#include "base/assert.hpp"
#include "framework/control/scheduler.hpp"

namespace sinter {
namespace {

/// Whose error tells most: a user's over the machine's over a lost worker's (which is Environment, and comes later).
bool tells_more(const Error& fresh, const std::optional<Error>& known) {
  return !known || (fresh.fault() == Fault::User && known->fault() != Fault::User);
}

}  // namespace

void Scheduler::decide(JournalRecord record) {
  std::visit([this](const auto& one) { apply(one); }, record);
  if (options_.journal) commands_.emplace_back(command::Journal{std::move(record)});
}

void Scheduler::apply(const journal::StageOpened& opened) {
  for (const std::uint32_t freed : opened.freed) stages_.free(freed);
  stages_.open(opened.tasks, opened.inputs, opened.keeps_results);
  state_ = JobState::Running;
}

void Scheduler::apply(const journal::Committed& committed) {
  const TaskId id = committed.attempt.task;
  Task& of = stages_.at(id);
  StageTable::Stage& stage = stages_.stage(id.stage);
  if (of.result == 0) {
    for (const auto& [name, value] : committed.counters) counters_[name] += value;
  } else if (of.has_checksum && committed.checksum && *committed.checksum != of.checksum) {
    for (const std::uint32_t reader : stage.readers) stages_.stage(reader).input_changed = true;
  }
  stage.ever_committed = true;
  of.attempts = std::max(of.attempts, committed.attempt.number);
  of.result = committed.attempt.number;
  of.host = committed.host;
  of.has_checksum = committed.checksum.has_value();
  of.checksum = committed.checksum.value_or(0);
  of.failures = 0;
  of.copies = 0;
  if (of.trouble && of.trouble->skip.empty() && of.trouble->fetch_losses == 0) of.trouble.reset();
  if (of.trouble) {
    of.trouble->failed_on.clear();
    of.trouble->reporters.clear();
    of.trouble->suspect.reset();
    of.trouble->first_error.reset();
    of.trouble->stale_fetches = 0;
  }
  stages_.set_state(id, TaskState::Committed);
  blocked_on_.erase(id);
}

void Scheduler::apply(const journal::ResultLost& lost) {
  Task& of = stages_.at(lost.attempt.task);
  if (of.trouble) of.trouble->reporters.clear();
  ++lost_results_;
  stages_.set_state(lost.attempt.task, TaskState::Lost);
}

void Scheduler::apply(const journal::Failed& failed) {
  Task& of = stages_.at(failed.attempt.task);
  ++failed_attempts_;
  ++of.failures;
  of.attempts = std::max(of.attempts, failed.attempt.number);
  of.careful = failed.careful;
  TaskTrouble& story = of.story();
  if (failed.worker != 0) story.failed_on.insert(place_of(failed.worker, failed.host));
  story.suspect = failed.suspect;
  if (!failed.error.retriable() || tells_more(failed.error, story.first_error)) story.first_error = failed.error;
}

void Scheduler::apply(const journal::Quarantined& quarantined) {
  Task& of = stages_.at(quarantined.attempt.task);
  ++failed_attempts_;
  ++quarantined_records_;
  of.attempts = std::max(of.attempts, quarantined.attempt.number);
  of.careful = true;
  of.failures = 0;  // a found record is progress: the attempts so far were spent finding it
  TaskTrouble& story = of.story();
  story.skip.push_back(quarantined.record);
  story.suspect.reset();
  story.first_error.reset();
}

void Scheduler::apply(const journal::Ended& ended) { state_ = ended.state; }

void Scheduler::apply(const journal::RangeCut& cut) {
  Task& of = stages_.at(cut.attempt.task);
  of.attempts = std::max(of.attempts, cut.attempt.number - 1);  // earlier ones would do the whole; this one may be adopted
  stages_.add_task(cut.attempt.task.stage);
}

void Scheduler::apply(const journal::KeptLost& lost) {
  ++lost_results_;
  if (stages_.at(lost.attempt.task).state == TaskState::Committed) stages_.set_state(lost.attempt.task, TaskState::Lost);
  blocked_on_.insert(lost.attempt.task);
  if (state_ == JobState::Done) state_ = JobState::Opening;
}

/// Of a job that has failed or was cancelled nothing is missed.
void Scheduler::lose_kept(const std::vector<AttemptId>& damaged) {
  if (state_ == JobState::Failed || state_ == JobState::Cancelled) return;
  for (const AttemptId& attempt : damaged) {
    const Task* of = stages_.find(attempt.task);
    if (of != nullptr && of->result == attempt.number && !blocked_on_.contains(attempt.task)) decide(journal::KeptLost{attempt});
  }
}

bool Scheduler::follows(const JournalRecord& record) const {
  if (ended() && !(state_ == JobState::Done && std::holds_alternative<journal::KeptLost>(record))) return false;
  const auto of_task = [this](const AttemptId& attempt) {
    return stages_.find(attempt.task) != nullptr && attempt.number >= 1 && attempt.number <= (options_.generation - 1) * kAttemptsPerLife;
  };
  const auto check = [&](const auto& one) {
    using Record = std::decay_t<decltype(one)>;
    if constexpr (std::is_same_v<Record, journal::StageOpened>) {
      const auto earlier = [&](std::uint32_t stage) { return stage < stages_.size(); };
      return one.stage == stages_.size() && std::all_of(one.inputs.begin(), one.inputs.end(), earlier) &&
             std::all_of(one.freed.begin(), one.freed.end(), earlier);
    } else if constexpr (std::is_same_v<Record, journal::Ended>) {
      return one.state == JobState::Done || ((one.state == JobState::Failed || one.state == JobState::Cancelled) && one.error.has_value());
    } else if constexpr (std::is_same_v<Record, journal::Committed>) {
      return of_task(one.attempt) && stages_.find(one.attempt.task)->state != TaskState::Committed;
    } else if constexpr (std::is_same_v<Record, journal::RangeCut>) {
      return of_task(one.attempt) && one.attempt.task.stage > 0 && stages_.find(one.attempt.task)->result == 0 &&
             one.rest == stages_[one.attempt.task.stage].tasks.size() && !one.border.empty();
    } else if constexpr (std::is_same_v<Record, journal::ResultLost>) {
      return of_task(one.attempt) && stages_.find(one.attempt.task)->state == TaskState::Committed &&
             stages_.find(one.attempt.task)->result == one.attempt.number;
    } else if constexpr (std::is_same_v<Record, journal::KeptLost>) {
      return of_task(one.attempt) && stages_.find(one.attempt.task)->result == one.attempt.number;
    } else {
      return of_task(one.attempt);
    }
  };
  return std::visit(check, record);
}

Result<Scheduler> Scheduler::restore(const SchedulerOptions& options, const std::vector<JournalRecord>& records,
                                     const std::vector<AttemptId>& damaged) {
  Scheduler restored(options);
  for (std::size_t index = 0; index < records.size(); ++index) {
    if (!restored.follows(records[index]))
      return internal_error("record " + std::to_string(index + 1) + " of the job's journal cannot follow those before it in life " +
                            std::to_string(options.generation) + " of the tracker");
    std::visit([&](const auto& one) { restored.apply(one); }, records[index]);
  }
  restored.lose_kept(damaged);
  if (restored.ended()) {
    const auto& ended = std::get<journal::Ended>(records.back());
    if (ended.state == JobState::Done) restored.commands_.emplace_back(command::FinishJob{});
    else restored.commands_.emplace_back(command::FailJob{*ended.error, ended.attempt});
  }
  restored.first_commands_ = std::move(restored.commands_);
  return restored;
}

}  // namespace sinter

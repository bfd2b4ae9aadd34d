// Scheduler: results that are lost after they committed: what is made again, who may go on, and when the job gives up.
#include <algorithm>

#include "base/assert.hpp"
#include "framework/control/scheduler.hpp"

namespace sinter {

void Scheduler::on(const event::ResultsLost& lost) {
  for (const AttemptId& attempt : lost.results) {
    const Task* of = stages_.find(attempt.task);
    if (of == nullptr || stages_[attempt.task.stage].keeps_results) continue;
    if (holds_grant(attempt)) {
      commands_.emplace_back(command::Discard{attempt});
      take_back_grant(attempt.task);
    } else if (of->state == TaskState::Committed && of->result == attempt.number) {
      decide(journal::ResultLost{attempt});
    }
  }
}

void Scheduler::on(const event::StageBlocked& blocked) {
  if (state_ != JobState::Opening || !asked_ || blocked.stage != stages_.size()) return;
  asked_ = false;
  for (const AttemptId& attempt : blocked.lost) {
    const Task* of = stages_.find(attempt.task);
    if (of == nullptr || of->result != attempt.number) continue;  // made again meanwhile
    if (of->state == TaskState::Committed && !lose_unfetched(attempt.task)) return;
    if (of->state != TaskState::Committed) blocked_on_.insert(attempt.task);
  }
}

bool Scheduler::excused(const event::AttemptFailed& failed) {
  const std::vector<std::uint32_t>& inputs = stages_[failed.attempt.task.stage].inputs;
  bool news = false;
  for (const AttemptId& lost : failed.lost_inputs) {
    Task* producer = stages_.find(lost.task);
    if (producer == nullptr || std::find(inputs.begin(), inputs.end(), lost.task.stage) == inputs.end()) continue;
    if (producer->state != TaskState::Committed || producer->result != lost.number) continue;
    news = true;
    producer->story().reporters.insert(failed.attempt);
    if (producer->trouble->reporters.size() >= kFetchReports && !lose_unfetched(lost.task)) return false;
  }
  // What names no result that is there must not go on for ever.
  return news || ++stages_.at(failed.attempt.task).story().stale_fetches <= kMaxStaleFetches;
}

bool Scheduler::lose_unfetched(TaskId id) {
  const Task& of = stages_.at(id);
  const AttemptId attempt{id, of.result};
  if (!count_fetch_loss(attempt, of.host)) return false;
  decide(journal::ResultLost{attempt});
  return true;
}

/// False: the job is given up.
bool Scheduler::count_fetch_loss(AttemptId attempt, HostId host, const std::string& reason) {
  TaskTrouble& story = stages_.at(attempt.task).story();
  if (++story.fetch_losses > kMaxFetchLosses) {
    fail_job(environment_error("the result of " + to_string(attempt.task) + " was made " + std::to_string(kMaxFetchLosses + 1) +
                                   " times and could not be fetched (limit of results lost that way per task)" + reason,
                               false),
             attempt);
    return false;
  }
  if (host != 0) {
    story.failed_on.insert(place_of(0, host));  // not there again, if there is another place
    commands_.emplace_back(command::BlameHost{host});
  }
  return true;
}

bool Scheduler::accepts_change(TaskId id, const Grant& grant) {
  const Task& of = stages_.at(id);
  if (of.result == 0 || !of.has_checksum || !grant.checksum || *grant.checksum == of.checksum) return true;
  const std::vector<std::uint32_t>& readers = stages_[id.stage].readers;
  const bool taken = std::any_of(readers.begin(), readers.end(), [this](std::uint32_t reader) {
    return stages_[reader].ever_committed || stages_[reader].count(TaskState::Committing) > 0;
  });
  if (taken) {
    fail_job(
        user_error(to_string(id) + " is not deterministic: its result was lost and made again, and it differs from the one that others "
                                   "have read")
            .with_hint("A task must give the same result for the same input: no clock, no random numbers without a seed, no addresses"),
        AttemptId{id, grant.number});
    return false;
  }
  // Readers that have begun may have seen the old one.
  for (auto& [worker_id, worker] : workers_) {
    if (!worker.attempt || worker.parting) continue;
    const TaskId running = worker.attempt->task;
    if (std::find(readers.begin(), readers.end(), running.stage) == readers.end()) continue;
    dismiss(worker_id, worker);
    end_copy(running);
  }
  return true;
}

void Scheduler::on(const event::WorkerAdopted& adopted) {
  if (adopted.worker == 0 || workers_.contains(adopted.worker)) return;
  Worker& worker = workers_[adopted.worker];
  worker.was_ready = true;
  worker.host = adopted.host;
  worker.heard_ms = now_;
  start_failures_ = 0;
  killed_starts_ = 0;
  Task* of = adopted.attempt ? stages_.find(adopted.attempt->task) : nullptr;
  const bool committed = of != nullptr && of->state == TaskState::Committed && of->result == adopted.attempt->number;
  if (!adopted.attempt || committed) {
    worker.state = WorkerState::Busy;
    set_idle(adopted.worker, worker);
    return;
  }
  const AttemptId attempt = *adopted.attempt;
  // Of this life: it was given up already, and its files with it.
  const bool wanted = of != nullptr && of->state == TaskState::Pending && attempt.number > of->attempts &&
                      attempt.number <= (options_.generation - 1) * kAttemptsPerLife && !stages_[attempt.task.stage].input_changed;
  if (!wanted) {
    worker.attempt = attempt;
    dismiss(adopted.worker, worker);
    return;
  }
  of->attempts = attempt.number;
  // Whether it runs carefully is not known; it is not told by the journal either, so what it reports of records is not taken as proof.
  run(adopted.worker, worker, attempt, false);
}

}  // namespace sinter

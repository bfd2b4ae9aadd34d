// Scheduler: failed attempts, crashing records, lost workers: what counts against a task, and when the job gives up.
#include <algorithm>

#include "base/assert.hpp"
#include "framework/control/scheduler.hpp"

namespace sinter {

void Scheduler::on(const event::AttemptFailed& failed) {
  Worker* worker = runner_of(failed.worker, failed.attempt);
  if (worker == nullptr) return;
  worker->heard_ms = now_;
  worker->attempt.reset();
  set_idle(failed.worker, *worker);
  commands_.emplace_back(command::Discard{failed.attempt});
  if (worker->parting) return;
  const HostId host = worker->host;
  Task& of = stages_.at(failed.attempt.task);
  const bool only_copy = of.state == TaskState::Running;
  end_copy(failed.attempt.task);
  if (!only_copy || failed.outdated) return;  // another attempt is about to commit, or begins now
  if (!failed.lost_inputs.empty() && (excused(failed) || ended())) {
    of.story().failed_on.insert(place_of(failed.worker, host));  // its network may be at fault
    return;
  }
  if (failed.threw && failed.attempt.task.stage == 0) {
    if (worker->careful && failed.record) {
      pin_record(failed.attempt, *failed.record, failed.error);
      return;
    }
    if (!worker->careful) {  // find the record: once more, one at a time
      of.careful = true;
      attempt_failed(failed.attempt, failed.worker, host, environment_error(failed.error.message()));
      return;
    }
  }
  attempt_failed(failed.attempt, failed.worker, host, failed.error);
}

void Scheduler::on(const event::WorkerLost& lost) {
  if (workers_.contains(lost.worker)) lose(lost);
}

void Scheduler::lose(const event::WorkerLost& lost) {
  due_ = true;
  const WorkerId id = lost.worker;
  const std::optional<RecordAt>& record = lost.record;
  const auto found = workers_.find(id);
  const Worker worker = std::move(found->second);
  workers_.erase(found);
  starting_.erase(id);
  idle_.erase(id);
  if (worker.state == WorkerState::Dying || worker.state == WorkerState::Released) --leaving_;
  if (worker.parting) {
    if (worker.attempt) commands_.emplace_back(command::Discard{*worker.attempt});
    return;
  }
  ++lost_workers_;
  const bool killed_by_us = !worker.kill_reason.empty();
  std::string story = "worker " + std::to_string(id) + " " + (killed_by_us ? worker.kill_reason : lost.how);
  if (!lost.where.empty()) story += " at " + lost.where;
  if (!lost.output_tail.empty()) story += "; it last wrote: " + lost.output_tail;
  if (!worker.was_ready) {
    if (lost.loss == Loss::Node) return;
    const bool by_others = lost.loss == Loss::Killed && !killed_by_us;
    const std::uint32_t tries = by_others ? ++killed_starts_ : ++start_failures_;
    // A host on which none can be started does not end a job that others work for.
    const bool others_work = std::any_of(workers_.begin(), workers_.end(), [](const auto& entry) {
      return entry.second.host != 0 && entry.second.was_ready;
    });
    if (tries >= (by_others ? kMaxKilledStarts : kMaxStartFailures) && !others_work)
      fail_job(environment_error("no worker could be started in " + std::to_string(tries) + " tries: " + story, false), std::nullopt);
    return;
  }
  if (!worker.attempt) return;
  const AttemptId attempt = *worker.attempt;
  commands_.emplace_back(command::Discard{attempt});
  Task& of = stages_.at(attempt.task);
  const bool only_copy = of.state == TaskState::Running;
  end_copy(attempt.task);
  if (lost.loss == Loss::Node || !only_copy) return;
  Error error = environment_error(std::move(story));
  if (attempt.task.stage == 0) {
    const bool own_doing = killed_by_us ? worker.kill_counts_as_crash : lost.loss == Loss::Crash;
    const bool suspected_twice = !killed_by_us && lost.loss == Loss::Killed && record && of.trouble && of.trouble->suspect == record;
    if (worker.careful && record && (own_doing || suspected_twice)) {
      pin_record(attempt, *record, error);
      return;
    }
    if (worker.careful && record && !killed_by_us) of.story().suspect = record;
    of.careful = of.careful || own_doing || (!killed_by_us && lost.loss == Loss::Killed);
  }
  attempt_failed(attempt, id, worker.host, std::move(error));
}

void Scheduler::end_copy(TaskId id) {
  Task& of = stages_.at(id);
  require(of.copies > 0, "only an attempt that runs can end");
  if (--of.copies == 0 && of.state == TaskState::Running) stages_.set_state(id, TaskState::Pending);
}

void Scheduler::take_back_grant(TaskId id) {
  grants_.erase(id);
  stages_.set_state(id, stages_.at(id).copies > 0 ? TaskState::Running : TaskState::Pending);
}

void Scheduler::attempt_failed(AttemptId attempt, WorkerId worker, HostId host, Error error) {
  Task& of = stages_.at(attempt.task);
  if (host != 0) commands_.emplace_back(command::BlameHost{host});
  const bool final = !error.retriable();
  if (final && error.fault() == Fault::Environment && host != 0) {
    // A disk that is full, or a file that is not there, may be so on one host only: no verdict on the task while there is another one.
    const Place here = place_of(worker, host);
    of.story().failed_on.insert(here);
    of.trouble->unfit.insert(here);
    if (has_other_place(of.trouble->unfit, here)) return;
  }
  decide(journal::Failed{attempt, worker, host, std::move(error), of.careful, of.trouble ? of.trouble->suspect : std::nullopt});
  if (!final && of.failures < options_.max_attempts) {
    // It has failed everywhere, elsewhere maybe by the network's fault alone: the others have their turn before here has another one.
    const Place here = place_of(worker, host);
    if (of.trouble && !has_other_place(of.trouble->failed_on, here)) of.trouble->failed_on = {here};
    return;
  }
  Error told = *of.trouble->first_error;
  if (!final)
    told = std::move(told).with_context("gave up after " + std::to_string(of.failures) + (of.failures == 1 ? " attempt" : " attempts") +
                                        " (execution.retries + 1)");
  fail_job(std::move(told), attempt);
}

void Scheduler::pin_record(AttemptId attempt, RecordAt record, const Error& error) {
  const Task& of = stages_.at(attempt.task);
  if (!options_.quarantine) {
    ++failed_attempts_;
    // Whatever the machine saw, the record or the mapper is to blame.
    Error told(Fault::User, error.message());
    for (auto line = error.context().rbegin(); line != error.context().rend(); ++line) told = std::move(told).with_context(*line);
    const std::string own_hint = error.hint().empty() ? "" : error.hint() + ". ";
    fail_job(std::move(told).with_hint(own_hint + "The record was tried alone and failed again. Set execution.on_bad_record to quarantine "
                                                  "to set such records aside, or remove it"),
             attempt);
    return;
  }
  if (of.trouble && of.trouble->skip.size() >= kMaxQuarantinedRecordsPerTask) {
    ++failed_attempts_;
    fail_job(user_error("more than " + std::to_string(kMaxQuarantinedRecordsPerTask) + " records of " + to_string(attempt.task) +
                        " crash the mapper (limit of records set aside per task); the last: " + error.message()),
             attempt);
    return;
  }
  decide(journal::Quarantined{attempt, record});
}

}  // namespace sinter

// Scheduler: transitions. Every handler ends in a state from which start_workers() and assign_tasks() derive what is due.
#include "framework/control/scheduler.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace sinter {
namespace {

/// Whose error tells most: a user's over the machine's over a lost worker's (which is Environment, and comes later).
bool tells_more(const Error& fresh, const std::optional<Error>& known) {
  return !known || (fresh.fault() == Fault::User && known->fault() != Fault::User);
}

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options) : options_(options) {
  require(options.workers >= 1 && options.max_attempts >= 1, "a job has at least one worker and one attempt per task");
}

std::vector<Command> Scheduler::step(const Event& event, SteadyMs now) {
  require(now >= now_, "time does not go back");
  now_ = now;
  commands_.clear();
  // After the end only workers' files matter; a late success must not publish.
  if (ended()) return {};
  std::visit([this](const auto& one) { on(one); }, event);
  if (state_ == JobState::Running && committed_ == tasks_.size()) close_stage();
  if (state_ == JobState::Opening && !asked_) {
    asked_ = true;
    commands_.emplace_back(command::OpenStage{static_cast<std::uint32_t>(closed_.size())});
  }
  if (state_ == JobState::Running) {
    assign_tasks();
    start_workers();
  }
  return std::move(commands_);
}

Scheduler::Task* Scheduler::find_task(TaskId id) {
  return state_ == JobState::Running && id.stage == closed_.size() && id.ordinal < tasks_.size() ? &tasks_[id.ordinal] : nullptr;
}

Scheduler::Task& Scheduler::task(TaskId id) {
  Task* found = find_task(id);
  require(found != nullptr, "workers run tasks of the open stage only");
  return *found;
}

std::optional<std::uint32_t> Scheduler::granted_attempt(TaskId id) const {
  if (id.stage < closed_.size() && id.ordinal < closed_[id.stage].size()) return closed_[id.stage][id.ordinal];
  if (state_ == JobState::Running && id.stage == closed_.size() && id.ordinal < tasks_.size()) return tasks_[id.ordinal].granted;
  return std::nullopt;
}

void Scheduler::close_stage() {
  std::vector<std::uint32_t>& granted = closed_.emplace_back();
  granted.reserve(tasks_.size());
  for (const Task& one : tasks_) granted.push_back(one.granted);
  state_ = JobState::Opening;
  asked_ = false;
}

Scheduler::Worker* Scheduler::runner_of(WorkerId worker, AttemptId attempt) {
  const auto found = workers_.find(worker);
  if (found == workers_.end() || found->second.attempt != attempt) return nullptr;
  return &found->second;
}

void Scheduler::on(const event::WorkerReady& ready) {
  const auto found = workers_.find(ready.worker);
  if (found == workers_.end() || found->second.state != WorkerState::Starting) return;
  found->second.state = WorkerState::Idle;
  found->second.was_ready = true;
  found->second.heard_ms = now_;
  start_failures_ = 0;
}

void Scheduler::on(const event::Heartbeat& beat) {
  const auto found = workers_.find(beat.worker);
  if (found == workers_.end()) return;
  Worker& worker = found->second;
  worker.heard_ms = now_;
  if (worker.attempt && beat.attempt == worker.attempt && beat.progress != worker.progress) {
    worker.progress = beat.progress;
    worker.progress_ms = now_;
  }
}

void Scheduler::on(const event::AttemptDone& done) {
  Worker* worker = runner_of(done.worker, done.attempt);
  if (worker == nullptr) {
    // A duplicate of the granted attempt's message must not remove the files it is about to publish.
    const std::optional<std::uint32_t> granted = granted_attempt(done.attempt.task);
    if (granted && *granted != done.attempt.number) commands_.emplace_back(command::Discard{done.attempt});
    return;
  }
  Task& of = task(done.attempt.task);
  worker->heard_ms = now_;
  worker->attempt.reset();
  if (worker->state == WorkerState::Busy) worker->state = WorkerState::Idle;
  require(of.state == TaskState::Running && of.granted == 0, "only a running task without a granted attempt asks for a commit");
  of.state = TaskState::Committing;
  of.granted = done.attempt.number;
  of.counters = done.counters;
  commands_.emplace_back(command::Commit{done.attempt});
}

void Scheduler::on(const event::AttemptFailed& failed) {
  Worker* worker = runner_of(failed.worker, failed.attempt);
  if (worker == nullptr) return;
  worker->heard_ms = now_;
  worker->attempt.reset();
  if (worker->state == WorkerState::Busy) worker->state = WorkerState::Idle;
  commands_.emplace_back(command::Discard{failed.attempt});
  Task& of = task(failed.attempt.task);
  if (failed.threw && failed.attempt.task.stage == 0) {
    if (of.careful && failed.record) {
      pin_record(failed.attempt, *failed.record, failed.error);
      return;
    }
    if (!of.careful) {  // find the record: once more, one at a time
      of.careful = true;
      attempt_failed(failed.attempt, failed.worker, environment_error(failed.error.message()));
      return;
    }
  }
  attempt_failed(failed.attempt, failed.worker, failed.error);
}

void Scheduler::on(const event::WorkerLost& lost) {
  if (workers_.contains(lost.worker)) lose(lost);
}

void Scheduler::on(const event::CommitDone& done) {
  const Task* of = find_task(done.attempt.task);
  if (of != nullptr && of->state == TaskState::Committing && of->granted == done.attempt.number) task_committed(done.attempt.task);
}

void Scheduler::on(const event::CommitFailed& failed) {
  Task* of = find_task(failed.attempt.task);
  if (of == nullptr || of->state != TaskState::Committing || of->granted != failed.attempt.number) return;
  of->granted = 0;
  commands_.emplace_back(command::Discard{failed.attempt});
  attempt_failed(failed.attempt, 0, failed.error);
}

void Scheduler::on(const event::StageOpened& opened) {
  if (state_ != JobState::Opening || opened.stage != closed_.size()) return;
  state_ = JobState::Running;
  tasks_.assign(opened.tasks, Task{});
  pending_.clear();
  for (std::uint32_t ordinal = 0; ordinal < opened.tasks; ++ordinal) pending_.insert(pending_.end(), ordinal);
  committed_ = 0;
}

void Scheduler::on(const event::NoMoreStages& none) {
  if (state_ != JobState::Opening || none.stage != closed_.size()) return;
  state_ = JobState::Done;
  commands_.emplace_back(command::FinishJob{});
}

void Scheduler::on(const event::ShellFailed& failed) { fail_job(failed.error, std::nullopt); }

void Scheduler::on(const event::Cancel&) {
  fail_job(environment_error(std::string(kCancelledMessage), false), std::nullopt, JobState::Cancelled);
}

// Timers are looked at on ticks only, and the shell ticks when it has read all messages: a shell that was busy does not mistake its own
// silence for that of its workers.
void Scheduler::on(const event::Tick&) {
  if (!options_.timeouts) return;
  std::vector<WorkerId> stuck;
  for (auto& [id, worker] : workers_) {
    switch (worker.state) {
      case WorkerState::Starting:
        if (now_ - worker.since_ms >= options_.start_timeout_ms)
          kill(id, worker, "did not connect within " + std::to_string(options_.start_timeout_ms) + " ms of its start", false);
        break;
      case WorkerState::Idle:
      case WorkerState::Busy:
        if (now_ - worker.heard_ms >= options_.heartbeat_timeout_ms)
          kill(id, worker, "gave no sign of life for " + std::to_string(options_.heartbeat_timeout_ms) + " ms and was killed", false);
        else if (worker.state == WorkerState::Busy && now_ - worker.progress_ms >= options_.task_timeout_ms)
          kill(id, worker,
               "made no progress for " + std::to_string(options_.task_timeout_ms) + " ms (execution.timeout) and was killed", true);
        break;
      case WorkerState::Dying:
        if (now_ - worker.since_ms >= options_.kill_timeout_ms) stuck.push_back(id);
        break;
    }
  }
  for (const WorkerId id : stuck)
    if (!ended()) lose({id, Loss::Killed, "did not end when killed", std::nullopt, "", ""});
}

void Scheduler::kill(WorkerId id, Worker& worker, std::string reason, bool counts_as_crash) {
  worker.state = WorkerState::Dying;
  worker.since_ms = now_;
  worker.kill_reason = std::move(reason);
  worker.kill_counts_as_crash = counts_as_crash;
  commands_.emplace_back(command::KillWorker{id});
}

void Scheduler::lose(const event::WorkerLost& lost) {
  const WorkerId id = lost.worker;
  const std::optional<RecordAt>& record = lost.record;
  const auto found = workers_.find(id);
  const Worker worker = std::move(found->second);
  workers_.erase(found);
  ++lost_workers_;
  const bool killed_by_us = !worker.kill_reason.empty();
  std::string story = "worker " + std::to_string(id) + " " + (killed_by_us ? worker.kill_reason : lost.how);
  if (!lost.where.empty()) story += " at " + lost.where;
  if (!lost.output_tail.empty()) story += "; it last wrote: " + lost.output_tail;
  if (!worker.was_ready) {
    if (++start_failures_ >= kMaxStartFailures)
      fail_job(environment_error("no worker could be started in " + std::to_string(kMaxStartFailures) + " tries: " + story, false),
               std::nullopt);
    return;
  }
  if (!worker.attempt) return;
  const AttemptId attempt = *worker.attempt;
  Task& of = task(attempt.task);
  commands_.emplace_back(command::Discard{attempt});
  Error error = environment_error(std::move(story));
  if (attempt.task.stage == 0) {
    const bool own_doing = killed_by_us ? worker.kill_counts_as_crash : lost.loss == Loss::Crash;
    const bool suspected_twice = !killed_by_us && lost.loss == Loss::Killed && record && of.suspect == record;
    if (of.careful && record && (own_doing || suspected_twice)) {
      pin_record(attempt, *record, error);
      return;
    }
    if (of.careful && record && !killed_by_us) of.suspect = record;
    of.careful = of.careful || own_doing || (!killed_by_us && lost.loss == Loss::Killed);
  }
  attempt_failed(attempt, id, std::move(error));
}

void Scheduler::attempt_failed(AttemptId attempt, WorkerId worker, Error error) {
  Task& of = task(attempt.task);
  ++failed_attempts_;
  ++of.failures;
  if (worker != 0) of.failed_on.insert(worker);
  const bool final = !error.retriable();
  if (final || tells_more(error, of.first_error)) of.first_error = error;
  if (final || of.failures >= options_.max_attempts) {
    Error told = *of.first_error;
    if (!final)
      told = std::move(told).with_context("gave up after " + std::to_string(of.failures) + (of.failures == 1 ? " attempt" : " attempts") +
                                          " (execution.retries + 1)");
    fail_job(std::move(told), attempt);
    return;
  }
  retry(attempt);
}

void Scheduler::pin_record(AttemptId attempt, RecordAt record, const Error& error) {
  Task& of = task(attempt.task);
  ++failed_attempts_;
  if (!options_.quarantine) {
    // Whatever the machine saw, the record or the mapper is to blame.
    Error told(Fault::User, error.message());
    for (auto line = error.context().rbegin(); line != error.context().rend(); ++line) told = std::move(told).with_context(*line);
    const std::string own_hint = error.hint().empty() ? "" : error.hint() + ". ";
    fail_job(std::move(told).with_hint(own_hint + "The record was tried alone and failed again. Set execution.on_bad_record to quarantine "
                                                  "to set such records aside, or remove it"),
             attempt);
    return;
  }
  if (of.skip.size() >= kMaxQuarantinedRecordsPerTask) {
    fail_job(user_error("more than " + std::to_string(kMaxQuarantinedRecordsPerTask) + " records of " + to_string(attempt.task) +
                        " crash the mapper (limit of records set aside per task); the last: " + error.message()),
             attempt);
    return;
  }
  of.skip.push_back(record);
  of.failures = 0;  // a found record is progress: the attempts so far were spent finding it
  of.suspect.reset();
  of.first_error.reset();
  ++quarantined_records_;
  retry(attempt);
}

void Scheduler::retry(AttemptId attempt) {
  Task& of = task(attempt.task);
  of.state = TaskState::Pending;
  of.granted = 0;
  of.counters.clear();
  --running_;
  pending_.insert(attempt.task.ordinal);
}

void Scheduler::task_committed(TaskId id) {
  Task& of = task(id);
  of.state = TaskState::Committed;
  for (const auto& [name, value] : of.counters) counters_[name] += value;
  of.counters.clear();
  --running_;
  ++committed_;
}

void Scheduler::fail_job(Error error, std::optional<AttemptId> attempt, JobState state) {
  if (ended()) return;
  state_ = state;
  commands_.emplace_back(command::FailJob{std::move(error), attempt});
}

void Scheduler::start_workers() {
  const std::uint64_t unfinished = pending_.size() + running_;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(options_.workers, unfinished));
  // A dying worker still holds its memory, so it counts until it is gone.
  while (workers_.size() < wanted) {
    const WorkerId id = next_worker_++;
    Worker& worker = workers_[id];
    worker.since_ms = now_;
    worker.heard_ms = now_;
    commands_.emplace_back(command::StartWorker{id});
  }
}

void Scheduler::assign_tasks() {
  for (auto& [id, worker] : workers_) {
    if (worker.state != WorkerState::Idle) continue;
    const std::optional<std::uint32_t> ordinal = choose_task(id);
    if (!ordinal) continue;
    pending_.erase(*ordinal);
    ++running_;
    Task& chosen = tasks_[*ordinal];
    chosen.state = TaskState::Running;
    ++chosen.attempts;
    worker.state = WorkerState::Busy;
    worker.attempt = AttemptId{{static_cast<std::uint32_t>(closed_.size()), *ordinal}, chosen.attempts};
    worker.progress = 0;
    worker.progress_ms = now_;
    worker.heard_ms = now_;
    commands_.emplace_back(command::RunTask{id, *worker.attempt, chosen.careful, chosen.skip});
  }
}

std::optional<std::uint32_t> Scheduler::choose_task(WorkerId worker) const {
  for (const std::uint32_t ordinal : pending_) {
    const Task& candidate = tasks_[ordinal];
    if (!candidate.failed_on.contains(worker)) return ordinal;
    // It failed here before: leave it to another worker, when there is one on which it has not.
    const bool other = std::any_of(workers_.begin(), workers_.end(), [&](const auto& entry) {
      return entry.second.state != WorkerState::Dying && !candidate.failed_on.contains(entry.first);
    });
    if (!other) return ordinal;
  }
  return std::nullopt;
}

std::optional<SteadyMs> Scheduler::next_deadline() const {
  if (!options_.timeouts || ended()) return std::nullopt;
  std::optional<SteadyMs> soonest;
  const auto consider = [&soonest](SteadyMs at) { soonest = soonest ? std::min(*soonest, at) : at; };
  for (const auto& [id, worker] : workers_) {
    switch (worker.state) {
      case WorkerState::Starting: consider(worker.since_ms + options_.start_timeout_ms); break;
      case WorkerState::Busy: consider(worker.progress_ms + options_.task_timeout_ms); [[fallthrough]];
      case WorkerState::Idle: consider(worker.heard_ms + options_.heartbeat_timeout_ms); break;
      case WorkerState::Dying: consider(worker.since_ms + options_.kill_timeout_ms); break;
    }
  }
  return soonest;
}

StageCount Scheduler::stage() const { return {static_cast<std::uint32_t>(tasks_.size()), committed_, running_}; }

std::uint32_t Scheduler::committed_attempt(TaskId id) const {
  const bool open = state_ == JobState::Running && id.stage == closed_.size() && id.ordinal < tasks_.size();
  const bool closed = id.stage < closed_.size() && id.ordinal < closed_[id.stage].size();
  require(closed || (open && tasks_[id.ordinal].state == TaskState::Committed), "the task has committed");
  return *granted_attempt(id);
}

std::optional<AttemptId> Scheduler::running_on(WorkerId worker) const {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return std::nullopt;
  return found->second.attempt;
}

}  // namespace sinter

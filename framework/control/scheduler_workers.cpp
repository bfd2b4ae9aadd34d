// Scheduler: workers: started, given tasks, watched, released. Timers cost nothing until the first can end.
#include <algorithm>

#include "base/assert.hpp"
#include "framework/control/scheduler.hpp"

namespace sinter {

void Scheduler::on(const event::WorkerReady& ready) {
  const auto found = workers_.find(ready.worker);
  if (found == workers_.end() || found->second.state != WorkerState::Starting) return;
  starting_.erase(ready.worker);
  found->second.was_ready = true;
  found->second.host = ready.host;
  found->second.heard_ms = now_;
  found->second.state = WorkerState::Busy;
  set_idle(ready.worker, found->second);
  start_failures_ = 0;
  killed_starts_ = 0;
  if (cuttable_ > 0) speculate_ms_ = now_;  // it was started for that, and what is left gets less
}

void Scheduler::on(const event::Heartbeat& beat) {
  const auto found = workers_.find(beat.worker);
  if (found == workers_.end()) return;
  Worker& worker = found->second;
  worker.heard_ms = now_;
  if (worker.attempt && beat.attempt == worker.attempt) worker.fraction = beat.fraction;
  if (worker.attempt && beat.attempt == worker.attempt && beat.progress != worker.progress) {
    worker.progress = beat.progress;
    worker.progress_ms = now_;
  }
}

void Scheduler::on(const event::WorkersAllowed& allowed) { allowed_ = allowed.count; }

void Scheduler::on(const event::HostDraining& host) {
  if (host.draining) draining_.insert(host.host);
  else draining_.erase(host.host);
}

// Timers are looked at on ticks only, and the shell ticks when it has read all messages: a shell that was busy does not mistake its own
// silence for that of its workers.
void Scheduler::on(const event::Tick&) {
  if ((options_.speculation || options_.cut_ranges) && now_ >= speculate_ms_) help_the_slow();
  if (!options_.timeouts || now_ < look_ms_) return;
  std::vector<WorkerId> stuck;
  for (auto& [id, worker] : workers_) look_after(id, worker, stuck);
  for (const WorkerId id : stuck)
    if (!ended()) lose({id, Loss::Killed, "did not end when killed", std::nullopt, "", ""});
  look_ms_ = now_ + options_.start_timeout_ms;
  for (const auto& [id, worker] : workers_) watch(worker);
}

void Scheduler::look_after(WorkerId id, Worker& worker, std::vector<WorkerId>& stuck) {
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
        kill(id, worker, "made no progress for " + std::to_string(options_.task_timeout_ms) + " ms (execution.timeout) and was killed",
             true);
      break;
    case WorkerState::Released:
      if (now_ - worker.since_ms >= options_.kill_timeout_ms) kill(id, worker, "did not end when released and was killed", false);
      break;
    case WorkerState::Dying:
      if (now_ - worker.since_ms >= options_.kill_timeout_ms) stuck.push_back(id);
      break;
  }
}

SteadyMs Scheduler::deadline_of(const Worker& worker) const {
  switch (worker.state) {
    case WorkerState::Starting: return worker.since_ms + options_.start_timeout_ms;
    case WorkerState::Busy:
      return std::min(worker.progress_ms + options_.task_timeout_ms, worker.heard_ms + options_.heartbeat_timeout_ms);
    case WorkerState::Idle: return worker.heard_ms + options_.heartbeat_timeout_ms;
    case WorkerState::Released:
    case WorkerState::Dying: break;
  }
  return worker.since_ms + options_.kill_timeout_ms;
}

void Scheduler::watch(const Worker& worker) { look_ms_ = std::min(look_ms_, deadline_of(worker)); }

std::optional<SteadyMs> Scheduler::next_deadline() const {
  if (!options_.timeouts || ended() || workers_.empty()) return std::nullopt;
  const bool help = options_.cut_ranges || (options_.speculation && !idle_.empty());
  return help && stages_.running() > 0 ? std::min(look_ms_, speculate_ms_) : look_ms_;
}

void Scheduler::kill(WorkerId id, Worker& worker, std::string reason, bool counts_as_crash) {
  if (worker.state != WorkerState::Released) ++leaving_;
  starting_.erase(id);
  idle_.erase(id);
  worker.state = WorkerState::Dying;
  worker.since_ms = now_;
  worker.kill_reason = std::move(reason);
  worker.kill_counts_as_crash = counts_as_crash;
  watch(worker);
  commands_.emplace_back(command::KillWorker{id});
}

void Scheduler::dismiss(WorkerId id, Worker& worker) {
  worker.parting = true;
  if (worker.state != WorkerState::Dying) kill(id, worker, "had an attempt that is no longer wanted", false);
}

void Scheduler::set_idle(WorkerId id, Worker& worker) {
  if (worker.state != WorkerState::Busy) return;
  worker.state = WorkerState::Idle;
  idle_.insert(id);
  watch(worker);
}

void Scheduler::run(WorkerId id, Worker& worker, AttemptId attempt, bool careful) {
  idle_.erase(id);
  Task& of = stages_.at(attempt.task);
  ++of.copies;
  stages_.set_state(attempt.task, TaskState::Running);
  worker.state = WorkerState::Busy;
  worker.careful = careful;
  worker.cut = CutState::Unasked;
  worker.attempt = attempt;
  worker.progress = 0;
  worker.fraction = -1;
  worker.began_ms = now_;
  worker.progress_ms = now_;
  worker.heard_ms = now_;
  watch(worker);
}

void Scheduler::start_workers() {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(allowed_, unfinished() + cuttable_));
  // A dying worker still holds its memory, so it counts until it is gone.
  while (workers_.size() < wanted) {
    const WorkerId id = next_worker_;
    if (id > options_.generation * kWorkersPerLife) {
      fail_job(
          environment_error("more than " + std::to_string(kWorkersPerLife) + " workers were started for the job (limit per job)", false),
          std::nullopt);
      return;
    }
    ++next_worker_;
    Worker& worker = workers_[id];
    worker.since_ms = now_;
    worker.heard_ms = now_;
    starting_.insert(id);
    watch(worker);
    commands_.emplace_back(command::StartWorker{id});
  }
}

void Scheduler::release(WorkerId id) {
  starting_.erase(id);
  idle_.erase(id);
  Worker& worker = workers_.at(id);
  worker.state = WorkerState::Released;
  worker.parting = true;
  worker.since_ms = now_;
  ++leaving_;
  watch(worker);
  commands_.emplace_back(command::ReleaseWorker{id});
}

void Scheduler::release_surplus() {
  if (!draining_.empty()) {
    const std::vector<WorkerId> idle(idle_.begin(), idle_.end());
    for (const WorkerId id : idle)
      if (draining_.contains(workers_.at(id).host)) release(id);
  }
  while (!(starting_.empty() && idle_.empty()) && workers_.size() - leaving_ > allowed_)
    release(starting_.empty() ? *idle_.rbegin() : *starting_.rbegin());
}

void Scheduler::assign_tasks() {
  for (auto next = idle_.begin(); next != idle_.end() && !ended() && stages_.any_ready();) {
    const WorkerId id = *next++;
    Worker& worker = workers_.at(id);
    const std::optional<TaskId> chosen = choose_task(id, worker);
    if (!chosen) continue;
    start_attempt(id, worker, *chosen);
  }
}

void Scheduler::start_attempt(WorkerId id, Worker& worker, TaskId task) {
  Task& of = stages_.at(task);
  const std::uint32_t before = (options_.generation - 1) * kAttemptsPerLife;
  const AttemptId attempt{task, std::max(of.attempts, before) + 1};
  if (attempt.number > before + kAttemptsPerLife) {
    fail_job(environment_error(to_string(task) + " was tried " + std::to_string(kAttemptsPerLife) + " times (limit of attempts)", false),
             AttemptId{task, of.attempts});
    return;
  }
  of.attempts = attempt.number;
  run(id, worker, attempt, of.careful);
  commands_.emplace_back(command::RunTask{id, attempt, of.careful, of.trouble ? of.trouble->skip : std::vector<RecordAt>{}});
}

std::optional<TaskId> Scheduler::choose_task(WorkerId id, const Worker& worker) {
  const Place here = place_of(id, worker.host);
  // It failed here before: leave it to another place, when there is one on which it has not, or which at least can work.
  return stages_.choose(worker.host, [&](const Task& candidate) {
    if (!candidate.trouble) return true;
    const TaskTrouble& story = *candidate.trouble;
    if (story.unfit.contains(here) && has_other_place(story.unfit, here)) return false;
    return !story.failed_on.contains(here) || !has_other_place(story.failed_on, here);
  });
}

/// Whether there is a worker elsewhere than here and in these places.
bool Scheduler::has_other_place(const std::set<Place>& bad, Place here) const {
  return std::any_of(workers_.begin(), workers_.end(), [&](const auto& entry) {
    const Worker& other = entry.second;
    const Place there = place_of(entry.first, other.host);
    return other.state != WorkerState::Dying && other.state != WorkerState::Released && !draining_.contains(other.host) &&
           there != here && !bad.contains(there);
  });
}

}  // namespace sinter

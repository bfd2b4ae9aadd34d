// Scheduler: speculation: when nothing else is to be done, a second attempt at the task that is expected to end last (LATE: Zaharia et al.,
// OSDI 2008). The first that commits wins; nothing depends on which.
#include <algorithm>
#include <cmath>

#include "framework/control/scheduler.hpp"

namespace sinter {

void Scheduler::speculate() {
  speculate_ms_ = now_ + kSpeculationLookMs;
  if (idle_.empty() || stages_.running() == 0 || stages_.any_ready()) return;
  std::uint64_t copies = 0;
  for (const auto& [id, worker] : workers_)
    if (worker.attempt && !worker.parting && stages_.at(worker.attempt->task).copies > 1) ++copies;
  const std::uint64_t most =
      std::max({kSpeculationAtLeast, stage().total / kSpeculationOfTasks, stages_.running() / kSpeculationOfRunning});
  for (std::uint64_t doubled = copies / 2; doubled < most && !ended() && speculate_once(); ++doubled) {}
}

std::optional<SteadyMs> Scheduler::slow_for(const Worker& worker) const {
  if (!worker.attempt || worker.parting || worker.careful || worker.state != WorkerState::Busy) return std::nullopt;
  const Task& of = *stages_.find(worker.attempt->task);
  const StageTable::Stage& stage = stages_[worker.attempt->task.stage];
  const SteadyMs age = now_ - worker.began_ms;
  if (of.state != TaskState::Running || of.copies != 1 || of.careful || stage.timed == 0 || age < kSpeculationMinAgeMs) return std::nullopt;
  if (!stages_.ready(stage)) return std::nullopt;  // the first may have read what is lost by now
  // Of an attempt that does not say how far it is, half may be done.
  const double done = worker.fraction > 0 ? std::min(worker.fraction, 1.0) : 0.5;
  const double rest = static_cast<double>(age) * (1 - done) / done;
  const double count = static_cast<double>(stage.timed);
  const double mean = static_cast<double>(stage.took_ms) / count;
  const double deviation = std::sqrt(std::max(0.0, static_cast<double>(stage.took_squares) / count - mean * mean));
  // Slower than is usual by more than a deviation, and a new attempt is expected to end sooner.
  if (static_cast<double>(age) + rest <= mean + deviation || rest <= mean) return std::nullopt;
  // Made again: the last that reads it may have committed since this attempt began.
  if (of.result != 0 && !stages_.needed(worker.attempt->task, newest_open(), blocked_on_)) return std::nullopt;
  return static_cast<SteadyMs>(std::min(rest, 1e15));
}

bool Scheduler::speculate_once() {
  SteadyMs longest = -1;
  TaskId slowest;
  WorkerId elsewhere = 0;
  for (const auto& [id, worker] : workers_) {
    const std::optional<SteadyMs> rest = slow_for(worker);
    if (!rest || *rest <= longest) continue;
    const Place here = place_of(id, worker.host);
    const Task& of = *stages_.find(worker.attempt->task);
    const auto other = std::find_if(idle_.begin(), idle_.end(), [&](WorkerId idle) {
      const Place there = place_of(idle, workers_.at(idle).host);
      return there != here && !of.failed_on(there);
    });
    if (other == idle_.end()) continue;
    longest = *rest;
    slowest = worker.attempt->task;
    elsewhere = *other;
  }
  if (elsewhere == 0) return false;
  start_attempt(elsewhere, workers_.at(elsewhere), slowest);
  return true;
}

}  // namespace sinter

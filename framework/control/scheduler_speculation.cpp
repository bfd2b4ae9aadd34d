// Scheduler: what idle workers do when nothing else is to be done. Of a range that is expected to take long still, the rest becomes a task
// of its own. Where that cannot be, speculation: a second attempt at the task that is expected to end last (LATE: Zaharia et al., OSDI
// 2008); the first that commits wins, and nothing depends on which. No task has both at a time: its attempts would not agree where it ends.
#include <algorithm>
#include <cmath>

#include "framework/control/scheduler.hpp"

namespace sinter {

void Scheduler::help_the_slow() {
  speculate_ms_ = now_ + kSpeculationLookMs;
  cuttable_ = 0;
  if (stages_.running() == 0 || stages_.any_ready()) return;
  const std::size_t promised = options_.cut_ranges ? ask_to_cut() : 0;
  if (options_.speculation && idle_.size() > promised) speculate();
}

bool Scheduler::waits_for_answer(const Worker& worker) const {
  return worker.attempt && worker.cut == CutState::Asked && now_ - worker.asked_ms < kCutAnswerMs;
}

std::optional<SteadyMs> Scheduler::rest_to_cut(const Worker& worker) const {
  if (!worker.attempt || worker.parting || worker.state != WorkerState::Busy || worker.fraction <= 0) return std::nullopt;
  if (worker.cut == CutState::Refused || waits_for_answer(worker)) return std::nullopt;
  const TaskId id = worker.attempt->task;
  const Task& of = *stages_.find(id);
  const StageTable::Stage& stage = stages_[id.stage];
  // What was lost and is made again must be what it was.
  if (id.stage == 0 || of.state != TaskState::Running || of.copies != 1 || of.result != 0 || !stages_.ready(stage)) return std::nullopt;
  const SteadyMs age = now_ - worker.began_ms;
  if (age < kSpeculationMinAgeMs || stage.tasks.size() >= kMaxTasksWithCuts) return std::nullopt;
  const double rest = static_cast<double>(age) * (1 - std::min(worker.fraction, 1.0)) / worker.fraction;
  if (rest < static_cast<double>(kCutMinRestMs)) return std::nullopt;
  return static_cast<SteadyMs>(std::min(rest, 1e15));
}

std::size_t Scheduler::ask_to_cut() {
  std::vector<std::pair<SteadyMs, WorkerId>> slow;
  std::size_t promised = 0;
  for (const auto& [id, worker] : workers_) {
    if (waits_for_answer(worker)) ++promised;
    if (const std::optional<SteadyMs> rest = rest_to_cut(worker)) slow.emplace_back(-*rest, id);
  }
  std::sort(slow.begin(), slow.end());
  for (const auto& [rest, id] : slow) {
    if (promised >= idle_.size()) {
      ++cuttable_;
      continue;
    }
    ++promised;
    Worker& worker = workers_.at(id);
    worker.cut = CutState::Asked;
    worker.asked_ms = now_;
    commands_.emplace_back(command::AskToCut{id, *worker.attempt});
  }
  due_ = due_ || cuttable_ > 0;  // more workers may be started
  return promised;
}

void Scheduler::on(const event::RangeCut& cut) {
  Worker* worker = runner_of(cut.worker, cut.attempt);
  if (worker == nullptr || worker->parting || cut.border.empty()) return;
  const Task& of = stages_.at(cut.attempt.task);
  StageTable::Stage& stage = stages_.stage(cut.attempt.task.stage);
  // A second attempt that runs would do the rest as well.
  if (cut.attempt.task.stage == 0 || of.state != TaskState::Running || of.copies != 1 || of.result != 0) return;
  worker->cut = CutState::Unasked;
  const auto rest = static_cast<std::uint32_t>(stage.tasks.size());
  decide(journal::RangeCut{cut.attempt, rest, cut.border});
  commands_.emplace_back(command::RangeCut{cut.attempt.task, rest, cut.border});
}

void Scheduler::on(const event::CutRefused& refused) {
  Worker* worker = runner_of(refused.worker, refused.attempt);
  if (worker != nullptr && worker->cut == CutState::Asked) worker->cut = CutState::Refused;
}

void Scheduler::speculate() {
  std::uint64_t copies = 0;
  for (const auto& [id, worker] : workers_)
    if (worker.attempt && !worker.parting && stages_.at(worker.attempt->task).copies > 1) ++copies;
  const std::uint64_t most =
      std::max({kSpeculationAtLeast, stage().total / kSpeculationOfTasks, stages_.running() / kSpeculationOfRunning});
  for (std::uint64_t doubled = copies / 2; doubled < most && !ended() && speculate_once(); ++doubled) {}
}

std::optional<SteadyMs> Scheduler::slow_for(const Worker& worker) const {
  if (!worker.attempt || worker.parting || worker.careful || worker.state != WorkerState::Busy) return std::nullopt;
  if (worker.cut == CutState::Asked) return std::nullopt;
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

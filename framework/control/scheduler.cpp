// Scheduler: events and what follows from them at once. Every handler ends in a state from which step() derives what is due. Failures are
// in scheduler_failures.cpp, workers in scheduler_workers.cpp, lost results in scheduler_lineage.cpp, decisions in scheduler_journal.cpp.
#include "framework/control/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace sinter {

Scheduler::Scheduler(const SchedulerOptions& options)
    : options_(options), allowed_(options.workers), next_worker_((options.generation - 1) * kWorkersPerLife + 1) {
  require(options.workers >= 1 && options.max_attempts >= 1, "a job has at least one worker and one attempt per task");
  require(options.generation >= 1 && options.generation <= kMaxGeneration, "a tracker's life has a number within kMaxGeneration");
}

std::vector<Command> Scheduler::step(const Event& event, SteadyMs now) {
  require(now >= now_, "time does not go back");
  now_ = now;
  commands_ = std::exchange(first_commands_, {});
  // After the end only workers' files matter; a late success must not publish.
  if (ended()) return std::move(commands_);
  if (!std::holds_alternative<event::Heartbeat>(event) && !std::holds_alternative<event::Tick>(event)) due_ = true;
  std::visit([this](const auto& one) { on(one); }, event);
  if (due_ && !ended()) stages_.settle(newest_open(), blocked_on_);
  if (state_ == JobState::Running && stages_[stages_.size() - 1].complete()) {
    state_ = JobState::Opening;
    asked_ = false;
  }
  if (state_ == JobState::Opening && !asked_ && blocked_on_.empty()) {
    asked_ = true;
    commands_.emplace_back(command::OpenStage{stages_.size()});
  }
  if (due_ && !ended()) {
    release_surplus();
    assign_tasks();
    start_workers();
    due_ = false;
  }
  return std::move(commands_);
}

bool Scheduler::holds_grant(AttemptId attempt) const {
  const auto grant = grants_.find(attempt.task);
  return grant != grants_.end() && grant->second.number == attempt.number;
}

Scheduler::Worker* Scheduler::runner_of(WorkerId worker, AttemptId attempt) {
  const auto found = workers_.find(worker);
  if (found == workers_.end() || found->second.attempt != attempt) return nullptr;
  return &found->second;
}

void Scheduler::on(const event::AttemptDone& done) {
  Worker* worker = runner_of(done.worker, done.attempt);
  if (worker == nullptr) {
    // A duplicate of the committed attempt's message must not remove its files.
    const Task* of = stages_.find(done.attempt.task);
    const bool committed = of != nullptr && of->state == TaskState::Committed && of->result == done.attempt.number;
    if (!committed && !holds_grant(done.attempt)) commands_.emplace_back(command::Discard{done.attempt});
    return;
  }
  Task& of = stages_.at(done.attempt.task);
  worker->heard_ms = now_;
  worker->attempt.reset();
  set_idle(done.worker, *worker);
  if (worker->parting) {
    commands_.emplace_back(command::Discard{done.attempt});
    return;
  }
  --of.copies;
  if (of.state != TaskState::Running) {  // another attempt was first
    commands_.emplace_back(command::Discard{done.attempt});
    return;
  }
  stages_.set_state(done.attempt.task, TaskState::Committing);
  grants_[done.attempt.task] = {done.attempt.number, worker->host, now_ - worker->began_ms, done.counters, done.checksum};
  commands_.emplace_back(command::Commit{done.attempt});
}

void Scheduler::on(const event::CommitDone& done) {
  if (holds_grant(done.attempt)) task_committed(done.attempt.task);
}

void Scheduler::task_committed(TaskId id) {
  Grant grant = std::move(grants_.at(id));
  grants_.erase(id);
  if (!accepts_change(id, grant)) return;
  const bool others = stages_.at(id).copies > 0;
  decide(journal::Committed{{id, grant.number}, grant.host, std::move(grant.counters), grant.checksum});
  StageTable::Stage& stage = stages_.stage(id.stage);
  const auto took = static_cast<std::uint64_t>(grant.took_ms);
  ++stage.timed;
  stage.took_ms += took;
  stage.took_squares += took * took;
  if (!others) return;
  for (auto& [worker_id, worker] : workers_)
    if (worker.attempt && worker.attempt->task == id && !worker.parting) dismiss(worker_id, worker);
}

void Scheduler::on(const event::CommitFailed& failed) {
  if (!holds_grant(failed.attempt)) return;
  const HostId host = grants_.at(failed.attempt.task).host;
  commands_.emplace_back(command::Discard{failed.attempt});
  take_back_grant(failed.attempt.task);
  if (!failed.result_lost) return attempt_failed(failed.attempt, 0, host, failed.error);
  count_fetch_loss(failed.attempt, host, ": " + failed.error.message());
}

void Scheduler::on(const event::StageOpened& opened) {
  if (state_ != JobState::Opening || opened.stage != stages_.size()) return;
  decide(journal::StageOpened{opened.stage, opened.tasks, opened.inputs, opened.freed, opened.keeps_results});
  stages_.prefer(opened.stage, opened.nearest);
}

void Scheduler::on(const event::NoMoreStages& none) {
  if (state_ != JobState::Opening || none.stage != stages_.size()) return;
  decide(journal::Ended{JobState::Done, {}, {}});
  commands_.emplace_back(command::FinishJob{});
}

void Scheduler::on(const event::ShellFailed& failed) { fail_job(failed.error, std::nullopt); }

void Scheduler::on(const event::Cancel&) {
  fail_job(environment_error(std::string(kCancelledMessage), false), std::nullopt, JobState::Cancelled);
}

void Scheduler::fail_job(Error error, std::optional<AttemptId> attempt, JobState state) {
  if (ended()) return;
  decide(journal::Ended{state, error, attempt});
  commands_.emplace_back(command::FailJob{std::move(error), attempt});
}

std::uint64_t Scheduler::wanted_workers() const {
  const bool idle_help = options_.speculation || options_.cut_ranges;
  return unfinished() + (idle_help ? std::min<std::uint64_t>(idle_.size(), stages_.running()) : 0) + (ended() ? 0 : cuttable_);
}

StageCount Scheduler::stage() const {
  if (stages_.size() == 0) return {};
  const StageTable::Stage& newest = stages_[stages_.size() - 1];
  return {static_cast<std::uint32_t>(newest.tasks.size()), newest.count(TaskState::Committed), newest.running()};
}

std::uint32_t Scheduler::committed_attempt(TaskId id) const {
  const Task* of = stages_.find(id);
  require(of != nullptr && of->result != 0, "the task has committed");
  return of->result;
}

HostId Scheduler::result_host(TaskId id) const {
  const Task* of = stages_.find(id);
  require(of != nullptr && of->result != 0, "the task has committed");
  return of->host;
}

std::optional<AttemptId> Scheduler::running_on(WorkerId worker) const {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return std::nullopt;
  return found->second.attempt;
}

}  // namespace sinter

// SimulatedJob: what the real shell owes the scheduler: resending, the journal first, ends of ranges.
#include "tests/simulation/simulated_job.hpp"

#include <algorithm>

#include "tests/simulation/simulated_tracker.hpp"

namespace sinter::simulation {
namespace {

constexpr SteadyMs kSilenceMs = 12'000;
constexpr SteadyMs kTaskTimeoutMs = 20'000;
constexpr std::size_t kMaxRecords = 20'000;

SchedulerOptions options_of(std::uint32_t generation, const Submission& submission) {
  SchedulerOptions options;
  options.workers = 1;
  options.max_attempts = 1'000;
  options.task_timeout_ms = kTaskTimeoutMs;
  options.heartbeat_timeout_ms = kSilenceMs;
  options.start_timeout_ms = 30'000;
  options.journal = true;
  options.speculation = submission.speculation;
  options.cut_ranges = submission.cut_ranges;
  options.generation = generation;
  return options;
}

}  // namespace

SimulatedJob::SimulatedJob(World& world, SimulatedTracker& tracker, StoredJob& stored, std::uint32_t life)
    : world_(world), tracker_(tracker), stored_(stored), life_(life), inbox_(world, life) {}

void SimulatedJob::in(std::function<void()> what) {
  inbox_.put([this, what = std::move(what)] {
    if (alive() && scheduler_) what();
  });
}

void SimulatedJob::later(SteadyMs ms, std::function<void()> what) {
  world_.after(ms, [this, token = std::weak_ptr(token_), what = std::move(what)] {
    if (token.lock()) in(what);
  });
}

SteadyMs SimulatedJob::time() {
  const SteadyMs now = world_.bug() == Bug::WallClock ? world_.wall_now() : world_.now();
  last_time_ = std::max(last_time_, now);
  return last_time_;
}

void SimulatedJob::begin() {
  ++stored_.lives;  // durable before anybody hears of this life
  oracle().on_crashed();
  inbox_.put([this] { restore(); });
}

void SimulatedJob::restore() {
  const bool mistaken = world_.bug() == Bug::GenerationForgotten;
  const SchedulerOptions options = options_of(mistaken ? 1 : stored_.lives, stored_.submission);
  auto restored = Scheduler::restore(options, stored_.journal);
  if (!restored.ok()) return world_.violate(restored.error().to_string());
  oracle().on_restored(*restored);
  if (const auto damaged = look_at_kept(*restored); !damaged.empty()) restored = Scheduler::restore(options, stored_.journal, damaged);
  if (!restored.ok()) return world_.violate(restored.error().to_string());
  scheduler_.emplace(std::move(*restored));
  for (const JournalRecord& record : stored_.journal) {
    if (const auto* opened = std::get_if<journal::StageOpened>(&record)) open_keys(opened->tasks);
    if (const auto* cut = std::get_if<journal::RangeCut>(&record)) apply(command::RangeCut{cut->attempt.task, cut->rest, cut->border});
  }
  if (!keys_.empty()) tracker_.want_workers(stored_.id, 0, stored_.submission.worker_memory_bytes);
  feed(event::WorkersAllowed{0});
}

std::vector<AttemptId> SimulatedJob::look_at_kept(const Scheduler& restored) {
  std::vector<AttemptId> damaged;
  if (world_.bug() == Bug::KeptUnchecked || (restored.ended() && restored.state() != JobState::Done)) return damaged;
  std::map<TaskId, journal::Committed> committed;
  for (const JournalRecord& record : stored_.journal)
    if (const auto* one = std::get_if<journal::Committed>(&record)) committed[one->attempt.task] = *one;
  for (const auto& [task, one] : committed) {
    const bool is_output = stored_.model.stages()[task.stage].keeps_results;
    const bool part_whole = !is_output || stored_.output[task] == std::vector{one.checksum.value()};
    if (part_whole && (!JobModel::leaves_rejects(task) || stored_.rejects[task])) continue;
    damaged.push_back(one.attempt);
    stored_.output.erase(task);
    stored_.rejects.erase(task);
  }
  return damaged;
}

void SimulatedJob::hear(Event event) {
  in([this, event = std::move(event)] {
    if (const auto* lost = std::get_if<event::WorkerLost>(&event)) forget(lost->worker);
    feed(event);
  });
}

void SimulatedJob::hear_report(HostId host, const Report& report) {
  in([this, host, report] {
    take(host, report);
    if (alive()) tracker_.acknowledge(host, report.number);
  });
}

void SimulatedJob::hear_beat(const Beat& beat) {
  in([this, beat] { take(beat); });
}

void SimulatedJob::hear_session(HostId host, std::vector<AttemptId> held) {
  in([this, host, held = std::move(held)] {
    const auto is_held = [&](AttemptId attempt) { return std::find(held.begin(), held.end(), attempt) != held.end(); };
    if (world_.bug() != Bug::WipeUnnoticed) {
      std::vector<AttemptId> lost;
      for (const AttemptId& attempt : scheduler_->results_on(host))
        if (!is_held(attempt)) lost.push_back(attempt);
      if (!lost.empty()) feed(event::ResultsLost{lost});
    }
    if (!alive()) return;
    for (const AttemptId& attempt : scheduler_->results_on(host))
      if (!is_held(attempt)) oracle().violate(to_string(attempt) + " is believed to be on a node that says it is not");
  });
}

void SimulatedJob::sort_out(HostId host, std::vector<AttemptId> held) {
  in([this, host, held = std::move(held)] {
    const std::vector<AttemptId> committed = scheduler_->results_on(host);
    for (const AttemptId& attempt : held) {
      const bool wanted = std::find(committed.begin(), committed.end(), attempt) != committed.end() || committing_.contains(attempt) ||
                          std::any_of(workers_.begin(), workers_.end(),
                                      [&](WorkerId worker) { return scheduler_->running_on(worker) == attempt; });
      if (!wanted) tracker_.discard(stored_.id, attempt);
    }
  });
}

void SimulatedJob::hear_worker(WorkerId worker, std::optional<AttemptId> attempt) {
  in([this, worker, attempt] {
    const std::optional<AttemptId> running = scheduler_->running_on(worker);
    heard_[worker] = world_.now();
    feed(event::Heartbeat{worker, {}, 0});
    if (!alive() || doomed_.contains(worker)) return;
    if (running && running != attempt && scheduler_->running_on(worker) == running) send_run(worker, *running, true);
  });
}

void SimulatedJob::adopt(WorkerId worker, HostId host, std::optional<AttemptId> attempt) {
  in([this, worker, host, attempt] {
    workers_.insert(worker);
    heard_[worker] = world_.now();
    ran_.erase(worker);
    feed(event::WorkerAdopted{worker, host, attempt});
  });
}

void SimulatedJob::hear_host_gone(HostId host) {
  in([this, host] { feed(event::ResultsLost{scheduler_->results_on(host)}); });
}

std::string SimulatedJob::describe() const {
  if (!scheduler_) return "has not begun";
  const StageCount stage = scheduler_->stage();
  std::string text = (over_ ? "over, " : "") + std::to_string(stage.committed) + " of " + std::to_string(stage.total) +
                     " tasks committed, " + std::to_string(stage.running) + " run, wants " + std::to_string(wanted_) + " workers";
  for (const WorkerId worker : workers_) {
    const auto running = scheduler_->running_on(worker);
    text += "; worker " + std::to_string(worker) + (doomed_.contains(worker) ? " doomed" : "") +
            (running ? " with " + to_string(*running) : std::string());
  }
  return text;
}

void SimulatedJob::forget(WorkerId worker) {
  workers_.erase(worker);
  doomed_.erase(worker);
  heard_.erase(worker);
  ran_.erase(worker);
}

void SimulatedJob::feed(const Event& event) {
  events_.push_back(event);
  if (feeding_) return;
  feeding_ = true;
  while (!events_.empty() && alive()) {
    const Event next = std::move(events_.front());
    events_.pop_front();
    carry_out(scheduler_->step(next, time()));
  }
  if (alive() && !opening_) sync();
  if (alive()) tell_demand();
  feeding_ = false;
}

void SimulatedJob::tell_demand() {
  const std::uint64_t wanted = std::min(scheduler_->wanted_workers(), stored_.submission.most_workers);
  if (wanted == wanted_ || (world_.bug() == Bug::DemandForgotten && wanted > wanted_)) return;
  wanted_ = wanted;
  tracker_.want_workers(stored_.id, wanted, stored_.submission.worker_memory_bytes);
}

void SimulatedJob::carry_out(std::vector<Command> commands) {
  if (world_.bug() == Bug::JournalAfterwards)
    std::stable_partition(commands.begin(), commands.end(),
                          [](const Command& one) { return !std::holds_alternative<command::Journal>(one); });
  for (const Command& command : commands) {
    if (!alive()) return;
    if (world_.happens(world_.odds().tracker_step_crash)) {
      const auto* journal = std::get_if<command::Journal>(&command);
      if (journal != nullptr && world_.bug() == Bug::TornRecordTaken) stored_.journal.push_back(journal->record);
      return world_.crash_tracker();
    }
    // What others see of decisions comes when they are durable.
    if (!std::holds_alternative<command::Journal>(command) && !std::holds_alternative<command::OpenStage>(command)) sync();
    std::visit([this](const auto& one) { apply(one); }, command);
  }
}

void SimulatedJob::sync() {
  const auto is_commit = [](const JournalRecord& record) { return std::holds_alternative<journal::Committed>(record); };
  if (world_.bug() == Bug::SyncForgotten && std::all_of(unsynced_.begin(), unsynced_.end(), is_commit)) return;
  oracle().on_synced();
  stored_.journal.insert(stored_.journal.end(), unsynced_.begin(), unsynced_.end());
  unsynced_.clear();
}

void SimulatedJob::apply(const command::Journal& journal) {
  oracle().on_journal(journal.record);
  if (const auto* opened = std::get_if<journal::StageOpened>(&journal.record)) open_keys(opened->tasks);
  if (world_.bug() == Bug::CutForgotten && std::holds_alternative<journal::RangeCut>(journal.record)) return;
  unsynced_.push_back(journal.record);
  if (stored_.journal.size() > kMaxRecords) world_.violate("a journal grows without end");
}

void SimulatedJob::apply(const command::StartWorker& start) {
  oracle().on_start_worker(start.worker);
  workers_.insert(start.worker);
  heard_[start.worker] = world_.now();
  tracker_.start_worker({stored_.id, start.worker});
}

void SimulatedJob::apply(const command::KillWorker& kill) {
  const SteadyMs now = world_.now();
  const bool silent = now - heard_[kill.worker] >= kSilenceMs;
  const bool idle_hands = ran_.contains(kill.worker) && now - ran_[kill.worker] >= kTaskTimeoutMs;
  const auto running = scheduler_->running_on(kill.worker);
  const bool beaten = running && oracle().is_committed(running->task);
  oracle().on_kill(kill.worker);
  const bool unwanted = beaten || doomed_.contains(kill.worker) || !running || !ran_.contains(kill.worker);
  oracle().expect(silent || idle_hands || unwanted, "worker " + std::to_string(kill.worker) + " is killed for nothing");
  if (running) oracle().on_fault(*running);
  doomed_.insert(kill.worker);
  tracker_.kill_worker({stored_.id, kill.worker});
}

void SimulatedJob::apply(const command::ReleaseWorker& release) {
  doomed_.insert(release.worker);
  tracker_.kill_worker({stored_.id, release.worker});
}

void SimulatedJob::apply(const command::BlameHost& blame) { tracker_.blame(stored_.id, blame.host); }

std::vector<Located> SimulatedJob::inputs_of(std::uint32_t stage) {
  if (world_.bug() == Bug::InputsRemembered && remembered_.contains(stage)) return remembered_[stage];
  std::vector<Located> inputs;
  for (const std::uint32_t input : stored_.model.stages()[stage].inputs)
    for (std::uint32_t ordinal = 0; ordinal < keys_[input].size(); ++ordinal) {
      const TaskId task{input, ordinal};
      inputs.push_back({{task, scheduler_->committed_attempt(task)}, scheduler_->result_host(task)});
    }
  if (world_.bug() == Bug::InputsRemembered) remembered_[stage] = inputs;
  return inputs;
}

void SimulatedJob::send_run(WorkerId worker, AttemptId attempt, bool again) {
  Keys keys = keys_[attempt.task.stage][attempt.task.ordinal];
  if (world_.bug() == Bug::RangeRemembered && attempt.task.ordinal < stored_.model.stages()[attempt.task.stage].tasks)
    keys = JobModel::keys_of(attempt.task.ordinal + 1).back();
  const JobWorker name{stored_.id, worker};
  if (!again) tracker_.begins(name, attempt);
  tracker_.send_to_worker(name, [name, attempt, keys, inputs = inputs_of(attempt.task.stage)](SimulatedNode& node) {
    node.run(name, attempt, keys, inputs);
  });
}

void SimulatedJob::apply(const command::RunTask& run) {
  std::vector<AttemptId> inputs;
  for (const Located& one : inputs_of(run.attempt.task.stage)) inputs.push_back(one.attempt);
  oracle().on_run(run.attempt, inputs);
  const std::optional<WorkerId> first = runner_of_task(run.attempt.task);
  if (first && *first != run.worker) oracle().on_doubled();
  heard_[run.worker] = ran_[run.worker] = world_.now();
  send_run(run.worker, run.attempt, false);
}

void SimulatedJob::apply(const command::Commit& commit) {
  const AttemptId attempt = commit.attempt;
  if (JobModel::leaves_rejects(attempt.task)) stored_.rejects[attempt.task] = true;
  if (!stored_.model.stages()[attempt.task.stage].keeps_results) return feed(event::CommitDone{attempt});
  // A part of the output is fetched; only then is it safe from its node.
  committing_.insert(attempt);
  HostId host = 0;
  for (const HostId one : world_.hosts())
    if (world_.node(one).holds(stored_.id, attempt)) host = one;
  later(static_cast<SteadyMs>(world_.random().below(500)), [this, attempt, host] { end_commit(attempt, host); });
}

void SimulatedJob::end_commit(AttemptId attempt, HostId host) {
  committing_.erase(attempt);
  if (host == 0 || !world_.node(host).up() || !world_.in_session(host) || !world_.node(host).holds(stored_.id, attempt))
    return feed(event::CommitFailed{attempt, environment_error("the node is gone"), true});
  if (world_.bug() != Bug::PartAppended) stored_.output[attempt.task].clear();
  stored_.output[attempt.task].push_back(world_.node(host).content(stored_.id, attempt));
  if (world_.happens(world_.odds().commit)) {
    oracle().on_fault(attempt);
    return feed(event::CommitFailed{attempt, environment_error("the disk is full")});
  }
  feed(event::CommitDone{attempt});
}

void SimulatedJob::apply(const command::Discard& discard) {
  oracle().on_discard(discard.attempt);
  tracker_.discard(stored_.id, discard.attempt);
}

/// The next stage's shape depends on the results of the one before, as ranges and verdicts on rounds do.
std::optional<AttemptId> SimulatedJob::unreachable_result(std::uint32_t stage) {
  for (std::uint32_t ordinal = 0; ordinal < keys_[stage].size(); ++ordinal) {
    const AttemptId attempt{{stage, ordinal}, scheduler_->committed_attempt({stage, ordinal})};
    const HostId host = scheduler_->result_host(attempt.task);
    if (!tracker_.has(host) || !world_.node(host).up() || !world_.node(host).holds(stored_.id, attempt)) return attempt;
  }
  return std::nullopt;
}

void SimulatedJob::apply(const command::OpenStage& open) {
  opening_ = true;  // found out before anything else is done, however long it takes
  oracle().on_open(open.stage);
  later(static_cast<SteadyMs>(world_.random().below(300)), [this, stage = open.stage] { open_stage(stage); });
}

void SimulatedJob::open_stage(std::uint32_t stage) {
  opening_ = false;
  const std::vector<JobModel::Stage>& stages = stored_.model.stages();
  if (stage == stages.size()) return feed(event::NoMoreStages{stage});
  if (stage > 0) {
    if (const auto lost = unreachable_result(stage - 1)) {
      oracle().on_blocked(*lost);
      return feed(event::StageBlocked{stage, {*lost}});
    }
  }
  std::vector<std::uint32_t> freed = stages[stage].freed;
  if (world_.bug() == Bug::FreedEarly) freed.insert(freed.end(), stages[stage].inputs.begin(), stages[stage].inputs.end());
  // Any wish must do: hosts that are there and not, tasks without one.
  std::vector<HostId> nearest(stages[stage].tasks);
  for (std::uint32_t task = 0; task < nearest.size(); ++task) nearest[task] = (task * 7 + stage) % 6;
  feed(event::StageOpened{stage, stages[stage].tasks, stages[stage].inputs, freed, stages[stage].keeps_results, nearest});
}

void SimulatedJob::apply(const command::FinishJob&) {
  oracle().on_finished(*scheduler_, stored_.output, stored_.rejects);
  end(JobState::Done);
}

void SimulatedJob::apply(const command::FailJob& fail) {
  const bool cancelled = scheduler_->state() == JobState::Cancelled;
  if (!cancelled) oracle().violate("the job failed: " + fail.error.to_string());
  if (cancelled && !stored_.cancel_asked) oracle().violate("a job is cancelled, and nobody asked for it");
  end(cancelled ? JobState::Cancelled : JobState::Failed);
}

/// Publication takes its time; until it is written down another life may do it again.
void SimulatedJob::end(JobState state) {
  over_ = true;
  tracker_.stop(stored_.id, state);
  const auto wait = static_cast<SteadyMs>(world_.random().below(300));
  world_.after(wait, [this, token = std::weak_ptr(token_), state] {
    if (token.lock()) tracker_.end(stored_.id, state);
  });
}

std::optional<WorkerId> SimulatedJob::runner_of_task(TaskId task) const {
  for (const WorkerId worker : workers_) {
    const std::optional<AttemptId> running = scheduler_->running_on(worker);
    if (running && running->task == task) return worker;
  }
  return std::nullopt;
}

Event SimulatedJob::as_mistaken(const Event& event) {
  if (const auto* done = std::get_if<event::AttemptDone>(&event); done != nullptr && world_.bug() == Bug::LateDoneTaken) {
    if (const auto runner = runner_of_task(done->attempt.task))
      return event::AttemptDone{*runner, *scheduler_->running_on(*runner), done->counters, done->checksum};
  }
  if (const auto* failed = std::get_if<event::AttemptFailed>(&event)) {
    event::AttemptFailed changed = *failed;
    if (world_.bug() == Bug::LossForgotten) changed.lost_inputs.clear();
    if (world_.bug() == Bug::LateFailureTaken) {
      if (const auto runner = runner_of_task(failed->attempt.task)) {
        changed.worker = *runner;
        changed.attempt = *scheduler_->running_on(*runner);
      }
    }
    return changed;
  }
  return event;
}

void SimulatedJob::apply(const command::AskToCut& ask) {
  const Keys keys = keys_[ask.attempt.task.stage][ask.attempt.task.ordinal];
  if (keys.count() < 2) return feed(event::CutRefused{ask.worker, ask.attempt});
  const std::uint64_t border = keys.begin + 1 + world_.random().below(keys.count() - 1);
  const JobWorker name{stored_.id, ask.worker};
  tracker_.send_to_worker(name, [name, attempt = ask.attempt, border](SimulatedNode& node) { node.cut(name, attempt, border); });
}

void SimulatedJob::apply(const command::RangeCut& cut) {
  std::vector<Keys>& keys = keys_[cut.task.stage];
  const std::uint64_t border = std::stoull(cut.border);
  keys.push_back({border, keys[cut.task.ordinal].end});
  keys[cut.task.ordinal].end = border;
}

void SimulatedJob::hear_of_end(WorkerId worker, AttemptId attempt, std::uint64_t end) {
  if (world_.bug() == Bug::ZombieCutTaken) {
    if (const auto runner = runner_of_task(attempt.task)) {
      worker = *runner;
      attempt = *scheduler_->running_on(*runner);
    }
  }
  if (scheduler_->running_on(worker) != attempt) return;
  const Keys keys = keys_[attempt.task.stage][attempt.task.ordinal];
  if (keys.begin < end && end < keys.end) feed(event::RangeCut{worker, attempt, std::to_string(end)});
}

void SimulatedJob::take(HostId, const Report& report) {
  Event event = report.event;
  if (const auto* lost = std::get_if<event::WorkerLost>(&event)) forget(lost->worker);
  if (const auto* done = std::get_if<event::AttemptDone>(&event)) {
    heard_[done->worker] = world_.now();
    if (world_.bug() != Bug::EndUnchecked) {
      hear_of_end(done->worker, done->attempt, report.end);
      if (!alive()) return;
      if (scheduler_->running_on(done->worker) == done->attempt &&
          keys_[done->attempt.task.stage][done->attempt.task.ordinal].end != report.end)
        event = event::AttemptFailed{done->worker, done->attempt, environment_error("did another part of its range"), false, {}, {}, true};
    }
  }
  if (const auto* ready = std::get_if<event::WorkerReady>(&event)) heard_[ready->worker] = world_.now();
  feed(as_mistaken(event));
}

void SimulatedJob::take(const Beat& beat) {
  heard_[beat.heart.worker] = world_.now();
  if (beat.heart.attempt) hear_of_end(beat.heart.worker, *beat.heart.attempt, beat.end);
  if (alive() && beat.heart.attempt && beat.refused) feed(event::CutRefused{beat.heart.worker, *beat.heart.attempt});
  if (alive()) feed(beat.heart);
}

}  // namespace sinter::simulation

// SimulatedTracker: what the real shell owes the scheduler: sessions, places, resending, the journal first.
#include "tests/simulation/simulated_tracker.hpp"

#include <algorithm>

namespace sinter::simulation {
namespace {

SchedulerOptions options_of(std::uint32_t life, bool speculation, bool cut_ranges) {
  SchedulerOptions options;
  options.workers = 1;
  options.max_attempts = 1'000;
  options.task_timeout_ms = 20'000;
  options.heartbeat_timeout_ms = 12'000;
  options.start_timeout_ms = 30'000;
  options.journal = true;
  options.speculation = speculation;
  options.cut_ranges = cut_ranges;
  options.generation = life;
  return options;
}

}  // namespace

SimulatedTracker::SimulatedTracker(World& world, std::uint32_t life) : world_(world), life_(life) {}

SteadyMs SimulatedTracker::time() {
  const SteadyMs now = world_.bug() == Bug::WallClock ? world_.wall_now() : world_.now();
  last_time_ = std::max(last_time_, now);
  return last_time_;
}

void SimulatedTracker::begin() {
  world_.oracle().on_crashed();
  const bool mistaken = world_.bug() == Bug::GenerationForgotten;
  auto restored = Scheduler::restore(options_of(mistaken ? 1 : life_, world_.speculation(), world_.cut_ranges()), world_.journal);
  if (!restored.ok()) {
    world_.oracle().violate(restored.error().to_string());
    world_.end(JobState::Failed);
    return;
  }
  scheduler_.emplace(std::move(*restored));
  for (const JournalRecord& record : world_.journal) {
    if (const auto* opened = std::get_if<journal::StageOpened>(&record)) open_keys(opened->tasks);
    if (const auto* cut = std::get_if<journal::RangeCut>(&record)) apply(command::RangeCut{cut->attempt.task, cut->rest, cut->border});
  }
  world_.oracle().on_restored(*scheduler_);
  feed(event::WorkersAllowed{0});
  for (const HostId host : world_.hosts()) on_session_lost(host);  // until it registers
  tick();
}

void SimulatedTracker::tick() {
  world_.after(200, [this, life = life_, &world = world_] {
    if (!world.tracker_lives(life) || world.ended()) return;
    feed(event::Tick{});
    tick();
  });
}

void SimulatedTracker::feed(const Event& event) {
  events_.push_back(event);
  if (feeding_) return;
  feeding_ = true;
  while (!events_.empty() && alive()) {
    const Event next = std::move(events_.front());
    events_.pop_front();
    carry_out(scheduler_->step(next, time()));
  }
  if (alive() && !opening_) sync();
  feeding_ = false;
}

void SimulatedTracker::carry_out(std::vector<Command> commands) {
  if (world_.bug() == Bug::JournalAfterwards)
    std::stable_partition(commands.begin(), commands.end(),
                          [](const Command& one) { return !std::holds_alternative<command::Journal>(one); });
  for (const Command& command : commands) {
    if (!alive()) return;
    if (world_.happens(world_.odds().tracker_step_crash)) {
      const auto* journal = std::get_if<command::Journal>(&command);
      if (journal != nullptr && world_.bug() == Bug::TornRecordTaken) world_.journal.push_back(journal->record);
      return world_.crash_tracker();
    }
    // What others see of decisions comes when they are durable.
    if (!std::holds_alternative<command::Journal>(command) && !std::holds_alternative<command::OpenStage>(command)) sync();
    std::visit([this](const auto& one) { apply(one); }, command);
  }
}

/// Before a session's registration has come in, what the node does not get yet would be taken for lost.
void SimulatedTracker::send(HostId host, std::function<void(SimulatedNode&)> message) {
  if (connections_[host].registered) world_.to_node(host, std::move(message));
}

void SimulatedTracker::sync() {
  const auto is_commit = [](const JournalRecord& record) { return std::holds_alternative<journal::Committed>(record); };
  if (world_.bug() == Bug::SyncForgotten && std::all_of(unsynced_.begin(), unsynced_.end(), is_commit)) return;
  world_.oracle().on_synced();
  world_.journal.insert(world_.journal.end(), unsynced_.begin(), unsynced_.end());
  unsynced_.clear();
}

void SimulatedTracker::apply(const command::Journal& journal) {
  world_.oracle().on_journal(journal.record);
  if (const auto* opened = std::get_if<journal::StageOpened>(&journal.record)) open_keys(opened->tasks);
  if (world_.bug() == Bug::CutForgotten && std::holds_alternative<journal::RangeCut>(journal.record)) return;
  unsynced_.push_back(journal.record);
}

void SimulatedTracker::apply(const command::StartWorker& start) {
  world_.oracle().on_start_worker(start.worker);
  heard_[start.worker] = world_.now();
  if (!place(start.worker)) waiting_.insert(start.worker);
}

bool SimulatedTracker::place(WorkerId worker) {
  for (const HostId host : world_.hosts()) {
    const auto used = std::count_if(placed_.begin(), placed_.end(), [&](const auto& one) { return one.second == host; });
    if (!connections_[host].registered || used >= static_cast<std::ptrdiff_t>(world_.node(host).slots())) continue;
    placed_[worker] = host;
    waiting_.erase(worker);
    send(host, [worker](SimulatedNode& node) { node.start(worker); });
    return true;
  }
  return false;
}

void SimulatedTracker::apply(const command::KillWorker& kill) {
  const SteadyMs now = world_.now();
  const bool silent = now - heard_[kill.worker] >= 12'000;
  const bool idle_hands = ran_.contains(kill.worker) && now - ran_[kill.worker] >= 20'000;
  const auto running = scheduler_->running_on(kill.worker);
  const bool beaten = running && world_.oracle().is_committed(running->task);
  world_.oracle().on_kill(kill.worker);
  const bool unwanted = beaten || doomed_.contains(kill.worker) || !running || !ran_.contains(kill.worker);
  world_.oracle().expect(silent || idle_hands || unwanted, "worker " + std::to_string(kill.worker) + " is killed for nothing");
  if (running) world_.oracle().on_fault(*running);
  doomed_.insert(kill.worker);
  const auto found = placed_.find(kill.worker);
  if (found != placed_.end()) {
    send(found->second, [worker = kill.worker](SimulatedNode& node) { node.kill(worker); });
  } else if (waiting_.erase(kill.worker) > 0) {
    feed(event::WorkerLost{kill.worker, Loss::Node, "no node had a place for it", {}, "", ""});
  }
}

void SimulatedTracker::apply(const command::ReleaseWorker& release) {
  doomed_.insert(release.worker);
  if (waiting_.erase(release.worker) > 0) return feed(event::WorkerLost{release.worker, Loss::Node, "was not started", {}, "", ""});
  send(placed_.at(release.worker), [worker = release.worker](SimulatedNode& node) { node.kill(worker); });
}

std::vector<Located> SimulatedTracker::inputs_of(std::uint32_t stage) {
  if (world_.bug() == Bug::InputsRemembered && remembered_.contains(stage)) return remembered_[stage];
  std::vector<Located> inputs;
  for (const std::uint32_t input : world_.model().stages()[stage].inputs)
    for (std::uint32_t ordinal = 0; ordinal < keys_[input].size(); ++ordinal) {
      const TaskId task{input, ordinal};
      inputs.push_back({{task, scheduler_->committed_attempt(task)}, scheduler_->result_host(task)});
    }
  remembered_[stage] = inputs;
  return inputs;
}

void SimulatedTracker::send_run(WorkerId worker, AttemptId attempt) {
  Keys keys = keys_[attempt.task.stage][attempt.task.ordinal];
  if (world_.bug() == Bug::RangeRemembered && attempt.task.ordinal < world_.model().stages()[attempt.task.stage].tasks)
    keys = JobModel::keys_of(attempt.task.ordinal + 1).back();
  send(placed_.at(worker), [worker, attempt, keys, inputs = inputs_of(attempt.task.stage)](SimulatedNode& node) {
    node.run(worker, attempt, keys, inputs);
  });
}

void SimulatedTracker::apply(const command::RunTask& run) {
  std::vector<AttemptId> inputs;
  for (const Located& one : inputs_of(run.attempt.task.stage)) inputs.push_back(one.attempt);
  world_.oracle().on_run(run.attempt, inputs);
  const std::optional<WorkerId> first = runner_of_task(run.attempt.task);
  if (first && *first != run.worker) world_.oracle().on_doubled();
  heard_[run.worker] = ran_[run.worker] = world_.now();
  send_run(run.worker, run.attempt);
}

void SimulatedTracker::apply(const command::Commit& commit) {
  const AttemptId attempt = commit.attempt;
  if (!world_.model().stages()[attempt.task.stage].keeps_results) {
    feed(event::CommitDone{attempt});
    return;
  }
  // A part of the output is fetched; only then is it safe from its node.
  committing_.insert(attempt);
  HostId host = 0;
  for (const HostId one : world_.hosts())
    if (world_.node(one).holds(attempt)) host = one;
  world_.after(static_cast<SteadyMs>(world_.random().below(500)), [this, attempt, host, life = life_, &world = world_] {
    if (!world.tracker_lives(life) || world.ended()) return;
    committing_.erase(attempt);
    if (host == 0 || !world.node(host).up() || !world.in_session(host) || !world.node(host).holds(attempt))
      return feed(event::CommitFailed{attempt, environment_error("the node is gone"), true});
    if (world.bug() != Bug::PartAppended) world.output[attempt.task].clear();
    world.output[attempt.task].push_back(world.node(host).content(attempt));
    if (world.happens(world.odds().commit)) {
      world.oracle().on_fault(attempt);
      return feed(event::CommitFailed{attempt, environment_error("the disk is full")});
    }
    feed(event::CommitDone{attempt});
  });
}

void SimulatedTracker::apply(const command::Discard& discard) {
  world_.oracle().on_discard(discard.attempt);
  for (const HostId host : world_.hosts())
    send(host, [attempt = discard.attempt](SimulatedNode& node) { node.discard(attempt); });
}

/// The next stage's shape depends on the results of the one before, as ranges and verdicts on rounds do.
std::optional<AttemptId> SimulatedTracker::unreachable_result(std::uint32_t stage) {
  for (std::uint32_t ordinal = 0; ordinal < keys_[stage].size(); ++ordinal) {
    const AttemptId attempt{{stage, ordinal}, scheduler_->committed_attempt({stage, ordinal})};
    const HostId host = scheduler_->result_host(attempt.task);
    if (!connections_[host].counted || !world_.node(host).up() || !world_.node(host).holds(attempt)) return attempt;
  }
  return std::nullopt;
}

void SimulatedTracker::apply(const command::OpenStage& open) {
  opening_ = true;  // found out before anything else is done, however long it takes
  world_.oracle().on_open(open.stage);
  world_.after(static_cast<SteadyMs>(world_.random().below(300)), [this, stage = open.stage, life = life_, &world = world_] {
    if (!world.tracker_lives(life) || world.ended()) return;
    opening_ = false;
    const std::vector<JobModel::Stage>& stages = world.model().stages();
    if (stage == stages.size()) return feed(event::NoMoreStages{stage});
    if (stage > 0) {
      if (const auto lost = unreachable_result(stage - 1)) {
        world.oracle().on_blocked(*lost);
        return feed(event::StageBlocked{stage, {*lost}});
      }
    }
    std::vector<std::uint32_t> freed = stages[stage].freed;
    if (world.bug() == Bug::FreedEarly) freed.insert(freed.end(), stages[stage].inputs.begin(), stages[stage].inputs.end());
    // Any wish must do: hosts that are there and not, tasks without one.
    std::vector<HostId> nearest(stages[stage].tasks);
    for (std::uint32_t task = 0; task < nearest.size(); ++task) nearest[task] = (task * 7 + stage) % 6;
    feed(event::StageOpened{stage, stages[stage].tasks, stages[stage].inputs, freed, stages[stage].keeps_results, nearest});
  });
}

void SimulatedTracker::apply(const command::FinishJob&) {
  world_.oracle().on_finished(*scheduler_, world_.output);
  world_.end(JobState::Done);
}

void SimulatedTracker::apply(const command::FailJob& fail) {
  world_.oracle().violate("the job failed: " + fail.error.to_string());
  world_.end(JobState::Failed);
}

std::optional<WorkerId> SimulatedTracker::runner_of_task(TaskId task) const {
  for (const auto& [worker, host] : placed_) {
    const std::optional<AttemptId> running = scheduler_->running_on(worker);
    if (running && running->task == task) return worker;
  }
  return std::nullopt;
}

Event SimulatedTracker::as_mistaken(const Event& event) {
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

void SimulatedTracker::apply(const command::AskToCut& ask) {
  const Keys keys = keys_[ask.attempt.task.stage][ask.attempt.task.ordinal];
  if (keys.count() < 2) return feed(event::CutRefused{ask.worker, ask.attempt});
  const std::uint64_t border = keys.begin + 1 + world_.random().below(keys.count() - 1);
  send(placed_.at(ask.worker), [ask, border](SimulatedNode& node) { node.cut(ask.worker, ask.attempt, border); });
}

void SimulatedTracker::apply(const command::RangeCut& cut) {
  std::vector<Keys>& keys = keys_[cut.task.stage];
  const std::uint64_t border = std::stoull(cut.border);
  keys.push_back({border, keys[cut.task.ordinal].end});
  keys[cut.task.ordinal].end = border;
}

void SimulatedTracker::hear_of_end(WorkerId worker, AttemptId attempt, std::uint64_t end) {
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

void SimulatedTracker::on_report(HostId host, const Report& report) {
  if (world_.ended()) return;
  const std::uint64_t number = report.number;
  Event event = report.event;
  if (const auto* lost = std::get_if<event::WorkerLost>(&event)) {
    placed_.erase(lost->worker);
    doomed_.erase(lost->worker);
  }
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
  if (!alive()) return;
  send(host, [number](SimulatedNode& node) { node.acknowledge(number); });
  while (!waiting_.empty() && place(*waiting_.begin())) {}
}

void SimulatedTracker::on_beat(const Beat& beat) {
  if (world_.ended()) return;
  heard_[beat.heart.worker] = world_.now();
  if (beat.heart.attempt) hear_of_end(beat.heart.worker, *beat.heart.attempt, beat.end);
  if (alive() && beat.heart.attempt && beat.refused) feed(event::CutRefused{beat.heart.worker, *beat.heart.attempt});
  if (alive()) feed(beat.heart);
}

void SimulatedTracker::on_session_lost(HostId host) {
  connections_[host].registered = false;
  world_.after(kNodeTimeoutMs, [this, host, seen = connections_[host].registrations, life = life_, &world = world_] {
    if (world.tracker_lives(life) && !world.ended() && connections_[host].registrations == seen) node_lost(host);
  });
}

void SimulatedTracker::node_lost(HostId host) {
  connections_[host].counted = false;
  std::vector<WorkerId> gone;
  for (const auto& [worker, at] : placed_)
    if (at == host) gone.push_back(worker);
  for (const WorkerId worker : gone) {
    placed_.erase(worker);
    doomed_.erase(worker);
    feed(event::WorkerLost{worker, world_.bug() == Bug::NodeLossBlamed ? Loss::Crash : Loss::Node, "its node is gone", {}, "", ""});
    if (!alive()) return;
  }
  if (world_.bug() != Bug::LossForgotten) feed(event::ResultsLost{scheduler_->results_on(host)});
  if (alive()) count_slots();
}

void SimulatedTracker::count_slots() {
  std::uint32_t slots = 0;
  for (const auto& [host, connection] : connections_) slots += connection.counted ? world_.node(host).slots() : 0;
  feed(event::WorkersAllowed{slots});
}

void SimulatedTracker::on_registration(const Registration& said) {
  if (world_.ended()) return;
  // Those whom the node should know: what follows places new ones there.
  std::vector<WorkerId> known;
  for (const auto& [worker, host] : placed_)
    if (host == said.host) known.push_back(worker);
  ++connections_[said.host].registrations;
  connections_[said.host].counted = true;
  connections_[said.host].registered = true;
  if (world_.bug() != Bug::WipeUnnoticed) {
    std::vector<AttemptId> lost;
    for (const AttemptId& attempt : scheduler_->results_on(said.host))
      if (std::find(said.held.begin(), said.held.end(), attempt) == said.held.end()) lost.push_back(attempt);
    if (!lost.empty()) feed(event::ResultsLost{lost});
  }
  if (!alive()) return;
  for (const AttemptId& attempt : scheduler_->results_on(said.host))
    world_.oracle().expect(std::find(said.held.begin(), said.held.end(), attempt) != said.held.end(),
                           to_string(attempt) + " is believed to be on a node that says it is not");
  meet_workers(said, known);
  for (const Report& report : said.reports)
    if (alive()) on_report(said.host, report);
  if (alive()) sort_out_held(said);
  if (alive()) count_slots();
  while (alive() && !waiting_.empty() && place(*waiting_.begin())) {}
}

void SimulatedTracker::meet_workers(const Registration& said, const std::vector<WorkerId>& known) {
  for (const auto& [worker, attempt] : said.workers) {
    if (!alive()) return;
    const auto kill = [id = worker](SimulatedNode& node) { node.kill(id); };
    if (placed_.contains(worker)) {
      const std::optional<AttemptId> running = scheduler_->running_on(worker);
      on_beat({event::Heartbeat{worker, {}, 0}});
      if (doomed_.contains(worker)) send(said.host, kill);
      else if (running && running != attempt) send_run(worker, *running);  // the order was lost with the session
    } else if ((worker - 1) / kWorkersPerLife + 1 < life_) {
      placed_[worker] = said.host;
      heard_[worker] = world_.now();
      ran_.erase(worker);
      feed(event::WorkerAdopted{worker, said.host, attempt});
    } else if (world_.bug() != Bug::ZombiesSpared) {
      send(said.host, kill);
    }
  }
  std::vector<WorkerId> gone;
  for (const WorkerId worker : known)
    if (placed_.contains(worker) && !said.workers.contains(worker) &&
        std::none_of(said.reports.begin(), said.reports.end(), [worker](const auto& one) {
          const auto* lost = std::get_if<event::WorkerLost>(&one.event);
          const auto* ready = std::get_if<event::WorkerReady>(&one.event);
          return (lost != nullptr && lost->worker == worker) || (ready != nullptr && ready->worker == worker);
        }))
      gone.push_back(worker);
  for (const WorkerId worker : gone) {
    placed_.erase(worker);
    doomed_.erase(worker);
    if (alive()) feed(event::WorkerLost{worker, Loss::Node, "its node does not know it", {}, "", ""});
  }
}

void SimulatedTracker::sort_out_held(const Registration& said) {
  for (const AttemptId& attempt : said.held) {
    const std::vector<AttemptId> committed = scheduler_->results_on(said.host);
    const bool wanted =
        std::find(committed.begin(), committed.end(), attempt) != committed.end() || committing_.contains(attempt) ||
        std::any_of(placed_.begin(), placed_.end(), [&](const auto& one) { return scheduler_->running_on(one.first) == attempt; });
    if (!wanted) send(said.host, [attempt](SimulatedNode& node) { node.discard(attempt); });
  }
}

}  // namespace sinter::simulation

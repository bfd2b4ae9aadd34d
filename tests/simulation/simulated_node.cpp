// SimulatedNode: processes live, fail and die; reports are kept until the tracker has acknowledged them.
#include "tests/simulation/simulated_node.hpp"

#include <algorithm>

#include "tests/simulation/simulated_tracker.hpp"

namespace sinter::simulation {

void SimulatedNode::boot() {
  up_ = true;
  ++boot_;
  beat();
}

void SimulatedNode::crash(bool wipe) {
  up_ = false;
  ++boot_;
  for (const auto& [id, process] : workers_)
    if (process.attempt) world_.oracle().on_fault(*process.attempt);
  workers_.clear();
  reports_.clear();
  if (wipe) held_.clear();
}

Registration SimulatedNode::registration() {
  Registration said;
  said.host = host_;
  for (const auto& [id, process] : workers_) said.workers[id] = process.attempt;
  for (const auto& [attempt, content] : held_) said.held.push_back(attempt);
  if (world_.bug() == Bug::ReportsForgotten) {
    reports_.clear();
    for (auto& [id, process] : said.workers)
      if (!workers_[id].running) process.reset();
  }
  said.reports.assign(reports_.begin(), reports_.end());
  return said;
}

std::uint64_t SimulatedNode::report(Event event, std::uint64_t end) {
  const std::uint64_t number = next_report_++;
  reports_.push_back({number, std::move(event), end});
  world_.to_tracker(host_, [host = host_, report = reports_.back()](SimulatedTracker& tracker) { tracker.on_report(host, report); });
  return number;
}

void SimulatedNode::acknowledge(std::uint64_t number) {
  while (!reports_.empty() && reports_.front().number <= number) reports_.pop_front();
  for (auto& [id, process] : workers_) {
    if (process.report == 0 || process.report > number) continue;
    process.report = 0;
    if (!process.running) process.attempt.reset();
  }
}

void SimulatedNode::beat() {
  world_.after(1'000, [this, boot = boot_] {
    if (boot != boot_) return;
    for (auto& [id, process] : workers_) {
      if (!process.ready || process.silent) continue;
      if (!process.stuck) ++process.progress;
      const Beat beat{{id, process.attempt, process.progress, world_.random().below(3) == 0 ? -1 : world_.random().unit()},
                      process.keys.end,
                      process.refused};
      world_.to_tracker(host_, [beat](SimulatedTracker& tracker) { tracker.on_beat(beat); });
    }
    beat();
  });
}

void SimulatedNode::later(WorkerId worker, SteadyMs ms, std::function<void(Process&)> what) {
  const std::uint64_t run = workers_.at(worker).run;
  world_.after(slow_ ? ms * 10 : ms, [this, boot = boot_, worker, run, what = std::move(what)] {
    const auto found = workers_.find(worker);
    if (boot == boot_ && found != workers_.end() && found->second.run == run) what(found->second);
  });
}

void SimulatedNode::start(WorkerId worker) {
  if (workers_.size() >= slots_) world_.oracle().violate("a node gets more workers than it has slots");
  if (world_.happens(world_.odds().start)) {
    report(event::WorkerLost{worker, Loss::Start, "cannot be started", {}, "", ""});
    return;
  }
  workers_[worker].run = ++runs_;
  later(worker, static_cast<SteadyMs>(world_.random().below(100)), [this, worker](Process& process) {
    process.ready = true;
    report(event::WorkerReady{worker, host_});
  });
}

void SimulatedNode::kill(WorkerId worker) {
  if (workers_.contains(worker)) exit(worker, Loss::Killed, "was killed");
}

void SimulatedNode::exit(WorkerId worker, Loss loss, const std::string& how) {
  workers_.erase(worker);
  report(event::WorkerLost{worker, loss, how, {}, "", ""});
}

/// Whether it has come so far already is chance.
void SimulatedNode::cut(WorkerId worker, AttemptId attempt, std::uint64_t border) {
  const auto found = workers_.find(worker);
  if (found == workers_.end() || !found->second.running || found->second.attempt != attempt) return;
  Process& process = found->second;
  process.refused = border <= process.keys.begin || border >= process.keys.end || world_.random().below(4) == 0;
  if (!process.refused) process.keys.end = border;
}

void SimulatedNode::run(WorkerId worker, AttemptId attempt, Keys keys, const std::vector<Located>& inputs) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;  // its end is reported
  Process& process = found->second;
  if (process.running) world_.oracle().violate("a worker that runs " + to_string(*process.attempt) + " gets " + to_string(attempt));
  world_.oracle().on_begun(attempt);
  process.running = true;
  process.run = ++runs_;
  process.report = 0;
  process.attempt = attempt;
  process.keys = keys;
  process.refused = false;
  const SteadyMs first = static_cast<SteadyMs>(world_.random().below(1'500));
  // Some ranges are hot.
  const SteadyMs rest =
      static_cast<SteadyMs>(world_.random().below(attempt.task.stage > 0 && world_.random().below(6) == 0 ? 20'000 : 1'500));
  later(worker, first, [this, worker, inputs, rest](Process&) { read_inputs(worker, inputs, rest); });
}

void SimulatedNode::end_attempt(Process& process, Event event, std::uint64_t end) {
  process.running = false;
  process.report = report(std::move(event), end);
}

void SimulatedNode::read_inputs(WorkerId worker, const std::vector<Located>& inputs, SteadyMs rest) {
  std::uint64_t read = 0;
  std::vector<AttemptId> lost;
  for (const Located& input : inputs) {
    const bool there = world_.reachable(host_, input.host) && world_.node(input.host).holds(input.attempt);
    if (!there || world_.happens(world_.odds().fetch)) lost.push_back(input.attempt);
    else read += world_.node(input.host).content(input.attempt);
  }
  if (lost.empty()) return finish(worker, read, rest);
  Process& process = workers_.at(worker);
  end_attempt(process, event::AttemptFailed{worker, *process.attempt, environment_error("cannot fetch"), false, {}, lost});
}

void SimulatedNode::finish(WorkerId worker, std::uint64_t read, SteadyMs rest) {
  const Odds& odds = world_.odds();
  Process& process = workers_.at(worker);
  const AttemptId attempt = *process.attempt;
  if (world_.happens(odds.hang)) {
    process.stuck = true;
    world_.oracle().on_fault(attempt);
  } else if (world_.happens(odds.silent)) {
    process.silent = true;
    world_.oracle().on_fault(attempt);
  } else if (world_.happens(odds.worker_crash)) {
    world_.oracle().on_fault(attempt);
    later(worker, rest, [this, worker](Process&) { exit(worker, Loss::Crash, "crashed"); });
  } else if (world_.happens(odds.disk_full)) {
    world_.oracle().on_fault(attempt);
    later(worker, rest, [this, worker, attempt](Process& one) {
      end_attempt(one, event::AttemptFailed{worker, attempt, environment_error("no space left on device"), false, {}});
    });
  } else {
    later(worker, rest, [this, worker, attempt, read](Process& one) {
      const std::uint64_t content = JobModel::content_of(attempt.task.stage, one.keys, read);
      held_[attempt] = content;
      world_.oracle().on_written(attempt);
      end_attempt(one, event::AttemptDone{worker, attempt, {{"rows", one.keys.count()}}, content}, one.keys.end);
    });
  }
}

}  // namespace sinter::simulation

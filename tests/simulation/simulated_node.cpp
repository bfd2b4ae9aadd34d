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

std::uint64_t SimulatedNode::report(Event event) {
  const std::uint64_t number = next_report_++;
  reports_.emplace_back(number, event);
  world_.to_tracker(host_, [host = host_, number, event = std::move(event)](SimulatedTracker& tracker) {
    tracker.on_report(host, number, event);
  });
  return number;
}

void SimulatedNode::acknowledge(std::uint64_t number) {
  while (!reports_.empty() && reports_.front().first <= number) reports_.pop_front();
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
      const event::Heartbeat beat{id, process.attempt, process.progress, world_.random().below(3) == 0 ? -1 : world_.random().unit()};
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

void SimulatedNode::run(WorkerId worker, AttemptId attempt, const std::vector<Located>& inputs) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;  // its end is reported
  Process& process = found->second;
  if (process.running) world_.oracle().violate("a worker that runs " + to_string(*process.attempt) + " gets " + to_string(attempt));
  world_.oracle().on_begun(attempt);
  process.running = true;
  process.run = ++runs_;
  process.report = 0;
  process.attempt = attempt;
  const SteadyMs first = static_cast<SteadyMs>(world_.random().below(1'500));
  const SteadyMs rest = static_cast<SteadyMs>(world_.random().below(1'500));
  later(worker, first, [this, worker, inputs, rest](Process&) { read_inputs(worker, inputs, rest); });
}

void SimulatedNode::end_attempt(Process& process, Event event) {
  process.running = false;
  process.report = report(std::move(event));
}

void SimulatedNode::read_inputs(WorkerId worker, const std::vector<Located>& inputs, SteadyMs rest) {
  std::vector<std::uint64_t> read;
  std::vector<AttemptId> lost;
  for (const Located& input : inputs) {
    const bool there = world_.reachable(host_, input.host) && world_.node(input.host).holds(input.attempt);
    if (!there || world_.happens(world_.odds().fetch)) lost.push_back(input.attempt);
    else read.push_back(world_.node(input.host).content(input.attempt));
  }
  if (lost.empty()) return finish(worker, read, rest);
  Process& process = workers_.at(worker);
  end_attempt(process, event::AttemptFailed{worker, *process.attempt, environment_error("cannot fetch"), false, {}, lost});
}

void SimulatedNode::finish(WorkerId worker, const std::vector<std::uint64_t>& read, SteadyMs rest) {
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
    const std::uint64_t content = JobModel::content_of(attempt.task, read);
    later(worker, rest, [this, worker, attempt, content](Process& one) {
      held_[attempt] = content;
      world_.oracle().on_written(attempt);
      end_attempt(one, event::AttemptDone{worker, attempt, {{"rows", JobModel::rows_of(attempt.task)}}, content});
    });
  }
}

}  // namespace sinter::simulation

// SimulatedNode: processes live, fail and die; reports are kept until the tracker has acknowledged them.
#include "tests/simulation/simulated_node.hpp"

#include <algorithm>

#include "tests/simulation/simulated_tracker.hpp"

namespace sinter::simulation {

void SimulatedNode::boot() {
  if (gone_) return;
  up_ = true;
  ++boot_;
  beat();
}

void SimulatedNode::on_fault(JobWorker worker, AttemptId attempt) { world_.job(worker.first).oracle.on_fault(attempt); }

void SimulatedNode::crash(bool wipe) {
  up_ = false;
  ++boot_;
  for (const auto& [id, process] : workers_)
    if (process.attempt) on_fault(id, *process.attempt);
  workers_.clear();
  reports_.clear();
  if (wipe) held_.clear();
  jobs_.clear();
  for (const auto& [job, held] : held_) jobs_.insert(job);
}

void SimulatedNode::drain() {
  leaving_ = true;
  world_.to_tracker(host_, [host = host_](SimulatedTracker& tracker) { tracker.on_draining(host); });
  // It has its reasons to go; what it holds is lost then.
  world_.after(static_cast<SteadyMs>(5'000 + world_.random().below(60'000)), [this] { leave(); });
}

void SimulatedNode::leave() {
  if (gone_) return;
  crash(true);
  gone_ = true;
  world_.node_left(host_);
}

Registration SimulatedNode::registration() {
  Registration said;
  said.host = host_;
  said.leaving = leaving_;
  said.jobs = jobs_;
  for (const auto& [id, process] : workers_) said.workers[id] = process.attempt;
  for (const auto& [job, held] : held_)
    for (const auto& [attempt, content] : held) said.held[job].push_back(attempt);
  if (world_.bug() == Bug::ReportsForgotten) {
    reports_.clear();
    for (auto& [id, process] : said.workers)
      if (!workers_[id].running) process.reset();
  }
  said.reports = reports_;
  return said;
}

std::uint64_t SimulatedNode::report(JobId job, Event event, std::uint64_t end) {
  const std::uint64_t number = next_report_++;
  const Report& made = reports_[number] = {number, job, std::move(event), end};
  world_.note_length("reports of a node", reports_.size());
  world_.to_tracker(host_, [host = host_, made](SimulatedTracker& tracker) { tracker.on_report(host, made); });
  return number;
}

void SimulatedNode::acknowledge(std::uint64_t number) {
  reports_.erase(number);
  for (auto& [id, process] : workers_) {
    if (process.report != number) continue;
    process.report = 0;
    if (!process.running) process.attempt.reset();
  }
}

void SimulatedNode::stop(JobId job) {
  std::erase_if(workers_, [job](const auto& one) { return one.first.first == job; });
  std::erase_if(reports_, [job](const auto& one) { return one.second.job == job; });
}

void SimulatedNode::close(JobId job) {
  stop(job);
  jobs_.erase(job);
  held_.erase(job);
}

bool SimulatedNode::holds(JobId job, AttemptId attempt) const {
  const auto found = held_.find(job);
  return found != held_.end() && found->second.contains(attempt);
}

void SimulatedNode::discard(JobId job, AttemptId attempt) {
  const auto found = held_.find(job);
  if (found != held_.end() && found->second.erase(attempt) > 0 && found->second.empty()) held_.erase(found);
}

void SimulatedNode::beat() {
  world_.after(1'000, [this, boot = boot_] {
    if (boot != boot_) return;
    for (auto& [id, process] : workers_) {
      if (!process.ready || process.silent) continue;
      if (!process.stuck) ++process.progress;
      const double fraction = world_.random().below(3) == 0 ? -1 : world_.random().unit();
      const Beat beat{id.first, {id.second, process.attempt, process.progress, fraction}, process.keys.end, process.refused};
      world_.to_tracker(host_, [beat](SimulatedTracker& tracker) { tracker.on_beat(beat); });
    }
    beat();
  });
}

void SimulatedNode::later(JobWorker worker, SteadyMs ms, std::function<void(Process&)> what) {
  const std::uint64_t run = workers_.at(worker).run;
  world_.after(slow_ ? ms * 10 : ms, [this, boot = boot_, worker, run, what = std::move(what)] {
    const auto found = workers_.find(worker);
    if (boot == boot_ && found != workers_.end() && found->second.run == run) what(found->second);
  });
}

void SimulatedNode::start(JobWorker worker) {
  jobs_.insert(worker.first);
  if (workers_.size() >= slots_) world_.violate("a node gets more workers than it has slots");
  if (world_.happens(world_.odds().start)) {
    report(worker.first, event::WorkerLost{worker.second, Loss::Start, "cannot be started", {}, "", ""});
    return;
  }
  workers_[worker].run = ++runs_;
  later(worker, static_cast<SteadyMs>(world_.random().below(100)), [this, worker](Process& process) {
    process.ready = true;
    report(worker.first, event::WorkerReady{worker.second, host_});
  });
}

void SimulatedNode::kill(JobWorker worker) {
  if (workers_.contains(worker)) exit(worker, Loss::Killed, "was killed");
}

void SimulatedNode::exit(JobWorker worker, Loss loss, const std::string& how) {
  workers_.erase(worker);
  report(worker.first, event::WorkerLost{worker.second, loss, how, {}, "", ""});
}

/// Whether it has come so far already is chance.
void SimulatedNode::cut(JobWorker worker, AttemptId attempt, std::uint64_t border) {
  const auto found = workers_.find(worker);
  if (found == workers_.end() || !found->second.running || found->second.attempt != attempt) return;
  Process& process = found->second;
  process.refused = border <= process.keys.begin || border >= process.keys.end || world_.random().below(4) == 0;
  if (process.refused) return;
  process.keys.end = border;
  world_.job(worker.first).oracle.on_agreed(attempt, border);
}

void SimulatedNode::run(JobWorker worker, AttemptId attempt, Keys keys, const std::vector<Located>& inputs) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;  // its end is reported
  Process& process = found->second;
  if (process.ordered == attempt) return;
  if (process.running) world_.violate("a worker that runs " + to_string(*process.attempt) + " gets " + to_string(attempt));
  world_.job(worker.first).oracle.on_begun(attempt);
  process.running = true;
  process.run = ++runs_;
  process.report = 0;
  process.attempt = process.ordered = attempt;
  process.keys = keys;
  process.refused = false;
  const SteadyMs first = static_cast<SteadyMs>(world_.random().below(1'500));
  // Some ranges are hot.
  const SteadyMs rest =
      static_cast<SteadyMs>(world_.random().below(attempt.task.stage > 0 && world_.random().below(6) == 0 ? 20'000 : 1'500));
  later(worker, first, [this, worker, inputs, rest](Process&) { read_inputs(worker, inputs, rest); });
}

void SimulatedNode::end_attempt(JobWorker worker, Process& process, Event event, std::uint64_t end) {
  process.running = false;
  process.report = report(worker.first, std::move(event), end);
}

void SimulatedNode::read_inputs(JobWorker worker, const std::vector<Located>& inputs, SteadyMs rest) {
  const JobId job = worker.first;
  std::uint64_t read = 0;
  std::vector<AttemptId> lost;
  for (const Located& input : inputs) {
    const bool there = world_.reachable(host_, input.host) && world_.node(input.host).holds(job, input.attempt);
    if (!there || world_.happens(world_.odds().fetch)) lost.push_back(input.attempt);
    else read += world_.node(input.host).content(job, input.attempt);
  }
  if (lost.empty()) return finish(worker, read, rest);
  Process& process = workers_.at(worker);
  end_attempt(worker, process,
              event::AttemptFailed{worker.second, *process.attempt, environment_error("cannot fetch"), false, {}, lost});
}

void SimulatedNode::finish(JobWorker worker, std::uint64_t read, SteadyMs rest) {
  const Odds& odds = world_.odds();
  Process& process = workers_.at(worker);
  const AttemptId attempt = *process.attempt;
  if (world_.happens(odds.hang)) {
    process.stuck = true;
    on_fault(worker, attempt);
  } else if (world_.happens(odds.silent)) {
    process.silent = true;
    on_fault(worker, attempt);
  } else if (world_.happens(odds.worker_crash)) {
    on_fault(worker, attempt);
    later(worker, rest, [this, worker](Process&) { exit(worker, Loss::Crash, "crashed"); });
  } else if (world_.happens(odds.disk_full)) {
    on_fault(worker, attempt);
    later(worker, rest, [this, worker, attempt](Process& one) {
      const Error full = environment_error("no space left on device");
      end_attempt(worker, one, event::AttemptFailed{worker.second, attempt, full, false, {}});
    });
  } else {
    later(worker, rest, [this, worker, attempt, read](Process& one) {
      StoredJob& job = world_.job(worker.first);
      const std::uint64_t content = job.model.content_of(attempt.task.stage, one.keys, read);
      held_[worker.first][attempt] = content;
      job.oracle.on_written(attempt);
      end_attempt(worker, one, event::AttemptDone{worker.second, attempt, {{"rows", one.keys.count()}}, content}, one.keys.end);
    });
  }
}

}  // namespace sinter::simulation

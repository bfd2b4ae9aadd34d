// SimulatedTracker: what the real TrackerShell does with nodes, jobs and places: see framework/cluster/tracker_shell.cpp.
#include "tests/simulation/simulated_tracker.hpp"

#include <algorithm>

namespace sinter::simulation {
namespace {

constexpr SteadyMs kLookMs = 200;

}  // namespace

SimulatedTracker::SimulatedTracker(World& world, std::uint32_t life)
    : world_(world), life_(life), inbox_(world, life), cluster_(world.sharing()), judge_(world.sharing(), world.violations()) {}

void SimulatedTracker::begin() {
  std::vector<StoredJob*> stored;
  for (const auto& [id, job] : world_.jobs())
    if (!job->ended) stored.push_back(job.get());
  if (world_.bug() == Bug::JobForgotten && stored.size() > 1) stored.pop_back();
  missing_ = world_.known_hosts;
  return_until_ = world_.now() + kNodeTimeoutMs;
  for (StoredJob* const job : stored) {
    jobs_[job->id];
    const Submission& wanted = job->submission;
    const cluster_event::JobAdded added{job->id, wanted.priority, wanted.weight, 0, {}, false, true};
    inbox_.put([this, added] { decide(added); });
    inbox_.put([this, job] { begin_job(*job, true); });
  }
  for (const auto& [id, job] : world_.jobs())
    if (job->acknowledged && !job->ended && !jobs_.contains(id)) world_.violate("job " + std::to_string(id) + " is forgotten");
  tick();
}

void SimulatedTracker::begin_job(StoredJob& stored, bool returning) {
  Job& job = jobs_[stored.id];
  job.returning = returning;
  job.run = std::make_unique<SimulatedJob>(world_, *this, stored, life_);
  job.run->begin();
}

SimulatedJob* SimulatedTracker::running(JobId job) {
  const auto found = jobs_.find(job);
  return found == jobs_.end() || found->second.stopped ? nullptr : found->second.run.get();
}

bool SimulatedTracker::has(HostId host) const {
  const auto found = connections_.find(host);
  return found != connections_.end() && found->second.counted;
}

std::string SimulatedTracker::describe(JobId id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return "is not known";
  const Job& job = found->second;
  const auto placed = std::count_if(placed_.begin(), placed_.end(), [id](const auto& one) { return one.first.first == id; });
  return std::string(cluster_.is_running(id) ? "runs" : "waits for its turn") + (job.returning ? ", returning" : "") + ", is allowed " +
         std::to_string(job.allowed) + " workers, has " + std::to_string(placed) + " of " + std::to_string(cluster_.slots()) + " slots, " +
         (job.run ? job.run->describe() : "has not begun");
}

void SimulatedTracker::submit(std::size_t submission) {
  inbox_.put([this, submission] { take_submission(submission); });
}

void SimulatedTracker::take_submission(std::size_t submission) {
  const double crash = world_.odds().tracker_step_crash;
  if (world_.happens(crash)) return world_.crash_tracker();
  const auto id = static_cast<JobId>(world_.jobs().size() + 1);
  const Submission& wanted = world_.submission(submission);
  jobs_[id];
  refused_ = false;
  decide(cluster_event::JobAdded{id, wanted.priority, wanted.weight});
  if (refused_) {
    jobs_.erase(id);
    return world_.on_refused();
  }
  StoredJob& stored = world_.store(submission);
  if (world_.happens(crash)) return world_.crash_tracker();
  begin_job(stored, false);
  world_.on_acknowledged(submission, id);
}

void SimulatedTracker::cancel(JobId job) {
  inbox_.put([this, job] {
    if (SimulatedJob* const run = running(job)) run->hear(event::Cancel{});
  });
}

void SimulatedTracker::tick() {
  world_.after(kLookMs, [this, token = std::weak_ptr(token_)] {
    if (!token.lock() || !alive()) return;
    inbox_.put([this] { look_around(); });
    tick();
  });
}

void SimulatedTracker::look_around() {
  end_returning();
  if (const auto due = cluster_.next_deadline(); due && *due <= world_.now()) decide(cluster_event::Tick{});
  tell_avoided();
  dismiss_nodes();
  for (auto& [id, job] : jobs_)
    if (SimulatedJob* const run = running(id)) run->hear(event::Tick{});
}

/// Jobs of a life before wait for their nodes. Those that stay away took their results along.
void SimulatedTracker::end_returning() {
  if (!alive() || (!missing_.empty() && world_.now() < return_until_)) return;
  for (auto& [id, job] : jobs_) {
    SimulatedJob* const run = running(id);
    if (run == nullptr || !job.returning) continue;
    for (const HostId host : missing_) run->hear_host_gone(host);
    job.returning = false;
    run->hear(event::WorkersAllowed{job.allowed});
  }
  if (!alive()) return;
  for (const HostId host : missing_) world_.known_hosts.erase(host);
  missing_.clear();
}

void SimulatedTracker::tell_avoided() {
  for (auto& [id, job] : jobs_) {
    SimulatedJob* const run = running(id);
    if (run == nullptr) continue;
    for (const HostId host : job.on_nodes) {
      const Connection& at = connections_[host];
      const bool avoids = cluster_.avoids(id, host);
      if (!at.counted || avoids == job.avoided.contains(host)) continue;
      if (avoids) job.avoided.insert(host);
      else job.avoided.erase(host);
      run->hear(event::HostDraining{host, avoids || (at.leaving && world_.bug() != Bug::DrainUntold)});
    }
  }
}

void SimulatedTracker::dismiss_nodes() {
  for (auto& [host, at] : connections_) {
    if (!at.counted || !at.leaving || !at.registered || at.dismissed) continue;
    const bool needed =
        std::any_of(placed_.begin(), placed_.end(), [id = host](const auto& one) { return one.second.host == id; }) ||
        std::any_of(jobs_.begin(), jobs_.end(), [id = host](const auto& one) { return one.second.on_nodes.contains(id); });
    if (needed) continue;
    at.dismissed = true;
    send(host, [](SimulatedNode& node) { node.leave(); });
  }
}

void SimulatedTracker::on_draining(HostId host) {
  inbox_.put([this, host] {
    if (has(host)) node_drains(host);
  });
}

void SimulatedTracker::node_drains(HostId host) {
  if (std::exchange(connections_[host].leaving, true)) return;
  decide(cluster_event::NodeDraining{host});
  if (world_.bug() == Bug::DrainUntold) return;
  for (auto& [id, job] : jobs_)
    if (SimulatedJob* const run = running(id); run != nullptr && job.on_nodes.contains(host)) run->hear(event::HostDraining{host});
}

/// Before a session's registration has come in, what the node does not get yet would be taken for lost.
void SimulatedTracker::send(HostId host, std::function<void(SimulatedNode&)> message) {
  if (connections_[host].registered) world_.to_node(host, std::move(message));
}

void SimulatedTracker::send_to_worker(JobWorker worker, std::function<void(SimulatedNode&)> message) {
  inbox_.put([this, worker, message = std::move(message)] {
    if (const auto found = placed_.find(worker); found != placed_.end()) send(found->second.host, message);
  });
}

void SimulatedTracker::begins(JobWorker worker, AttemptId attempt) {
  inbox_.put([this, worker, attempt] {
    const auto found = placed_.find(worker);
    if (found != placed_.end()) judge_.on_run(found->second.host, to_string(attempt), world_.now());
  });
}

void SimulatedTracker::want_workers(JobId job, std::uint64_t count, std::uint64_t memory_bytes) {
  inbox_.put([this, job, count, memory_bytes] { decide(cluster_event::JobDemand{job, count, memory_bytes}); });
}

void SimulatedTracker::blame(JobId job, HostId host) {
  inbox_.put([this, job, host] { decide(cluster_event::NodeFailed{host, job}); });
}

void SimulatedTracker::start_worker(JobWorker worker) {
  inbox_.put([this, worker] { decide(cluster_event::WorkerWanted{worker.first, worker.second}); });
}

void SimulatedTracker::kill_worker(JobWorker worker) {
  inbox_.put([this, worker] {
    if (const auto found = placed_.find(worker); found != placed_.end()) {
      found->second.doomed = true;
      return send(found->second.host, [worker](SimulatedNode& node) { node.kill(worker); });
    }
    if (!cluster_.waits(worker.first, worker.second)) return;
    worker_gone(worker);
    if (SimulatedJob* const run = running(worker.first))
      run->hear(event::WorkerLost{worker.second, Loss::Node, "waited for a slot", {}, "", ""});
  });
}

void SimulatedTracker::discard(JobId job, AttemptId attempt) {
  inbox_.put([this, job, attempt] {
    for (const HostId host : world_.hosts()) send(host, [job, attempt](SimulatedNode& node) { node.discard(job, attempt); });
  });
}

void SimulatedTracker::acknowledge(HostId host, std::uint64_t report) {
  inbox_.put([this, host, report] { send(host, [report](SimulatedNode& node) { node.acknowledge(report); }); });
}

void SimulatedTracker::stop(JobId id, JobState state) {
  inbox_.put([this, id, state] {
    Job& job = jobs_.at(id);
    job.stopped = true;
    for (const HostId host : job.on_nodes) send(host, [id](SimulatedNode& node) { node.stop(id); });
    std::erase_if(placed_, [id](const auto& one) { return one.first.first == id; });
    judge_.on_job_ended(id, world_.now());
    if (world_.bug() != Bug::CancelledKeepsSlots || state != JobState::Cancelled) decide(cluster_event::JobRemoved{id});
  });
}

void SimulatedTracker::end(JobId id, JobState state) {
  inbox_.put([this, id, state] {
    Job& job = jobs_.at(id);
    if (world_.bug() != Bug::CloseForgotten)
      for (const HostId host : job.on_nodes) send(host, [id](SimulatedNode& node) { node.close(id); });
    world_.on_ended(id, state);
    // It may be the one that is being heard right now.
    world_.after(0, [kept = std::shared_ptr<SimulatedJob>(std::move(job.run))] {});
    jobs_.erase(id);
  });
}

void SimulatedTracker::worker_gone(JobWorker worker) {
  placed_.erase(worker);
  judge_.on_worker_gone(worker, world_.now());
  if (world_.bug() == Bug::GoneForgotten && world_.random().below(4) == 0) return;
  decide(cluster_event::WorkerGone{worker.first, worker.second});
}

void SimulatedTracker::decide(const ClusterEvent& event) {
  if (!alive()) return;
  const std::vector<ClusterCommand> commands = cluster_.step(event, world_.now());
  judge_.see(event, commands, cluster_, world_.now());
  for (const ClusterCommand& command : commands) std::visit([this](const auto& one) { apply(one); }, command);
}

void SimulatedTracker::apply(const cluster_command::Spawn& spawn) {
  const JobWorker worker{spawn.job, spawn.worker};
  placed_[worker] = {spawn.node, false};
  Job& job = jobs_.at(spawn.job);
  if (job.avoided.erase(spawn.node) > 0) job.run->hear(event::HostDraining{spawn.node, false});
  job.on_nodes.insert(spawn.node);
  send(spawn.node, [worker](SimulatedNode& node) { node.start(worker); });
}

void SimulatedTracker::apply(const cluster_command::Allow& allow) {
  Job& job = jobs_.at(allow.job);
  job.allowed = allow.count;
  if (world_.bug() == Bug::AllowanceForgotten && world_.random().below(8) == 0) return;
  SimulatedJob* const run = running(allow.job);
  if (run != nullptr && !job.returning) run->hear(event::WorkersAllowed{allow.count});
}

void SimulatedTracker::on_report(HostId host, const Report& report) {
  inbox_.put([this, host, report] { take(host, report); });
}

void SimulatedTracker::take(HostId host, const Report& report) {
  SimulatedJob* run = running(report.job);
  JobId id = report.job;
  if (run == nullptr && world_.bug() == Bug::EndedJobTaken && !jobs_.empty()) {
    id = jobs_.begin()->first;
    run = running(id);
  }
  if (run == nullptr) return acknowledge(host, report.number);
  if (const auto* lost = std::get_if<event::WorkerLost>(&report.event); lost != nullptr && placed_.contains({id, lost->worker})) {
    if (lost->loss == Loss::Start) decide(cluster_event::NodeFailed{host, id});
    worker_gone({id, lost->worker});
  }
  if (SimulatedJob* const still = running(id)) still->hear_report(host, report);
}

void SimulatedTracker::on_beat(const Beat& beat) {
  inbox_.put([this, beat] {
    if (SimulatedJob* const run = running(beat.job)) run->hear_beat(beat);
  });
}

void SimulatedTracker::on_session_lost(HostId host) {
  inbox_.put([this, host] {
    connections_[host].registered = false;
    world_.after(kNodeTimeoutMs, [this, token = std::weak_ptr(token_), host, seen = connections_[host].registrations] {
      if (!token.lock() || !alive()) return;
      inbox_.put([this, host, seen] {
        if (connections_[host].registrations == seen && connections_[host].counted) node_lost(host);
      });
    });
  });
}

void SimulatedTracker::node_lost(HostId host) {
  connections_[host].counted = connections_[host].leaving = false;
  std::vector<JobWorker> gone;
  for (const auto& [worker, at] : placed_)
    if (at.host == host) gone.push_back(worker);
  for (const JobWorker& worker : gone) placed_.erase(worker);
  decide(cluster_event::NodeLost{host});
  const Loss loss = world_.bug() == Bug::NodeLossBlamed ? Loss::Crash : Loss::Node;
  for (const JobWorker& worker : gone)
    if (SimulatedJob* const run = running(worker.first)) run->hear(event::WorkerLost{worker.second, loss, "its node is gone", {}, "", ""});
  for (auto& [id, job] : jobs_) {
    if (job.on_nodes.erase(host) == 0 || world_.bug() == Bug::LossForgotten) continue;
    if (SimulatedJob* const run = running(id)) run->hear_host_gone(host);
  }
  if (alive()) world_.known_hosts.erase(host);
}

void SimulatedTracker::on_registration(const Registration& said) {
  inbox_.put([this, said] { take(said); });
}

void SimulatedTracker::take(const Registration& said) {
  const HostId host = said.host;
  Connection& at = connections_[host];
  // Those whom the node should know: what follows places new ones there.
  std::set<JobWorker> known;
  for (const auto& [worker, placed] : placed_)
    if (placed.host == host) known.insert(worker);
  ++at.registrations;
  at.registered = true;
  at.dismissed = false;
  missing_.erase(host);
  world_.known_hosts.insert(host);
  close_ended(said);
  for (auto& [id, job] : jobs_) {
    SimulatedJob* const run = running(id);
    if (run == nullptr) continue;
    const auto held = said.held.find(id);
    run->hear_session(host, held == said.held.end() ? std::vector<AttemptId>{} : held->second);
  }
  const std::vector<cluster_event::FoundWorker> found = at.counted ? std::vector<cluster_event::FoundWorker>{} : find_workers(said);
  end_zombies(said);
  if (!std::exchange(at.counted, true))
    decide(cluster_event::NodeJoined{host, world_.node(host).slots(), world_.node(host).memory_bytes(), false, found});
  for (const cluster_event::FoundWorker& one : found)
    if (SimulatedJob* const run = running(one.job)) run->adopt(one.worker, host, said.workers.at({one.job, one.worker}));
  meet_workers(said, known);
  for (const auto& [number, report] : said.reports)
    if (alive()) take(host, report);
  for (const auto& [id, held] : said.held)
    if (SimulatedJob* const run = running(id)) run->sort_out(host, held);
  miss_workers(said, known);
  if (said.leaving) node_drains(host);
}

void SimulatedTracker::close_ended(const Registration& said) {
  for (const JobId id : said.jobs) {
    const auto job = jobs_.find(id);
    if (job != jobs_.end()) job->second.on_nodes.insert(said.host);
    else if (world_.bug() != Bug::CloseForgotten) send(said.host, [id](SimulatedNode& node) { node.close(id); });
  }
}

/// Those of a life before, while their jobs wait for such.
std::vector<cluster_event::FoundWorker> SimulatedTracker::find_workers(const Registration& said) {
  std::vector<cluster_event::FoundWorker> found;
  for (const auto& [worker, attempt] : said.workers) {
    const auto job = jobs_.find(worker.first);
    if (placed_.contains(worker) || job == jobs_.end() || !job->second.returning || job->second.stopped) continue;
    if ((worker.second - 1) / kWorkersPerLife + 1 >= world_.job(worker.first).lives) continue;
    placed_[worker] = {said.host, false};
    found.push_back({worker.first, worker.second});
  }
  return found;
}

void SimulatedTracker::end_zombies(const Registration& said) {
  if (world_.bug() == Bug::ZombiesSpared) return;
  for (const auto& [worker, attempt] : said.workers)
    if (!placed_.contains(worker)) send(said.host, [id = worker](SimulatedNode& node) { node.kill(id); });
}

void SimulatedTracker::meet_workers(const Registration& said, const std::set<JobWorker>& known) {
  for (const auto& [worker, attempt] : said.workers) {
    const auto placed = placed_.find(worker);
    SimulatedJob* const run = running(worker.first);
    if (run == nullptr || placed == placed_.end() || !known.contains(worker)) continue;
    if (placed->second.doomed) send(said.host, [id = worker](SimulatedNode& node) { node.kill(id); });
    run->hear_worker(worker.second, attempt);
  }
}

void SimulatedTracker::miss_workers(const Registration& said, const std::set<JobWorker>& known) {
  for (const JobWorker& worker : known) {
    const bool is_told = std::any_of(said.reports.begin(), said.reports.end(), [&](const auto& one) {
      const auto* lost = std::get_if<event::WorkerLost>(&one.second.event);
      const auto* ready = std::get_if<event::WorkerReady>(&one.second.event);
      return one.second.job == worker.first &&
             ((lost != nullptr && lost->worker == worker.second) || (ready != nullptr && ready->worker == worker.second));
    });
    if (!placed_.contains(worker) || said.workers.contains(worker) || is_told) continue;
    worker_gone(worker);
    if (SimulatedJob* const run = running(worker.first))
      run->hear(event::WorkerLost{worker.second, Loss::Node, "its node does not know it", {}, "", ""});
  }
}

}  // namespace sinter::simulation

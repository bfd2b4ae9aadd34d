// TrackerShell: who may have how many workers and where, as the Cluster machine decides, and nodes that leave in good order.
#include <algorithm>

#include "base/parse_size.hpp"
#include "framework/cluster/tracker_shell.hpp"

namespace sinter::cluster {

void TrackerShell::open_run(OpenRun open) {
  post([this, open = std::move(open)]() mutable {
    const auto found = jobs_.find(open.run);
    if (found == jobs_.end()) return;
    open_shipped(found->second, open);
    found->second.open = std::move(open);
  });
}

void TrackerShell::want_workers(RunId run, std::uint64_t count, std::uint64_t memory_bytes) {
  post([this, run, count, memory_bytes] {
    if (const auto found = jobs_.find(run); found != jobs_.end()) found->second.worker_memory_bytes = memory_bytes;
    decide(cluster_event::JobDemand{static_cast<JobId>(run), count, memory_bytes});
  });
}

void TrackerShell::blame(RunId run, HostId node) {
  post([this, run, node] { decide(cluster_event::NodeFailed{node, static_cast<JobId>(run)}); });
}

void TrackerShell::start_worker(RunId run, WorkerId worker) {
  post([this, run, worker] { decide(cluster_event::WorkerWanted{static_cast<JobId>(run), worker}); });
}

void TrackerShell::kill_worker(RunId run, WorkerId worker) {
  post([this, run, worker] {
    if (const NodeEntry* node = nodes_.node_of({run, worker})) send(node->peer, pack(KillWorker{run, worker}));
    else withdraw(run, worker);
  });
}

void TrackerShell::withdraw(RunId run, WorkerId worker) {
  if (!cluster_.waits(static_cast<JobId>(run), worker)) return;
  decide(cluster_event::WorkerGone{static_cast<JobId>(run), worker});
  push(run, WorkerEnded{worker, Loss::Node, "waited for a slot", {}, {}});
}

void TrackerShell::stop_workers(RunId run, bool at_once) {
  post([this, run, at_once] {
    const auto found = jobs_.find(run);
    if (found == jobs_.end()) return;
    for (const NodeId id : found->second.on_nodes)
      if (const NodeEntry* node = nodes_.find(id)) send(node->peer, pack(StopWorkers{run, at_once}));
    nodes_.release_all(run);
    found->second.open.reset();
    decide(cluster_event::JobRemoved{static_cast<JobId>(run)});
  });
}

void TrackerShell::decide(const ClusterEvent& event) {
  for (const ClusterCommand& command : cluster_.step(event, options_.clock.now_ms()))
    std::visit([this](const auto& one) { apply(one); }, command);
}

void TrackerShell::apply(const cluster_command::Spawn& spawn) {
  const NodeEntry& node = *nodes_.find(spawn.node);
  Job& job = jobs_.at(spawn.job);
  nodes_.place(spawn.node, {spawn.job, spawn.worker});
  if (job.avoided.erase(spawn.node) > 0) push(spawn.job, HostDrains{spawn.node, false});
  if (job.on_nodes.insert(spawn.node).second) send(node.peer, pack(*job.open));
  send(node.peer, pack(StartWorker{spawn.job, spawn.worker}));
}

void TrackerShell::apply(const cluster_command::Allow& allow) {
  Job& job = jobs_.at(allow.job);
  job.allowed = allow.count;
  // A job of a life before is told when its nodes have come back.
  if (!job.returning) push(allow.job, WorkersMayBe{allow.count});
}

void TrackerShell::apply(const cluster_command::Refuse& refuse) { refusal_ = refuse.error; }

std::string TrackerShell::wait_reason(RunId run, const Job& job) const {
  if (!job.run || !job.open) return "";
  if (!cluster_.is_running(static_cast<JobId>(run)))
    return "waits for its turn: " + std::to_string(options_.sharing.max_running_jobs) + " jobs run at a time";
  if (job.returning) return "waits for its nodes to come back";
  if (job.allowed > 0 || nodes_.workers_of(run) > 0) return "";
  const std::optional<std::uint64_t> most_bytes = nodes_.most_memory_bytes();
  if (!most_bytes) return "waits for a node";
  if (job.code && !nodes_.any_native_code())
    return "waits for a node that was started with --allow-native: the job brings native code, and none that is there takes it";
  if (*most_bytes < job.worker_memory_bytes)
    return "waits for a node with " + format_size(job.worker_memory_bytes) + " of memory for one worker: none has so much";
  return "waits for slots";
}

Status TrackerShell::drain_node(net::PeerId peer, const std::string& name) {
  for (const NodeLine& line : nodes_.lines()) {
    if (line.name != name && std::to_string(line.node) != name) continue;
    send(nodes_.find(line.node)->peer, pack(Drain{}));
    send(peer, pack(NodeList{{line}}));
    return {};
  }
  return user_error("there is no node '" + name + "'").with_hint("`sinter job nodes` lists them by number and name");
}

void TrackerShell::node_drains(NodeEntry& node) {
  if (std::exchange(node.leaving, true)) return;
  options_.log.info("a node takes no more work and leaves when it may", {{"node", node.hello.name}});
  const auto host = static_cast<HostId>(node.node);
  decide(cluster_event::NodeDraining{host});
  for (const auto& [run, job] : jobs_)
    if (job.on_nodes.contains(node.node)) push(run, HostDrains{host});
}

void TrackerShell::tell_avoided() {
  for (auto& [run, job] : jobs_) {
    for (const NodeId id : job.on_nodes) {
      const NodeEntry* const node = nodes_.find(id);
      if (node == nullptr) continue;
      const auto host = static_cast<HostId>(id);
      const bool avoids = cluster_.avoids(static_cast<JobId>(run), host);
      if (avoids == job.avoided.contains(id)) continue;
      if (avoids) job.avoided.insert(id);
      else job.avoided.erase(id);
      push(run, HostDrains{host, avoids || node->leaving});
    }
  }
}

void TrackerShell::dismiss_nodes() {
  for (NodeEntry* node : nodes_.leaving()) {
    const bool needed = !node->workers.empty() || std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
      return entry.second.on_nodes.contains(node->node);
    });
    if (needed || std::exchange(node->dismissed, true)) continue;
    send(node->peer, pack(MayLeave{}));
  }
}

}  // namespace sinter::cluster

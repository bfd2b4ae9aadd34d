// SharesJudge: see the header.
#include "tests/simulation/shares_judge.hpp"

#include <algorithm>
#include <set>

namespace sinter::simulation {
namespace {

/// A job's thread may not have heard yet that a node leaves.
constexpr SteadyMs kNewsMs = 1'000;

}  // namespace

void SharesJudge::see(const ClusterEvent& event, const std::vector<ClusterCommand>& commands, const Cluster& cluster, SteadyMs now) {
  now_ = now;
  std::visit([this](const auto& one) { hear(one); }, event);
  for (const ClusterCommand& command : commands) std::visit([this](const auto& one) { check(one); }, command);
  for (const ClusterCommand& command : commands)
    if (const auto* allow = std::get_if<cluster_command::Allow>(&command)) check_turn(allow->job, cluster);
}

void SharesJudge::hear(const cluster_event::NodeJoined& joined) {
  Node& node = nodes_[joined.node];
  node.slots = joined.slots;
  node.memory_bytes = joined.memory_bytes;
  node.draining = false;
  for (const cluster_event::FoundWorker& found : joined.found)
    if (jobs_.contains(found.job)) place(joined.node, {found.job, found.worker});
}

void SharesJudge::hear(const cluster_event::NodeLost& lost) {
  const auto found = nodes_.find(lost.node);
  if (found == nodes_.end()) return;
  const std::map<JobWorker, std::uint64_t> gone = found->second.workers;
  for (const auto& [worker, bytes] : gone) take_away(lost.node, worker);
  nodes_.erase(found);
}

void SharesJudge::hear(const cluster_event::NodeDraining& draining) {
  Node& node = nodes_[draining.node];
  if (!std::exchange(node.draining, true)) node.draining_since = now_;
}

void SharesJudge::hear(const cluster_event::JobDemand& demand) {
  const auto found = jobs_.find(demand.job);
  if (found == jobs_.end()) return;
  found->second.wanted = demand.wanted;
  if (!demand.worker_memory_bytes) return;
  found->second.memory_bytes = *demand.worker_memory_bytes;
  // Those that were found before the job could say so have it too.
  for (auto& [host, node] : nodes_)
    for (auto& [worker, bytes] : node.workers)
      if (worker.first == demand.job && bytes == 0) bytes = *demand.worker_memory_bytes;
}

void SharesJudge::check(const cluster_command::Spawn& spawn) {
  const std::string name = "worker " + std::to_string(spawn.worker) + " of job " + std::to_string(spawn.job);
  if (!jobs_.contains(spawn.job)) return violate(name + " is placed, and the job is not there");
  if (!nodes_.contains(spawn.node)) return violate(name + " is placed on a node that is not there");
  if (nodes_.at(spawn.node).draining) violate(name + " is placed on a node that leaves");
  if (since_.contains({spawn.job, spawn.worker})) violate(name + " is placed twice");
  place(spawn.node, {spawn.job, spawn.worker});
  jobs_.at(spawn.job).had_workers = true;
  const auto running = std::count_if(jobs_.begin(), jobs_.end(), [](const auto& one) { return one.second.had_workers; });
  if (running > static_cast<std::ptrdiff_t>(options_.max_running_jobs)) violate("more jobs run than may");
  if (jobs_.at(spawn.job).workers > options_.max_slots_per_job) violate("a job has more slots than its quota");
}

void SharesJudge::check(const cluster_command::Allow& allow) {
  const auto found = jobs_.find(allow.job);
  if (found != jobs_.end()) found->second.allowed = allow.count;
}

void SharesJudge::check(const cluster_command::Refuse& refuse) {
  jobs_.erase(refuse.job);
  if (jobs_.size() < options_.max_jobs) violate("a job is refused, and there are few");
}

void SharesJudge::place(HostId host, JobWorker worker) {
  Node& node = nodes_[host];
  Job& job = jobs_.at(worker.first);
  if (!node.workers.emplace(worker, job.memory_bytes).second) return;
  since_[worker] = now_;
  ++job.workers;
  std::uint64_t bytes = 0;
  std::set<JobId> users;
  for (const auto& [who, one] : node.workers) {
    bytes += one;
    users.insert(who.first);
  }
  shared_ += users.size() > 1 ? 1 : 0;
  if (node.workers.size() > node.slots) violate("a slot is given twice");
  if (bytes > node.memory_bytes) violate("a node's memory is overbooked");
}

void SharesJudge::take_away(HostId host, JobWorker worker) {
  if (nodes_.at(host).workers.erase(worker) == 0) return;
  slot_ms_[worker.first] += static_cast<std::uint64_t>(now_ - since_.at(worker));
  since_.erase(worker);
  if (const auto job = jobs_.find(worker.first); job != jobs_.end()) --job->second.workers;
}

void SharesJudge::on_worker_gone(JobWorker worker, SteadyMs now) {
  now_ = now;
  for (const auto& [host, node] : nodes_)
    if (node.workers.contains(worker)) return take_away(host, worker);
}

void SharesJudge::on_job_ended(JobId job, SteadyMs now) {
  now_ = now;
  for (auto& [host, node] : nodes_) {
    const std::map<JobWorker, std::uint64_t> workers = node.workers;
    for (const auto& [worker, bytes] : workers)
      if (worker.first == job) take_away(host, worker);
  }
  jobs_.erase(job);
}

void SharesJudge::on_run(HostId host, const std::string& attempt, SteadyMs now) {
  const auto found = nodes_.find(host);
  if (found != nodes_.end() && found->second.draining && now - found->second.draining_since > kNewsMs)
    violate(attempt + " starts on a node that leaves");
}

std::uint64_t SharesJudge::slot_ms(JobId job) const {
  const auto found = slot_ms_.find(job);
  std::uint64_t sum = found == slot_ms_.end() ? 0 : found->second;
  for (const auto& [worker, since] : since_)
    if (worker.first == job) sum += static_cast<std::uint64_t>(now_ - since);
  return sum;
}

void SharesJudge::check_turn(JobId served, const Cluster& cluster) {
  const auto found = jobs_.find(served);
  if (found == jobs_.end() || found->second.allowed <= found->second.workers) return;
  for (const auto& [id, other] : jobs_) {
    if (other.priority <= found->second.priority || !cluster.is_running(id)) continue;
    ++in_turn_;
    const std::uint64_t most = std::min<std::uint64_t>(other.wanted, options_.max_slots_per_job);
    if (other.allowed >= most || other.allowed > other.workers || is_promised(other) || !has_room(id, other, cluster)) continue;
    violate("job " + std::to_string(served) + ", allowed " + std::to_string(found->second.allowed) + ", is served before job " +
            std::to_string(id) + " of a higher priority, which has " + std::to_string(other.workers) + " workers, is allowed " +
            std::to_string(other.allowed) + " and wants " + std::to_string(other.wanted));
  }
}

bool SharesJudge::is_promised(const Job& than) const {
  return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& one) {
    return &one.second != &than && one.second.priority >= than.priority && one.second.allowed > one.second.workers;
  });
}

bool SharesJudge::has_room(JobId id, const Job& job, const Cluster& cluster) const {
  for (const auto& [host, node] : nodes_) {
    if (node.draining || cluster.avoids(id, host) || node.workers.size() >= node.slots) continue;
    std::uint64_t bytes = job.memory_bytes;
    for (const auto& [who, one] : node.workers) bytes += one;
    if (bytes <= node.memory_bytes) return true;
  }
  return false;
}

}  // namespace sinter::simulation

// Cluster: after each event slots are shared anew, waiting workers placed, and jobs told what changed for them.
#include "framework/control/cluster.hpp"

#include <algorithm>
#include <string>

#include "base/assert.hpp"

namespace sinter {

std::vector<ClusterCommand> Cluster::step(const ClusterEvent& event, SteadyMs now) {
  require(now >= now_, "time does not go back");
  now_ = now;
  commands_.clear();
  std::visit([this](const auto& one) { on(one); }, event);
  admit_jobs();
  share_slots();
  place_waiting();
  say_allowed();
  return std::move(commands_);
}

void Cluster::on(const cluster_event::NodeJoined& joined) {
  require(joined.node != 0, "a node has a number");
  Node& node = nodes_[joined.node];
  node.slots = joined.slots;
  node.memory_bytes = joined.memory_bytes;
  node.native_code = joined.native_code;
  node.draining = false;
  for (const cluster_event::FoundWorker& found : joined.found)
    if (jobs_.contains(found.job) && !places_.contains({found.job, found.worker})) occupy(found.job, found.worker, joined.node);
}

void Cluster::on(const cluster_event::NodeLost& lost) {
  std::vector<std::pair<JobId, WorkerId>> gone;
  for (const auto& [worker, place] : places_)
    if (place.node == lost.node) gone.push_back(worker);
  for (const auto& [job, worker] : gone) vacate(job, worker);
  nodes_.erase(lost.node);
}

void Cluster::on(const cluster_event::NodeDraining& draining) {
  const auto found = nodes_.find(draining.node);
  if (found != nodes_.end()) found->second.draining = true;
}

void Cluster::on(const cluster_event::JobAdded& added) {
  if (jobs_.contains(added.job)) return;
  if (jobs_.size() >= options_.max_jobs && !added.resumes) {
    commands_.emplace_back(cluster_command::Refuse{added.job, environment_error("the tracker has " + std::to_string(options_.max_jobs) +
                                                                                " jobs, running and waiting, and takes no more")
                                                                  .with_hint("Wait until one has ended, or cancel one")});
    return;
  }
  Job& job = jobs_[added.job];
  job.priority = added.priority;
  job.weight = std::max<std::uint32_t>(added.weight, 1);
  job.wanted = added.wanted;
  job.worker_memory_bytes = added.worker_memory_bytes;
  job.native_code = added.native_code;
}

void Cluster::on(const cluster_event::JobDemand& demand) {
  const auto found = jobs_.find(demand.job);
  if (found == jobs_.end()) return;
  found->second.wanted = demand.wanted;
  if (demand.worker_memory_bytes) measure(demand.job, *demand.worker_memory_bytes);
}

void Cluster::on(const cluster_event::JobRemoved& removed) {
  std::vector<WorkerId> gone;
  for (auto at = places_.lower_bound({removed.job, 0}); at != places_.end() && at->first.first == removed.job; ++at)
    gone.push_back(at->first.second);
  for (const WorkerId worker : gone) vacate(removed.job, worker);
  jobs_.erase(removed.job);
}

void Cluster::on(const cluster_event::WorkerWanted& wanted) {
  const auto found = jobs_.find(wanted.job);
  if (found != jobs_.end() && !places_.contains({wanted.job, wanted.worker})) found->second.waiting.insert(wanted.worker);
}

void Cluster::on(const cluster_event::WorkerGone& gone) {
  const auto job = jobs_.find(gone.job);
  if (job == jobs_.end()) return;
  job->second.waiting.erase(gone.worker);
  vacate(gone.job, gone.worker);
}

void Cluster::on(const cluster_event::NodeFailed& failed) {
  const auto job = jobs_.find(failed.job);
  if (job == jobs_.end()) return;
  Failures& failures = job->second.failures[failed.node];
  if (now_ - failures.last_ms >= kForgiveMs) failures.count = 0;
  ++failures.count;
  failures.last_ms = now_;
}

void Cluster::on(const cluster_event::Tick&) {}

void Cluster::occupy(JobId job, WorkerId worker, HostId id) {
  Node& node = nodes_.at(id);
  Job& of = jobs_.at(job);
  places_[{job, worker}] = Place{id, of.worker_memory_bytes};
  ++node.used;
  if (of.worker_memory_bytes) node.used_memory_bytes += *of.worker_memory_bytes;
  else ++node.unmeasured;
  ++of.used;
  of.waiting.erase(worker);
}

void Cluster::vacate(JobId job, WorkerId worker) {
  const auto place = places_.find({job, worker});
  if (place == places_.end()) return;
  Node& node = nodes_.at(place->second.node);
  --node.used;
  if (place->second.memory_bytes) node.used_memory_bytes -= *place->second.memory_bytes;
  else --node.unmeasured;
  --jobs_.at(job).used;
  places_.erase(place);
}

/// What workers need that are placed from now on, and those that were found before the job could say so.
void Cluster::measure(JobId job, std::uint64_t worker_memory_bytes) {
  jobs_.at(job).worker_memory_bytes = worker_memory_bytes;
  for (auto at = places_.lower_bound({job, 0}); at != places_.end() && at->first.first == job; ++at) {
    if (at->second.memory_bytes) continue;
    at->second.memory_bytes = worker_memory_bytes;
    Node& node = nodes_.at(at->second.node);
    --node.unmeasured;
    node.used_memory_bytes += worker_memory_bytes;
  }
}

bool Cluster::leaves_alone(const Job& job, HostId node) const {
  const auto failures = job.failures.find(node);
  return failures != job.failures.end() && failures->second.count >= kMaxNodeFailures && now_ - failures->second.last_ms < kForgiveMs;
}

bool Cluster::avoids(JobId id, HostId node) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || !leaves_alone(found->second, node)) return false;
  const auto bad = std::count_if(found->second.failures.begin(), found->second.failures.end(), [&](const auto& one) {
    return nodes_.contains(one.first) && leaves_alone(found->second, one.first);
  });
  return static_cast<std::size_t>(bad) * kMinNodesPerBadNode <= nodes_.size();
}

bool Cluster::takes(HostId host, const Node& node, JobId id, const Job& job) const {
  return !node.draining && (node.native_code || !job.native_code) && !avoids(id, host);
}

std::uint64_t Cluster::room(const Job& job, const Node& node) {
  if (node.unmeasured > 0) return 0;
  const std::uint64_t slots = node.slots > node.used ? node.slots - node.used : 0;
  if (job.worker_memory_bytes.value_or(0) == 0) return slots;
  const std::uint64_t memory = node.memory_bytes > node.used_memory_bytes ? node.memory_bytes - node.used_memory_bytes : 0;
  return std::min(slots, memory / *job.worker_memory_bytes);
}

bool Cluster::is_running(JobId job) const {
  const auto found = jobs_.find(job);
  return found != jobs_.end() && found->second.running;
}

bool Cluster::waits(JobId job, WorkerId worker) const {
  const auto found = jobs_.find(job);
  return found != jobs_.end() && found->second.waiting.contains(worker);
}

std::uint64_t Cluster::slots() const {
  std::uint64_t sum = 0;
  for (const auto& [id, node] : nodes_) sum += node.draining ? 0 : node.slots;
  return sum;
}

std::optional<SteadyMs> Cluster::next_deadline() const {
  std::optional<SteadyMs> soonest;
  for (const auto& [id, job] : jobs_)
    for (const auto& [node, failures] : job.failures)
      if (leaves_alone(job, node)) soonest = std::min(soonest.value_or(failures.last_ms + kForgiveMs), failures.last_ms + kForgiveMs);
  return soonest;
}

}  // namespace sinter

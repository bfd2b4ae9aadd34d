// Cluster: which jobs run, what share of the slots each has, and where workers are placed.
#include <algorithm>

#include "framework/control/cluster.hpp"

namespace sinter {

std::vector<JobId> Cluster::by_rank() const {
  std::vector<JobId> ranked;
  for (const auto& [id, job] : jobs_)
    if (job.running) ranked.push_back(id);
  // Jobs of a priority in order of age, which is that of their numbers.
  std::stable_sort(ranked.begin(), ranked.end(), [this](JobId a, JobId b) { return jobs_.at(a).priority > jobs_.at(b).priority; });
  return ranked;
}

/// A job that runs is not set back for one that came later.
void Cluster::admit_jobs() {
  auto running = static_cast<std::uint32_t>(std::count_if(jobs_.begin(), jobs_.end(), [](const auto& one) { return one.second.running; }));
  while (running < options_.max_running_jobs) {
    Job* next = nullptr;
    for (auto& [id, job] : jobs_)
      if (!job.running && (next == nullptr || job.priority > next->priority)) next = &job;
    if (next == nullptr) return;
    next->running = true;
    ++running;
  }
}

/// Not more than the nodes have that take such a job: what it could not use would be nobody's.
std::uint64_t Cluster::demand_of(const Job& job) const {
  std::uint64_t most = std::min<std::uint64_t>(job.wanted, options_.max_slots_per_job);
  if (!job.native_code || most == 0) return most;
  std::uint64_t slots = 0;
  for (const auto& [id, node] : nodes_) slots += node.native_code && !node.draining ? node.slots : 0;
  return std::min(most, slots);
}

void Cluster::share_slots() {
  for (auto& [id, job] : jobs_) job.share = 0;
  const std::vector<JobId> ranked = by_rank();
  std::uint64_t left = slots();
  for (std::size_t first = 0; first < ranked.size();) {
    std::size_t end = first;
    while (end < ranked.size() && jobs_.at(ranked[end]).priority == jobs_.at(ranked[first]).priority) ++end;
    left = fill({ranked.begin() + static_cast<std::ptrdiff_t>(first), ranked.begin() + static_cast<std::ptrdiff_t>(end)}, left);
    first = end;
  }
}

std::uint64_t Cluster::fill(const std::vector<JobId>& jobs, std::uint64_t slots) {
  std::vector<JobId> open = jobs;
  std::uint64_t weight = 0;
  for (const JobId id : open) weight += jobs_.at(id).weight;
  // Whoever wants no more than its share gets what it wants; the others share what that leaves.
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t at = 0; at < open.size();) {
      Job& job = jobs_.at(open[at]);
      if (demand_of(job) * weight > slots * job.weight) {
        ++at;
        continue;
      }
      job.share = static_cast<std::uint32_t>(demand_of(job));
      slots -= job.share;
      weight -= job.weight;
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
      changed = true;
    }
  }
  if (open.empty()) return slots;
  std::uint64_t given = 0;
  for (const JobId id : open) {
    Job& job = jobs_.at(id);
    job.share = static_cast<std::uint32_t>(slots * job.weight / weight);
    given += job.share;
  }
  // Less than one each is left: to those whose share was cut the most, the oldest first.
  std::stable_sort(open.begin(), open.end(), [&](JobId a, JobId b) {
    return slots * jobs_.at(a).weight % weight > slots * jobs_.at(b).weight % weight;
  });
  for (std::size_t at = 0; given < slots; ++at, ++given) ++jobs_.at(open[at]).share;
  return 0;
}

/// The node with the most room is chosen, so that the load spreads; of equal ones the first.
void Cluster::place_waiting() {
  for (const JobId id : by_rank()) {
    Job& job = jobs_.at(id);
    while (!job.waiting.empty()) {
      HostId best = 0;
      std::uint64_t most = 0;
      for (const auto& [host, node] : nodes_) {
        if (!takes(host, node, id, job)) continue;
        const std::uint64_t here = room(job, node);
        if (here > most) {
          most = here;
          best = host;
        }
      }
      if (best == 0) break;
      const WorkerId worker = *job.waiting.begin();
      occupy(id, worker, best);
      commands_.emplace_back(cluster_command::Spawn{best, id, worker});
    }
  }
}

/// More than it has is allowed only as far as slots are free: a worker that waits for one would seem not to start.
void Cluster::say_allowed() {
  std::map<HostId, Node> left = nodes_;
  std::map<JobId, std::uint32_t> allowed;
  for (const auto& [id, job] : jobs_) allowed[id] = std::min(job.share, job.used);
  for (const JobId id : by_rank()) {
    const Job& job = jobs_.at(id);
    std::uint32_t more = job.share > job.used ? job.share - job.used : 0;
    for (auto& [host, node] : left) {
      if (more == 0) break;
      if (!takes(host, node, id, job)) continue;
      const auto here = static_cast<std::uint32_t>(std::min<std::uint64_t>(more, room(job, node)));
      node.used += here;
      node.used_memory_bytes += here * job.worker_memory_bytes.value_or(0);
      allowed[id] += here;
      more -= here;
    }
  }
  for (auto& [id, job] : jobs_) {
    if (job.allowed == allowed[id]) continue;
    job.allowed = allowed[id];
    commands_.emplace_back(cluster_command::Allow{id, allowed[id]});
  }
}

}  // namespace sinter

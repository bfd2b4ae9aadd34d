// What holds between the jobs of a simulated cluster: nothing is given twice, quotas hold, higher priorities come first. It follows what
// the Cluster machine hears and says, and what became of workers. One life of the tracker; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "framework/control/cluster.hpp"

namespace sinter::simulation {

/// A worker of a job: two jobs have workers of the same number.
using JobWorker = std::pair<JobId, WorkerId>;

class SharesJudge {
 public:
  SharesJudge(const ClusterOptions& options, std::vector<std::string>& violations) : options_(options), violations_(violations) {}

  /// The machine took the event and said these.
  void see(const ClusterEvent& event, const std::vector<ClusterCommand>& commands, const Cluster& cluster, SteadyMs now);
  /// What the shell should tell the machine, whether it does or not.
  void on_worker_gone(JobWorker worker, SteadyMs now);
  void on_job_ended(JobId job, SteadyMs now);
  /// A job gives a task to a worker there.
  void on_run(HostId host, const std::string& attempt, SteadyMs now);

  /// How long workers of the job have had slots, summed.
  std::uint64_t slot_ms(JobId job) const;
  /// Spawns beside another job's workers; jobs of lower priority that were served while one of a higher was there.
  std::uint64_t shared() const { return shared_; }
  std::uint64_t in_turn() const { return in_turn_; }

 private:
  struct Node {
    std::uint32_t slots = 0;
    std::uint64_t memory_bytes = 0;
    bool draining = false;
    SteadyMs draining_since = 0;
    std::map<JobWorker, std::uint64_t> workers;  // with their memory
  };
  struct Job {
    std::int32_t priority = 0;
    std::uint64_t wanted = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t allowed = 0;
    std::uint64_t workers = 0;
    bool had_workers = false;
  };
  void violate(std::string sentence) { violations_.push_back(std::move(sentence)); }
  void hear(const cluster_event::NodeJoined& joined);
  void hear(const cluster_event::NodeLost& lost);
  void hear(const cluster_event::NodeDraining& draining);
  void hear(const cluster_event::JobAdded& added) { jobs_[added.job].priority = added.priority; }
  void hear(const cluster_event::JobDemand& demand);
  template <class Other>
  void hear(const Other&) {}
  void check(const cluster_command::Spawn& spawn);
  void check(const cluster_command::Allow& allow);
  void check(const cluster_command::Refuse& refuse);
  void place(HostId host, JobWorker worker);
  void take_away(HostId host, JobWorker worker);
  /// Who is allowed more than it has while one of a higher priority is allowed less than it wants: only where no node has room for that
  /// one.
  void check_turn(JobId served, const Cluster& cluster);
  /// Whether room may be kept for a job that comes no later.
  bool is_promised(const Job& than) const;
  bool has_room(JobId id, const Job& job, const Cluster& cluster) const;

  ClusterOptions options_;
  std::vector<std::string>& violations_;
  SteadyMs now_ = 0;
  std::map<HostId, Node> nodes_;
  std::map<JobId, Job> jobs_;
  std::map<JobId, std::uint64_t> slot_ms_;
  std::map<JobWorker, SteadyMs> since_;
  std::uint64_t shared_ = 0, in_turn_ = 0;
};

}  // namespace sinter::simulation

// One life of a simulated tracker: sessions with nodes, the jobs, and the real Cluster between them, as thinly as the real shell has
// it. Each job is a SimulatedJob. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "framework/control/cluster.hpp"
#include "tests/simulation/mailbox.hpp"
#include "tests/simulation/shares_judge.hpp"
#include "tests/simulation/simulated_job.hpp"
#include "tests/simulation/simulated_node.hpp"
#include "tests/simulation/simulated_world.hpp"

namespace sinter::simulation {

/// How long a node may be out of session until it counts as lost, and how long it may take to come back to a tracker that was restarted.
/// Shorter than silence of a worker, which is blamed.
inline constexpr SteadyMs kNodeTimeoutMs = 5'000;

class SimulatedTracker {
 public:
  SimulatedTracker(World& world, std::uint32_t life);
  void begin();

  // Clients.
  void submit(std::size_t submission);
  void cancel(JobId job);

  // Nodes.
  void on_registration(const Registration& said);
  void on_report(HostId host, const Report& report);
  void on_beat(const Beat& beat);
  void on_draining(HostId host);
  void on_session_lost(HostId host);

  // What its jobs ask for.
  void want_workers(JobId job, std::uint64_t count, std::uint64_t memory_bytes);
  void blame(JobId job, HostId host);
  void start_worker(JobWorker worker);
  void kill_worker(JobWorker worker);
  void send_to_worker(JobWorker worker, std::function<void(SimulatedNode&)> message);
  void begins(JobWorker worker, AttemptId attempt);
  void discard(JobId job, AttemptId attempt);
  void acknowledge(HostId host, std::uint64_t report);
  /// The job has ended and needs no worker any more; then it is published and written down.
  void stop(JobId job, JobState state);
  void end(JobId job, JobState state);
  bool has(HostId host) const;
  /// What becomes of a job, for people.
  std::string describe(JobId id) const;

  const SharesJudge& judge() const { return judge_; }
  /// Whether nothing of any job is left.
  bool is_empty() const { return jobs_.empty() && placed_.empty() && cluster_.workers() == 0; }

 private:
  struct Connection {
    bool counted = false;            // the Cluster has it
    bool registered = false;         // in this session
    bool leaving = false;
    bool dismissed = false;          // and told so, in this session
    std::uint64_t registrations = 0;
  };
  struct Job {
    std::unique_ptr<SimulatedJob> run;  // null: it is about to begin
    bool stopped = false;
    bool returning = false;          // of a life before, and its nodes may still come back
    std::uint32_t allowed = 0;
    std::set<HostId> on_nodes;       // that know it
    std::set<HostId> avoided;        // of them, as it was told
  };
  struct Placed {
    HostId host = 0;
    bool doomed = false;             // killed or released
  };
  bool alive() const { return world_.tracker_lives(life_); }
  void begin_job(StoredJob& stored, bool returning);
  void take_submission(std::size_t submission);
  void take(const Registration& said);
  void take(HostId host, const Report& report);
  void tick();
  void look_around();
  void end_returning();
  void tell_avoided();
  void dismiss_nodes();
  void node_lost(HostId host);
  void node_drains(HostId host);
  void close_ended(const Registration& said);
  void end_zombies(const Registration& said);
  void meet_workers(const Registration& said, const std::set<JobWorker>& known);
  std::vector<cluster_event::FoundWorker> find_workers(const Registration& said);
  void miss_workers(const Registration& said, const std::set<JobWorker>& known);
  void worker_gone(JobWorker worker);
  void decide(const ClusterEvent& event);
  void apply(const cluster_command::Spawn& spawn);
  void apply(const cluster_command::Allow& allow);
  void apply(const cluster_command::Refuse&) { refused_ = true; }
  /// Null: there is no such job, or it runs no more.
  SimulatedJob* running(JobId job);
  void send(HostId host, std::function<void(SimulatedNode&)> message);

  World& world_;
  std::uint32_t life_;
  std::shared_ptr<bool> token_ = std::make_shared<bool>(true);  // timers end with us
  Mailbox inbox_;
  Cluster cluster_;
  SharesJudge judge_;
  bool refused_ = false;             // the job that was added last
  std::map<HostId, Connection> connections_;
  std::map<JobId, Job> jobs_;
  std::map<JobWorker, Placed> placed_;
  std::set<HostId> missing_;         // had registered with the life before, and did not come back
  SteadyMs return_until_ = 0;
};

}  // namespace sinter::simulation

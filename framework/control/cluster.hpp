// Cluster: the pure state machine over nodes and jobs: which worker starts on which node, and how many workers each job may have. The tasks
// of a job are its Scheduler's matter. No sockets, clock or threads inside. Owned by the tracker's shell; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "framework/control/task_id.hpp"

namespace sinter {

/// One job of the tracker, in the order in which they came.
using JobId = std::uint32_t;

/// Failures of a job's workers on a node, none of them forgiven, from which on the job leaves the node alone.
inline constexpr std::uint32_t kMaxNodeFailures = 3;
/// A node's failures are forgiven this long after the last of them.
inline constexpr SteadyMs kForgiveMs = 600'000;
/// When a job would leave alone more than one node in this many, it is not the nodes: none is left alone (as Hadoop does).
inline constexpr std::size_t kMinNodesPerBadNode = 3;

struct ClusterOptions {
  std::uint32_t max_running_jobs = 20;       // more wait, by priority, then by age
  std::uint32_t max_jobs = 1'000;            // running and waiting; more are refused
  std::uint32_t max_slots_per_job = UINT32_MAX;
};

namespace cluster_event {

/// A worker that a node which registers runs already.
struct FoundWorker {
  JobId job = 0;
  WorkerId worker = 0;
};
/// A node is there, or says anew what it offers.
struct NodeJoined {
  HostId node = 0;
  std::uint32_t slots = 0;
  std::uint64_t memory_bytes = 0;  // for workers
  bool native_code = false;        // takes jobs that bring some
  std::vector<FoundWorker> found = {};  // theirs are not free slots
};
/// The node and all that ran on it are gone.
struct NodeLost {
  HostId node = 0;
};
/// The node takes no more workers; those it has may end their tasks (see event::HostDraining). A NodeJoined ends that.
struct NodeDraining {
  HostId node = 0;
};
struct JobAdded {
  JobId job = 0;
  std::int32_t priority = 0;           // higher ones are served first
  std::uint32_t weight = 1;            // of its share among those of equal priority
  std::uint64_t wanted = 0;            // workers that it could put to use
  /// Nothing: not known yet. Until it is, nodes that run workers of the job already take no others.
  std::optional<std::uint64_t> worker_memory_bytes = {};
  bool native_code = false;            // brings some, for nodes that take it
  bool resumes = false;                // a life of the tracker before has taken it, so it is not refused
};
struct JobDemand {
  JobId job = 0;
  std::uint64_t wanted = 0;
  std::optional<std::uint64_t> worker_memory_bytes = {};  // of workers that are placed from now on; nothing: as before
};
struct JobRemoved {
  JobId job = 0;
};
/// The job's scheduler has said StartWorker.
struct WorkerWanted {
  JobId job = 0;
  WorkerId worker = 0;
};
/// The worker has ended, or is not wanted any more before it was started.
struct WorkerGone {
  JobId job = 0;
  WorkerId worker = 0;
};
/// An attempt failed there, or a worker did not start.
struct NodeFailed {
  HostId node = 0;
  JobId job = 0;
};
/// Time has passed.
struct Tick {};

}  // namespace cluster_event

using ClusterEvent = std::variant<cluster_event::NodeJoined, cluster_event::NodeLost, cluster_event::NodeDraining, cluster_event::JobAdded,
                                  cluster_event::JobDemand, cluster_event::JobRemoved, cluster_event::WorkerWanted,
                                  cluster_event::WorkerGone, cluster_event::NodeFailed, cluster_event::Tick>;

namespace cluster_command {

/// Start the worker on this node.
struct Spawn {
  HostId node = 0;
  JobId job = 0;
  WorkerId worker = 0;
};
/// Tell the job's scheduler: WorkersAllowed. Each worker above those it has finds a free slot.
struct Allow {
  JobId job = 0;
  std::uint32_t count = 0;
};
/// The job is not taken.
struct Refuse {
  JobId job = 0;
  Error error;
};

}  // namespace cluster_command

using ClusterCommand = std::variant<cluster_command::Spawn, cluster_command::Allow, cluster_command::Refuse>;

class Cluster {
 public:
  explicit Cluster(const ClusterOptions& options) : options_(options) {}

  /// Takes one event and returns what to do, in order. `now` never goes back. Events about nodes, jobs and workers that are not there are
  /// ignored. Cost: O(nodes * running jobs).
  std::vector<ClusterCommand> step(const ClusterEvent& event, SteadyMs now);
  /// When a node is forgiven next, so that a Tick is due; nothing when none is left alone.
  std::optional<SteadyMs> next_deadline() const;

  std::uint32_t nodes() const { return static_cast<std::uint32_t>(nodes_.size()); }
  /// Of nodes that do not drain.
  std::uint64_t slots() const;
  std::uint64_t workers() const { return places_.size(); }
  bool is_running(JobId job) const;
  /// Whether the job leaves the node alone now.
  bool avoids(JobId job, HostId node) const;
  /// Whether the worker is wanted and has no node yet.
  bool waits(JobId job, WorkerId worker) const;

 private:
  struct Node {
    std::uint32_t slots = 0;
    std::uint64_t memory_bytes = 0;
    std::uint32_t used = 0;
    std::uint64_t used_memory_bytes = 0;
    std::uint32_t unmeasured = 0;        // workers whose memory is not known
    bool native_code = false;
    bool draining = false;
  };
  struct Place {
    HostId node = 0;
    std::optional<std::uint64_t> memory_bytes;
  };
  struct Failures {
    std::uint32_t count = 0;
    SteadyMs last_ms = 0;
  };
  struct Job {
    std::int32_t priority = 0;
    std::uint32_t weight = 1;
    std::uint64_t wanted = 0;
    std::optional<std::uint64_t> worker_memory_bytes;
    bool native_code = false;
    bool running = false;
    std::uint32_t used = 0;              // slots
    std::uint32_t share = 0;
    std::optional<std::uint32_t> allowed;  // as last said
    std::set<WorkerId> waiting;          // wanted, and not placed
    std::map<HostId, Failures> failures;
  };

  void on(const cluster_event::NodeJoined& joined);
  void on(const cluster_event::NodeLost& lost);
  void on(const cluster_event::NodeDraining& draining);
  void on(const cluster_event::JobAdded& added);
  void on(const cluster_event::JobDemand& demand);
  void on(const cluster_event::JobRemoved& removed);
  void on(const cluster_event::WorkerWanted& wanted);
  void on(const cluster_event::WorkerGone& gone);
  void on(const cluster_event::NodeFailed& failed);
  void on(const cluster_event::Tick& tick);

  void occupy(JobId job, WorkerId worker, HostId node);
  void vacate(JobId job, WorkerId worker);
  void measure(JobId job, std::uint64_t worker_memory_bytes);
  /// Workers of the job that the node could take beside those it has.
  static std::uint64_t room(const Job& job, const Node& node);
  bool leaves_alone(const Job& job, HostId node) const;
  /// Whether a worker of the job may be placed on the node, if there is room.
  bool takes(HostId host, const Node& node, JobId id, const Job& job) const;
  /// Running jobs, those to be served first first.
  std::vector<JobId> by_rank() const;
  void admit_jobs();
  void share_slots();
  /// Water-filling: `slots` over jobs of one priority by weight, none more than its demand. Returns what is left.
  std::uint64_t fill(const std::vector<JobId>& jobs, std::uint64_t slots);
  std::uint64_t demand_of(const Job& job) const;
  void place_waiting();
  void say_allowed();

  ClusterOptions options_;
  SteadyMs now_ = 0;
  std::map<HostId, Node> nodes_;
  std::map<JobId, Job> jobs_;
  std::map<std::pair<JobId, WorkerId>, Place> places_;
  std::vector<ClusterCommand> commands_;
};

}  // namespace sinter

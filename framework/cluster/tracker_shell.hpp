// TrackerShell: the tracker's own thread: carries messages between nodes, clients and the threads of jobs. Everything but the door's
// methods and post() runs on it.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/net/transport.hpp"
#include "framework/access/message_gate.hpp"
#include "framework/cluster/client_messages.hpp"
#include "framework/cluster/cluster_tracker.hpp"
#include "framework/cluster/file_desk.hpp"
#include "framework/cluster/job_view.hpp"
#include "framework/cluster/node_register.hpp"
#include "framework/cluster/node_table.hpp"
#include "framework/cluster/run_store.hpp"
#include "framework/control/cluster.hpp"
#include "framework/http/http_server.hpp"
#include "framework/runtime/output_lock.hpp"

namespace sinter::cluster {

cluster_event::JobAdded job_added(RunId run, const Submit& submitted);

/// Adds who may say what of files.
void add_file_rules(std::vector<MessageRule>& rules);

/// After a restart, nodes and clients have so long to come back before their results and jobs are given up. So has a client that was lost.
inline constexpr SteadyMs kReturnMs = 10'000;

class TrackerShell final : public ClusterDoor {
 public:
  explicit TrackerShell(const TrackerOptions& options);
  ~TrackerShell() override;

  Status run();

  // The door: called by threads of jobs.
  void open_run(OpenRun open) override;
  void want_workers(RunId run, std::uint64_t count, std::uint64_t memory_bytes) override;
  void blame(RunId run, HostId node) override;
  void start_worker(RunId run, WorkerId worker) override;
  void kill_worker(RunId run, WorkerId worker) override;
  void send_to_worker(RunId run, WorkerId worker, net::Message message) override;
  void stop_workers(RunId run, bool at_once) override;
  void drop_file(RunId run, const Place& place) override;

 private:
  struct Job {
    std::unique_ptr<ClusterRun> run;     // null when it has ended
    std::optional<OpenRun> open;         // for nodes that begin to work for it
    std::set<NodeId> on_nodes;           // that know it
    std::set<NodeId> avoided;            // of them, those to which it gives no more work, as it was told
    std::optional<net::PeerId> watcher;
    bool needs_watcher = false;          // a client submitted it that wants to see its end
    SteadyMs watched_until_ms = 0;       // as if, when that client is gone
    bool returning = false;              // of a life before, and its nodes may still come back
    std::uint32_t allowed = 0;           // workers, as the cluster has it
    std::uint64_t worker_memory_bytes = 0;
    SteadyMs began_ms = 0;
    RunLine line;
    JobProgress progress;                // what it said last
    std::shared_ptr<JobView> view;       // null when it has ended
    std::optional<RunEnded> ended;       // what its client is told, also one that asks late
    std::shared_ptr<const std::vector<ShippedFile>> shipped;  // by its client; null: it reads what nodes see
    std::shared_ptr<const JobCode> code;                      // that it brings; null: none
    std::string submitter;                                    // its key
    std::uint64_t submission = 0;                             // see Submit
    std::optional<Timestamp> outputs_until;                   // what it left waits here for its client
  };

  /// A client's question whether its files are seen, and the nodes that have not said so yet.
  struct Look {
    net::PeerId peer = 0;
    std::uint64_t number = 0;  // as the client counts
    std::set<NodeId> waits_for;
    SteadyMs until_ms = 0;
  };

  Status open();
  void resume_jobs(std::vector<StoredRun> stored);
  void post(std::function<void()> act);
  void carry_out_posts();
  void send(net::PeerId peer, net::Message message);
  void push(RunId run, RunEvent event);
  void end_returning();

  // Slots: what the Cluster machine hears and says.
  /// Steps it, and carries out what it says.
  void decide(const ClusterEvent& event);
  void apply(const cluster_command::Spawn& spawn);
  void apply(const cluster_command::Allow& allow);
  void apply(const cluster_command::Refuse& refuse);
  Status drain_node(net::PeerId peer, const std::string& name);
  void node_drains(NodeEntry& node);
  /// Jobs give back workers on nodes that they leave alone, when their tasks end.
  void tell_avoided();
  /// A worker that waits for a slot and is not wanted any more.
  void withdraw(RunId run, WorkerId worker);
  /// Lets nodes go that nobody needs any more.
  void dismiss_nodes();
  /// What keeps the job from working; empty: nothing.
  std::string wait_reason(RunId run, const Job& job) const;

  void handle(const net::Event& event);
  Status judge(const net::Event& event);
  void lose(net::PeerId peer, const std::string& reason);
  void cancel_unwatched();
  void lose_node(NodeId id, const std::string& reason);
  Status hear(net::PeerId peer, const net::Message& message);
  Status hear_node(net::PeerId peer, const net::Message& message);
  Place place_at(const NodeEntry& node, net::PeerId peer, std::string scratch_directory) const;
  Status take_node(net::PeerId peer, NodeHello hello);

  Status submit(net::PeerId peer, Submit submitted);
  Status check_code(net::PeerId peer, const PlannedJob& planned) const;
  Status add(RunId run, const Submit& submitted);
  void begin(RunId run, Submit submitted, bool resumes, std::shared_future<Status> stored = {});
  void know(RunId run, std::string submitter, std::uint64_t submission);
  void forget(RunId run);
  void drop(RunId run);
  Status watch(net::PeerId peer, RunId run);
  Status cancel_run(net::PeerId peer, RunId run);
  RunLine line_of(RunId run, const Job& job) const;
  Status administer(net::PeerId peer, const net::Message& message);
  RunList list() const;
  Status open_desk();
  Status hear_files(net::PeerId peer, const net::Message& message);
  void open_shipped(Job& job, OpenRun& open);
  void keep_outputs(Job& job, RunId run);
  void expire_outputs();
  Status check_submitter(net::PeerId peer, RunId run) const;
  Status find_outputs(net::PeerId peer, RunId run);
  Status drop_outputs(net::PeerId peer, RunId run);
  Status look_for_files(net::PeerId peer, const LookForFiles& wanted);
  Status files_seen(NodeId node, const FilesSeen& seen);
  void end_looks();
  void tell_progress(RunId run, const std::string& name, const JobProgress& progress);
  void end(RunId run, Result<JobReport>& report);

  // In tracker_status.cpp.
  class Board;
  Status open_http();
  Status answer(net::PeerId peer, const net::Message& message);
  Status kill_task(net::PeerId peer, const net::Message& message);
  std::shared_ptr<JobView> make_view(RunId run, bool resumes);
  void keep_view(RunId run, Job& job);

  const TrackerOptions& options_;
  std::unique_ptr<OutputLock> lock_;
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<FileDesk> desk_;
  std::unique_ptr<NodeRegister> register_;
  RunStore store_;
  MessageGate gate_;
  std::map<net::PeerId, net::PublicKey> keys_;
  SteadyMs next_expiry_ms_ = 0;
  SteadyMs next_round_ms_ = 0;  // over all jobs and nodes
  NodeTable nodes_;
  Cluster cluster_;
  std::optional<Error> refusal_;  // of the job that was added last
  RunId next_run_ = 1;
  std::map<RunId, Job> jobs_;
  std::map<std::pair<std::string, std::uint64_t>, RunId> submissions_;  // of jobs_: whose they are, and what Submit says
  std::map<std::uint64_t, Look> looks_;
  std::uint64_t next_look_ = 1;
  SteadyMs return_until_ms_ = 0;
  bool pausing_ = false;  // jobs that end now only pause: another life goes on with them
  std::mutex mutex_;
  std::deque<std::function<void()>> posts_;  // under mutex_
  Timestamp started_at_;
  SteadyMs started_ms_ = 0;
  NodeNames node_names_;
  ClusterTotals totals_;
  std::unique_ptr<HttpServer> http_;  // last: its thread posts
};

}  // namespace sinter::cluster

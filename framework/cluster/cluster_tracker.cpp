// The tracker's own thread: carries messages between nodes, clients and the threads of jobs. Everything but the door's methods and `post`
// runs on it.
#include "framework/cluster/cluster_tracker.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "framework/cluster/client_messages.hpp"
#include "framework/cluster/node_table.hpp"
#include "framework/cluster/transport_options.hpp"

namespace sinter::cluster {
namespace {

constexpr std::int64_t kStopLookMs = 100;
constexpr std::int64_t kGoodbyeMs = 500;
constexpr std::int64_t kBeatIntervalMs = 500;

class ClusterTracker final : public ClusterDoor {
 public:
  explicit ClusterTracker(const TrackerOptions& options) : options_(options) {}
  // Threads of jobs post to what is destroyed after them.
  ~ClusterTracker() override {
    for (auto& [id, job] : jobs_) job.run.reset();
  }

  Status run() {
    SINTER_TRY(options_.files.make_directories(options_.data_directory));
    SINTER_ASSIGN(transport_, net::listen(options_.listen, cluster_transport_options(), options_.clock, options_.log));
    if (options_.on_listening) options_.on_listening(transport_->endpoint());
    while (!options_.stop.load()) {
      SINTER_ASSIGN(const std::optional<net::Event> event, transport_->receive(kStopLookMs));
      if (event) handle(*event);
      carry_out_posts();
      share_slots();
      give_slots();
    }
    for (auto& [id, job] : jobs_) job.run.reset();
    carry_out_posts();
    const Result<bool> closed = transport_->close(kGoodbyeMs);
    if (!closed.ok()) options_.log.debug("closing the transport failed", {{"reason", closed.error().message()}});
    return {};
  }

  // The door: called by threads of jobs.
  void open_run(OpenRun open) override {
    post([this, open = std::move(open)] {
      if (const auto found = jobs_.find(open.run); found != jobs_.end()) found->second.open = open;
    });
  }
  void start_worker(RunId run, WorkerId worker) override {
    post([this, run, worker] { nodes_.want({run, worker}); });
  }
  void kill_worker(RunId run, WorkerId worker) override {
    post([this, run, worker] {
      if (const NodeEntry* node = nodes_.node_of({run, worker})) return send(node->peer, pack(KillWorker{run, worker}));
      if (nodes_.release({run, worker})) push(run, WorkerEnded{worker, Loss::Killed, "waited for a slot", {}, {}});
    });
  }
  void send_to_worker(RunId run, WorkerId worker, net::Message message) override {
    post([this, run, worker, message = std::move(message)] {
      if (const NodeEntry* node = nodes_.node_of({run, worker})) send(node->peer, pack(ToWorker{run, worker, message.kind, message.body}));
    });
  }
  void stop_workers(RunId run, bool at_once) override {
    post([this, run, at_once] {
      const auto found = jobs_.find(run);
      if (found == jobs_.end()) return;
      for (const NodeId id : found->second.on_nodes)
        if (const NodeEntry* node = nodes_.find(id)) send(node->peer, pack(StopWorkers{run, at_once}));
      nodes_.release_all(run);
    });
  }
  void drop_file(const Place& place) override {
    post([this, place] {
      if (const NodeEntry* node = nodes_.find(place.node)) send(node->peer, pack(DropFiles{place.run, {place.name}}));
    });
  }

 private:
  struct Job {
    std::unique_ptr<ClusterRun> run;         // null when it has ended
    std::optional<OpenRun> open;             // for nodes that begin to work for it
    std::set<NodeId> on_nodes;               // that were told of it
    std::optional<net::PeerId> watcher;
    SteadyMs began_ms = 0;
    std::optional<std::uint32_t> share;      // of the slots, as it was told
    RunLine line;
  };

  /// Any thread: `act` runs on the tracker's.
  void post(std::function<void()> act) {
    {
      const std::lock_guard lock(mutex_);
      posts_.push_back(std::move(act));
    }
    transport_->wake();
  }
  void carry_out_posts() {
    std::deque<std::function<void()>> due;
    {
      const std::lock_guard lock(mutex_);
      due.swap(posts_);
    }
    for (const auto& act : due) act();
  }

  void send(net::PeerId peer, net::Message message) {
    const Status sent = transport_->send(peer, std::move(message));
    if (!sent.ok()) options_.log.warning("a peer cannot be reached", {{"reason", sent.error().message()}});
  }
  void push(RunId run, RunEvent event) {
    const auto found = jobs_.find(run);
    if (found != jobs_.end() && found->second.run) found->second.run->inbox().push(std::move(event));
  }

  void handle(const net::Event& event) {
    if (event.kind == net::EventKind::PeerLost) return lose(event.peer, event.reason);
    if (event.kind != net::EventKind::Message) return;
    const Status handled = nodes_.find_peer(event.peer) != nullptr ? hear_node(event.peer, event.message) : hear(event.peer, event.message);
    if (handled.ok()) return;
    options_.log.warning("a message was refused", {{"reason", handled.error().to_string()}});
    send(event.peer, pack(Refused{WireError::of(handled.error())}));
  }

  void lose(net::PeerId peer, const std::string& reason) {
    if (const NodeEntry* found = nodes_.find_peer(peer)) return lose_node(found->node, reason);
    for (auto& [id, job] : jobs_) {
      if (job.watcher != peer) continue;
      job.watcher.reset();
      if (job.run) job.run->cancel();
    }
  }

  void lose_node(NodeId id, const std::string& reason) {
    const NodeEntry gone = nodes_.remove(id);
    options_.log.warning("a node is gone", {{"node", gone.hello.name}, {"reason", reason}});
    for (const auto& [run, worker] : gone.workers)
      push(run, WorkerEnded{worker, Loss::Node, "was lost with its node '" + gone.hello.name + "' (" + reason + ")", {}, {}});
    for (auto& [run, job] : jobs_)
      if (job.on_nodes.erase(id) > 0) push(run, NodeGone{id});
  }

  /// Of a peer that is no node (yet).
  Status hear(net::PeerId peer, const net::Message& message) {
    switch (static_cast<Kind>(message.kind)) {
      case Kind::NodeHello: {
        SINTER_ASSIGN(NodeHello hello, unpack<NodeHello>(message));
        const NodeEntry& node = nodes_.add(peer, std::move(hello));
        options_.log.info("a node has joined", {{"node", node.hello.name}, {"slots", std::uint64_t{node.hello.slots}}});
        send(peer, pack(NodeWelcome{node.node, kBeatIntervalMs}));
        return {};
      }
      case Kind::Submit: {
        SINTER_ASSIGN(Submit submitted, unpack<Submit>(message));
        submit(peer, std::move(submitted));
        return {};
      }
      case Kind::CancelRun: {
        SINTER_ASSIGN(const CancelRun cancel, unpack<CancelRun>(message));
        return cancel_run(peer, cancel.run);
      }
      case Kind::ListRuns: {
        RunList list;
        for (auto job = jobs_.rbegin(); job != jobs_.rend() && list.runs.size() < kMaxListedRuns; ++job)
          list.runs.push_back(line_of(job->second));
        send(peer, pack(list));
        return {};
      }
      case Kind::ListNodes: send(peer, pack(NodeList{nodes_.lines()})); return {};
      default: return user_error("a message of the unknown kind " + std::to_string(message.kind));
    }
  }

  void submit(net::PeerId peer, Submit submitted) {
    const RunId run = next_run_++;
    Job& job = jobs_[run];
    job.began_ms = options_.clock.now_ms();
    job.line.run = run;
    if (submitted.watch) job.watcher = peer;
    send(peer, pack(Submitted{run}));
    const auto on_progress = [this, run](const std::string& name, const JobProgress& progress) {
      post([this, run, name, progress] { tell_progress(run, name, progress); });
    };
    const auto on_end = [this, run](Result<JobReport> report) {
      post([this, run, report = std::make_shared<Result<JobReport>>(std::move(report))] { end(run, *report); });
    };
    job.run = std::make_unique<ClusterRun>(
        ClusterRun::Request{run, {std::move(submitted.payload_kind), std::move(submitted.payload)}, std::move(submitted.working_directory),
                            submitted.overwrite, std::max(1u, nodes_.slots())},
        ClusterRun::Surroundings{*this, options_.factory, options_.files, options_.clock, options_.log, options_.host,
                                 options_.data_directory, on_progress, on_end});
  }

  Status cancel_run(net::PeerId peer, RunId run) {
    const auto found = jobs_.find(run);
    if (found == jobs_.end()) return user_error("there is no job " + std::to_string(run));
    if (found->second.run) found->second.run->cancel();
    send(peer, pack(RunList{{line_of(found->second)}}));
    return {};
  }

  RunLine line_of(const Job& job) const {
    RunLine line = job.line;
    if (line.state == RunState::Running) line.elapsed_ms = options_.clock.now_ms() - job.began_ms;
    return line;
  }

  void tell_progress(RunId run, const std::string& name, const JobProgress& progress) {
    Job& job = jobs_.at(run);
    job.line.name = name;
    job.line.workers = progress.workers;
    if (progress.stage < progress.stages.size()) {
      const StageProgress& stage = progress.stages[progress.stage];
      job.line.stage = stage.name;
      job.line.tasks_done = stage.tasks_done;
      job.line.tasks_total = stage.tasks_total;
    }
    if (job.watcher) send(*job.watcher, pack(RunProgress{run, progress}));
  }

  void end(RunId run, Result<JobReport>& report) {
    Job& job = jobs_.at(run);
    job.run.reset();
    nodes_.release_all(run);
    for (const NodeId id : job.on_nodes)
      if (const NodeEntry* node = nodes_.find(id)) send(node->peer, pack(CloseRun{run}));
    job.on_nodes.clear();
    job.open.reset();
    job.line.elapsed_ms = options_.clock.now_ms() - job.began_ms;
    job.line.state = report.ok() ? RunState::Done : was_cancelled(report.error()) ? RunState::Cancelled : RunState::Failed;
    if (!report.ok()) job.line.error = report.error().message();
    RunEnded ended{run, {}, {}};
    if (report.ok()) ended.report = std::move(report).value();
    else ended.error = WireError::of(report.error());
    if (job.watcher) send(*job.watcher, pack(ended));
  }

  Status hear_node(net::PeerId peer, const net::Message& message) {
    NodeEntry& node = *nodes_.find_peer(peer);
    switch (static_cast<Kind>(message.kind)) {
      case Kind::WorkerIsUp: {
        SINTER_ASSIGN(const WorkerIsUp up, unpack<WorkerIsUp>(message));
        if (node.workers.contains({up.run, up.worker})) push(up.run, WorkerUp{up.worker, static_cast<HostId>(node.node)});
        return {};
      }
      case Kind::FromWorker: {
        SINTER_ASSIGN(FromWorker from, unpack<FromWorker>(message));
        if (!node.workers.contains({from.run, from.worker})) return {};  // of a job that has ended, or a worker that was given up
        Place at{node.node, node.hello.host, node.hello.endpoint, from.run, std::move(from.scratch_directory), {}, {}};
        push(from.run,
             NodeSaid{WorkerSaid{from.worker, net::Message{from.kind, std::move(from.body)}}, std::move(at), std::move(from.files)});
        return {};
      }
      case Kind::WorkerIsGone: {
        SINTER_ASSIGN(WorkerIsGone gone, unpack<WorkerIsGone>(message));
        if (!node.workers.contains({gone.run, gone.worker})) return {};
        nodes_.release({gone.run, gone.worker});
        push(gone.run, WorkerEnded{gone.worker, gone.loss, std::move(gone.how), ReadPosition{gone.record, std::move(gone.group)},
                                   std::move(gone.output_tail)});
        return {};
      }
      default: return internal_error("a node sent a message of kind " + std::to_string(message.kind));
    }
  }

  /// Tells every job how many workers it may have: equal shares.
  void share_slots() {
    const auto running =
        static_cast<std::uint32_t>(std::count_if(jobs_.begin(), jobs_.end(), [](const auto& job) { return job.second.run != nullptr; }));
    if (running == 0) return;
    const std::uint32_t share = std::min(nodes_.slots(), std::max(1u, nodes_.slots() / running));
    for (auto& [run, job] : jobs_) {
      if (job.run == nullptr || job.share == share) continue;
      job.share = share;
      push(run, WorkersMayBe{share});
    }
  }

  void give_slots() {
    for (const auto& [node, worker] : nodes_.assign()) {
      Job& job = jobs_.at(worker.first);
      if (node->opened.insert(worker.first).second) {
        send(node->peer, pack(*job.open));
        job.on_nodes.insert(node->node);
      }
      send(node->peer, pack(StartWorker{worker.first, worker.second}));
    }
  }

  const TrackerOptions& options_;
  std::unique_ptr<net::Transport> transport_;
  NodeTable nodes_;
  RunId next_run_ = 1;
  std::map<RunId, Job> jobs_;
  std::mutex mutex_;
  std::deque<std::function<void()>> posts_;  // under mutex_
};

}  // namespace

Status run_tracker(const TrackerOptions& options) { return ClusterTracker(options).run(); }

}  // namespace sinter::cluster

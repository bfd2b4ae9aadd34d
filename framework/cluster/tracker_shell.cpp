// TrackerShell: its life, its nodes, and what jobs ask of them.
#include "framework/cluster/tracker_shell.hpp"

#include <algorithm>

#include "framework/access/join_handshake.hpp"
#include "framework/cluster/transport_options.hpp"

namespace sinter::cluster {
namespace {

constexpr std::int64_t kStopLookMs = 100;
constexpr std::int64_t kGoodbyeMs = 500;
constexpr std::int64_t kBeatIntervalMs = 500;

/// Between two looks at tokens whose time is over.
constexpr SteadyMs kExpiryMs = 1'000;

/// Who may say what. What is not here is refused before its body is looked at.
std::vector<MessageRule> message_rules() {
  constexpr std::uint64_t kSmall = 4'096;
  const auto rule = [](Kind kind, const char* name, std::vector<AccessRole> roles, std::uint64_t max_bytes) {
    return MessageRule{static_cast<std::uint16_t>(kind), name, std::move(roles), max_bytes};
  };
  std::vector<MessageRule> rules = {
          rule(Kind::NodeHello, "NodeHello", {AccessRole::Node}, kMaxControlMessageBytes),
          rule(Kind::WorkerIsUp, "WorkerIsUp", {AccessRole::Node}, kSmall),
          rule(Kind::FromWorker, "FromWorker", {AccessRole::Node}, kMaxControlMessageBytes + kMiB),
          rule(Kind::WorkerIsGone, "WorkerIsGone", {AccessRole::Node}, 64 * kMiB / 1024),
          rule(Kind::NodeDrains, "NodeDrains", {AccessRole::Node}, kSmall),
          rule(Kind::DrainNode, "DrainNode", {AccessRole::Submit, AccessRole::Admin}, kSmall),
          rule(Kind::Submit, "Submit", {AccessRole::Submit}, kMaxSubmissionBytes),
          rule(Kind::WatchRun, "WatchRun", {AccessRole::Submit}, kSmall),
          rule(Kind::CancelRun, "CancelRun", {AccessRole::Submit}, kSmall),
          rule(Kind::CreateToken, "CreateToken", {AccessRole::Admin}, kSmall),
          rule(Kind::ListAccess, "ListAccess", {AccessRole::Admin}, kSmall),
          rule(Kind::RevokeAccess, "RevokeAccess", {AccessRole::Admin}, kSmall),
          rule(Kind::Ask, "Ask", {AccessRole::Submit, AccessRole::Read, AccessRole::Admin}, kSmall),
          rule(Kind::KillTask, "KillTask", {AccessRole::Submit}, kSmall),
          {kJoinKind, "Join", {AccessRole::Join}, kMaxJoinBytes}};
  add_file_rules(rules);
  return rules;
}

}  // namespace

TrackerShell::TrackerShell(const TrackerOptions& options)
    : options_(options), store_(options.files, options.data_directory + "/jobs"), gate_(message_rules(), options.log),
      cluster_(options.sharing), started_at_(options.wall_clock()), started_ms_(options.clock.now_ms()) {}

// Threads of jobs post to what is destroyed after them.
TrackerShell::~TrackerShell() {
  http_.reset();
  for (auto& [id, job] : jobs_) job.run.reset();
  desk_.reset();
}

Status TrackerShell::run() {
  SINTER_TRY(open());
  while (!options_.stop.load()) {
    SINTER_ASSIGN(const std::optional<net::Event> event, transport_->receive(kStopLookMs));
    if (event) handle(*event);
    carry_out_posts();
    if (options_.clock.now_ms() >= next_expiry_ms_) {
      next_expiry_ms_ = options_.clock.now_ms() + kExpiryMs;
      options_.gatekeeper.expire(options_.wall_clock());
      expire_outputs();
    }
    end_looks();
    if (options_.clock.now_ms() < next_round_ms_) continue;
    // These look at every job or node, which is too much for every message.
    next_round_ms_ = options_.clock.now_ms() + kStopLookMs;
    end_returning();
    cancel_unwatched();
    if (const auto due = cluster_.next_deadline(); due && *due <= options_.clock.now_ms()) decide(cluster_event::Tick{});
    tell_avoided();
    dismiss_nodes();
  }
  http_.reset();
  pausing_ = options_.pause && options_.pause();
  for (auto& [id, job] : jobs_) {
    if (pausing_ && job.run) job.run->pause();
    job.run.reset();
  }
  carry_out_posts();
  const Result<bool> closed = transport_->close(kGoodbyeMs);
  if (!closed.ok()) options_.log.debug("closing the transport failed", {{"reason", closed.error().message()}});
  return {};
}

Status TrackerShell::open() {
  FileSystem& files = options_.files;
  Result<std::unique_ptr<OutputLock>> lock = OutputLock::take(files, options_.data_directory, options_.data_directory + "/tracker");
  if (!lock.ok() && lock.error().fault() == Fault::User)
    return user_error("another tracker uses '" + options_.data_directory + "'")
        .with_hint("Stop that one, or give this one a directory of its own (--data) and another port");
  if (!lock.ok()) return std::move(lock).error();
  lock_ = std::move(*lock);
  SINTER_ASSIGN(register_, NodeRegister::open(files, options_.data_directory + "/nodes"));
  SINTER_ASSIGN(transport_,
                net::listen(options_.listen,
                            cluster_transport_options(net::SocketSecurity::for_listener(options_.key, options_.gatekeeper.allowed())),
                            options_.clock, options_.log));
  SINTER_TRY(open_desk());
  SINTER_ASSIGN(std::vector<StoredRun> stored, store_.load());
  if (options_.on_listening) SINTER_TRY(options_.on_listening(transport_->endpoint()));
  SINTER_TRY(open_http());
  // Last, as a tracker that cannot start must not end what it began.
  resume_jobs(std::move(stored));
  return {};
}

void TrackerShell::resume_jobs(std::vector<StoredRun> stored) {
  return_until_ms_ = options_.clock.now_ms() + kReturnMs;
  for (StoredRun& one : stored) {
    next_run_ = one.run + 1;
    if (!one.ended) {
      jobs_[one.run].line.run = one.run;
      cluster_event::JobAdded added = job_added(one.run, one.submit);
      added.resumes = true;
      decide(added);
      begin(one.run, std::move(one.submit), true);
      continue;
    }
    jobs_[one.run].line = std::move(one.ended->line);
    jobs_[one.run].ended = std::move(one.ended->told);
    know(one.run, std::move(one.ended->submitter), one.ended->submission);
    keep_outputs(jobs_[one.run], one.run);
  }
}

void TrackerShell::send_to_worker(RunId run, WorkerId worker, net::Message message) {
  post([this, run, worker, message = std::move(message)] {
    if (const NodeEntry* node = nodes_.node_of({run, worker})) send(node->peer, pack(ToWorker{run, worker, message.kind, message.body}));
    else if (message.kind == static_cast<std::uint16_t>(MessageKind::Stop)) withdraw(run, worker);
  });
}

void TrackerShell::drop_file(RunId run, const Place& place) {
  post([this, run, place] {
    if (const NodeEntry* node = nodes_.find(place.node)) send(node->peer, pack(DropFiles{run, {place.name}}));
  });
}

/// Any thread: `act` runs on the tracker's.
void TrackerShell::post(std::function<void()> act) {
  {
    const std::lock_guard lock(mutex_);
    posts_.push_back(std::move(act));
  }
  transport_->wake();
}

void TrackerShell::carry_out_posts() {
  std::deque<std::function<void()>> due;
  {
    const std::lock_guard lock(mutex_);
    due.swap(posts_);
  }
  for (const auto& act : due) act();
}

void TrackerShell::send(net::PeerId peer, net::Message message) {
  const Status sent = transport_->send(peer, std::move(message));
  if (!sent.ok()) options_.log.warning("a peer cannot be reached", {{"reason", sent.error().message()}});
}

void TrackerShell::push(RunId run, RunEvent event) {
  const auto found = jobs_.find(run);
  if (found != jobs_.end() && found->second.run) found->second.run->inbox().push(std::move(event));
}

/// Jobs of a life before wait for their nodes. Those that stay away took their results along.
void TrackerShell::end_returning() {
  const SteadyMs now = options_.clock.now_ms();
  const bool over = now >= return_until_ms_;
  if (!over && !register_->missing().empty()) return;
  for (auto& [run, job] : jobs_) {
    if (job.returning)
      for (const NodeId node : register_->missing()) push(run, NodeGone{node});
    if (std::exchange(job.returning, false)) push(run, WorkersMayBe{job.allowed});
  }
  for (const NodeId node : register_->missing())
    if (const Status left = register_->left(node); !left.ok())
      options_.log.warning("the nodes' register cannot be written", {{"reason", left.error().to_string()}});
  register_->forget_missing();
}

void TrackerShell::handle(const net::Event& event) {
  switch (event.kind) {
    case net::EventKind::PeerJoined: keys_.insert_or_assign(event.peer, event.key.value()); return;
    case net::EventKind::PeerLost:
      keys_.erase(event.peer);
      return lose(event.peer, event.reason);
    case net::EventKind::Message: break;
  }
  const Status handled = judge(event);
  if (handled.ok()) return;
  options_.log.warning("a message was refused",
                       {{"from", options_.gatekeeper.name_of(keys_.at(event.peer))}, {"reason", handled.error().to_string()}});
  send(event.peer, pack(Refused{WireError::of(handled.error())}));
}

Status TrackerShell::judge(const net::Event& event) {
  const net::PublicKey& key = keys_.at(event.peer);
  const std::optional<Grant> grant = options_.gatekeeper.grant_of(key, options_.wall_clock());
  if (!grant || !gate_.admits(key, *grant, event.message)) {
    // The gate logs: now and then, so that nobody fills a disk.
    send(event.peer,
         pack(Refused{WireError::of(user_error("this key may not send messages of the kind " + std::to_string(event.message.kind)))}));
    return {};
  }
  if (event.message.kind == kJoinKind) {
    send(event.peer, answer_join(options_.gatekeeper, key, event.message, options_.wall_clock()));
    return {};
  }
  return nodes_.find_peer(event.peer) != nullptr ? hear_node(event.peer, event.message) : hear(event.peer, event.message);
}

void TrackerShell::lose_node(NodeId id, const std::string& reason) {
  const NodeEntry gone = nodes_.remove(id);
  decide(cluster_event::NodeLost{static_cast<HostId>(id)});
  if (gone.dismissed) options_.log.info("a node has left", {{"node", gone.hello.name}});
  else options_.log.warning("a node is gone", {{"node", gone.hello.name}, {"reason", reason}});
  for (const auto& [run, worker] : gone.workers)
    push(run, WorkerEnded{worker, Loss::Node, "was lost with its node '" + gone.hello.name + "' (" + reason + ")", {}, {}});
  for (auto& [run, job] : jobs_)
    if (job.on_nodes.erase(id) > 0) {
      push(run, NodeGone{id});
      if (job.view) job.view->node_lost(gone.hello.name, reason);
    }
  if (const Status left = register_->left(id); !left.ok())
    options_.log.warning("the nodes' register cannot be written", {{"reason", left.error().to_string()}});
}

Status TrackerShell::take_node(net::PeerId peer, NodeHello hello) {
  SINTER_ASSIGN(const NodeId id, register_->joined(hello.identity));
  // It lost its connection and is back before we noticed.
  if (nodes_.find(id) != nullptr) lose_node(id, "it has joined again");
  NodeWelcome welcome{id, kBeatIntervalMs, {}};
  for (const RunId run : hello.runs) {
    const auto job = jobs_.find(run);
    if (job == jobs_.end() || !job->second.returning) continue;
    welcome.runs.push_back(run);
    job->second.on_nodes.insert(id);
  }
  node_names_.set(id, hello.name);
  NodeEntry& node = nodes_.add(id, peer, std::move(hello));
  options_.log.info("a node has joined", {{"node", node.hello.name}, {"slots", std::uint64_t{node.hello.slots}}});
  send(peer, pack(welcome));
  const auto host = static_cast<HostId>(id);
  cluster_event::NodeJoined joined{host, node.hello.slots, node.hello.memory_bytes, node.hello.native_code};
  for (const HeldWorker& held : node.hello.workers) {
    if (std::find(welcome.runs.begin(), welcome.runs.end(), held.run) == welcome.runs.end()) continue;
    nodes_.place(id, {held.run, held.worker});
    joined.found.push_back({static_cast<JobId>(held.run), held.worker});
    push(held.run, WorkerReturned{held.worker, host, held.attempt});
  }
  decide(joined);
  if (node.hello.leaving) node_drains(node);
  return {};
}

/// Where what a node names lies. The key is the one that was proven, whatever the node says.
Place TrackerShell::place_at(const NodeEntry& node, net::PeerId peer, std::string scratch_directory) const {
  return {node.node, node.hello.host, node.hello.endpoint, net::public_key_text(keys_.at(peer)), std::move(scratch_directory), {}, {}};
}

Status TrackerShell::hear_node(net::PeerId peer, const net::Message& message) {
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
      push(from.run, NodeSaid{WorkerSaid{from.worker, net::Message{from.kind, std::move(from.body)}},
                              place_at(node, peer, std::move(from.scratch_directory)), std::move(from.files), std::move(from.sent_along)});
      return {};
    }
    case Kind::WorkerIsGone: {
      SINTER_ASSIGN(WorkerIsGone gone, unpack<WorkerIsGone>(message));
      if (!node.workers.contains({gone.run, gone.worker})) return {};
      nodes_.release({gone.run, gone.worker});
      if (gone.loss == Loss::Start)
        decide(cluster_event::NodeFailed{static_cast<HostId>(node.node), static_cast<JobId>(gone.run)});
      decide(cluster_event::WorkerGone{static_cast<JobId>(gone.run), gone.worker});
      push(gone.run, NodeEnded{WorkerEnded{gone.worker, gone.loss, std::move(gone.how), ReadPosition{gone.record, std::move(gone.group)},
                                           std::move(gone.output_tail)},
                               place_at(node, peer, std::move(gone.scratch_directory)), std::move(gone.files)});
      return {};
    }
    case Kind::NodeDrains: node_drains(node); return {};
    case Kind::FilesSeen: {
      SINTER_ASSIGN(const FilesSeen seen, unpack<FilesSeen>(message));
      return files_seen(node.node, seen);
    }
    default: return internal_error("a node sent a message of kind " + std::to_string(message.kind));
  }
}

Status run_tracker(const TrackerOptions& options) { return TrackerShell(options).run(); }

}  // namespace sinter::cluster

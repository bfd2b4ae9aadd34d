// The node: joins the tracker and hands what it says to the jobs' hosts. One thread, and one for each job (RunHost).
#include "framework/cluster/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>

#include "framework/cluster/code_cache.hpp"
#include "framework/cluster/file_endpoint.hpp"
#include "framework/cluster/node_messages.hpp"
#include "framework/cluster/run_host.hpp"
#include "framework/cluster/scratch_quota.hpp"
#include "framework/cluster/seen_files.hpp"
#include "framework/cluster/served_runs.hpp"
#include "framework/cluster/standby_worker.hpp"
#include "framework/cluster/transport_options.hpp"
#include "framework/runtime/memory_group.hpp"
#include "framework/runtime/scratch_directory.hpp"

namespace sinter::cluster {
namespace {

/// How long a request to stop may go unseen.
constexpr std::int64_t kStopLookMs = 100;
constexpr std::int64_t kGoodbyeMs = 500;
/// After the start of a worker, while others run, before another one is made ready.
constexpr SteadyMs kCalmMs = 1'000;
constexpr const char* kGroups = "/sys/fs/cgroup";
constexpr const char* kOwnGroups = "/proc/self/cgroup";

class Node {
 public:
  explicit Node(const NodeOptions& options) : options_(options) {}

  Status run() {
    SINTER_ASSIGN(scratch_, ScratchDirectory::create(options_.files, options_.scratch_directory, options_.log));
    if (options_.native_code) code_.emplace(options_.files, scratch_->path() + "/code");
    quota_.emplace(options_.files, options_.clock, options_.name, scratch_->path(), options_.scratch_limit_bytes);
    limit_memory_by_groups();
    SINTER_ASSIGN(standby_, StandbyWorker::create(options_.worker, scratch_->path(), memory_groups_.get(), options_.clock, options_.log));
    SINTER_ASSIGN(served_, ServedRuns::open(options_.tracker, options_.security.own, options_.files, options_.clock, options_.log));
    SINTER_ASSIGN(transport_, net::connect(options_.tracker, cluster_transport_options(options_.security), options_.clock, options_.log));
    while (!is_over()) {
      SINTER_ASSIGN(const std::optional<net::Event> event, transport_->receive(kStopLookMs));
      if (event) SINTER_TRY(handle(*event));
      refill_standby();
    }
    runs_.clear();
    const Result<bool> closed = transport_->close(kGoodbyeMs);
    if (!closed.ok()) options_.log.debug("closing the transport failed", {{"reason", closed.error().message()}});
    return {};
  }

 private:
  bool is_over() {
    if (may_leave_) return true;
    if (!options_.stop.load()) return false;
    if (!options_.drain || !options_.drain()) return true;
    const SteadyMs now = options_.clock.now_ms();
    if (!leave_by_ms_) {
      leave_by_ms_ = now + options_.drain_ms;
      options_.log.info("leaving when no job needs this node any more", {{"at_the_latest_in_ms", options_.drain_ms}});
      leave();
    }
    // Without a tracker nobody tells us.
    return now >= *leave_by_ms_ || (!introduced_.load() && runs_.empty());
  }

  /// Not while jobs begin, which need the processors.
  void refill_standby() {
    const SteadyMs now = options_.clock.now_ms();
    if (standby_->is_waiting() || is_leaving()) return;
    std::size_t workers = 0;
    for (const auto& [run, host] : runs_) workers += host->workers().size();
    const bool calm = now - last_start_ms_ >= kCalmMs && workers < options_.slots;
    if (runs_.empty() || calm) standby_->refill();
  }

  bool is_leaving() const { return leaving_ || may_leave_ || options_.stop.load(); }

  void limit_memory_by_groups() {
    Result<std::unique_ptr<MemoryGroups>> groups = MemoryGroups::make(kGroups, kernel_text(kOwnGroups));
    if (!groups.ok())
      return options_.log.info("memory of tasks is limited for each process", {{"reason", groups.error().message()}});
    memory_groups_ = std::move(*groups);
    options_.log.info("memory of tasks is limited with all that they start",
                      {{"by", memory_groups_->kind()}, {"below", memory_groups_->directory()}});
  }

  void leave() {
    leaving_ = true;
    if (!introduced_.load()) return;  // it is said with the next NodeHello
    if (const Status sent = transport_->send(net::kListener, pack(NodeDrains{})); !sent.ok())
      options_.log.warning("the tracker cannot be told that this node leaves", {{"reason", sent.error().message()}});
  }

  Status introduce() {
    NodeHello hello;
    hello.name = options_.name;
    hello.host = options_.host;
    hello.endpoint = served_->endpoint();
    hello.slots = options_.slots;
    hello.memory_bytes = options_.memory_bytes;
    hello.identity = options_.identity;
    hello.leaving = leaving_;
    hello.native_code = options_.native_code;
    // What is said from now on comes behind this message, so nothing that happens is missed.
    introduced_ = true;
    for (const auto& [run, host] : runs_) {
      hello.runs.push_back(run);
      const std::vector<HeldWorker> workers = host->workers();
      hello.workers.insert(hello.workers.end(), workers.begin(), workers.end());
    }
    return transport_->send(net::kListener, pack(hello));
  }

  Status handle(const net::Event& event) {
    switch (event.kind) {
      case net::EventKind::PeerJoined: return introduce();
      case net::EventKind::PeerLost:
        options_.log.warning("lost the tracker; its jobs go on for now", {{"tracker", options_.tracker}, {"reason", event.reason}});
        introduced_ = false;
        return {};
      case net::EventKind::Message: break;
    }
    return obey(event.message);
  }

  Status obey(const net::Message& message) {
    switch (static_cast<Kind>(message.kind)) {
      case Kind::NodeWelcome: {
        SINTER_ASSIGN(const NodeWelcome welcome, unpack<NodeWelcome>(message));
        beat_interval_ms_ = welcome.beat_interval_ms;
        std::vector<RunId> ended;
        for (const auto& [run, host] : runs_)
          if (std::find(welcome.runs.begin(), welcome.runs.end(), run) == welcome.runs.end()) ended.push_back(run);
        for (const RunId run : ended) close_run(run);
        for (const auto& [run, host] : runs_) host->answer_again();
        if (options_.on_joined) options_.on_joined();
        return {};
      }
      case Kind::Refused: {
        SINTER_ASSIGN(const Refused refused, unpack<Refused>(message));
        return refused.error.error();
      }
      case Kind::Drain: leave(); return {};
      case Kind::MayLeave: may_leave_ = true; return {};
      case Kind::OpenRun: {
        SINTER_ASSIGN(OpenRun open, unpack<OpenRun>(message));
        return open_run(std::move(open));
      }
      case Kind::LookForFiles: {
        SINTER_ASSIGN(const LookForFiles look, unpack<LookForFiles>(message));
        return transport_->send(net::kListener, pack(FilesSeen{look.look, first_unseen(options_.files, look.files), {}}));
      }
      case Kind::CloseRun: {
        SINTER_ASSIGN(const CloseRun close, unpack<CloseRun>(message));
        close_run(close.run);
        return {};
      }
      default: return pass_on(message);
    }
  }

  /// To the host of the job it names; of a job that was closed here, nothing.
  Status pass_on(const net::Message& message) {
    switch (static_cast<Kind>(message.kind)) {
      case Kind::StartWorker:
        last_start_ms_ = options_.clock.now_ms();
        return with_host<StartWorker>(message, [](RunHost& host, StartWorker& one) { host.start(one.worker); });
      case Kind::KillWorker:
        return with_host<KillWorker>(message, [](RunHost& host, KillWorker& one) { host.kill(one.worker, one.attempt); });
      case Kind::StopWorkers: return with_host<StopWorkers>(message, [](RunHost& host, StopWorkers& one) { host.stop(one.at_once); });
      case Kind::DropFiles: return with_host<DropFiles>(message, [](RunHost& host, DropFiles& one) { host.drop(std::move(one.names)); });
      case Kind::ToWorker:
        return with_host<ToWorker>(message, [](RunHost& host, ToWorker& one) {
          host.send(one.worker, net::Message{one.kind, std::move(one.body)});
        });
      default: break;
    }
    options_.log.warning("the tracker sent a message of an unknown kind", {{"kind", std::uint64_t{message.kind}}});
    return {};
  }

  template <class T, class Do>
  Status with_host(const net::Message& message, Do act) {
    SINTER_ASSIGN(T one, unpack<T>(message));
    if (const auto found = runs_.find(one.run); found != runs_.end()) act(*found->second, one);
    return {};
  }

  void close_run(RunId run) {
    served_->remove(run);
    runs_.erase(run);
  }

  Status open_run(OpenRun open) {
    RunOptions options{.worker = options_.worker, .factory = {}, .files = options_.files, .clock = options_.clock, .log = options_.log,
                       .on_progress = {}};
    options.heartbeat_interval_ms = beat_interval_ms_;
    options.host = options_.host;
    // A worker that waits is of our own program: a job that brings code starts its own.
    if (!open.code)
      options.make_launcher = [this](OnWorkerExit on_exit) -> Result<std::unique_ptr<Launcher>> {
        return standby_->launcher(std::move(on_exit));
      };
    const RunId run = open.run;
    if (open.shipped) open.shipped->endpoint = endpoint_beside(open.shipped->endpoint, options_.tracker);
    if (open.code) open.code_at.endpoint = endpoint_beside(open.code_at.endpoint, options_.tracker);
    const std::string memory_place = memory_groups_ ? memory_groups_->place_of(run) : "";
    if (memory_groups_) options.worker.arguments.push_back("--memory-group=" + memory_place);
    const std::string directory = scratch_->path() + "/run-" + std::to_string(run);
    SINTER_ASSIGN(const net::SecretKey secret, net::parse_secret_key(open.run_secret));
    served_->add(run, net::key_pair_of(secret).public_key, directory);
    const auto tell = [this](net::Message message) {
      if (!introduced_.load()) return;  // a tracker that comes back is told how things are then
      const Status posted = transport_->post(net::kListener, std::move(message));
      // The tracker misses its heartbeats then, and ends the attempt.
      if (!posted.ok()) options_.log.error("a worker's message could not be passed on", {{"reason", posted.error().message()}});
    };
    runs_[run] = std::make_unique<RunHost>(std::move(open), directory, options, RunHost::Shared{*quota_, code_ ? &*code_ : nullptr},
                                           memory_place, tell);
    return {};
  }

  const NodeOptions& options_;
  std::unique_ptr<ScratchDirectory> scratch_;
  std::unique_ptr<MemoryGroups> memory_groups_;  // null: none can be made here
  std::unique_ptr<StandbyWorker> standby_;
  SteadyMs last_start_ms_ = 0;  // of a worker
  std::optional<ScratchQuota> quota_;
  std::optional<CodeCache> code_;  // nothing: the node runs no native code of jobs
  std::unique_ptr<ServedRuns> served_;
  std::unique_ptr<net::Transport> transport_;
  std::int64_t beat_interval_ms_ = 500;
  std::atomic<bool> introduced_{false};
  bool leaving_ = false;
  bool may_leave_ = false;
  std::optional<SteadyMs> leave_by_ms_;
  std::map<RunId, std::unique_ptr<RunHost>> runs_;  // last: their threads use the transport
};

std::string link_text(const char* path) {
  char text[256];
  const ssize_t size = ::readlink(path, text, sizeof(text));
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
}

}  // namespace

Status run_node(const NodeOptions& options) { return Node(options).run(); }

std::string host_identity() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::getline(file, boot);
  return boot + " " + link_text("/proc/self/ns/mnt");
}

}  // namespace sinter::cluster

// WorkerPool over the launcher, and over threads: both listen on a transport to which their workers connect.
#include "framework/runtime/worker_pool.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/net/transport.hpp"
#include "framework/runtime/launcher.hpp"
#include "framework/runtime/output_tail.hpp"
#include "framework/runtime/run_job.hpp"
#include "framework/runtime/worker.hpp"

namespace sinter {
namespace {

/// How long workers may take to end by themselves when the job is done.
constexpr std::int64_t kGoodbyeMs = 1'000;
/// Between two looks for threads that say Hello only when the job is over.
constexpr std::int64_t kLateHelloMs = 50;
/// sockaddr_un holds 108 bytes with the final zero.
constexpr std::size_t kMaxSocketPathBytes = 107;

/// Which worker is at the other end of which connection, and ends that other threads report.
class ListeningPool : public WorkerPool {
 public:
  ListeningPool(const JobLayout& layout, const RunOptions& options) : layout_(layout), options_(options) {}

  void send(WorkerId worker, net::Message message) override {
    const auto peer = peers_of_workers_.find(worker);
    if (peer == peers_of_workers_.end()) {
      // Its end is on the way, or it is starting and has no work to lose.
      if (message.kind == static_cast<std::uint16_t>(MessageKind::Stop)) kill(worker);
      return;
    }
    const Status sent = transport_->send(peer->second, std::move(message));
    if (sent.ok()) return;
    options_.log.warning("a worker cannot be reached", {{"worker", worker}, {"reason", sent.error().message()}});
    kill(worker);
  }

  void wake() override { transport_->wake(); }

  Result<std::optional<PoolEvent>> receive(std::int64_t timeout_ms) override {
    // Ends that were reported before we looked for messages: what those workers said lies in the socket already.
    take_exits();
    SINTER_ASSIGN(std::optional<PoolEvent> said, hear(0));
    if (said) return said;
    if (ends_.empty() && timeout_ms != 0) {
      SINTER_ASSIGN(said, hear(timeout_ms));
      if (said) return said;
    }
    if (ends_.empty()) return std::optional<PoolEvent>();
    const WorkerExit exit = std::move(ends_.front());
    ends_.pop_front();
    forget(exit.worker);
    return std::optional<PoolEvent>(describe(exit));
  }

 protected:
  virtual WorkerEnded describe(const WorkerExit& exit) const = 0;

  /// Any thread.
  void report(WorkerExit exit) {
    {
      const std::lock_guard lock(mutex_);
      exits_.push_back(std::move(exit));
    }
    transport_->wake();
  }

  JobLayout layout_;
  const RunOptions& options_;
  std::unique_ptr<net::Transport> transport_;
  std::map<net::PeerId, WorkerId> workers_of_peers_;
  std::map<WorkerId, net::PeerId> peers_of_workers_;

 private:
  void take_exits() {
    const std::lock_guard lock(mutex_);
    std::move(exits_.begin(), exits_.end(), std::back_inserter(ends_));
    exits_.clear();
  }

  void forget(WorkerId worker) {
    const auto found = peers_of_workers_.find(worker);
    if (found == peers_of_workers_.end()) return;
    workers_of_peers_.erase(found->second);
    peers_of_workers_.erase(found);
  }

  /// Nothing: the time is over, or the transport's event was of no interest.
  Result<std::optional<PoolEvent>> hear(std::int64_t timeout_ms) {
    SINTER_ASSIGN(std::optional<net::Event> event, transport_->receive(timeout_ms));
    while (event) {
      SINTER_ASSIGN(std::optional<PoolEvent> said, take(std::move(*event)));
      if (said) return said;
      SINTER_ASSIGN(event, transport_->receive(0));
    }
    return std::optional<PoolEvent>();
  }

  Result<std::optional<PoolEvent>> take(net::Event event) {
    const auto found = workers_of_peers_.find(event.peer);
    if (event.kind == net::EventKind::PeerLost && found != workers_of_peers_.end()) {
      // A worker that cannot be heard cannot be used.
      const WorkerId worker = found->second;
      forget(worker);
      kill(worker);
    }
    if (event.kind != net::EventKind::Message) return std::optional<PoolEvent>();
    if (event.message.kind == static_cast<std::uint16_t>(MessageKind::Hello)) {
      SINTER_ASSIGN(const Hello hello, from_message<Hello>(event.message));
      workers_of_peers_[event.peer] = hello.worker;
      peers_of_workers_[hello.worker] = event.peer;
      send(hello.worker, to_message(Setup{layout_.root(), options_.heartbeat_interval_ms, options_.host, options_.working_directory,
                                         options_.run_secret}));
      return std::optional<PoolEvent>(WorkerUp{hello.worker});
    }
    // Else of a connection that never said who it is, or was given up.
    if (found == workers_of_peers_.end()) return std::optional<PoolEvent>();
    return std::optional<PoolEvent>(WorkerSaid{found->second, std::move(event.message)});
  }

  std::mutex mutex_;
  std::vector<WorkerExit> exits_;  // under mutex_
  std::deque<WorkerExit> ends_;    // taken from it, and not told yet
};

class ProcessPool final : public ListeningPool {
 public:
  using ListeningPool::ListeningPool;
  // The launcher's thread reports to what is destroyed after it.
  ~ProcessPool() override { launcher_.reset(); }

  Status open() {
    if (options_.worker.executable.empty()) return internal_error("RunOptions.worker names no program");
    if (layout_.socket().size() > kMaxSocketPathBytes)
      return user_error("the scratch directory's path '" + layout_.root() + "' is too long for a socket in it (" +
                        std::to_string(kMaxSocketPathBytes) + " bytes)")
          .with_hint("Set execution.scratch to a directory with a shorter path");
    SINTER_ASSIGN(transport_, net::listen("ipc://" + layout_.socket(), control_transport_options(), options_.clock, options_.log));
    OnWorkerExit on_exit = [this](WorkerExit exit) { report(std::move(exit)); };
    SINTER_ASSIGN(launcher_, options_.make_launcher ? options_.make_launcher(std::move(on_exit)) : Launcher::create(std::move(on_exit)));
    return {};
  }

  void start(WorkerId worker) override {
    started_.insert(worker);
    std::vector<std::string> command{options_.worker.executable};
    command.insert(command.end(), options_.worker.arguments.begin(), options_.worker.arguments.end());
    command.push_back(transport_->endpoint());
    command.push_back(std::to_string(worker));
    launcher_->start(worker, std::move(command), layout_.worker_output(worker));
  }

  void kill(WorkerId worker) override { launcher_->kill(worker); }

  void stop(bool at_once) override {
    if (!at_once) {
      for (const auto& [worker, peer] : peers_of_workers_) send(worker, to_message(Stop{}));
      // Those still starting have no work to lose.
      for (const WorkerId worker : started_)
        if (!peers_of_workers_.contains(worker)) kill(worker);
      const Result<bool> flushed = transport_->flush(kGoodbyeMs);
      if (flushed.ok() && *flushed) launcher_->wait_all(kGoodbyeMs);
    }
    launcher_.reset();  // kills and reaps
  }

 private:
  WorkerEnded describe(const WorkerExit& exit) const override {
    return {exit.worker, exit.loss, exit.how, ReadPosition::of(layout_.worker_position(exit.worker)),
            output_tail(options_.files, layout_.worker_output(exit.worker), kMaxOutputTailBytes)};
  }

  std::set<WorkerId> started_;
  std::unique_ptr<Launcher> launcher_;
};

class ThreadPool final : public ListeningPool {
 public:
  using ListeningPool::ListeningPool;
  ~ThreadPool() override {
    for (std::thread& thread : threads_) thread.join();
  }

  Status open() {
    network_ = net::make_loopback_network();
    SINTER_ASSIGN(transport_, net::listen_in_process(network_, "tracker", control_transport_options(), options_.clock, options_.log));
    return {};
  }

  void start(WorkerId worker) override {
    {
      const std::lock_guard lock(alive_mutex_);
      ++alive_;
    }
    threads_.emplace_back([this, worker] { serve(worker); });
  }

  void kill(WorkerId) override {}

  // Threads end when they are told to, also those that say Hello only now.
  void stop(bool) override {
    for (const auto& [worker, peer] : peers_of_workers_) send(worker, to_message(Stop{}));
    while (!none_left()) {
      const auto event = transport_->receive(kLateHelloMs);
      if (!event.ok()) break;
      if (!*event || (*event)->kind != net::EventKind::Message || (*event)->message.kind != static_cast<std::uint16_t>(MessageKind::Hello))
        continue;
      const Status sent = transport_->send((*event)->peer, to_message(Stop{}));
      if (!sent.ok()) options_.log.warning("a worker thread was not told to stop", {{"reason", sent.error().message()}});
    }
  }

 private:
  WorkerEnded describe(const WorkerExit& exit) const override { return {exit.worker, exit.loss, exit.how, {}, {}}; }

  bool none_left() {
    const std::lock_guard lock(alive_mutex_);
    return alive_ == 0;
  }

  void serve(WorkerId worker) {
    auto transport = net::connect_in_process(network_, "tracker", control_transport_options(), options_.clock, options_.log);
    const WorkerOptions options{worker, options_.factory, options_.files, options_.clock, options_.log, options_.judge_attempt};
    const Status served = transport.ok() ? run_worker(**transport, options) : Status(transport.error());
    report({worker, Loss::Crash, served.ok() ? "ended" : "ended: " + served.error().to_string()});
    const std::lock_guard lock(alive_mutex_);
    --alive_;
  }

  std::shared_ptr<net::LoopbackNetwork> network_;
  std::mutex alive_mutex_;
  std::size_t alive_ = 0;  // under alive_mutex_
  std::vector<std::thread> threads_;
};

template <class Pool>
Result<std::unique_ptr<WorkerPool>> open(const JobLayout& layout, const RunOptions& options) {
  auto pool = std::make_unique<Pool>(layout, options);
  SINTER_TRY(pool->open());
  return std::unique_ptr<WorkerPool>(std::move(pool));
}

}  // namespace

Result<std::unique_ptr<WorkerPool>> make_process_pool(const JobLayout& layout, const RunOptions& options) {
  return open<ProcessPool>(layout, options);
}

Result<std::unique_ptr<WorkerPool>> make_thread_pool(const JobLayout& layout, const RunOptions& options) {
  return open<ThreadPool>(layout, options);
}

}  // namespace sinter

// RunHost: one job's share of a node: its scratch directory, its workers, and what they say. Owned by the node; its methods may be called
// from any thread and return at once, the work is done on a thread of its own, one per job.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "framework/cluster/code_cache.hpp"
#include "framework/cluster/node_messages.hpp"
#include "framework/cluster/scratch_quota.hpp"
#include "framework/runtime/run_job.hpp"
#include "framework/runtime/worker_pool.hpp"

namespace sinter {
class RemoteResults;
}

namespace sinter::cluster {

class RunHost {
 public:
  /// What the node keeps for all jobs; it outlives us.
  struct Shared {
    ScratchQuota& quota;
    CodeCache* code = nullptr;  // null: the node runs no native code of jobs
  };
  /// `tell` sends to the tracker; it is called on our thread. `options` says how a worker is run; it and `directory`'s parent outlive us.
  RunHost(OpenRun open, std::string directory, const RunOptions& options, Shared shared, std::string memory_place,
          std::function<void(net::Message)> tell);
  /// Ends the workers at once, and removes the directory.
  ~RunHost();
  RunHost(const RunHost&) = delete;
  RunHost& operator=(const RunHost&) = delete;

  void start(WorkerId worker);
  /// With an attempt: only while the worker runs it.
  void kill(WorkerId worker, const std::optional<AttemptId>& attempt);
  void send(WorkerId worker, net::Message message);
  void stop(bool at_once);
  /// Workers that are up, and the attempts that they were given last.
  std::vector<HeldWorker> workers() const;
  /// Says once more how those attempts ended that have: another life of the tracker may not have heard it.
  void answer_again();
  /// Names below the directory.
  void drop(std::vector<std::string> names);

 private:
  using Command = std::function<void()>;
  /// A worker's last attempt, and how it ended.
  struct Held {
    std::optional<AttemptId> attempt;
    std::string task = {};           // its name
    std::uint64_t output_from = 0;   // bytes of standard error when it began
    std::optional<FromWorker> answer = {};
  };

  void work();
  Status open();
  Status open_pool();
  class FetchesInReach;
  Status bring_code();
  bool is_closing_after(std::chrono::milliseconds pause);
  void command(Command one);
  bool has_room(WorkerId worker, const AttemptId& attempt);
  bool runs(WorkerId worker, const AttemptId& attempt) const;
  void keep_words(WorkerId worker, const Held& held);
  void handle(const WorkerUp& up);
  void handle(const WorkerSaid& said);
  void handle(const WorkerEnded& ended);
  void handle(const ResultsGone&) {}   // no pool of processes says these
  void handle(const WorkersMayBe&) {}
  void handle(const WorkerReturned&) {}
  void handle(const HostDrains&) {}
  void handle(const Kept&) {}
  std::vector<std::string> files_of(const net::Message& message) const;
  std::vector<std::string> log_of(const AttemptId& attempt) const;
  std::map<std::string, std::string> small_ones(const std::vector<std::string>& names) const;

  OpenRun open_;
  JobLayout layout_;
  RunOptions options_;
  Shared shared_;
  const std::string memory_place_;  // see memory_group_of(); empty: workers have no groups
  std::function<void(net::Message)> tell_;
  std::unique_ptr<WorkerPool> pool_;  // made and used on our thread
  std::optional<Error> failure_;      // why there is none
  mutable std::mutex mutex_;
  std::map<WorkerId, Held> workers_;  // under mutex_
  std::set<WorkerId> unwanted_;       // killed with their attempts by a person; on our thread
  std::condition_variable arrived_;   // for when there is no pool that could be woken
  std::deque<Command> commands_;      // under mutex_
  WorkerPool* to_wake_ = nullptr;     // under mutex_
  bool closing_ = false;              // under mutex_
  RemoteResults* fetches_ = nullptr;  // under mutex_: of code, while it is fetched
  std::thread thread_;                // last: it uses everything above
};

}  // namespace sinter::cluster

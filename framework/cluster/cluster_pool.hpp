// ClusterPool: the workers of one job on the nodes of a cluster. Owned and called by the job's thread; the cluster's thread fills its inbox
// and serves its requests.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "framework/cluster/node_messages.hpp"
#include "framework/runtime/placed_files.hpp"
#include "framework/runtime/worker_pool.hpp"

namespace sinter::cluster {

/// A message of a worker, and the files of its attempt on that node.
struct NodeSaid {
  WorkerSaid said;
  Place files_at;                  // its `name` is empty
  std::vector<std::string> names;
  std::map<std::string, std::string> sent_along = {};  // see FromWorker
};
/// A worker's end, and the log of the attempt that it could say nothing more of, on that node.
struct NodeEnded {
  WorkerEnded ended;
  Place files_at;                  // its `name` is empty
  std::vector<std::string> names;
};
/// A node is gone, and what lay there. The ends of its workers came before.
struct NodeGone {
  std::uint64_t node = 0;
};
using RunEvent = std::variant<WorkerUp, NodeSaid, NodeEnded, WorkerEnded, NodeGone, WorkersMayBe, WorkerReturned, HostDrains,
                              Kept>;

/// What a job's workers need.
struct RunNeeds {
  std::uint64_t worker_memory_bytes = 0;
  std::uint64_t most_workers = UINT64_MAX;  // at once
  /// Called before anybody else hears of the job, once it has begun its journal: waits until that may be, and says the job's secret
  /// key. Empty: it may be at once, and the key is that of the options.
  std::function<Result<std::string>()> admit = {};
};

/// What waits for one job's thread. Any thread may call.
class RunInbox {
 public:
  void push(RunEvent event);
  /// The current or the next take() returns.
  void wake();
  /// Nothing when `timeout_ms` is over or wake() was called.
  std::optional<RunEvent> take(std::int64_t timeout_ms);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<RunEvent> events_;  // under mutex_
  bool woken_ = false;           // under mutex_
};

/// What a pool asks of the cluster. Any thread may call; what becomes of it arrives in the inbox.
class ClusterDoor {
 public:
  virtual ~ClusterDoor() = default;
  virtual void open_run(OpenRun open) = 0;
  /// It could use so many workers now, each with so much memory.
  virtual void want_workers(RunId run, std::uint64_t count, std::uint64_t memory_bytes) = 0;
  /// An attempt of it failed on this node.
  virtual void blame(RunId run, HostId node) = 0;
  virtual void start_worker(RunId run, WorkerId worker) = 0;
  virtual void kill_worker(RunId run, WorkerId worker) = 0;
  virtual void send_to_worker(RunId run, WorkerId worker, net::Message message) = 0;
  virtual void stop_workers(RunId run, bool at_once) = 0;
  /// Nobody reads this file any more.
  virtual void drop_file(RunId run, const Place& place) = 0;
};

/// The pool of the job whose plan file lies in `layout`; `files` is the job's view of what lies on nodes. Everything outlives the pool.
Result<std::unique_ptr<WorkerPool>> make_cluster_pool(RunId run, ClusterDoor& door, RunInbox& inbox, PlacedFiles& files,
                                                      const JobLayout& layout, const RunNeeds& needs, const RunOptions& options);

}  // namespace sinter::cluster

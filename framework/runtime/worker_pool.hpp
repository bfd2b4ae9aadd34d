// WorkerPool: where a job's workers come from and how they are spoken to: processes of this machine, threads of this process, or workers on
// the nodes of a cluster. Owned by the job's shell and called on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/net/message.hpp"
#include "framework/control/events.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/messages.hpp"
#include "framework/runtime/position_file.hpp"

namespace sinter {

struct RunOptions;

/// What a worker last wrote to its standard error, as far as errors show it.
inline constexpr std::uint64_t kMaxOutputTailBytes = 2000;

/// The worker can take a task.
struct WorkerUp {
  WorkerId worker = 0;
  HostId host = 0;  // 0: no host of its own
};
/// A message of the worker's, but for its Hello.
struct WorkerSaid {
  WorkerId worker = 0;
  net::Message message;
};
/// The worker is gone; nothing of it follows. Every worker that was started ends so, once.
struct WorkerEnded {
  WorkerId worker = 0;
  Loss loss = Loss::Crash;
  /// "was killed by signal 11 (Segmentation fault)", "exited with status 3", "cannot be started: ...".
  std::string how;
  /// Where it was.
  ReadPosition position;
  std::string output_tail;
};
/// Committed results are gone with the node they lay on. Nothing is lost where workers share the tracker's disk.
struct ResultsGone {
  std::vector<AttemptId> attempts;
};
/// After a restart of the tracker: a worker of a life before is there, and still runs this attempt.
struct WorkerReturned {
  WorkerId worker = 0;
  HostId host = 0;
  std::optional<AttemptId> attempt;
};
/// So many workers may the job have from now on.
struct WorkersMayBe {
  std::uint32_t count = 0;
};
/// The host takes no more attempts of the job; with `drains` false it does again.
struct HostDrains {
  HostId host = 0;
  bool drains = true;
};
/// See WorkerPool::keep().
struct Kept {
  AttemptId attempt;
  Status status;
};
using PoolEvent = std::variant<WorkerUp, WorkerSaid, WorkerEnded, ResultsGone, WorkersMayBe, WorkerReturned, HostDrains, Kept>;

class WorkerPool {
 public:
  /// Ends what still runs: processes are killed; threads must have been stopped.
  virtual ~WorkerPool() = default;
  virtual void start(WorkerId worker) = 0;
  /// Ends a worker at once; its WorkerEnded follows. Threads cannot be ended: they are left to their Stop message.
  virtual void kill(WorkerId worker) = 0;
  /// To a worker that is up; to one that has ended since, nothing. One that cannot be reached is killed.
  virtual void send(WorkerId worker, net::Message message) = 0;
  /// The next message to the worker gives it this attempt.
  virtual void gives(WorkerId worker, const AttemptId& attempt) {
    static_cast<void>(worker);
    static_cast<void>(attempt);
  }
  /// Waits up to `timeout_ms` (0: only looks) for the next event. What a worker said before it ended comes before its end.
  /// Errors: no worker can be heard any more.
  virtual Result<std::optional<PoolEvent>> receive(std::int64_t timeout_ms) = 0;
  /// Any thread: makes the current or the next receive() return.
  virtual void wake() = 0;
  /// Where the committed results lie that a task of `stage` reads, as far as they are not in the worker's own scratch directory.
  virtual std::vector<ResultsAt> inputs_of(const Stage& stage) {
    static_cast<void>(stage);
    return {};
  }
  /// Makes the files at these paths, those that are there, safe from whatever happens to the workers and their hosts: they are what the
  /// attempt committed. True: that takes a while, and its Kept follows; false: they are safe.
  virtual Result<bool> keep(const AttemptId& attempt, const std::vector<std::string>& paths) {
    static_cast<void>(attempt);
    static_cast<void>(paths);
    return false;
  }
  /// A hint that these results will be read soon.
  virtual void will_read(const std::vector<std::string>& paths) const { static_cast<void>(paths); }
  /// Where the file at `path` lies, for put_back() in another life of this process; empty: here.
  virtual std::string place_of(const std::string& path) const {
    static_cast<void>(path);
    return "";
  }
  /// Error, internal: no place that a pool of this kind has said.
  virtual Status put_back(const std::string& path, const std::string& place) {
    if (place.empty()) return {};
    return internal_error("'" + path + "' is said to lie elsewhere, where nothing can");
  }
  /// Whether committed results may be out of reach later, all but those that were kept.
  virtual bool loses_results() const { return false; }
  /// Whether WorkersMayBe says how many workers there may be, so that none is started before.
  virtual bool allots_workers() const { return false; }
  /// So many workers could be put to use now.
  virtual void want_workers(std::uint64_t count) { static_cast<void>(count); }
  /// An attempt failed on this host.
  virtual void blame(HostId host) { static_cast<void>(host); }
  /// Tells all workers to end and waits for it, for a while, and then kills them. `at_once`: kills them.
  virtual void stop(bool at_once) = 0;
};

/// Makes the pool of the job that lies in `layout`, when its plan file is written. `options` outlives the pool.
using PoolFactory = std::function<Result<std::unique_ptr<WorkerPool>>(const JobLayout& layout, const RunOptions& options)>;

/// Processes of this machine; they connect to a socket in the job's scratch directory.
Result<std::unique_ptr<WorkerPool>> make_process_pool(const JobLayout& layout, const RunOptions& options);
/// Threads of this process.
Result<std::unique_ptr<WorkerPool>> make_thread_pool(const JobLayout& layout, const RunOptions& options);

}  // namespace sinter

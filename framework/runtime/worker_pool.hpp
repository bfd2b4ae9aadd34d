// WorkerPool: where workers come from: processes of this machine, or threads of this process. Owned by the job's shell and called on its
// thread; `on_exit` comes on other threads.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/net/transport.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/launcher.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter {

class WorkerPool {
 public:
  /// Ends what still runs: processes are killed; threads must have been told to stop, and are joined.
  virtual ~WorkerPool() = default;
  virtual void start(WorkerId worker) = 0;
  /// Ends a process at once. Threads cannot be ended: they are left to their Stop message.
  virtual void kill(WorkerId worker) = 0;
  /// Whether all have ended within `timeout_ms`.
  virtual bool wait_all(std::int64_t timeout_ms) = 0;
};

Result<std::unique_ptr<WorkerPool>> make_process_pool(WorkerProgram program, std::string endpoint, JobLayout layout,
                                                      std::function<void(WorkerExit)> on_exit);
/// `options` outlives the pool.
std::unique_ptr<WorkerPool> make_thread_pool(std::shared_ptr<net::LoopbackNetwork> network, std::string endpoint, const RunOptions& options,
                                             std::function<void(WorkerExit)> on_exit);

}  // namespace sinter

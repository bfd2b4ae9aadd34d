// StandbyWorker: a worker process that a node starts before a job needs one, so that nobody waits for its start. Owned by the node;
// refill() is its thread's, the rest any thread's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "framework/runtime/launcher.hpp"
#include "framework/runtime/memory_group.hpp"
#include "framework/runtime/run_job.hpp"
#include "framework/runtime/worker.hpp"

namespace sinter::cluster {

class StandbyWorker {
 public:
  /// `directory` is the node's own; `groups` may be null. Everything outlives us.
  static Result<std::unique_ptr<StandbyWorker>> create(const WorkerProgram& program, std::string directory, const MemoryGroups* groups,
                                                       const Clock& clock, Log& log);
  /// Kills what still runs. No launcher() is left.
  ~StandbyWorker();
  StandbyWorker(const StandbyWorker&) = delete;
  StandbyWorker& operator=(const StandbyWorker&) = delete;

  /// Starts one if none waits. After one that died of itself, only after a while.
  void refill();
  bool is_waiting() const;
  /// A Launcher that takes the one that waits, if it is of the wanted program, and starts others as they come.
  std::unique_ptr<Launcher> launcher(OnWorkerExit on_exit);

 private:
  class JobLauncher;
  struct Waiting {
    std::uint32_t number = 0;
    std::shared_ptr<const Descriptor> order;  // goes to its standard input
  };

  StandbyWorker(const WorkerProgram& program, std::string directory, const MemoryGroups* groups, const Clock& clock, Log& log);
  /// Gives the order to the one that waits; its number. Nothing: there is none.
  std::optional<std::uint32_t> take(const StandbyOrder& order, OnWorkerExit on_exit);
  void ended(WorkerExit exit);
  std::string group_of(std::uint32_t number) const;

  const WorkerProgram program_;
  const std::string directory_;
  const MemoryGroups* groups_;
  const Clock& clock_;
  Log& log_;
  mutable std::mutex mutex_;
  std::optional<Waiting> waiting_;                // under mutex_
  std::map<std::uint32_t, OnWorkerExit> taken_;   // under mutex_
  std::uint32_t started_ = 0;                     // under mutex_
  SteadyMs pause_ms_;                             // under mutex_: after the next one that dies of itself
  SteadyMs next_start_ms_ = 0;                    // under mutex_
  bool closing_ = false;                          // under mutex_
  std::unique_ptr<Launcher> launcher_;            // last: it calls back
};

}  // namespace sinter::cluster

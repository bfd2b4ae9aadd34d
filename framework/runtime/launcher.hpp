// Launcher: starts, kills and reaps worker processes. The only door to Boost.Process. Any thread may call; `on_exit` is called on the
// launcher's own thread, once for every worker that was started.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "framework/control/events.hpp"

namespace sinter {

class Descriptor;

struct WorkerExit {
  WorkerId worker = 0;
  Loss loss = Loss::Crash;
  /// "was killed by signal 11 (Segmentation fault)", "exited with status 3", "cannot be started: ...".
  std::string how;
};

/// Called once for every worker that was started.
using OnWorkerExit = std::function<void(WorkerExit)>;

class Launcher {
 public:
  /// Starts the launcher's thread. Workers die with it (PR_SET_PDEATHSIG), so also when this process is killed.
  static Result<std::unique_ptr<Launcher>> create(OnWorkerExit on_exit);
  /// Kills and reaps what still runs.
  virtual ~Launcher() = default;

  /// Spawns in the background: own process group, standard input from `input` (null: /dev/null), standard output and error to
  /// `output_path`, no other descriptors. A program that cannot be run is reported by on_exit as Loss::Start.
  virtual void start(WorkerId worker, std::vector<std::string> command, const std::string& output_path,
                     std::shared_ptr<const Descriptor> input) = 0;
  void start(WorkerId worker, std::vector<std::string> command, const std::string& output_path) {
    start(worker, std::move(command), output_path, nullptr);
  }
  /// SIGKILL to its process group. No effect on one that has ended.
  virtual void kill(WorkerId worker) = 0;
  /// Waits until every worker has ended and was reported; false after `timeout_ms`.
  virtual bool wait_all(std::int64_t timeout_ms) = 0;
};

/// In place of Launcher::create().
using LauncherFactory = std::function<Result<std::unique_ptr<Launcher>>(OnWorkerExit on_exit)>;

}  // namespace sinter

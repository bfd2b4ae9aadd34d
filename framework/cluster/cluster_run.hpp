// ClusterRun: one job of a cluster's tracker: a thread in which run_job() plans, schedules and publishes it, with workers on nodes. Owned
// by the tracker; its methods may be called from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "framework/cluster/cluster_pool.hpp"
#include "framework/cluster/planned_job.hpp"
#include "framework/runtime/job_observer.hpp"
#include "framework/runtime/run_job.hpp"
#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {

/// Makes a job's definition from what a client sent; `files` starts relative paths in the client's working directory.
using ClusterJobFactory = std::function<Result<JobDefinition>(FileSystem& files, const JobPayload& payload)>;

class ClusterRun {
 public:
  struct Request {
    RunId run = 0;
    JobPayload payload;
    std::string working_directory;
    bool overwrite = false;
    unsigned slots = 1;     // of the cluster now, by which work is cut when the job does not say
    bool speculation = true;
    std::string directory;  // for plan and journal, see RunOptions::job_directory; one that has a plan is gone on with
    std::shared_ptr<const std::vector<ShippedFile>> shipped = {};  // the files that it sees; null: those that this host sees
    std::string blob_directory = {};                               // they lie there, by hash
    std::string outputs = {};                                      // below `directory`: where such a job's results go
    std::optional<PlannedJob> planned = {};  // by its client, who alone has its code
    std::shared_future<Status> stored = {};  // that it was submitted; nobody else hears of it before
  };
  struct Surroundings {
    ClusterDoor& door;
    const ClusterJobFactory& factory;
    FileSystem& files;
    const Clock& clock;
    Log& log;
    std::string host;
    std::shared_ptr<JobObserver> observer;
    /// On the job's thread; the last call is of `on_end`.
    std::function<void(const std::string& job, const JobProgress&)> on_progress;
    std::function<void(Result<JobReport>)> on_end;
  };

  ClusterRun(Request request, Surroundings around);
  /// Cancels, and waits for the end.
  ~ClusterRun();
  ClusterRun(const ClusterRun&) = delete;
  ClusterRun& operator=(const ClusterRun&) = delete;

  RunInbox& inbox() { return inbox_; }
  void cancel();
  /// Ends without an end: as if the process had been killed, but at a moment of our choice.
  void pause();

 private:
  class Key;
  Result<JobReport> run();
  Result<JobDefinition> take_plan() const;
  std::unique_ptr<ShippedFiles> shipped_view(FileSystem& files) const;
  void make_paths_absolute(JobDefinition& job) const;

  const Request request_;
  const Surroundings around_;
  RunInbox inbox_;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> paused_{false};
  std::thread thread_;  // last: it uses everything above
};

}  // namespace sinter::cluster

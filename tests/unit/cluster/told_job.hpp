// ToldJob: a JobView that is told of a made-up job, on files in memory. One thread.
#pragma once

#include <memory>
#include <string>

#include "framework/cluster/job_view.hpp"

namespace sinter::cluster {

/// Hosts 1 and 2 are the nodes alpha and beta.
struct ToldJob {
  explicit ToldJob(std::string directory_name = "/data/jobs/7") : directory(std::move(directory_name)) {
    names.set(1, "alpha");
    names.set(2, "beta");
    make(false);
  }

  void make(bool resumes) {
    view.reset();
    const auto wall_clock = [] { return *parse_iso8601("2026-11-21T20:00:00Z"); };
    view = std::make_shared<JobView>(JobView::Surroundings{*files, clock, wall_clock, names, totals}, directory, resumes);
  }
  void restart() { make(true); }

  static Stage map_stage(std::uint32_t tasks) {
    Stage stage;
    stage.tasks = tasks;
    return stage;
  }
  void open_map(std::uint32_t tasks) { view->stage_opened(0, map_stage(tasks), 0, false); }
  void open_reduce(std::uint32_t tasks) {
    Stage stage;
    stage.work = StageWork::Reduce;
    stage.tasks = tasks;
    view->stage_opened(1, stage, 1'000, false);
  }
  /// The worker is ready on this host and gets the first attempt of the map task.
  void start(HostId host, WorkerId worker, std::uint32_t task) {
    const AttemptId attempt{{0, task}, 1};
    view->stepped(event::WorkerReady{worker, host}, {command::RunTask{worker, attempt, false, {}}});
  }
  void commit(WorkerId worker, const AttemptId& attempt, const Counters& counters) {
    view->stepped(event::AttemptDone{worker, attempt, counters, {}}, {command::Commit{attempt}});
    view->stepped(event::CommitDone{attempt}, {command::Journal{journal::Committed{attempt, 1, counters, {}}}});
  }
  std::string history() const { return *read_file(*files, directory + "/history"); }

  std::string directory;
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  ManualClock clock;
  NodeNames names;
  ClusterTotals totals;
  std::shared_ptr<JobView> view;
};

}  // namespace sinter::cluster

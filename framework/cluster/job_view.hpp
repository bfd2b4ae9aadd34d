// JobView: what becomes of one job of a tracker, for those who look at it: folded from what its shell tells, and written down as its
// history. The job's thread tells; any thread may look.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/timestamp.hpp"
#include "framework/cluster/job_history.hpp"
#include "framework/runtime/job_observer.hpp"

namespace sinter::cluster {

/// Names of nodes by their numbers, for threads of jobs. Any thread.
class NodeNames {
 public:
  void set(std::uint64_t node, std::string name);
  std::string name_of(std::uint64_t node) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> names_;  // under mutex_
};

/// Sums over all jobs of a tracker's life, for its metrics. Any thread.
struct ClusterTotals {
  std::atomic<std::uint64_t> attempts_started{0};
  std::atomic<std::uint64_t> attempts_committed{0};
  std::atomic<std::uint64_t> attempts_failed{0};  // and it counted against the task
  std::atomic<std::uint64_t> attempts_lost{0};    // ended otherwise
  std::atomic<std::uint64_t> results_lost{0};
  std::atomic<std::uint64_t> workers_lost{0};
  std::atomic<std::uint64_t> shuffle_bytes{0};
};

/// One stage, for progress and for what is kept of a job.
struct StageFacts {
  std::string name;  // of its tasks: "map", "step1", "round2", "merge2", "reduce"
  std::uint32_t tasks = 0;
  std::uint32_t committed = 0;
  std::uint32_t running = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & name & tasks & committed & running; }
};

/// The numbers of a job, now or at its end.
struct JobNumbers {
  std::vector<StageFacts> stages;
  Counters counters;  // of committed tasks, each once; without histograms
  std::uint64_t attempts_started = 0;
  std::uint64_t attempts_failed = 0;
  std::uint64_t attempts_lost = 0;
  std::uint64_t workers_starting = 0;  // asked for, and not ready
  std::uint64_t shuffle_bytes = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & stages & counters & attempts_started & attempts_failed & attempts_lost & workers_starting & shuffle_bytes;
  }
};

enum class TaskViewState : std::uint8_t { Waiting, Running, Committed };

struct RunningAttempt {
  AttemptId attempt;
  WorkerId worker = 0;
  std::string node;
  std::int64_t running_ms = 0;
  AttemptProgress progress;
};

struct TaskFacts {
  std::string name;  // "map-3"
  TaskViewState state = TaskViewState::Waiting;
  std::uint32_t attempts = 0;   // the highest number
  std::uint32_t failures = 0;   // that counted
  std::uint32_t committed = 0;  // the attempt, or 0
  std::vector<RunningAttempt> running;
};

struct TaskPage {
  std::vector<TaskFacts> tasks;
  std::uint64_t next = 0;  // place of the first of the next page; 0: there is none
};

class JobView final : public JobObserver {
 public:
  struct Surroundings {
    FileSystem& files;
    const Clock& clock;
    std::function<Timestamp()> wall_clock;
    const NodeNames& nodes;
    ClusterTotals& totals;
  };
  /// `directory` is the job's, for its history.
  JobView(const Surroundings& around, const std::string& directory, bool resumes);

  void stage_opened(std::uint32_t number, const Stage& stage, std::uint64_t shuffle_bytes, bool replayed) override;
  void stepped(const Event& event, const std::vector<Command>& commands) override;
  void replayed(const JournalRecord& record) override;
  void progressed(const AttemptId& attempt, const AttemptProgress& progress) override;

  /// Told by the tracker itself.
  void node_lost(const std::string& node, const std::string& reason);
  /// Somebody ends the attempts of this task.
  void task_killed(const TaskId& task);
  /// The last event; nothing runs any more.
  void ended(std::string_view state, const std::string& error);

  std::string submitted_at() const;
  /// The time, as events have it.
  std::string now_text() const;
  JobNumbers numbers() const;
  /// Tasks of all stages one after the other; `from` is a place in that order, from 0. Only those of `stage` and in `state`, if given.
  TaskPage tasks(const std::string& stage, std::optional<TaskViewState> state, std::uint64_t from, std::size_t limit) const;
  /// By its name for people; nothing: there is no such task.
  std::optional<TaskId> find_task(const std::string& name) const;
  /// Attempts of the task that run, and their workers.
  std::vector<std::pair<AttemptId, WorkerId>> running_of(const TaskId& task) const;
  Status take_history_failure();

 private:
  struct Task {
    std::uint32_t attempts = 0;
    std::uint32_t failures = 0;
    std::uint32_t committed = 0;
    bool counted = false;
  };
  struct OpenStage {
    Stage stage;
    std::string name;
    std::vector<Task> tasks;
    std::uint32_t committed = 0;
  };
  struct Attempt {
    WorkerId worker = 0;
    SteadyMs began_ms = 0;
    AttemptProgress progress;
  };

  // All under mutex_.
  void write(const std::string& members);
  Task* find(const TaskId& task);
  std::string name_of(const TaskId& task) const;
  std::string name_of(const AttemptId& attempt) const;
  std::string where(WorkerId worker) const;
  void hear(const Event& event);
  void carry(const Event& event, const std::vector<Command>& commands, const Command& command);
  void decide(const JournalRecord& record);
  void tell(const JournalRecord& record);
  void tell_end_of_attempt(const Event& event, const std::vector<Command>& commands, const AttemptId& attempt);
  void begin_attempt(const AttemptId& attempt, WorkerId worker);
  void lose_worker(const event::WorkerLost& lost);

  const Surroundings around_;
  mutable std::mutex mutex_;
  JobHistory history_;
  std::vector<OpenStage> stages_;
  std::map<AttemptId, Attempt> running_;
  std::map<WorkerId, HostId> workers_;  // that are ready
  std::set<WorkerId> starting_;
  std::set<WorkerId> leaving_;          // asked to end: their end is no loss
  JobNumbers numbers_;                  // but for stages
};

}  // namespace sinter::cluster

// Scheduler: one job's pure state machine over its stages, one after the other. No sockets, clock, threads or randomness inside: the same
// events give the same commands, so thousands of cluster lives can be simulated from seeds. Owned by the job's shell; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "framework/control/events.hpp"

namespace sinter {

/// Workers that end before they are ready, in a row, before the job gives up.
inline constexpr std::uint32_t kMaxStartFailures = 3;
/// Crashing records that one map task sets aside before the job gives up: more means the mapper is broken, not the input.
inline constexpr std::size_t kMaxQuarantinedRecordsPerTask = 100;

struct SchedulerOptions {
  std::uint32_t workers = 1;
  std::uint32_t max_attempts = 4;
  bool quarantine = false;                   // set crashing records aside instead of failing the job
  SteadyMs task_timeout_ms = 600'000;        // without progress
  SteadyMs heartbeat_timeout_ms = 5'000;     // without a sign of life
  SteadyMs start_timeout_ms = 30'000;        // from spawn to ready
  SteadyMs kill_timeout_ms = 10'000;         // from KillWorker to WorkerLost, then it counts as lost
  bool timeouts = true;                      // false where workers are threads: a debugger may hold them
};

/// Opening: the shell looks for the next stage.
enum class JobState : std::uint8_t { Opening, Running, Done, Failed, Cancelled };

/// Tasks of one stage, for progress.
struct StageCount {
  std::uint32_t total = 0;
  std::uint32_t committed = 0;
  std::uint32_t running = 0;
};

class Scheduler {
 public:
  /// Requires: workers >= 1, max_attempts >= 1.
  explicit Scheduler(const SchedulerOptions& options);

  /// Takes one event and returns what to do, in order. `now` never goes back. The first call (any event) asks for stage 0.
  /// Cost: O(workers + pending tasks) of the current stage.
  std::vector<Command> step(const Event& event, SteadyMs now);

  /// When to step a Tick at the latest; nothing when no timer runs.
  std::optional<SteadyMs> next_deadline() const;

  JobState state() const { return state_; }
  bool ended() const { return state_ == JobState::Done || state_ == JobState::Failed || state_ == JobState::Cancelled; }
  /// Sums over committed attempts.
  const Counters& counters() const { return counters_; }
  std::uint64_t failed_attempts() const { return failed_attempts_; }
  std::uint64_t lost_workers() const { return lost_workers_; }
  /// Records set aside because they crashed a worker.
  std::uint64_t quarantined_records() const { return quarantined_records_; }
  /// Of the stage that was opened last; zeros before.
  StageCount stage() const;
  /// The attempt that committed, also of an earlier stage's task. Requires: the task has.
  std::uint32_t committed_attempt(TaskId task) const;
  /// What a worker runs now.
  std::optional<AttemptId> running_on(WorkerId worker) const;

 private:
  enum class TaskState : std::uint8_t { Pending, Running, Committing, Committed };
  struct Task {
    TaskState state = TaskState::Pending;
    std::uint32_t attempts = 0;            // started so far: the number of the newest
    std::uint32_t failures = 0;            // that count against max_attempts
    std::uint32_t granted = 0;             // attempt number that may commit
    bool careful = false;
    std::set<WorkerId> failed_on;
    std::vector<RecordAt> skip;
    std::optional<RecordAt> suspect;       // where a careful attempt was killed from outside
    std::optional<Error> first_error;      // the most telling error so far
    Counters counters;                     // of the granted attempt, until it has committed
  };
  enum class WorkerState : std::uint8_t { Starting, Idle, Busy, Dying };
  struct Worker {
    WorkerState state = WorkerState::Starting;
    bool was_ready = false;                // else its loss is a failed start
    SteadyMs since_ms = 0;                 // Starting, Dying: when that began
    SteadyMs heard_ms = 0;
    SteadyMs progress_ms = 0;
    std::uint64_t progress = 0;
    std::optional<AttemptId> attempt;
    std::string kill_reason;               // why we killed it, if we did
    bool kill_counts_as_crash = false;     // it hung in user code, so its record is suspect
  };

  void on(const event::WorkerReady& ready);
  void on(const event::Heartbeat& beat);
  void on(const event::AttemptDone& done);
  void on(const event::AttemptFailed& failed);
  void on(const event::WorkerLost& lost);
  void on(const event::CommitDone& done);
  void on(const event::CommitFailed& failed);
  void on(const event::StageOpened& opened);
  void on(const event::NoMoreStages& none);
  void on(const event::ShellFailed& failed);
  void on(const event::Cancel& cancel);
  void on(const event::Tick& tick);

  /// The task, when its stage is the one that runs.
  Task* find_task(TaskId id);
  Task& task(TaskId id);
  /// The attempt of the task that may commit or has; 0: none. A task of a stage that is not there: nothing.
  std::optional<std::uint32_t> granted_attempt(TaskId id) const;
  /// Every task has committed: keeps which attempts did, and forgets the rest.
  void close_stage();
  /// The worker that runs exactly this attempt, or null: the check that fences off late and duplicate messages.
  Worker* runner_of(WorkerId worker, AttemptId attempt);

  void kill(WorkerId id, Worker& worker, std::string reason, bool counts_as_crash);
  void lose(const event::WorkerLost& lost);
  void attempt_failed(AttemptId attempt, WorkerId worker, Error error);
  /// This record failed alone: sets it aside and tries again, or fails the job.
  void pin_record(AttemptId attempt, RecordAt record, const Error& error);
  void retry(AttemptId attempt);
  void task_committed(TaskId id);
  void fail_job(Error error, std::optional<AttemptId> attempt, JobState state = JobState::Failed);
  void start_workers();
  void assign_tasks();
  std::optional<std::uint32_t> choose_task(WorkerId worker) const;

  SchedulerOptions options_;
  JobState state_ = JobState::Opening;
  bool asked_ = false;                   // Opening: the shell has been told
  SteadyMs now_ = 0;
  std::vector<Task> tasks_;              // of the stage that was opened last
  std::set<std::uint32_t> pending_;
  std::uint32_t running_ = 0;            // running or committing
  std::uint32_t committed_ = 0;
  std::vector<std::vector<std::uint32_t>> closed_;  // of each earlier stage: the attempt of each task that committed
  std::map<WorkerId, Worker> workers_;
  WorkerId next_worker_ = 1;
  std::uint32_t start_failures_ = 0;
  Counters counters_;
  std::uint64_t failed_attempts_ = 0;
  std::uint64_t lost_workers_ = 0;
  std::uint64_t quarantined_records_ = 0;
  std::vector<Command> commands_;
};

}  // namespace sinter

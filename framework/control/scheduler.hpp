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
#include "base/result.hpp"
#include "framework/control/events.hpp"
#include "framework/control/stage_table.hpp"

namespace sinter {

/// Workers that end before they are ready, in a row, before the job gives up.
inline constexpr std::uint32_t kMaxStartFailures = 3;
/// The same for workers that somebody else killed then: a person does that once, a machine without memory for ever.
inline constexpr std::uint32_t kMaxKilledStarts = 100;
/// Crashing records that one map task sets aside before the job gives up: more means the mapper is broken, not the input.
inline constexpr std::size_t kMaxQuarantinedRecordsPerTask = 100;
/// Attempts that have to report that they could not fetch a result until it counts as lost: one may have a bad network of its own.
inline constexpr std::size_t kFetchReports = 2;
/// How often one task's result may be lost because it could not be fetched, until the job gives up.
inline constexpr std::uint32_t kMaxFetchLosses = 10;
/// Attempts of one task that may end over results which are known to be gone, or were never there; more count as failures.
inline constexpr std::uint32_t kMaxStaleFetches = 20;
/// Attempt numbers of generation g are (g-1) * kAttemptsPerLife + 1 and up, worker ids (g-1) * kWorkersPerLife + 1 and up.
inline constexpr std::uint32_t kAttemptsPerLife = 1'000;
inline constexpr std::uint32_t kWorkersPerLife = 1'000'000;
inline constexpr std::uint32_t kMaxGeneration = 4'000;
/// Second attempts at slow tasks (Hadoop's caps): as many at a time as the largest of this many, one in kSpeculationOfTasks of the job's
/// newest stage and one in kSpeculationOfRunning of the running tasks.
inline constexpr std::uint64_t kSpeculationAtLeast = 10;
inline constexpr std::uint64_t kSpeculationOfTasks = 100;
inline constexpr std::uint64_t kSpeculationOfRunning = 10;
/// Slow tasks are looked for this often, and none is slow before that age.
inline constexpr SteadyMs kSpeculationLookMs = 1'000;
inline constexpr SteadyMs kSpeculationMinAgeMs = 5'000;
/// A range is cut again when its attempt is expected to take at least so long still.
inline constexpr SteadyMs kCutMinRestMs = 5'000;
/// An attempt answers between two groups. When it has not after this time, it is asked again: the question may be lost.
inline constexpr SteadyMs kCutAnswerMs = 10'000;
/// Tasks that one stage may have when ranges are cut again; then none is any more.
inline constexpr std::size_t kMaxTasksWithCuts = 100'000;

struct SchedulerOptions {
  std::uint32_t workers = 1;
  std::uint32_t max_attempts = 4;
  bool quarantine = false;                   // set crashing records aside instead of failing the job
  SteadyMs task_timeout_ms = 600'000;        // without progress
  SteadyMs heartbeat_timeout_ms = 5'000;     // without a sign of life
  SteadyMs start_timeout_ms = 30'000;        // from spawn to ready
  SteadyMs kill_timeout_ms = 10'000;         // from KillWorker to WorkerLost, then it counts as lost; from ReleaseWorker to KillWorker
  bool timeouts = true;                      // false where workers are threads: a debugger may hold them
  bool journal = false;                      // say with command::Journal what a tracker that restarts has to know
  bool speculation = false;                  // a second attempt on another host for a task that is about to end last
  bool cut_ranges = false;                   // the rest of a range that is about to end last becomes a task of its own
  std::uint32_t generation = 1;              // which life of the tracker this is for the job, from 1
};

/// Tasks of one stage, for progress.
struct StageCount {
  std::uint32_t total = 0;
  std::uint32_t committed = 0;
  std::uint32_t running = 0;
};

class Scheduler {
 public:
  /// Requires: workers >= 1, max_attempts >= 1, 1 <= generation <= kMaxGeneration.
  explicit Scheduler(const SchedulerOptions& options);
  /// The machine as a tracker that restarts finds it: what has committed stays so, everything else is to be done; workers of lives before
  /// are made known by event::WorkerAdopted; WorkersAllowed{0} as the first event starts none before it is known which those are. A job
  /// that had ended repeats its last command at the first step. `damaged`: committed attempts of which something was kept that is not as
  /// it was: their tasks are made again; the first step says so, for the journal. Requires: options.generation is above that of every life
  /// before. Error, internal: records that no scheduler has written in this order. Cost: O(records + tasks).
  static Result<Scheduler> restore(const SchedulerOptions& options, const std::vector<JournalRecord>& records,
                                   const std::vector<AttemptId>& damaged = {});

  /// Takes one event and returns what to do, in order. `now` never goes back. The first call (any event) asks for stage 0.
  /// Cost: O(log workers) for a heartbeat; else O(workers + tasks that are tried again), and after losses O(tasks of the stages they hit).
  std::vector<Command> step(const Event& event, SteadyMs now);

  /// When to step a Tick at the latest; nothing when no timer runs. May be early. Cost: O(1).
  std::optional<SteadyMs> next_deadline() const;

  JobState state() const { return state_; }
  bool ended() const { return state_ == JobState::Done || state_ == JobState::Failed || state_ == JobState::Cancelled; }
  /// Sums over committed attempts, each task once.
  const Counters& counters() const { return counters_; }
  std::uint64_t failed_attempts() const { return failed_attempts_; }
  std::uint64_t lost_workers() const { return lost_workers_; }
  /// Records set aside because they crashed a worker.
  std::uint64_t quarantined_records() const { return quarantined_records_; }
  /// Results that were lost after they had committed.
  std::uint64_t lost_results() const { return lost_results_; }
  /// Of the stage that was opened last; zeros before.
  StageCount stage() const;
  /// The attempt that committed last, also of an earlier stage's task; its result may be lost. Requires: one has.
  std::uint32_t committed_attempt(TaskId task) const;
  /// Where that attempt's result lies; 0: no host. Requires: one has.
  HostId result_host(TaskId task) const;
  /// The committed results that would be lost with this host; parts of the output are not. Cost: O(tasks).
  std::vector<AttemptId> results_on(HostId host) const { return stages_.results_on(host); }
  /// Whether it was told to commit, and neither has nor was told otherwise.
  bool holds_grant(AttemptId attempt) const;
  /// What a worker runs now.
  std::optional<AttemptId> running_on(WorkerId worker) const;
  /// Workers that could be put to use now; with speculation or cuts also those that are idle beside running tasks, and one for each range
  /// that would be cut if there were one.
  std::uint64_t wanted_workers() const;

 private:
  enum class WorkerState : std::uint8_t { Starting, Idle, Busy, Released, Dying };
  /// Whether its attempt was asked to leave the rest of its range to others; one that has refused is not asked again.
  enum class CutState : std::uint8_t { Unasked, Asked, Refused };
  struct Worker {
    WorkerState state = WorkerState::Starting;
    bool was_ready = false;                // else its loss is a failed start
    bool parting = false;                  // released, or killed for no fault: its loss means nothing
    bool careful = false;                  // how its attempt runs
    CutState cut = CutState::Unasked;      // its attempt
    double fraction = -1;                  // of its attempt that is done
    HostId host = 0;
    SteadyMs since_ms = 0;                 // Starting, Released, Dying: when that began
    SteadyMs heard_ms = 0;
    SteadyMs progress_ms = 0;
    SteadyMs began_ms = 0;                 // its attempt
    SteadyMs asked_ms = 0;                 // Asked: when
    std::uint64_t progress = 0;
    std::optional<AttemptId> attempt;
    std::string kill_reason;               // why we killed it, if we did
    bool kill_counts_as_crash = false;     // it hung in user code, so its record is suspect
  };
  /// An attempt that may commit, until it has.
  struct Grant {
    std::uint32_t number = 0;
    HostId host = 0;
    SteadyMs took_ms = 0;
    Counters counters;
    std::optional<std::uint64_t> checksum;
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
  void on(const event::StageBlocked& blocked);
  void on(const event::ResultsLost& lost);
  void on(const event::WorkersAllowed& allowed);
  void on(const event::WorkerAdopted& adopted);
  void on(const event::HostDraining& host);
  void on(const event::RangeCut& cut);
  void on(const event::CutRefused& refused);

  // Decisions: each is journalled and takes effect by apply(), which replays them too and gives no commands.
  void decide(JournalRecord record);
  void apply(const journal::StageOpened& opened);
  void apply(const journal::Committed& committed);
  void apply(const journal::ResultLost& lost);
  void apply(const journal::Failed& failed);
  void apply(const journal::Quarantined& quarantined);
  void apply(const journal::Ended& ended);
  void apply(const journal::RangeCut& cut);
  void apply(const journal::KeptLost& lost);
  void lose_kept(const std::vector<AttemptId>& damaged);
  /// Whether the record can be the next one.
  bool follows(const JournalRecord& record) const;

  // Attempts and their ends.
  /// The worker that runs exactly this attempt, or null: the check that fences off late and duplicate messages.
  Worker* runner_of(WorkerId worker, AttemptId attempt);
  /// One attempt less runs the task; without another it is pending.
  void end_copy(TaskId id);
  void take_back_grant(TaskId id);
  void lose(const event::WorkerLost& lost);
  /// Counts against the task; it is tried again, or the job fails.
  void attempt_failed(AttemptId attempt, WorkerId worker, HostId host, Error error);
  /// This record failed alone: sets it aside and tries again, or fails the job.
  void pin_record(AttemptId attempt, RecordAt record, const Error& error);
  void task_committed(TaskId id);
  void fail_job(Error error, std::optional<AttemptId> attempt, JobState state = JobState::Failed);

  // Lost results.
  bool newest_open() const { return state_ == JobState::Running; }
  /// Whether the inputs that the attempt could not fetch excuse it; counts the reports.
  bool excused(const event::AttemptFailed& failed);
  bool has_other_place(const std::set<Place>& bad, Place here) const;
  bool lose_unfetched(TaskId id);
  bool count_fetch_loss(AttemptId attempt, HostId host, const std::string& reason = "");
  /// Whether what reads the task may take a result that differs from the one before. If not, the job has failed.
  bool accepts_change(TaskId id, const Grant& grant);

  // Workers.
  void kill(WorkerId id, Worker& worker, std::string reason, bool counts_as_crash);
  /// Kills a worker whose attempt is no longer wanted, without blame.
  void dismiss(WorkerId id, Worker& worker);
  void set_idle(WorkerId id, Worker& worker);
  void run(WorkerId id, Worker& worker, AttemptId attempt, bool careful);
  SteadyMs deadline_of(const Worker& worker) const;
  void watch(const Worker& worker);
  void look_after(WorkerId id, Worker& worker, std::vector<WorkerId>& stuck);
  void start_workers();
  void release(WorkerId id);
  void release_surplus();
  void assign_tasks();
  void start_attempt(WorkerId id, Worker& worker, TaskId task);
  std::optional<TaskId> choose_task(WorkerId id, const Worker& worker);

  // When nothing else is to be done: cuts, then speculation.
  bool waits_for_answer(const Worker& worker) const;
  /// How long its attempt will still take, when the rest of its range may be cut off and that is worth it.
  std::optional<SteadyMs> rest_to_cut(const Worker& worker) const;
  /// Asks the attempts that have longest to go, one for each idle worker. Returns how many of those are promised work now.
  std::size_t ask_to_cut();
  std::uint64_t unfinished() const { return ended() ? 0 : stages_.pending() + stages_.running(); }
  void help_the_slow();
  void speculate();
  /// How long the worker's attempt will still take, when that is long enough for a second attempt to be worth it.
  std::optional<SteadyMs> slow_for(const Worker& worker) const;
  /// Gives a second attempt at the slowest task to an idle worker elsewhere. False: there is none.
  bool speculate_once();

  SchedulerOptions options_;
  JobState state_ = JobState::Opening;
  bool asked_ = false;                   // Opening: the shell has been told
  bool due_ = true;                      // this step may have changed who can run what; so may what came before the first
  SteadyMs now_ = 0;
  SteadyMs look_ms_ = 0;                 // no timer ends before
  SteadyMs speculate_ms_ = 0;            // when slow tasks are looked for next
  StageTable stages_;
  std::map<TaskId, Grant> grants_;
  std::set<TaskId> blocked_on_;          // made again for the shell, before anything else is opened: see StageBlocked, KeptLost
  std::map<WorkerId, Worker> workers_;
  std::set<WorkerId> starting_, idle_;   // those that run nothing
  std::set<HostId> draining_;
  std::size_t leaving_ = 0;              // Released or Dying
  std::uint64_t cuttable_ = 0;           // attempts that would be asked to leave the rest of their ranges to idle workers
  std::uint32_t allowed_ = 0;
  WorkerId next_worker_ = 1;
  std::uint32_t killed_starts_ = 0;
  std::uint32_t start_failures_ = 0;
  Counters counters_;
  std::uint64_t failed_attempts_ = 0;
  std::uint64_t lost_workers_ = 0;
  std::uint64_t quarantined_records_ = 0;
  std::uint64_t lost_results_ = 0;
  std::vector<Command> first_commands_;  // of a restored job: that what was kept is lost, or how it had ended
  std::vector<Command> commands_;
};

}  // namespace sinter

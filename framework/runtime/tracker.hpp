// Tracker: the shell around one job's scheduler: carries what its workers say, their ends, and time into it, and its commands out. Where
// the workers are is their pool's matter. Owned by run_job(); one thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "framework/control/scheduler.hpp"
#include "framework/plan/plan.hpp"
#include "framework/plan/range_marks.hpp"
#include "framework/plan/stages.hpp"
#include "framework/runtime/job_journal.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/messages.hpp"
#include "framework/runtime/run_job.hpp"
#include "framework/runtime/worker_pool.hpp"

namespace sinter {

/// What the tasks of a job left when all have committed.
struct TrackerResult {
  Counters counters;
  std::vector<Stage> stages;             // all that ran; the last one did not when `stopped`
  bool stopped = false;                  // by stop_before()
  std::vector<KeyRange> ranges;          // of the last stage's tasks
  std::vector<StageProgress> progress;   // by line, see stage_lines()
  std::uint32_t rounds = 0;
  std::string summary;                   // of the last round
  std::uint64_t shuffle_bytes = 0;
  std::uint64_t failed_attempts = 0;
  std::uint64_t lost_workers = 0;
  std::uint64_t quarantined_records = 0;
  std::uint64_t peak_worker_memory_bytes = 0;
};

class Tracker {
  using Ranges = std::shared_ptr<const std::vector<KeyRange>>;

 public:
  /// Everything outlives the tracker. The plan file is written, the scratch directory exists. `on_part` is told of each task whose result
  /// is a part of the output and has its final place.
  /// `on_cut` is told before of each of them that comes right behind another, as the rest of its range.
  Tracker(const Plan& plan, const JobDefinition& job, const JobLayout& layout, const RunOptions& options,
          std::function<void(TaskId)> on_part, std::function<void(TaskId, std::uint32_t rest)> on_cut);

  /// Ends when the stage with this name of tasks ("map", "step1", "reduce") is due: it is opened, and none of its tasks runs. Before run().
  void stop_before(std::string stage) { stop_before_ = std::move(stage); }
  /// Runs every task. When it returns, no worker is left.
  Result<TrackerResult> run();

 private:
  SchedulerOptions scheduler_options() const;
  Status open();
  Status loop();

  // In: each becomes events for the scheduler.
  Status drain_events();
  void handle(const WorkerUp& up);
  void handle(const WorkerSaid& said);
  void handle(const WorkerEnded& ended);
  void handle(const ResultsGone& gone);
  void handle(const WorkersMayBe& allowed);
  void handle(const WorkerReturned& returned);
  void handle(const HostDrains& drains);
  void handle(const Kept& kept);
  double fraction_done(const Beat& beat) const;
  void note_progress(const AttemptId& attempt, const AttemptProgress& progress);
  /// Where it was, for people.
  std::string place_of(const ReadPosition& position) const;
  /// Steps the scheduler; what it asks for is due at the next carry_out().
  void take(const Event& event);
  void carry_out();
  void feed(const Event& event);

  // Out: each is a command of the scheduler.
  void apply(const command::StartWorker& start);
  void apply(const command::KillWorker& kill);
  void apply(const command::RunTask& run);
  void apply(const command::Commit& commit);
  void apply(const command::Discard& discard);
  void apply(const command::OpenStage& open);
  void apply(const command::FinishJob& finish);
  void apply(const command::FailJob& fail);
  void apply(const command::ReleaseWorker& release);
  void apply(const command::BlameHost& blame);
  void apply(const command::Journal& journal);
  void apply(const command::AskToCut& ask);
  void apply(const command::RangeCut&) {}  // take() has done it already
  Result<bool> publish_attempt(const AttemptId& attempt);
  void end_commit(const AttemptId& attempt, Status published);

  // The journal of a job that outlives its tracker's process.
  struct Replayed {
    std::optional<journal::StageFound> found;
    std::map<AttemptId, journal::ResultAt> said;
    std::map<AttemptId, journal::FilesKept> said_kept;
    std::map<TaskId, journal::ResultAt> results;  // that are there
    std::map<TaskId, journal::FilesKept> kept;    // of the attempts that committed last
    std::optional<JobState> ended = {};           // and nothing was lost since
  };
  Status restore();
  Status replay(const JournalRecord& decision, Replayed& replayed);
  /// Attempts of which something was kept that is not as it was: their tasks have to be made again.
  Result<std::vector<AttemptId>> look_at_kept(const Replayed& replayed);
  /// Of the attempt's files those that are kept, by their names when they are.
  std::vector<FileChecksum> kept_of(const AttemptDone& done) const;
  void replay_stage(const journal::StageFound& found);
  void sync_journal();

  // Ranges that are cut again.
  void hear_of_range(WorkerId worker, const Beat& beat);
  /// The attempt ends there; if its range does not, that is cut.
  void hear_of_end(WorkerId worker, const AttemptId& attempt, const std::string& end);
  /// Null: the task has none, or there is no such task.
  const KeyRange* range_of(TaskId task) const;
  void cut_range(TaskId task, std::uint32_t rest, const std::string& border);

  // From stage to stage.
  Result<Event> open_next_stage(std::uint32_t number);
  Status close_stage(std::vector<AttemptId>& lost);
  void free_inputs();
  Result<Ranges> cut_ranges_for(const Stage& stage, std::vector<AttemptId>& lost);
  /// Good, with the attempt in `lost`, when the error says that a committed result cannot be read and that is the pool's nature.
  Status blame(const Error& error, TaskId task, std::vector<AttemptId>& lost) const;
  void begin_line(const Stage& stage);
  void end_line();
  void count_committed(const AttemptId& attempt);

  std::int64_t wait_ms() const;
  void report_progress(bool force);
  std::vector<StageProgress> lines_now() const;

  const Plan& plan_;
  const JobDefinition& job_;
  const JobLayout& layout_;
  const RunOptions& options_;
  std::function<void(TaskId)> on_part_;
  std::function<void(TaskId, std::uint32_t)> on_cut_;
  Scheduler scheduler_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<JobJournal> journal_;    // null: the job ends with this process
  std::optional<std::uint32_t> judged_;    // the Merge of summary_
  std::vector<Command> due_;   // what the scheduler asked for
  std::uint64_t wanted_ = 0;   // workers, as the pool was told last
  std::deque<Event> events_;   // that commands cause
  std::vector<Stage> stages_;              // opened so far
  std::vector<Ranges> ranges_;             // of each stage's tasks: results that are lost are made again from the same ranges
  std::optional<std::uint32_t> kept_stage_;  // the stage whose ranges are kept over rounds
  Ranges kept_ranges_;
  std::vector<HostId> nearest_, kept_nearest_;  // for each range of the stage that opens, of rounds: the host that has most of it
  std::optional<RangeMarks> marks_;        // of the open stage, where it was cut in this life
  std::map<WorkerId, std::pair<AttemptId, std::string>> groups_;  // which attempt said that it is at which group
  bool converged_ = false;                 // the verdict on the round that was closed last
  std::vector<std::uint32_t> freed_;       // when the last stage was closed
  std::set<TaskId> counted_;               // in lines_
  std::string summary_;                    // of the last round, or the first
  std::map<AttemptId, AttemptProgress> running_;
  std::map<AttemptId, std::vector<FileChecksum>> to_keep_;  // of those that ask to commit, for the journal
  std::vector<StageProgress> lines_;       // of what has committed
  std::optional<SteadyMs> line_began_ms_;  // of the open stage
  SteadyMs next_report_ms_ = 0;
  std::uint64_t shuffle_bytes_ = 0;
  std::uint64_t peak_worker_memory_bytes_ = 0;
  std::string stop_before_;
  bool stopped_ = false;
  std::optional<Error> failure_;
  bool cancelled_ = false;
  bool paused_ = false;
};

}  // namespace sinter

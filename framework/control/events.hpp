// What the scheduler hears (events) and what it asks for (commands). Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "framework/control/journal_record.hpp"
#include "framework/control/task_id.hpp"

namespace sinter {

/// Why a worker is gone.
enum class Loss : std::uint8_t {
  Crash,   // a signal of its own making, or an exit nobody asked for
  Killed,  // SIGKILL from outside: a person, or the kernel out of memory
  Start,   // it never came up: the program cannot be run
  Node     // its node is gone: no fault of the task, the record or the worker
};

/// The message of the error that a cancelled job ends with.
inline constexpr std::string_view kCancelledMessage = "the job was cancelled";

namespace event {

/// The worker has connected and can take a task. Without a host (0) it counts as a place of its own.
struct WorkerReady {
  WorkerId worker = 0;
  HostId host = 0;
};
/// A sign of life. `progress` changes whenever the attempt has done something; `fraction` is the part of its work that is done, from 0 to
/// 1, or negative when that is not known.
struct Heartbeat {
  WorkerId worker = 0;
  std::optional<AttemptId> attempt;
  std::uint64_t progress = 0;
  double fraction = -1;
};
/// The attempt has written and closed its files and asks for the commit. `checksum`: of its result, to know a result that is made again.
struct AttemptDone {
  WorkerId worker = 0;
  AttemptId attempt;
  Counters counters;
  std::optional<std::uint64_t> checksum = {};
};
/// The attempt ended with an error; the worker lives on.
struct AttemptFailed {
  WorkerId worker = 0;
  AttemptId attempt;
  Error error;
  /// User code threw; in careful mode `record` says at which record.
  bool threw = false;
  std::optional<RecordAt> record;
  /// Results that it could not fetch: then it is no failure of the task.
  std::vector<AttemptId> lost_inputs = {};
  /// It began before its range was cut: what it did is not wanted any more, and nobody is to blame.
  bool outdated = false;
};
/// The worker process has ended. `how` is for people ("was killed by signal 11 (Segmentation fault)").
struct WorkerLost {
  WorkerId worker = 0;
  Loss loss = Loss::Crash;
  std::string how;
  /// The record or group it worked on, as far as its position file says; `where` names it for people.
  std::optional<RecordAt> record;
  std::string where;
  /// What it last wrote to its standard error.
  std::string output_tail;
};
/// The attempt ends before `border`, a key inside its range, and so do all later ones of its task: the rest of the range becomes a task of
/// its own. The answer to AskToCut; also unasked, when the question was that of a tracker's life before.
struct RangeCut {
  WorkerId worker = 0;
  AttemptId attempt;
  std::string border;
};
/// The other answer to AskToCut: the attempt ends where it was to end.
struct CutRefused {
  WorkerId worker = 0;
  AttemptId attempt;
};
/// The shell has (not) renamed the files of an attempt whose commit was granted.
struct CommitDone {
  AttemptId attempt;
};
struct CommitFailed {
  AttemptId attempt;
  Error error;
  /// The result is gone with its node: no failure of the task.
  bool result_lost = false;
};
/// The answer to OpenStage: the stage has this many tasks.
struct StageOpened {
  std::uint32_t stage = 0;
  std::uint32_t tasks = 0;
  /// The earlier stages whose results its tasks read.
  std::vector<std::uint32_t> inputs = {};
  /// Stages whose results are removed now, because nothing to come reads them. What is lost of their readers makes them again.
  std::vector<std::uint32_t> freed = {};
  /// Its results are parts of the output, out of reach of faults once CommitDone is reported, but for those of the tracker's own disk: see
  /// Scheduler::restore().
  bool keeps_results = false;
  /// For each task the host that has most of what it reads, 0: none. Empty: no task has one. A wish, so it is not journalled.
  std::vector<HostId> nearest = {};
};
/// The second answer to OpenStage: there is no such stage, the job is done.
struct NoMoreStages {
  std::uint32_t stage = 0;
};
/// The third answer to OpenStage: these results, which it takes to know what comes next, are gone. They are made again, then it is asked
/// again.
struct StageBlocked {
  std::uint32_t stage = 0;
  std::vector<AttemptId> lost;
};
/// Committed results are gone with their node. What is not committed now is ignored.
struct ResultsLost {
  std::vector<AttemptId> results;
};
/// The job may have this many workers from now on; at first as many as SchedulerOptions says.
struct WorkersAllowed {
  std::uint32_t count = 0;
};
/// The host takes no more tasks of the job: its workers are released when idle. With `draining` false it does again.
struct HostDraining {
  HostId host = 0;
  bool draining = true;
};
/// After a restart of the tracker: a worker of a life before is there, and still runs (or has done) this attempt.
struct WorkerAdopted {
  WorkerId worker = 0;
  HostId host = 0;
  std::optional<AttemptId> attempt = {};
};
/// The shell itself cannot go on.
struct ShellFailed {
  Error error;
};
struct Cancel {};
/// Time has passed.
struct Tick {};

}  // namespace event

using Event = std::variant<event::WorkerReady, event::Heartbeat, event::AttemptDone, event::AttemptFailed, event::WorkerLost,
                           event::CommitDone, event::CommitFailed, event::StageOpened, event::NoMoreStages,
                           event::ShellFailed, event::Cancel, event::Tick, event::StageBlocked, event::ResultsLost,
                           event::WorkersAllowed, event::WorkerAdopted, event::HostDraining, event::RangeCut, event::CutRefused>;

namespace command {

/// Spawn a worker with this id.
struct StartWorker {
  WorkerId worker = 0;
};
/// End it at once; its WorkerLost follows.
struct KillWorker {
  WorkerId worker = 0;
};
struct RunTask {
  WorkerId worker = 0;
  AttemptId attempt;
  /// Stage 0: one record at a time, with its position on record, to find the one that crashes.
  bool careful = false;
  /// Stage 0: records to set aside unseen.
  std::vector<RecordAt> skip;
};
/// This attempt and no other of its task may publish: rename its files, then report CommitDone or CommitFailed.
struct Commit {
  AttemptId attempt;
};
/// Remove what the attempt left; it will never commit.
struct Discard {
  AttemptId attempt;
};
/// Every task of the stages before has committed: find out what comes next, then report StageOpened, NoMoreStages or StageBlocked.
struct OpenStage {
  std::uint32_t stage = 0;
};
/// Every task has committed, and no stage is left.
struct FinishJob {};
/// The job has failed or was cancelled; no further commands follow.
struct FailJob {
  Error error;
  std::optional<AttemptId> attempt;
};

/// The attempt has long to go beside idle workers: ask it to end before the middle of what is left of its range, then report RangeCut or
/// CutRefused.
struct AskToCut {
  WorkerId worker = 0;
  AttemptId attempt;
};
/// The range of the attempt's task now ends at `border`; what was behind that is the range of the new task `rest` of the stage, which comes
/// right after it in the order of the output.
struct RangeCut {
  TaskId task;
  std::uint32_t rest = 0;
  std::string border;
};

/// The job has more workers than it may: end this one, which runs nothing or still starts; its WorkerLost follows.
struct ReleaseWorker {
  WorkerId worker = 0;
};
/// An attempt failed on this host, and that counts.
struct BlameHost {
  HostId host = 0;
};
/// With SchedulerOptions::journal: write this down, durably, before carrying out any command that comes after it.
struct Journal {
  JournalRecord record;
};

}  // namespace command

using Command = std::variant<command::StartWorker, command::KillWorker, command::RunTask, command::Commit, command::Discard,
                             command::OpenStage, command::FinishJob, command::FailJob, command::ReleaseWorker, command::BlameHost,
                             command::Journal, command::AskToCut, command::RangeCut>;

}  // namespace sinter

// What the scheduler hears (events) and what it asks for (commands). Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "framework/control/task_id.hpp"

namespace sinter {

/// Why a worker is gone.
enum class Loss : std::uint8_t {
  Crash,   // a signal of its own making, or an exit nobody asked for
  Killed,  // SIGKILL from outside: a person, or the kernel out of memory
  Start    // it never came up: the program cannot be run
};

/// The message of the error that a cancelled job ends with.
inline constexpr std::string_view kCancelledMessage = "the job was cancelled";

namespace event {

/// The worker has connected and can take a task.
struct WorkerReady {
  WorkerId worker = 0;
};
/// A sign of life. `progress` changes whenever the attempt has done something.
struct Heartbeat {
  WorkerId worker = 0;
  std::optional<AttemptId> attempt;
  std::uint64_t progress = 0;
};
/// The attempt has written and closed its files and asks for the commit.
struct AttemptDone {
  WorkerId worker = 0;
  AttemptId attempt;
  Counters counters;
};
/// The attempt ended with an error; the worker lives on.
struct AttemptFailed {
  WorkerId worker = 0;
  AttemptId attempt;
  Error error;
  /// User code threw; in careful mode `record` says at which record.
  bool threw = false;
  std::optional<RecordAt> record;
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
/// The shell has (not) renamed the files of an attempt whose commit was granted.
struct CommitDone {
  AttemptId attempt;
};
struct CommitFailed {
  AttemptId attempt;
  Error error;
};
/// The answer to OpenStage: the stage has this many tasks.
struct StageOpened {
  std::uint32_t stage = 0;
  std::uint32_t tasks = 0;
};
/// The other answer to OpenStage: there is no such stage, the job is done.
struct NoMoreStages {
  std::uint32_t stage = 0;
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
                           event::ShellFailed, event::Cancel, event::Tick>;

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
/// Every task of the stages before has committed: find out what comes next, then report StageOpened or NoMoreStages.
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

}  // namespace command

using Command = std::variant<command::StartWorker, command::KillWorker, command::RunTask, command::Commit, command::Discard,
                             command::OpenStage, command::FinishJob, command::FailJob>;

}  // namespace sinter

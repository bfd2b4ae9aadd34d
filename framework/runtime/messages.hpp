// The control messages between the job's tracker and its workers, each declared once. Plain values; any thread.
// Format page: docs/formats/control.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/net/message.hpp"
#include "base/result.hpp"
#include "framework/control/task_id.hpp"
#include "framework/plan/stages.hpp"
#include "framework/runtime/wire_archive.hpp"
#include "shuffle/run/run_format.hpp"

namespace sinter {

/// Raised whenever a message changes; a worker of another version is refused.
inline constexpr std::uint32_t kControlProtocolVersion = 6;
/// Body of one control message. Skip lists, two keys of kMaxKeyBytes and kMaxCounters counters fit; data never travels here.
inline constexpr std::uint64_t kMaxControlMessageBytes = 64u << 20;
/// An error's message and each of its context lines are cut here before they travel.
inline constexpr std::size_t kMaxErrorTextBytes = 16u << 10;
inline constexpr std::size_t kMaxErrorContextLines = 32;
/// Counters of one attempt, and the bytes of a counter's name.
inline constexpr std::size_t kMaxCounters = 100'000;
inline constexpr std::size_t kMaxCounterNameBytes = 256;

enum class MessageKind : std::uint16_t {
  Hello = 1,
  Setup = 2,
  RunAttempt = 3,
  Beat = 4,
  AttemptDone = 5,
  AttemptFailed = 6,
  Stop = 7,
  CutRange = 8
};

template <class Archive>
void serialize(Archive& archive, TaskId& task, unsigned) { archive & task.stage & task.ordinal; }
template <class Archive>
void serialize(Archive& archive, AttemptId& attempt, unsigned) { archive & attempt.task & attempt.number; }
template <class Archive>
void serialize(Archive& archive, RecordAt& at, unsigned) { archive & at.file & at.offset_bytes & at.line; }
/// Its own number of tasks stays behind: a task needs to know only what it reads.
template <class Archive>
void serialize(Archive& archive, Stage& stage, unsigned) {
  archive & stage.work & stage.step & stage.round & stage.input_stage & stage.input_tasks & stage.summary_stage;
}
template <class Archive>
void serialize(Archive& archive, KeyRange& range, unsigned) { archive & range.begin & range.end; }

/// An Error on the wire.
struct WireError {
  Fault fault = Fault::Internal;
  bool retriable = false;
  std::string message;
  std::string hint;
  std::vector<std::string> context;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & fault & retriable & message & hint & context; }

  static WireError of(const Error& error);
  Error error() const;
};

/// Worker to tracker, first.
struct Hello {
  static constexpr MessageKind kKind = MessageKind::Hello;
  std::uint32_t protocol_version = kControlProtocolVersion;
  WorkerId worker = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & protocol_version & worker; }
};

/// To a worker, in answer to Hello: where the plan lies.
struct Setup {
  static constexpr MessageKind kKind = MessageKind::Setup;
  std::string scratch_directory;
  std::int64_t beat_interval_ms = 500;
  std::string host;               // which the worker is on, as in ResultsAt; empty: all results are in its scratch directory
  std::string working_directory;  // relative paths of inputs start here; empty: where the worker is
  std::string run_secret;         // secret_key_text() of the job's own pair, with which results are fetched; empty: nothing is fetched

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & scratch_directory & beat_interval_ms & host & working_directory & run_secret; }
};

/// Where committed results lie: in the scratch directory of one node, each where its attempt wrote it.
struct ResultsAt {
  std::string host;               // nodes with the same see each other's files
  std::string endpoint;           // of the node's exchange; empty: none
  std::string endpoint_key;       // public_key_text() of who listens there
  std::string scratch_directory;  // of the job, on that host
  std::vector<AttemptId> attempts;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & host & endpoint & endpoint_key & scratch_directory & attempts; }
};

/// Tracker to worker.
struct RunAttempt {
  static constexpr MessageKind kKind = MessageKind::RunAttempt;
  AttemptId attempt;
  Stage stage;
  bool careful = false;
  std::vector<RecordAt> skip;
  KeyRange range;  // all but Map
  std::vector<ResultsAt> inputs = {};  // what it reads, where that is not in its scratch directory

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & attempt & stage & careful & skip & range & inputs; }
};

/// What an attempt has done so far.
struct AttemptProgress {
  std::uint64_t rows = 0;      // map: records read; other stages: values read
  std::uint64_t bytes = 0;     // map: of input; merge and reduce: of output
  std::uint64_t rejected = 0;  // lines of its rejects file
  std::string status;          // what the job's own code says it does

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & rows & bytes & rejected & status; }
};

/// Worker to tracker, from its own thread, every beat_interval_ms.
struct Beat {
  static constexpr MessageKind kKind = MessageKind::Beat;
  std::optional<AttemptId> attempt;
  /// Grows with every batch and group, also where rows do not.
  std::uint64_t steps = 0;
  AttemptProgress progress;
  std::uint64_t peak_memory_bytes = 0;
  std::string group = {};                    // where it is in its range, cut at kMaxPositionBytes; empty: not known
  std::optional<std::string> cut_at = {};    // it ends before this key, and was to end later: see CutRange
  bool refuses_cut = false;                  // its answer to the last CutRange

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & attempt & steps & progress & peak_memory_bytes & group & cut_at & refuses_cut;
  }
};

/// What a file was when its writer closed it.
struct FileChecksum {
  std::string name;            // in the attempt's directory
  std::uint64_t checksum = 0;  // XXH3-64 of its bytes

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & name & checksum; }
};

/// Worker to tracker: its files are written and closed; may it commit?
struct AttemptDone {
  static constexpr MessageKind kKind = MessageKind::AttemptDone;
  AttemptId attempt;
  Counters counters;
  AttemptProgress progress;
  std::uint64_t peak_memory_bytes = 0;
  std::vector<FileChecksum> checksums = {};  // where results travel between hosts
  std::string end = {};                      // of the range that it did; empty: it had no end

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & attempt & counters & progress & peak_memory_bytes & checksums & end; }
};

/// Worker to tracker: the attempt ended with an error, the worker lives on.
struct AttemptFailed {
  static constexpr MessageKind kKind = MessageKind::AttemptFailed;
  AttemptId attempt;
  WireError error;
  bool threw = false;
  std::optional<RecordAt> record;
  std::vector<AttemptId> lost_inputs = {};  // committed results that it could not read

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & attempt & error & threw & record & lost_inputs; }
};

/// Tracker to worker: the attempt shall end before this key, if it has not come so far. Its beats say whether it does.
struct CutRange {
  static constexpr MessageKind kKind = MessageKind::CutRange;
  AttemptId attempt;
  std::string border;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & attempt & border; }
};

/// Tracker to worker: end.
struct Stop {
  static constexpr MessageKind kKind = MessageKind::Stop;

  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

template <class T>
net::Message to_message(const T& value) {
  return {static_cast<std::uint16_t>(T::kKind), encode(value)};
}

/// Errors: another kind, damaged bytes, values outside their range or limits (named).
template <class T>
Result<T> from_message(const net::Message& message);

extern template Result<Hello> from_message(const net::Message&);
extern template Result<Setup> from_message(const net::Message&);
extern template Result<RunAttempt> from_message(const net::Message&);
extern template Result<Beat> from_message(const net::Message&);
extern template Result<AttemptDone> from_message(const net::Message&);
extern template Result<AttemptFailed> from_message(const net::Message&);
extern template Result<CutRange> from_message(const net::Message&);
extern template Result<Stop> from_message(const net::Message&);

}  // namespace sinter

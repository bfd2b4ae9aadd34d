// The messages between a cluster's tracker and its clients, each declared once. Plain values; any thread.
// Format page: docs/formats/cluster.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/cluster/message_kinds.hpp"
#include "framework/cluster/planned_job.hpp"
#include "framework/cluster/report_archive.hpp"
#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {

/// Client to tracker.
struct Submit {
  static constexpr Kind kKind = Kind::Submit;
  std::uint32_t protocol_version = kClusterProtocolVersion;
  std::string payload_kind;
  std::string payload;
  std::string working_directory;
  bool overwrite = false;
  bool watch = true;  // wants RunProgress and RunEnded; the job is cancelled when such a client goes
  std::int32_t priority = 0;  // jobs of higher ones get slots first
  bool speculation = true;    // second attempts at slow tasks, ranges cut again
  bool ships = false;                // the job sees `shipped` and no other files, and leaves its results at the tracker
  std::vector<ShippedFile> shipped;  // they were offered and have arrived
  std::string submitter;             // public_key_text(): written by the tracker, whatever the client says
  std::optional<PlannedJob> planned = {};  // brings native code; nothing: the tracker makes the job of the payload
  std::uint64_t submission = 0;  // drawn for each job: what the same key says again under it is the same job; 0: none

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & protocol_version & payload_kind & payload & working_directory & overwrite & watch & priority & speculation & ships & shipped;
    archive & submitter & planned & submission;
  }
};

struct Submitted {
  static constexpr Kind kKind = Kind::Submitted;
  RunId run = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run; }
};

struct RunProgress {
  static constexpr Kind kKind = Kind::RunProgress;
  RunId run = 0;
  JobProgress progress;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & progress; }
};

/// The job's report or its error.
struct RunEnded {
  static constexpr Kind kKind = Kind::RunEnded;
  RunId run = 0;
  std::optional<JobReport> report;
  WireError error;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & report & error; }
};

/// Client to tracker: tell me of this job as if I had submitted it. For a client that lost its tracker.
struct WatchRun {
  static constexpr Kind kKind = Kind::WatchRun;
  RunId run = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run; }
};

struct CancelRun {
  static constexpr Kind kKind = Kind::CancelRun;
  RunId run = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run; }
};

enum class RunState : std::uint8_t { Running, Done, Failed, Cancelled, Waiting };

struct RunLine {
  RunId run = 0;
  std::string name;
  RunState state = RunState::Running;
  std::string stage;  // the line of its progress that runs
  std::uint64_t tasks_done = 0;
  std::uint64_t tasks_total = 0;
  std::uint32_t workers = 0;      // that it has now
  std::int32_t priority = 0;
  std::int64_t elapsed_ms = 0;
  std::string error;              // or what it waits for

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & run & name & state & stage & tasks_done & tasks_total & workers & priority & elapsed_ms & error;
  }
};

/// In answer to CancelRun: the job alone.
struct RunList {
  static constexpr Kind kKind = Kind::RunList;
  std::vector<RunLine> runs;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & runs; }
};

struct NodeLine {
  std::uint64_t node = 0;
  std::string name;
  std::string host;
  std::uint32_t slots = 0;
  std::uint32_t busy = 0;
  std::uint64_t memory_bytes = 0;
  bool leaving = false;
  bool native_code = false;  // takes jobs that bring some

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & node & name & host & slots & busy & memory_bytes & leaving & native_code; }
};

/// Client to tracker: this node is to leave in good order; the answer is a NodeList of it alone.
struct DrainNode {
  static constexpr Kind kKind = Kind::DrainNode;
  std::string node;  // its name, or its number

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & node; }
};

struct NodeList {
  static constexpr Kind kKind = Kind::NodeList;
  std::vector<NodeLine> nodes;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & nodes; }
};

extern template Result<Submit> unpack(const net::Message&);
extern template Result<Submitted> unpack(const net::Message&);
extern template Result<RunProgress> unpack(const net::Message&);
extern template Result<RunEnded> unpack(const net::Message&);
extern template Result<WatchRun> unpack(const net::Message&);
extern template Result<CancelRun> unpack(const net::Message&);
extern template Result<RunList> unpack(const net::Message&);
extern template Result<NodeList> unpack(const net::Message&);
extern template Result<DrainNode> unpack(const net::Message&);

}  // namespace sinter::cluster

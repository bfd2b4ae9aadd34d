// The messages between a cluster's tracker and its nodes, each declared once. Plain values; any thread. Format page:
// docs/formats/cluster.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/cluster/message_kinds.hpp"
#include "framework/cluster/planned_job.hpp"
#include "framework/control/events.hpp"
#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {

/// A worker that a node still has when it finds its tracker again.
struct HeldWorker {
  RunId run = 0;
  WorkerId worker = 0;
  std::optional<AttemptId> attempt;  // that it runs, or whose end it has not been able to tell

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & worker & attempt; }
};

/// Node to tracker, first.
struct NodeHello {
  static constexpr Kind kKind = Kind::NodeHello;
  std::uint32_t protocol_version = kClusterProtocolVersion;
  std::string name;      // for people
  std::string host;      // nodes with the same see each other's files
  std::string endpoint;  // of its exchange; empty: none
  std::uint32_t slots = 1;
  std::uint64_t memory_bytes = 0;
  std::uint64_t identity = 0;         // chosen at random when the node starts
  bool leaving = false;               // see NodeDrains
  std::vector<RunId> runs;            // jobs whose files it keeps
  std::vector<HeldWorker> workers;
  bool native_code = false;           // runs that of jobs, with its own rights

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & protocol_version & name & host & endpoint & slots & memory_bytes & identity & leaving & runs & workers;
    archive & native_code;
  }
};

/// Tracker to node, in answer.
struct NodeWelcome {
  static constexpr Kind kKind = Kind::NodeWelcome;
  std::uint64_t node = 0;
  std::int64_t beat_interval_ms = 500;
  std::vector<RunId> runs;  // of those that it named: go on; the others have ended

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & node & beat_interval_ms & runs; }
};

/// Tracker to node, before anything else of this job.
struct OpenRun {
  static constexpr Kind kKind = Kind::OpenRun;
  RunId run = 0;
  std::string plan;               // the bytes of its plan file
  std::string working_directory;  // of the client
  std::string run_secret;         // secret_key_text() of the job's own pair
  /// What the client has sent, if it did. In the endpoint's place of an address is kSameAddress.
  std::optional<ShippedInputs> shipped = {};
  /// What it has brought, and where that lies; `files` of the latter are empty.
  std::optional<JobCode> code = {};
  ShippedInputs code_at = {};

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & plan & working_directory & run_secret & shipped & code & code_at; }
};

/// Tracker to node: end the job's workers at once and remove its files.
struct CloseRun {
  static constexpr Kind kKind = Kind::CloseRun;
  RunId run = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run; }
};

struct StartWorker {
  static constexpr Kind kKind = Kind::StartWorker;
  RunId run = 0;
  WorkerId worker = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & worker; }
};

struct KillWorker {
  static constexpr Kind kKind = Kind::KillWorker;
  RunId run = 0;
  WorkerId worker = 0;
  /// Only while it runs this one, as a person wished: it ends with Loss::Node then, no fault of the task's.
  std::optional<AttemptId> attempt = {};

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & worker & attempt; }
};

/// Tracker to node: no task follows, end the job's workers in good order; its files stay.
struct StopWorkers {
  static constexpr Kind kKind = Kind::StopWorkers;
  RunId run = 0;
  bool at_once = false;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & at_once; }
};

/// Tracker to node: a control message for one of its workers.
struct ToWorker {
  static constexpr Kind kKind = Kind::ToWorker;
  RunId run = 0;
  WorkerId worker = 0;
  std::uint16_t kind = 0;
  std::string body;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & worker & kind & body; }
};

/// Tracker to node: nobody reads these any more. Names are below the job's scratch directory, of files or directories.
struct DropFiles {
  static constexpr Kind kKind = Kind::DropFiles;
  RunId run = 0;
  std::vector<std::string> names;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & names; }
};

struct WorkerIsUp {
  static constexpr Kind kKind = Kind::WorkerIsUp;
  RunId run = 0;
  WorkerId worker = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & worker; }
};

/// Tracker to node: it is to leave in good order. NodeDrains is the answer.
struct Drain {
  static constexpr Kind kKind = Kind::Drain;

  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

/// Node to tracker: it takes no more attempts, and ends when it hears MayLeave, or when its patience is over.
struct NodeDrains {
  static constexpr Kind kKind = Kind::NodeDrains;

  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

/// Tracker to node: nothing that it has is needed any more.
struct MayLeave {
  static constexpr Kind kKind = Kind::MayLeave;

  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

/// Node to tracker: a control message of one of its workers, and what its attempt has left: names below the job's scratch directory there.
struct FromWorker {
  static constexpr Kind kKind = Kind::FromWorker;
  RunId run = 0;
  WorkerId worker = 0;
  std::uint16_t kind = 0;
  std::string body;
  std::string scratch_directory;
  std::vector<std::string> files;
  /// All of those that are small, by name: who has them need not fetch them. At most kMaxSentAlongBytes.
  std::map<std::string, std::string> sent_along = {};

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & worker & kind & body & scratch_directory & files & sent_along; }
};

struct WorkerIsGone {
  static constexpr Kind kKind = Kind::WorkerIsGone;
  RunId run = 0;
  WorkerId worker = 0;
  Loss loss = Loss::Crash;
  std::string how;
  std::optional<RecordAt> record;
  std::optional<std::string> group;
  std::string output_tail;
  std::string scratch_directory = {};   // as in FromWorker, when its last attempt has not said how it ended
  std::vector<std::string> files = {};

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & run & worker & loss & how & record & group & output_tail & scratch_directory & files;
  }
};

extern template Result<NodeHello> unpack(const net::Message&);
extern template Result<NodeWelcome> unpack(const net::Message&);
extern template Result<OpenRun> unpack(const net::Message&);
extern template Result<CloseRun> unpack(const net::Message&);
extern template Result<StartWorker> unpack(const net::Message&);
extern template Result<KillWorker> unpack(const net::Message&);
extern template Result<StopWorkers> unpack(const net::Message&);
extern template Result<ToWorker> unpack(const net::Message&);
extern template Result<DropFiles> unpack(const net::Message&);
extern template Result<WorkerIsUp> unpack(const net::Message&);
extern template Result<FromWorker> unpack(const net::Message&);
extern template Result<WorkerIsGone> unpack(const net::Message&);
extern template Result<Drain> unpack(const net::Message&);
extern template Result<NodeDrains> unpack(const net::Message&);
extern template Result<MayLeave> unpack(const net::Message&);

}  // namespace sinter::cluster

// What the messages between a cluster's tracker, its nodes and its clients share: kinds, limits, packing. Plain values; any thread.
// Format page: docs/formats/cluster.md.
#pragma once

#include <cstdint>
#include <string>

#include "base/net/message.hpp"
#include "base/result.hpp"
#include "framework/runtime/messages.hpp"

namespace sinter::cluster {

/// Raised whenever a message changes; peers of another version are refused with a sentence that says so.
inline constexpr std::uint32_t kClusterProtocolVersion = 5;
/// A job's plan file travels in one message to each node that works for it: about a hundred thousand input files.
inline constexpr std::uint64_t kMaxShippedPlanBytes = 48u << 20;
/// A job file with its settings.
inline constexpr std::uint64_t kMaxSubmissionBytes = 32u << 20;
inline constexpr std::size_t kMaxNodeNameBytes = 128;
inline constexpr std::size_t kMaxListedRuns = 1'000;
inline constexpr std::uint32_t kMaxSlotsPerNode = 1'024;
/// Jobs and workers that a node may name when it returns.
inline constexpr std::size_t kMaxHeldWorkers = 100'000;
/// Of one attempt: its result, rejects, side outputs and log.
inline constexpr std::size_t kMaxAttemptFiles = 10'000;
/// Of these the bytes that a node sends along, with their names: as many as the exchange would fetch when it opens one.
inline constexpr std::uint64_t kMaxSentAlongBytes = 64u << 10;

/// A job as its tracker numbers it, from 1; never used twice by one tracker.
using RunId = std::uint64_t;

enum class Kind : std::uint16_t {
  NodeHello = 100,
  NodeWelcome,
  OpenRun,
  CloseRun,
  StartWorker,
  KillWorker,
  StopWorkers,
  ToWorker,
  DropFiles,
  WorkerIsUp,
  FromWorker,
  WorkerIsGone,
  Drain,
  NodeDrains,
  MayLeave,
  Submit = 140,
  Submitted,
  RunProgress,
  RunEnded,
  CancelRun,
  RunList = 146,
  NodeList = 148,
  Refused,
  WatchRun,
  DrainNode,
  Ask = 160,
  Answer,
  KillTask,
  TaskKilled,
  CreateToken = 170,
  TokenMade,
  ListAccess,
  AccessList,
  RevokeAccess,
  OfferFiles = 180,
  WantFiles,
  PutBytes,
  TookBytes,
  FindOutputs,
  OutputsAt,
  DropOutputs,
  LookForFiles,
  FilesSeen,
};

/// Tracker to anyone: what was asked for is refused.
struct Refused {
  static constexpr Kind kKind = Kind::Refused;
  WireError error;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & error; }
};

/// As to_message() and from_message() of control messages.
template <class T>
net::Message pack(const T& value) {
  return {static_cast<std::uint16_t>(T::kKind), encode(value)};
}
/// Errors: another kind, damaged bytes, values outside their range or limits (named).
template <class T>
Result<T> unpack(const net::Message& message);

extern template Result<Refused> unpack(const net::Message&);

}  // namespace sinter::cluster

// Attempts: one try of a task inside a worker. They need files, a budget and a job, and neither network nor tracker.
// Each call runs on the worker's task thread; the progress board is read by another.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/plan/plan.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/messages.hpp"
#include "framework/runtime/position_file.hpp"
#include "framework/runtime/range_desk.hpp"
#include "framework/runtime/side_data.hpp"
#include "shuffle/run/memory_region.hpp"

namespace sinter {

/// Counters of the framework's own share, by the names jobs use for theirs: a record set aside because it crashes workers is read and
/// rejected, although the job never sees it.
inline constexpr std::string_view kRowsReadCounter = "rows_read";
inline constexpr std::string_view kRowsRejectedCounter = "rows_rejected";
/// The rule in the rejects file of such a record.
inline constexpr std::string_view kCrashedWorkerRule = "crashed_worker";

/// What the running attempt has done; written by the task thread, read by the heartbeat's.
struct ProgressBoard {
  std::atomic<std::uint64_t> steps{0};
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> rejected{0};
  RangeDesk range;

  void clear();
  AttemptProgress read() const;
  /// Cut at kMaxStatusBytes.
  void set_status(std::string_view text);

 private:
  mutable std::mutex status_mutex_;
  std::string status_;  // under status_mutex_
};

/// What an attempt works with. Everything outlives it.
struct AttemptSurroundings {
  FileSystem& files;
  MemoryBudget& memory;
  const Plan& plan;
  const JobDefinition& job;
  const JobLayout& layout;
  ProgressBoard& progress;
  PositionFile& position;
  RegionCache& regions;  // sort memory kept from map attempt to map attempt
  SideData& side_data;
  const std::atomic<bool>& stop;  // set: end soon with an error
};

struct AttemptResult {
  Status status;
  bool threw = false;              // user code threw
  std::optional<RecordAt> record;  // careful mode: at this one
  Counters counters;
};

/// Reads split `run.attempt.task.ordinal`, maps it, and leaves a sorted run (map-only: a part) and rejects in the attempt's directory.
AttemptResult run_map_attempt(const AttemptSurroundings& around, const RunAttempt& run);
/// Merges `run.range` of all runs of the stage's input, reduces it, and leaves a part (steps and rounds: a sorted run) and rejects in the
/// attempt's directory.
AttemptResult run_reduce_attempt(const AttemptSurroundings& around, const RunAttempt& run);

}  // namespace sinter

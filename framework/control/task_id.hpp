// Names of what the scheduler moves: tasks, attempts, workers, and the place of a record. Plain values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace sinter {

/// Tasks of stage 0 map: task `ordinal` reads split `ordinal`. Tasks of later stages read key range `ordinal` of an earlier stage's runs.
struct TaskId {
  std::uint32_t stage = 0;
  std::uint32_t ordinal = 0;
  friend auto operator<=>(const TaskId&, const TaskId&) = default;
};

/// One try of a task. Numbers rise within the task and are never used twice, not even by a tracker that restarts, so they fence off late
/// messages.
struct AttemptId {
  TaskId task;
  std::uint32_t number = 0;
  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

/// One worker process (or thread) of one job. A replacement gets a new id.
using WorkerId = std::uint32_t;

/// One machine of the cluster, for as long as the tracker's journal names it. 0: none, as in local mode.
using HostId = std::uint32_t;

/// The job's named numbers, summed over committed attempts.
using Counters = std::map<std::string, std::uint64_t, std::less<>>;

/// Where a record starts; `file` is an index into the plan's files.
struct RecordAt {
  std::uint32_t file = 0;
  std::uint64_t offset_bytes = 0;
  std::uint64_t line = 0;
  friend auto operator<=>(const RecordAt&, const RecordAt&) = default;
};

/// "map task 3", "task 0 of stage 2".
inline std::string to_string(const TaskId& task) {
  const std::string ordinal = std::to_string(task.ordinal);
  return task.stage == 0 ? "map task " + ordinal : "task " + ordinal + " of stage " + std::to_string(task.stage);
}
/// "attempt 2 of map task 3".
inline std::string to_string(const AttemptId& attempt) {
  return "attempt " + std::to_string(attempt.number) + " of " + to_string(attempt.task);
}

}  // namespace sinter

// Names of what the scheduler moves: tasks, attempts, workers, and the place of a record. Plain values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace sinter {

enum class TaskKind : std::uint8_t { Map, Reduce };

/// Map task `ordinal` reads split `ordinal`; reduce task `ordinal` reduces key range `ordinal`.
struct TaskId {
  TaskKind kind = TaskKind::Map;
  std::uint32_t ordinal = 0;
  friend auto operator<=>(const TaskId&, const TaskId&) = default;
};

/// One try of a task. Numbers count from 1 within the task and are never used twice, so they fence off late messages.
struct AttemptId {
  TaskId task;
  std::uint32_t number = 0;
  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

/// One worker process (or thread) of one job. A replacement gets a new id.
using WorkerId = std::uint32_t;

/// The job's named numbers, summed over committed attempts.
using Counters = std::map<std::string, std::uint64_t, std::less<>>;

/// Where a record starts; `file` is an index into the plan's files.
struct RecordAt {
  std::uint32_t file = 0;
  std::uint64_t offset_bytes = 0;
  std::uint64_t line = 0;
  friend auto operator<=>(const RecordAt&, const RecordAt&) = default;
};

/// "map task 3", "reduce task 0".
inline std::string to_string(const TaskId& task) {
  return (task.kind == TaskKind::Map ? "map task " : "reduce task ") + std::to_string(task.ordinal);
}
/// "attempt 2 of map task 3".
inline std::string to_string(const AttemptId& attempt) {
  return "attempt " + std::to_string(attempt.number) + " of " + to_string(attempt.task);
}

}  // namespace sinter

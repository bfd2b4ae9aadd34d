// StageTable: a job's stages and the state of each task: what may run next, and which lost results have to be made again because something
// still reads them (lineage). Part of the scheduler; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "framework/control/task_id.hpp"

namespace sinter {

/// Lost: it had committed, its result is gone, and so far nobody needs it.
enum class TaskState : std::uint8_t { Pending, Running, Committing, Committed, Lost };
inline constexpr std::size_t kTaskStates = 5;

/// Where a worker runs, for not trying again what failed there: its host, or the worker itself when it has none.
using Place = std::uint64_t;
inline Place place_of(WorkerId worker, HostId host) { return host != 0 ? host : (Place{1} << 32 | worker); }

/// What only a task with a story has; most have none.
struct TaskTrouble {
  std::set<Place> failed_on;
  std::set<Place> unfit;  // of these: where what it needs is not there, or no room is
  std::vector<RecordAt> skip;           // set aside
  std::optional<RecordAt> suspect;      // where a careful attempt was killed from outside
  std::optional<Error> first_error;     // the most telling error so far
  std::set<AttemptId> reporters;        // attempts that could not fetch its result
  std::uint32_t fetch_losses = 0;       // times its result was lost because nobody could fetch it
  std::uint32_t stale_fetches = 0;      // its own attempts that ended over inputs known to be gone
};

/// One task. Small: a job may have a million.
struct Task {
  std::uint32_t attempts = 0;           // started so far: the number of the newest
  std::uint32_t result = 0;             // the attempt that committed last; 0: none ever
  HostId host = 0;                      // where that result lies
  std::uint32_t failures = 0;           // that count against max_attempts, since it last committed
  std::uint64_t checksum = 0;           // of the result
  bool has_checksum = false;
  bool careful = false;
  std::uint8_t copies = 0;              // attempts that run now
  TaskState state = TaskState::Pending;
  std::unique_ptr<TaskTrouble> trouble;

  TaskTrouble& story();
  bool failed_on(Place place) const { return trouble && trouble->failed_on.contains(place); }
};

class StageTable {
 public:
  struct Stage {
    std::vector<Task> tasks;
    std::vector<std::uint32_t> inputs;
    std::vector<std::uint32_t> readers;
    bool keeps_results = false;
    // Of attempts that committed in this life, for what is usual.
    std::uint64_t timed = 0, took_ms = 0, took_squares = 0;
    bool ever_committed = false;          // any of its tasks
    bool input_changed = false;           // a result it reads was made again and differs: attempts from before are void
    std::array<std::uint32_t, kTaskStates> counts{};  // of its tasks, by state
    std::set<std::uint32_t> again;        // pending tasks below `fresh`
    std::uint32_t fresh = 0;              // tasks from here on may be pending and not in `again`
    std::map<HostId, std::deque<std::uint32_t>> nearest;  // tasks that are best run on a host, until they have been started

    std::uint32_t count(TaskState state) const { return counts[static_cast<std::size_t>(state)]; }
    std::uint32_t running() const { return count(TaskState::Running) + count(TaskState::Committing); }
    bool complete() const { return count(TaskState::Committed) == tasks.size(); }
  };

  std::uint32_t size() const { return static_cast<std::uint32_t>(stages_.size()); }
  const Stage& operator[](std::uint32_t stage) const { return stages_[stage]; }
  Stage& stage(std::uint32_t stage) { return stages_[stage]; }
  /// Null: there is no such task.
  Task* find(TaskId id);
  const Task* find(TaskId id) const;
  Task& at(TaskId id) { return stages_[id.stage].tasks[id.ordinal]; }

  /// All its tasks are pending. Requires: inputs are earlier stages.
  void open(std::uint32_t tasks, std::vector<std::uint32_t> inputs, bool keeps_results);
  /// One more task, pending, behind those there are.
  void add_task(std::uint32_t stage);
  /// Nobody to come reads the stage's results: they are gone.
  void free(std::uint32_t stage);
  void set_state(TaskId id, TaskState state);
  /// Makes pending what is lost and needed, and gives up what is pending again and no longer needed. Needed are the tasks of the newest
  /// stage when it is open, those in `asked`, and down the stages the results that unfinished tasks of needed ones read. Cost: O(1) when
  /// nothing is lost or made again; else O(stages + tasks of stages that change).
  void settle(bool newest_open, const std::set<TaskId>& asked);
  /// Whether settle() finds the task needed. Of one that runs that may change. Cost: O(stages).
  bool needed(TaskId id, bool newest_open, const std::set<TaskId>& asked) const;

  /// Tasks that are pending; running or committing.
  std::uint64_t pending() const { return pending_; }
  std::uint64_t running() const { return running_; }
  /// Whether all results that the stage reads are there.
  bool ready(const Stage& stage) const;
  /// Whether a pending task has all its inputs.
  bool any_ready() const;
  /// Tasks of the stage are chosen for the host that has most of what they read, before others (`hosts`: of each task, 0: none).
  void prefer(std::uint32_t stage, const std::vector<HostId>& hosts);
  /// A pending task whose inputs are all there and that `suits`: of the lowest stage, tried before, best run on this host, the first.
  /// Cost: O(stages with pending tasks + pending tasks that do not suit).
  std::optional<TaskId> choose(HostId host, const std::function<bool(const Task&)>& suits);
  std::vector<AttemptId> results_on(HostId host) const;

 private:
  /// By stage: whether all of its results are needed. Requires: no task in `asked` is committed.
  std::vector<bool> read_stages(bool newest_open, const std::set<TaskId>& asked) const;
  void move_all(std::uint32_t index, TaskState from, TaskState to, const std::set<TaskId>& but);

  std::vector<Stage> stages_;
  std::set<std::uint32_t> active_;        // stages with pending tasks
  std::uint64_t pending_ = 0;
  std::uint64_t running_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace sinter

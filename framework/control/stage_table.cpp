// StageTable: counts follow each change of state, so that a step costs what changes and not what there is.
#include "framework/control/stage_table.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace sinter {
namespace {

bool is_running(TaskState state) { return state == TaskState::Running || state == TaskState::Committing; }

}  // namespace

TaskTrouble& Task::story() {
  if (!trouble) trouble = std::make_unique<TaskTrouble>();
  return *trouble;
}

Task* StageTable::find(TaskId id) {
  return id.stage < stages_.size() && id.ordinal < stages_[id.stage].tasks.size() ? &at(id) : nullptr;
}

const Task* StageTable::find(TaskId id) const {
  return id.stage < stages_.size() && id.ordinal < stages_[id.stage].tasks.size() ? &stages_[id.stage].tasks[id.ordinal] : nullptr;
}

void StageTable::open(std::uint32_t tasks, std::vector<std::uint32_t> inputs, bool keeps_results) {
  const std::uint32_t index = size();
  for (const std::uint32_t input : inputs) {
    require(input < index, "a stage reads earlier stages");
    stages_[input].readers.push_back(index);
  }
  Stage& stage = stages_.emplace_back();
  stage.tasks.resize(tasks);
  stage.inputs = std::move(inputs);
  stage.keeps_results = keeps_results;
  stage.counts[static_cast<std::size_t>(TaskState::Pending)] = tasks;
  pending_ += tasks;
  if (tasks > 0) active_.insert(index);
}

void StageTable::add_task(std::uint32_t index) {
  Stage& stage = stages_[index];
  stage.tasks.emplace_back();
  ++stage.counts[static_cast<std::size_t>(TaskState::Pending)];
  ++pending_;
  active_.insert(index);
}

void StageTable::free(std::uint32_t stage) { move_all(stage, TaskState::Committed, TaskState::Lost, {}); }

void StageTable::set_state(TaskId id, TaskState state) {
  Stage& stage = stages_[id.stage];
  TaskState& now = stage.tasks[id.ordinal].state;
  if (now == state) return;
  --stage.counts[static_cast<std::size_t>(now)];
  ++stage.counts[static_cast<std::size_t>(state)];
  if (now == TaskState::Pending) {
    --pending_;
    stage.again.erase(id.ordinal);
    if (stage.count(TaskState::Pending) == 0) active_.erase(id.stage);
  }
  if (state == TaskState::Pending) {
    ++pending_;
    if (id.ordinal < stage.fresh) stage.again.insert(id.ordinal);
    active_.insert(id.stage);
  }
  if (now == TaskState::Lost) --lost_;
  if (state == TaskState::Lost) ++lost_;
  if (is_running(now)) --running_;
  if (is_running(state)) ++running_;
  now = state;
}

void StageTable::settle(bool newest_open, const std::set<TaskId>& asked) {
  if (lost_ == 0 && (active_.empty() || *active_.begin() + 1 == size())) return;
  const std::vector<bool> read = read_stages(newest_open, asked);
  for (std::uint32_t index = 0; index < size(); ++index) {
    if (read[index]) move_all(index, TaskState::Lost, TaskState::Pending, {});
    else move_all(index, TaskState::Pending, TaskState::Lost, asked);
  }
  for (const TaskId& task : asked)
    if (at(task).state == TaskState::Lost) set_state(task, TaskState::Pending);
}

bool StageTable::needed(TaskId id, bool newest_open, const std::set<TaskId>& asked) const {
  return asked.contains(id) || read_stages(newest_open, asked)[id.stage];
}

std::vector<bool> StageTable::read_stages(bool newest_open, const std::set<TaskId>& asked) const {
  std::vector<bool> read(size(), false), wanted(size(), false);
  if (newest_open) read[size() - 1] = true;
  for (const TaskId& task : asked) wanted[task.stage] = true;
  // From the top: all readers of a stage come before it.
  for (std::uint32_t index = size(); index-- > 0;) {
    if (!wanted[index] && (!read[index] || stages_[index].complete())) continue;
    for (const std::uint32_t input : stages_[index].inputs) read[input] = true;
  }
  return read;
}

void StageTable::move_all(std::uint32_t index, TaskState from, TaskState to, const std::set<TaskId>& but) {
  const Stage& stage = stages_[index];
  if (stage.count(from) == 0) return;
  for (std::uint32_t ordinal = 0; ordinal < stage.tasks.size(); ++ordinal)
    if (stage.tasks[ordinal].state == from && !but.contains({index, ordinal})) set_state({index, ordinal}, to);
}

bool StageTable::ready(const Stage& stage) const {
  return std::all_of(stage.inputs.begin(), stage.inputs.end(), [this](std::uint32_t input) { return stages_[input].complete(); });
}

bool StageTable::any_ready() const {
  return std::any_of(active_.begin(), active_.end(), [this](std::uint32_t stage) { return ready(stages_[stage]); });
}

void StageTable::prefer(std::uint32_t stage, const std::vector<HostId>& hosts) {
  for (std::uint32_t ordinal = 0; ordinal < hosts.size() && ordinal < stages_[stage].tasks.size(); ++ordinal)
    if (hosts[ordinal] != 0) stages_[stage].nearest[hosts[ordinal]].push_back(ordinal);
}

std::optional<TaskId> StageTable::choose(HostId host, const std::function<bool(const Task&)>& suits) {
  for (const std::uint32_t index : active_) {
    Stage& stage = stages_[index];
    if (!ready(stage)) continue;
    for (const std::uint32_t ordinal : stage.again)
      if (suits(stage.tasks[ordinal])) return TaskId{index, ordinal};
    if (const auto near = stage.nearest.find(host); near != stage.nearest.end()) {
      // A task that has been started is in `again` if it has to be made once more.
      for (; !near->second.empty(); near->second.pop_front()) {
        const std::uint32_t ordinal = near->second.front();
        const Task& task = stage.tasks[ordinal];
        if (task.state == TaskState::Pending && task.attempts == 0 && suits(task)) return TaskId{index, ordinal};
      }
      stage.nearest.erase(near);
    }
    while (stage.fresh < stage.tasks.size() && stage.tasks[stage.fresh].state != TaskState::Pending) ++stage.fresh;
    for (std::uint32_t ordinal = stage.fresh; ordinal < stage.tasks.size(); ++ordinal)
      if (stage.tasks[ordinal].state == TaskState::Pending && suits(stage.tasks[ordinal])) return TaskId{index, ordinal};
  }
  return std::nullopt;
}

std::vector<AttemptId> StageTable::results_on(HostId host) const {
  std::vector<AttemptId> results;
  for (std::uint32_t index = 0; index < size(); ++index) {
    if (stages_[index].keeps_results) continue;
    for (std::uint32_t ordinal = 0; ordinal < stages_[index].tasks.size(); ++ordinal) {
      const Task& task = stages_[index].tasks[ordinal];
      if (task.host == host && task.state == TaskState::Committed) results.push_back({{index, ordinal}, task.result});
    }
  }
  return results;
}

}  // namespace sinter

// JobView: what people look at. Any thread.
#include <charconv>

#include "framework/api/histogram_summary.hpp"
#include "framework/cluster/job_view.hpp"
#include "framework/runtime/round_verdict.hpp"

namespace sinter::cluster {

std::string JobView::submitted_at() const {
  const std::lock_guard lock(mutex_);
  return history_.submitted_at();
}

Status JobView::take_history_failure() {
  const std::lock_guard lock(mutex_);
  return history_.take_failure();
}

JobNumbers JobView::numbers() const {
  const std::lock_guard lock(mutex_);
  JobNumbers numbers = numbers_;
  // What a histogram counts by is not for people: the report has its quantiles.
  take_histograms(numbers.counters);
  drop_verdicts(numbers.counters);
  numbers.workers_starting = starting_.size();
  for (const OpenStage& stage : stages_)
    numbers.stages.push_back({stage.name, static_cast<std::uint32_t>(stage.tasks.size()), stage.committed, 0});
  for (const auto& [attempt, running] : running_)
    if (attempt.task.stage < numbers.stages.size()) ++numbers.stages[attempt.task.stage].running;
  return numbers;
}

TaskPage JobView::tasks(const std::string& stage, std::optional<TaskViewState> state, std::uint64_t from, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  TaskPage page;
  std::uint64_t place = 0;
  for (std::uint32_t number = 0; number < stages_.size(); ++number) {
    const OpenStage& open = stages_[number];
    const std::uint64_t end = place + open.tasks.size();
    if ((!stage.empty() && open.name != stage) || end <= from) {
      place = end;
      continue;
    }
    for (std::uint32_t ordinal = static_cast<std::uint32_t>(from > place ? from - place : 0); ordinal < open.tasks.size(); ++ordinal) {
      const Task& task = open.tasks[ordinal];
      const TaskId id{number, ordinal};
      const auto first = running_.lower_bound(AttemptId{id, 0});
      const bool runs = first != running_.end() && first->first.task == id;
      const TaskViewState now = task.committed != 0 ? TaskViewState::Committed : runs ? TaskViewState::Running : TaskViewState::Waiting;
      if (state && now != *state) continue;  // before anything is made of it: there may be a million
      if (page.tasks.size() == limit) {
        page.next = place + ordinal;
        return page;
      }
      TaskFacts facts{name_of(id), now, task.attempts, task.failures, task.committed, {}};
      for (auto at = first; at != running_.end() && at->first.task == id; ++at)
        facts.running.push_back({at->first, at->second.worker, where(at->second.worker), around_.clock.now_ms() - at->second.began_ms,
                                 at->second.progress});
      page.tasks.push_back(std::move(facts));
    }
    place = end;
  }
  return page;
}

std::optional<TaskId> JobView::find_task(const std::string& name) const {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  std::uint32_t ordinal = 0;
  const char* const end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + dash + 1, end, ordinal);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  const std::lock_guard lock(mutex_);
  for (std::uint32_t number = 0; number < stages_.size(); ++number)
    if (stages_[number].name == name.substr(0, dash) && ordinal < stages_[number].tasks.size()) return TaskId{number, ordinal};
  return std::nullopt;
}

std::vector<std::pair<AttemptId, WorkerId>> JobView::running_of(const TaskId& task) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<AttemptId, WorkerId>> running;
  for (auto at = running_.lower_bound(AttemptId{task, 0}); at != running_.end() && at->first.task == task; ++at)
    running.emplace_back(at->first, at->second.worker);
  return running;
}

}  // namespace sinter::cluster

// Tracker: ranges that are cut again while their attempts run. One thread.
#include "framework/plan/partitions.hpp"
#include "framework/runtime/tracker.hpp"

namespace sinter {

const KeyRange* Tracker::range_of(TaskId task) const {
  if (task.stage >= ranges_.size() || task.ordinal >= ranges_[task.stage]->size()) return nullptr;
  return &(*ranges_[task.stage])[task.ordinal];
}

void Tracker::hear_of_range(WorkerId worker, const Beat& beat) {
  groups_[worker] = {*beat.attempt, beat.group};
  if (beat.cut_at) hear_of_end(worker, *beat.attempt, *beat.cut_at);
  if (beat.refuses_cut) take(event::CutRefused{worker, *beat.attempt});
}

void Tracker::hear_of_end(WorkerId worker, const AttemptId& attempt, const std::string& end) {
  const KeyRange* range = range_of(attempt.task);
  if (range == nullptr || end == range->end || !lies_in(*range, end)) return;
  const Stage& stage = stages_[attempt.task.stage];
  if (!may_cut_again(job_, stage)) return;
  if (keeps_partitions(job_, stages_[stage.input_stage]) && partition_size(end) != end.size()) return;
  take(event::RangeCut{worker, attempt, end});
}

void Tracker::apply(const command::AskToCut& ask) {
  const KeyRange* range = range_of(ask.attempt.task);
  const auto known = groups_.find(ask.worker);
  std::optional<std::string> border;
  if (marks_ && range != nullptr && marks_->input_stage() == stages_[ask.attempt.task.stage].input_stage)
    border = marks_->middle(*range, known != groups_.end() && known->second.first == ask.attempt ? known->second.second : range->begin);
  if (!border) {
    events_.emplace_back(event::CutRefused{ask.worker, ask.attempt});
    return;
  }
  options_.log.debug("asking an attempt to leave the rest of its range", {{"attempt", to_string(ask.attempt)}, {"worker", ask.worker}});
  pool_->send(ask.worker, to_message(CutRange{ask.attempt, std::move(*border)}));
}

void Tracker::cut_range(TaskId task, std::uint32_t rest, const std::string& border) {
  // Stages that read the same runs share what they were cut into at first.
  std::vector<KeyRange> ranges = *ranges_[task.stage];
  KeyRange& whole = ranges[task.ordinal];
  KeyRange behind{border, whole.end};
  whole.end = border;
  ranges.push_back(std::move(behind));
  ranges_[task.stage] = std::make_shared<const std::vector<KeyRange>>(std::move(ranges));
  Stage& stage = stages_[task.stage];
  ++stage.tasks;
  stage.cut_from.push_back(task.ordinal);
  ++lines_[line_of_stage(job_, stage)].tasks_total;
  if (writes_output(job_, stage)) on_cut_(task, rest);
}

}  // namespace sinter

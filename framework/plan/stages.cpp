// Stages: map, steps, (round, merge) as often as it takes, reduce.
#include "framework/plan/stages.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace sinter {
namespace {

std::string step_name(const JobDefinition& job, std::size_t step) {
  const std::string& own = job.steps[step].name;
  return own.empty() ? "step " + std::to_string(step + 1) : own;
}

/// Of the stage that leaves the output.
std::string last_name(const JobDefinition& job) { return job.sorted_output ? "sorted output" : "reduce"; }

/// The runs that rounds and the reduce read are those of the last step, or of the map.
std::uint32_t kept_stage(const JobDefinition& job) { return static_cast<std::uint32_t>(job.steps.size()); }

CombinerFactory kept_combiner(const JobDefinition& job) { return job.steps.empty() ? job.make_combiner : job.steps.back().make_combiner; }

Stage reader_of(std::uint32_t input, const std::vector<Stage>& done, StageWork work) {
  Stage stage;
  stage.work = work;
  stage.input_stage = input;
  stage.input_tasks = done[input].tasks;
  return stage;
}

Status check_map_only(const JobDefinition& job) {
  if (job.make_map) return user_error("the job has both make_map and make_map_output");
  if (!job.sorted_inputs.empty()) return user_error("a job with make_map_output maps all it reads: it has no sorted inputs");
  if (job.make_reduce || job.sorted_output || job.make_combiner || !job.steps.empty() || job.rounds)
    return user_error("a job with make_map_output writes its output while mapping: it has no combiner, steps, rounds or reduce");
  return {};
}

/// A job that leaves sorted pairs.
Status check_sorted_output(const JobDefinition& job) {
  if (job.make_reduce) return user_error("the job has both make_reduce and sorted_output");
  if (job.rounds) return user_error("the job has rounds and sorted_output: rounds end in a reduce");
  if (job.output.path.ends_with('/')) return {};
  return user_error("the output '" + job.output.path + "' is of sorted pairs, which are a directory of runs")
      .with_hint("End the path with '/'");
}

}  // namespace

Status check_shape(const JobDefinition& job) {
  if (job.make_map_output) return check_map_only(job);
  if (!job.make_map && job.sorted_inputs.empty()) return user_error("the job has no map");
  if (job.sorted_output) SINTER_TRY(check_sorted_output(job));
  else if (!job.make_reduce)
    return user_error("the job has no reduce").with_hint("A job that only maps sets make_map_output instead of make_map");
  for (std::size_t step = 0; step < job.steps.size(); ++step)
    if (!job.steps[step].make) return user_error(step_name(job, step) + " has no task");
  if (!job.rounds) return {};
  if (!job.rounds->make_round || !job.rounds->make_merge) return user_error("the job's rounds need make_round and make_merge");
  if (job.rounds->max_rounds == 0) return user_error("the job's max_rounds is 0: at least 1 round is needed");
  return {};
}

std::optional<Stage> next_stage(const JobDefinition& job, const std::vector<Stage>& done, bool converged) {
  if (done.empty()) return Stage{};
  if (job.make_map_output) return std::nullopt;
  const Stage& last = done.back();
  const auto index = static_cast<std::uint32_t>(done.size() - 1);
  if (last.work == StageWork::Reduce) return std::nullopt;
  if (last.work == StageWork::Round) {
    Stage merge = reader_of(index, done, StageWork::Merge);
    merge.round = last.round;
    merge.summary_stage = last.summary_stage;
    return merge;
  }
  if (last.work != StageWork::Merge && index < job.steps.size()) {
    Stage step = reader_of(index, done, StageWork::Step);
    step.step = index;
    return step;
  }
  const bool again = job.rounds && (last.work != StageWork::Merge || (!converged && last.round < job.rounds->max_rounds));
  Stage next = reader_of(kept_stage(job), done, again ? StageWork::Round : StageWork::Reduce);
  next.round = last.round + (again ? 1 : 0);
  if (last.work == StageWork::Merge) next.summary_stage = index;
  return next;
}

bool writes_output(const JobDefinition& job, const Stage& stage) {
  return stage.work == StageWork::Reduce || (stage.work == StageWork::Map && job.make_map_output);
}

bool may_cut_again(const JobDefinition& job, const Stage& stage) {
  if (stage.work == StageWork::Map || stage.work == StageWork::Merge || job.output.path.ends_with('/')) return false;
  return std::none_of(job.side_outputs.begin(), job.side_outputs.end(),
                      [](const SideOutputDeclaration& side) { return side.output.path.ends_with('/'); });
}

std::vector<std::uint32_t> tasks_in_order(const Stage& stage) {
  const auto first = static_cast<std::uint32_t>(stage.tasks - stage.cut_from.size());
  std::vector<std::uint32_t> next(stage.tasks);
  for (std::uint32_t task = 0; task < stage.tasks; ++task) next[task] = task + 1 < first ? task + 1 : stage.tasks;
  for (std::uint32_t rest = first; rest < stage.tasks; ++rest) {
    const std::uint32_t from = stage.cut_from[rest - first];
    next[rest] = next[from];
    next[from] = rest;
  }
  std::vector<std::uint32_t> order;
  for (std::uint32_t task = 0; task < stage.tasks; task = next[task]) order.push_back(task);
  return order;
}

std::uint32_t first_owner(const Stage& stage, std::uint32_t ordinal) {
  const auto first = static_cast<std::uint32_t>(stage.tasks - stage.cut_from.size());
  while (ordinal >= first) ordinal = stage.cut_from[ordinal - first];
  return ordinal;
}

std::vector<std::uint32_t> stages_to_free(const std::vector<Stage>& done) {
  require(!done.empty(), "a stage is done");
  const Stage& last = done.back();
  // A round's input is read again by the next one.
  if (last.work == StageWork::Map || last.work == StageWork::Round) return {};
  std::vector<std::uint32_t> free{last.input_stage};
  if (last.summary_stage) free.push_back(*last.summary_stage);
  return free;
}

CombinerFactory output_combiner(const JobDefinition& job, const Stage& stage) {
  switch (stage.work) {
    case StageWork::Map: return job.make_combiner;
    case StageWork::Step: return job.steps[stage.step].make_combiner;
    case StageWork::Round: return job.rounds->make_combiner;
    case StageWork::Merge:
    case StageWork::Reduce: break;
  }
  return {};
}

CombinerFactory input_combiner(const JobDefinition& job, const Stage& stage) {
  switch (stage.work) {
    case StageWork::Map: break;
    case StageWork::Step: return stage.step == 0 ? job.make_combiner : job.steps[stage.step - 1].make_combiner;
    case StageWork::Merge: return job.rounds->make_combiner;
    case StageWork::Round:
    case StageWork::Reduce: return kept_combiner(job);
  }
  return {};
}

std::string stage_name(const JobDefinition& job, const Stage& stage) {
  switch (stage.work) {
    case StageWork::Map: return "map";
    case StageWork::Step: return step_name(job, stage.step);
    case StageWork::Round: return "round " + std::to_string(stage.round);
    case StageWork::Merge: return "merge of round " + std::to_string(stage.round);
    case StageWork::Reduce: break;
  }
  return last_name(job);
}

std::string tasks_name(const Stage& stage) {
  switch (stage.work) {
    case StageWork::Map: return "map";
    case StageWork::Step: return "step" + std::to_string(stage.step + 1);
    case StageWork::Round: return "round" + std::to_string(stage.round);
    case StageWork::Merge: return "merge" + std::to_string(stage.round);
    case StageWork::Reduce: break;
  }
  return "reduce";
}

std::string task_name(const Stage& stage, std::uint32_t ordinal) { return tasks_name(stage) + "-" + std::to_string(ordinal); }

std::vector<std::string> stage_lines(const JobDefinition& job) {
  std::vector<std::string> lines{"map"};
  for (std::size_t step = 0; step < job.steps.size(); ++step) lines.push_back(step_name(job, step));
  if (job.rounds) lines.emplace_back("rounds");
  if (job.make_reduce || job.sorted_output) lines.push_back(last_name(job));
  return lines;
}

std::size_t line_of_stage(const JobDefinition& job, const Stage& stage) {
  switch (stage.work) {
    case StageWork::Map: return 0;
    case StageWork::Step: return 1 + std::size_t{stage.step};
    case StageWork::Round:
    case StageWork::Merge: return 1 + job.steps.size();
    case StageWork::Reduce: break;
  }
  return 1 + job.steps.size() + (job.rounds ? 1 : 0);
}

}  // namespace sinter

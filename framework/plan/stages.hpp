// Stages: what the tasks of a job's stages do and which stage follows which. Pure functions over plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "framework/api/job_definition.hpp"

namespace sinter {

/// Map: splits to runs, or to output. Step, Round: groups to runs. Merge: a round's runs to its summary. Reduce: groups to output.
enum class StageWork : std::uint8_t { Map, Step, Round, Merge, Reduce };

struct Stage {
  StageWork work = StageWork::Map;
  std::uint32_t step = 0;                      // Step: index into JobDefinition::steps
  std::uint32_t round = 0;                     // Round, Merge: which, from 1; Reduce: how many there were
  std::uint32_t input_stage = 0;               // all but Map: the stage whose runs it reads
  std::uint32_t input_tasks = 0;               // and how many tasks that had
  std::optional<std::uint32_t> summary_stage = {};  // the Merge whose summary it reads; none with a round: the first summary
  std::uint32_t tasks = 0;                     // its own, once known
  std::vector<std::uint32_t> cut_from = {};    // of its last tasks, each: whose range the rest of was cut off for it
  friend bool operator==(const Stage&, const Stage&) = default;
};

/// Error, the author's: parts that do not make a job, each named.
Status check_shape(const JobDefinition& job);

/// The stage that follows `done`, of which all tasks have committed; nothing when the job is done. `converged`: the verdict on the last
/// round, when the last stage is its Merge. Requires: check_shape() is good.
std::optional<Stage> next_stage(const JobDefinition& job, const std::vector<Stage>& done, bool converged);

/// Whether the results of its tasks are parts of the output.
bool writes_output(const JobDefinition& job, const Stage& stage);

/// Whether its tasks' ranges may be cut again while they run. Not those of a Merge, which is one task; nor any in a job that leaves a
/// directory: which parts it has would depend on who was slow.
bool may_cut_again(const JobDefinition& job, const Stage& stage);

/// Its tasks in the order of what they read: the rest of a range comes right behind what was left of it.
std::vector<std::uint32_t> tasks_in_order(const Stage& stage);

/// The task whose range held all that `ordinal` reads when the stage began.
std::uint32_t first_owner(const Stage& stage, std::uint32_t ordinal);

/// Stages whose results nobody reads any more, now that the last of `done` is done. Each is named once in a job's life.
std::vector<std::uint32_t> stages_to_free(const std::vector<Stage>& done);

/// What merges values of equal keys in the runs that the stage's tasks write, and in those they read. Empty: nothing does.
CombinerFactory output_combiner(const JobDefinition& job, const Stage& stage);
CombinerFactory input_combiner(const JobDefinition& job, const Stage& stage);

/// "map", "step 1" or the step's own name, "round 3", "merge of round 3", "reduce".
std::string stage_name(const JobDefinition& job, const Stage& stage);

/// "map", "step1", "round2", "merge2", "reduce": how people name the tasks of a stage on the command line.
std::string tasks_name(const Stage& stage);

/// "map-3", "step1-0", "round2-3", "merge2-0", "reduce-7": how people name a task on the command line.
std::string task_name(const Stage& stage, std::uint32_t ordinal);

/// Progress and reports have one line for the map, each step, all rounds together, and the reduce.
std::vector<std::string> stage_lines(const JobDefinition& job);
std::size_t line_of_stage(const JobDefinition& job, const Stage& stage);

}  // namespace sinter

// JobDefinition: everything the framework must know to run a job: inputs, factories of its tasks, outputs, execution.
// A value made once per process; the factories are called from any thread, each made task stays on one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "framework/api/data_file.hpp"
#include "framework/api/parameter.hpp"
#include "framework/api/task.hpp"
#include "framework/io/input.hpp"
#include "framework/io/text_output.hpp"
#include "shuffle/record/combiner.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// What happens to a record that crashes its worker twice: the run fails, or the record is set aside.
enum class OnBadRecord : std::uint8_t { Fail, Quarantine };

/// How a job runs; none of it may change the answer. 0 means: the default, chosen from the machine and input.
struct ExecutionOptions {
  std::uint32_t workers = 0;                      // 0: one per core
  std::uint64_t memory_bytes = 256u << 20;        // per worker
  std::uint64_t split_bytes = 0;                  // 0: from input size and workers, 4 MiB to 256 MiB
  std::uint64_t reduce_bytes = 0;                 // target size of a reduce range, 0: from shuffle size and workers
  std::uint32_t max_attempts = 4;
  std::int64_t task_timeout_ms = 600'000;         // without progress
  std::string scratch_directory;                  // empty: beside the output
  bool lz4 = false;
  bool in_process = false;                        // threads instead of worker processes, for debuggers
  OnBadRecord on_bad_record = OnBadRecord::Fail;  // a record that crashes a worker twice
};

/// Where results go. A path that ends in '/' is a directory of parts, else one file.
struct OutputDeclaration {
  std::string path;
  /// Written at the start of the file, or of each part: a CSV header line. May be empty.
  std::string header;
  std::string part_extension = ".csv";
};

/// Makes the combiner of one attempt.
using CombinerFactory = std::function<std::unique_ptr<Combiner>()>;
/// Makes the task of one attempt. Errors end the attempt.
template <class Task>
using TaskFactory = std::function<Result<std::unique_ptr<Task>>(TaskContext& context)>;

/// A step between map and reduce: its tasks take the groups of the stage before and emit records that are grouped anew for the stage
/// after. A map behind a reduce is part of that reduce's step: records need no shuffle to meet it.
struct StepDeclaration {
  std::string name;                // for explain, progress and errors; empty: "step 1", "step 2", ...
  TaskFactory<StepTask> make;
  CombinerFactory make_combiner;   // of what this step emits; may be empty
  bool whole_partitions = false;   // of what it emits; see JobDefinition
};

/// Rounds over data that stays grouped: each round reduces the same runs again, emits small records, and one task merges those into the
/// round's summary, which every task of the next round reads (TaskContext::summary()). The last reduce reads the same runs once more, with
/// the last summary. What a round emits is grouped by key over all its tasks, so the answer does not depend on how groups are spread over
/// tasks if the values merge exactly: emit claims or exact sums, not rounded ones.
struct RoundsDeclaration {
  TaskFactory<StepTask> make_round;
  CombinerFactory make_combiner;       // of what rounds emit; may be empty
  TaskFactory<ReduceTask> make_merge;  // groups of one round to the bytes of its summary, at most kMaxSummaryBytes
  std::string first_summary;           // what round 1 reads
  /// Called in the worker that merged the round; true: no further round. Empty: max_rounds decides alone. Must be a pure function.
  std::function<bool(std::uint32_t round, std::string_view previous, std::string_view current)> converged;
  std::uint32_t max_rounds = 0;        // at least 1
};

/// Bytes of a round's summary: it is read by every worker, every round.
inline constexpr std::uint64_t kMaxSummaryBytes = 256u << 20;

/// Pairs that an earlier job has left sorted (JobDefinition::sorted_output): read where the map's are, without mapping or sorting.
struct SortedInput {
  std::string path;  // a directory, ends in '/'
  PairTypes types;
  std::string tag;   // put between group and order of each key; empty in jobs that do not tell their inputs apart
};

/// What the runs of sorted pairs are called: "part-00000.run".
inline constexpr std::string_view kSortedPartExtension = ".run";

/// An output beside the main one, of rows that map and reduce tasks write through TaskContext::side_output().
struct SideOutputDeclaration {
  std::string name;
  OutputDeclaration output;
};

/// map -> steps -> rounds -> reduce. A job without make_reduce is map-only, make_map_output writes the output; or it ends grouped, see
/// sorted_output. A job without a map reads sorted inputs.
struct JobDefinition {
  std::string name;
  /// Identifies the job's meaning (not its execution): in the manifest and for resuming.
  std::string hash;
  std::vector<InputDeclaration> inputs;
  /// What expand_inputs() gave, when the client has looked already; empty: the plan expands `inputs`. Not sent to workers.
  std::vector<InputFile> input_files;
  /// A mapper for records of inputs[input].
  std::function<Result<std::unique_ptr<MapTask>>(std::size_t input, TaskContext& context)> make_map;
  /// Instead of make_map in a map-only job. Its output is in the order of the inputs, a part for each split.
  std::function<Result<std::unique_ptr<MapOutputTask>>(std::size_t input, TaskContext& context)> make_map_output;
  /// Of what the map emits; may be empty: no combining.
  CombinerFactory make_combiner;
  /// Read by the stage behind the map, beside what the map emits. Their tags are all of one size.
  std::vector<SortedInput> sorted_inputs;
  std::vector<StepDeclaration> steps;
  std::optional<RoundsDeclaration> rounds;
  TaskFactory<ReduceTask> make_reduce;
  /// Instead of make_reduce: what is grouped is the output, sorted runs in a directory, and these are the names of its types for those who
  /// read it.
  std::optional<PairTypes> sorted_output;
  /// Small files that every task may read whole, by name (TaskContext::side_bytes, side_records). Their bytes are part of the plan: a
  /// file that changes while the job runs fails it. For side_bytes the format does not matter; Lines suits any file.
  std::vector<InputDeclaration> side_inputs;
  OutputDeclaration output;
  std::vector<SideOutputDeclaration> side_outputs;
  std::vector<ParameterDeclaration> parameters;
  /// Whether groups of what the map emits whose keys share their first field go to one task (Partitioned).
  bool whole_partitions = false;
  /// Names foreign code that the reduce calls, for the message about a worker that dies there. May be empty.
  std::string reduce_remark;
  /// Rejects as JSON lines; empty path: beside the output as "<output>.rejects.jsonl".
  std::string rejects_path;
  ExecutionOptions execution;
  bool overwrite = false;
};

/// What travels to a worker so that it can rebuild the definition: the kind of job and its text.
struct JobPayload {
  std::string kind;
  std::string body;
};
/// Makes the definition again in a worker.
using JobFactory = std::function<Result<JobDefinition>(const JobPayload&)>;

}  // namespace sinter

// JobDefinition: everything the framework must know to run a job: inputs, factories of its tasks, outputs, execution.
// A value made once per process; the factories are called from any thread, each made task stays on one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "framework/api/task.hpp"
#include "framework/io/input.hpp"
#include "framework/io/text_output.hpp"
#include "shuffle/record/combiner.hpp"

namespace sinter {

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

struct JobDefinition {
  std::string name;
  /// Identifies the job's meaning (not its execution): in the manifest and for resuming.
  std::string hash;
  std::vector<InputDeclaration> inputs;
  /// What expand_inputs() gave, when the client has looked already; empty: the plan expands `inputs`. Not sent to workers.
  std::vector<InputFile> input_files;
  /// A mapper for records of inputs[input].
  std::function<Result<std::unique_ptr<MapTask>>(std::size_t input, TaskContext& context)> make_map;
  /// May be empty: no combining.
  std::function<std::unique_ptr<Combiner>()> make_combiner;
  std::function<Result<std::unique_ptr<ReduceTask>>(TaskContext& context)> make_reduce;
  OutputDeclaration output;
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
using JobFactory = std::function<Result<JobDefinition>(const JobPayload&)>;

}  // namespace sinter

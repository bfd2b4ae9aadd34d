// Plan: what a job will do before anything runs: files, splits, workers, and where each worker's memory goes. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/plan/sorted_runs.hpp"

namespace sinter {

/// A split is at least and at most so large unless the job says otherwise: few and large ones make combining and merging cheap.
inline constexpr std::uint64_t kMinSplitBytes = 4u << 20;
inline constexpr std::uint64_t kMaxSplitBytes = 256u << 20;
/// Splits and key ranges per worker, so that the last ones to finish wait little for each other. A combiner wants more rows per split;
/// without one a smaller sort buffer is the faster one: it was measured with 2, 4, 8 and 16 splits per worker (1 GB, 2 workers).
inline constexpr std::uint64_t kSplitsPerWorker = 8;
inline constexpr std::uint64_t kCombinedSplitsPerWorker = 2;
inline constexpr std::uint64_t kRangesPerWorker = 4;
inline constexpr std::uint64_t kMinRangeBytes = 1u << 20;
inline constexpr std::uint64_t kMaxRangeBytes = 256u << 20;
/// Reduce tasks of one job.
inline constexpr std::size_t kMaxRanges = 10'000;
/// The least `execution.memory` with which every stage can work.
inline constexpr std::uint64_t kMinWorkerMemoryBytes = 8u << 20;
inline constexpr std::uint32_t kMaxWorkers = 1024;
/// The part of `execution.memory` that holds side inputs and summaries, in jobs that have any.
inline constexpr std::uint64_t kSideMemoryShare = 4;

/// Where one worker's budget goes. All of it is reserved before use; what a stage does not reserve stays free for the job's own tasks.
struct MemoryPlan {
  std::uint64_t worker_bytes = 0;
  std::uint64_t side_bytes = 0;    // side inputs and summaries, where the job has any; what follows are shares of the rest
  std::uint64_t sort_bytes = 0;    // map: combining table, sort buffer; the rest of the budget: read buffers, and the mapper's own
  std::uint32_t block_bytes = 0;   // of a run
  std::uint32_t merge_fan_in = 0;  // runs read at once
  std::uint64_t merge_bytes = 0;   // reduce: read buffers at that fan-in; the rest of the budget: the reducer's own
  std::uint64_t step_sort_bytes = 0;  // steps and rounds: sort buffer beside merge_bytes; the rest of the budget: the step's own

  /// What tasks reserve from: all but side_bytes.
  std::uint64_t task_bytes() const { return worker_bytes - side_bytes; }
};

/// A file of a side input, and what it held when the job was planned.
struct SideFile {
  InputFile file;              // its `input` is an index into JobDefinition::side_inputs
  std::uint64_t checksum = 0;  // checksum64() of its bytes as stored
};

struct Plan {
  std::string job_name;
  std::string job_hash;
  std::vector<std::string> input_names;
  std::vector<InputFile> files;
  std::vector<std::int64_t> modified_ns;  // of each file, to notice a change while the job runs
  std::vector<Split> splits;
  std::vector<SideFile> side_files;
  std::vector<SortedRun> sorted_runs;     // read by the stage behind the map
  std::uint64_t input_bytes = 0;          // of what is mapped
  std::uint64_t split_bytes = 0;
  std::uint64_t reduce_bytes = 0;         // 0: cut by range_bytes() when the shuffle's size is known
  std::uint32_t workers = 1;              // at most
  MemoryPlan memory;
  std::uint32_t max_attempts = 0;
  std::int64_t task_timeout_ms = 0;
  bool lz4 = false;
  bool quarantine = false;
  bool in_process = false;
};

/// Checks the job's shape, expands inputs, cuts splits and reads side inputs for their checksums. `cores`: workers when the job does not
/// say. Errors: inputs that cannot be read, options outside their limits, each named.
Result<Plan> make_plan(FileSystem& files, const JobDefinition& job, unsigned cores);

/// Gives files of a plan that came from a plan file the readers of the author's own that their inputs declare. Error: other inputs.
Status take_record_formats(Plan& plan, const JobDefinition& job);

/// Error when an input is not what the plan saw: another size or time of change.
Status check_unchanged(FileSystem& files, const std::string& path, std::uint64_t size_bytes, std::int64_t modified_ns);

/// checksum64() of a file's bytes as stored. Cost: one pass, constant memory.
Result<std::uint64_t> checksum_of_file(FileSystem& files, const std::string& path);
/// Size of a split when the job does not say. Pure.
std::uint64_t default_split_bytes(std::uint64_t input_bytes, std::uint32_t workers, bool combines);
/// Size of a reduce range for `shuffle_bytes` of raw run blocks. Pure.
std::uint64_t range_bytes(const Plan& plan, std::uint64_t shuffle_bytes);
/// Pure. Requires: worker_bytes >= kMinWorkerMemoryBytes. `side_data`: the job has side inputs or rounds.
MemoryPlan plan_memory(std::uint64_t worker_bytes, bool side_data);

/// "data/a.csv, bytes 0 to 4194304", or "12 files from data/a.csv to data/l.csv": what a map task reads, for messages.
std::string describe_split(const Plan& plan, const Split& split);

/// The plan as lines of text for people.
std::vector<std::string> explain(const Plan& plan, const JobDefinition& job);

/// "1 file", "2 files": a noun whose plural takes an s.
std::string counted(std::uint64_t count, std::string_view noun);

/// "0 B", "12 KiB", "1.5 GiB": three significant digits.
std::string format_bytes(std::uint64_t bytes);

}  // namespace sinter

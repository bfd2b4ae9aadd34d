// Plan: from a job definition to files, splits and memory.
#include "framework/plan/plan.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/checksum_stream.hpp"
#include "framework/plan/stages.hpp"

namespace sinter {
namespace {

Status check_execution(const ExecutionOptions& execution) {
  if (execution.memory_bytes < kMinWorkerMemoryBytes)
    return user_error("execution.memory is " + format_bytes(execution.memory_bytes) + ", a worker needs at least " +
                      format_bytes(kMinWorkerMemoryBytes));
  if (execution.workers > kMaxWorkers)
    return user_error("execution.workers is " + std::to_string(execution.workers) + ", the limit is " + std::to_string(kMaxWorkers));
  if (execution.max_attempts < 1) return user_error("execution.max_attempts is 0: a task needs at least 1 attempt");
  if (execution.task_timeout_ms < 1) return user_error("execution.timeout is not a positive time");
  return {};
}

}  // namespace

Result<std::uint64_t> checksum_of_file(FileSystem& files, const std::string& path) {
  SINTER_ASSIGN(const auto file, files.open(path));
  ChecksumStream checksum;
  std::string piece(256u << 10, '\0');
  for (std::uint64_t at = 0;;) {
    SINTER_ASSIGN(const std::size_t got, file->read_at(at, piece.data(), piece.size()));
    if (got == 0) return checksum.value();
    checksum.append({piece.data(), got});
    at += got;
  }
}

std::uint64_t default_split_bytes(std::uint64_t input_bytes, std::uint32_t workers, bool combines) {
  const std::uint64_t splits = std::uint64_t{workers} * (combines ? kCombinedSplitsPerWorker : kSplitsPerWorker);
  return std::clamp(input_bytes / splits, kMinSplitBytes, kMaxSplitBytes);
}

std::uint64_t range_bytes(const Plan& plan, std::uint64_t shuffle_bytes) {
  if (plan.reduce_bytes > 0) return plan.reduce_bytes;
  return std::clamp(shuffle_bytes / (std::uint64_t{plan.workers} * kRangesPerWorker), kMinRangeBytes, kMaxRangeBytes);
}

MemoryPlan plan_memory(std::uint64_t worker_bytes, bool side_data) {
  require(worker_bytes >= kMinWorkerMemoryBytes, "a worker's memory is at least kMinWorkerMemoryBytes");
  MemoryPlan memory;
  memory.worker_bytes = worker_bytes;
  memory.side_bytes = side_data ? worker_bytes / kSideMemoryShare : 0;
  const std::uint64_t task_bytes = memory.task_bytes();
  // Small budgets leave half to the reader, large ones a quarter: its buffers do not grow with the budget.
  memory.sort_bytes = task_bytes < (32u << 20) ? task_bytes / 2 : task_bytes / 4 * 3;
  memory.block_bytes = task_bytes < (32u << 20) ? 64u << 10 : 128u << 10;
  // Half the budget for merging; each run needs a block, its compressed form, and the next one.
  memory.merge_fan_in =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(task_bytes / 2 / (std::uint64_t{memory.block_bytes} * 3), 4, 64));
  memory.merge_bytes = std::uint64_t{memory.merge_fan_in} * memory.block_bytes * 3;
  const std::uint64_t beside_merge = task_bytes - memory.merge_bytes;
  memory.step_sort_bytes = task_bytes < (32u << 20) ? beside_merge / 2 : beside_merge / 4 * 3;
  return memory;
}

namespace {

/// Expands side inputs and takes their checksums.
Result<std::vector<SideFile>> plan_side_files(FileSystem& files, const std::vector<InputDeclaration>& inputs, std::uint64_t room_bytes) {
  std::vector<SideFile> planned;
  if (inputs.empty()) return planned;
  SINTER_ASSIGN(std::vector<InputFile> found, expand_inputs(files, inputs));
  std::uint64_t bytes = 0;
  for (InputFile& file : found) {
    bytes += file.size_bytes;
    if (bytes > room_bytes)
      return user_error("the side inputs up to '" + file.path + "' have " + format_bytes(bytes) + ", and a worker has " +
                        format_bytes(room_bytes) + " for them (a quarter of execution.memory)")
          .with_hint("Raise execution.memory, or read the large one as an input");
    SINTER_ASSIGN(const std::uint64_t checksum, checksum_of_file(files, file.path));
    planned.push_back({std::move(file), checksum});
  }
  return planned;
}

}  // namespace

Result<Plan> make_plan(FileSystem& files, const JobDefinition& job, unsigned cores) {
  const ExecutionOptions& execution = job.execution;
  SINTER_TRY(check_shape(job));
  SINTER_TRY(check_execution(execution));
  Plan plan;
  plan.job_name = job.name;
  plan.job_hash = job.hash;
  for (const InputDeclaration& input : job.inputs) plan.input_names.push_back(input.name);
  plan.files = job.input_files;
  if (plan.files.empty()) {
    SINTER_ASSIGN(plan.files, expand_inputs(files, job.inputs));
  }
  for (const InputFile& file : plan.files) {
    plan.modified_ns.push_back(file.modified_ns);
    plan.input_bytes += file.size_bytes;
  }
  plan.workers = execution.workers > 0 ? execution.workers : std::clamp(cores, 1u, kMaxWorkers);
  const bool combines = static_cast<bool>(job.make_combiner);
  plan.split_bytes = execution.split_bytes > 0 ? execution.split_bytes : default_split_bytes(plan.input_bytes, plan.workers, combines);
  plan.reduce_bytes = execution.reduce_bytes;
  plan.memory = plan_memory(execution.memory_bytes, !job.side_inputs.empty() || job.rounds.has_value());
  SINTER_ASSIGN(plan.sorted_runs, plan_sorted_runs(files, job.sorted_inputs));
  SINTER_ASSIGN(plan.side_files, plan_side_files(files, job.side_inputs, plan.memory.side_bytes));
  plan.max_attempts = execution.max_attempts;
  plan.task_timeout_ms = execution.task_timeout_ms;
  plan.lz4 = execution.lz4;
  plan.quarantine = execution.on_bad_record == OnBadRecord::Quarantine;
  plan.in_process = execution.in_process;
  SINTER_ASSIGN(plan.splits, plan_splits(files, plan.files, plan.split_bytes, plan.workers));
  return plan;
}

Status check_unchanged(FileSystem& files, const std::string& path, std::uint64_t size_bytes, std::int64_t modified_ns) {
  SINTER_ASSIGN(const FileInfo now, files.info(path));
  if (now.size_bytes == size_bytes && now.modified_ns == modified_ns) return {};
  return Error(Fault::User, "input file '" + path + "' changed while the job was running (it had " + std::to_string(size_bytes) +
                                " bytes, now it has " + std::to_string(now.size_bytes) + ")")
      .with_hint("Run the job again when nobody writes to its inputs");
}

Status take_record_formats(Plan& plan, const JobDefinition& job) {
  const Error other = internal_error("the worker's job has other inputs than the plan");
  for (InputFile& file : plan.files) {
    if (file.input >= job.inputs.size()) return other;
    file.format.records = job.inputs[file.input].format.records;
  }
  for (SideFile& side : plan.side_files) {
    if (side.file.input >= job.side_inputs.size()) return other;
    side.file.format.records = job.side_inputs[side.file.input].format.records;
  }
  return {};
}

std::string describe_split(const Plan& plan, const Split& split) {
  if (split.pieces.empty()) return "nothing";
  const SplitPiece& first = split.pieces.front();
  const InputFile& file = plan.files[first.file];
  if (split.pieces.size() > 1)
    return std::to_string(split.pieces.size()) + " files from " + file.path + " to " + plan.files[split.pieces.back().file].path;
  if (first.begin_bytes == 0 && first.end_bytes >= file.size_bytes) return file.path;
  return file.path + ", bytes " + std::to_string(first.begin_bytes) + " to " + std::to_string(first.end_bytes);
}

}  // namespace sinter

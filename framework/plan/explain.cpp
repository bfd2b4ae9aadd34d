// explain: the plan as text. Golden-tested: tests/unit/plan/explain_test.cpp.
#include <algorithm>
#include <array>
#include <cstdio>

#include "framework/io/record_format.hpp"
#include "framework/plan/plan.hpp"
#include "framework/plan/stages.hpp"

namespace sinter {
namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : ", ") + part;
  return joined;
}

std::string combining(const CombinerFactory& make_combiner) {
  return make_combiner ? ", values of equal keys are combined" : ", no combining";
}

std::string describe_format(const Format& format) {
  std::string text = format.kind == FormatKind::JsonLines ? "jsonl" : format.kind == FormatKind::Lines ? "lines" : "csv";
  if (format.kind == FormatKind::Records) text = format.records->has_starts() ? "own reader" : "own reader, files whole";
  if (format.codec == Codec::Gzip) text += ", gzip";
  if (format.codec == Codec::Zstd) text += ", zstd";
  return text;
}

/// A job may read nothing but what is sorted already.
bool has_map(const JobDefinition& job) { return !job.inputs.empty() || job.sorted_inputs.empty(); }

void explain_inputs(std::vector<std::string>& lines, const Plan& plan, const JobDefinition& job) {
  if (!has_map(job)) return;
  lines.push_back("inputs: " + counted(job.inputs.size(), "input") + ", " + counted(plan.files.size(), "file") + ", " +
                  format_bytes(plan.input_bytes));
  for (std::size_t input = 0; input < job.inputs.size(); ++input) {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    std::string format;
    for (const InputFile& file : plan.files) {
      if (file.input != input) continue;
      ++count;
      bytes += file.size_bytes;
      if (format.empty()) format = describe_format(file.format);
    }
    std::vector<std::string> columns;
    for (const ColumnRequest& column : job.inputs[input].columns) columns.push_back(column.name);
    lines.push_back("  " + job.inputs[input].name + ": " + join(job.inputs[input].paths) + " (" + counted(count, "file") + ", " +
                    format_bytes(bytes) + ", " + format + ")");
    if (!columns.empty()) lines.push_back("    columns: " + join(columns));
  }
}

void explain_sorted_inputs(std::vector<std::string>& lines, const Plan& plan, const JobDefinition& job) {
  if (job.sorted_inputs.empty()) return;
  lines.push_back("sorted inputs: read in key order, not mapped and not sorted");
  for (std::uint32_t input = 0; input < job.sorted_inputs.size(); ++input) {
    std::vector<SortedRun> runs;
    for (const SortedRun& run : plan.sorted_runs)
      if (run.input == input) runs.push_back(run);
    const SortedInput& sorted = job.sorted_inputs[input];
    lines.push_back("  " + sorted.path + ": " + sorted.types.key + " and " + sorted.types.value + " (" + counted(runs.size(), "file") +
                    ", " + format_bytes(sorted_bytes(runs)) + ")");
  }
}

void explain_side_inputs(std::vector<std::string>& lines, const Plan& plan, const JobDefinition& job) {
  if (job.side_inputs.empty()) return;
  lines.push_back("side inputs: read whole by every worker");
  for (const SideFile& side : plan.side_files)
    lines.push_back("  " + job.side_inputs[side.file.input].name + ": " + side.file.path + " (" + format_bytes(side.file.size_bytes) + ")");
}

void explain_map(std::vector<std::string>& lines, const Plan& plan, const JobDefinition& job) {
  if (!has_map(job)) return;
  std::string line = "map: " + counted(plan.splits.size(), "task") + ", splits of about " + format_bytes(plan.split_bytes);
  if (job.make_map_output) line += ", each writes its part of the output";
  else line += combining(job.make_combiner) + ", runs " + (plan.lz4 ? "compressed with LZ4" : "not compressed");
  lines.push_back(line);
  constexpr std::size_t kMaxListed = 8;
  for (std::size_t i = 0; i < plan.splits.size() && i < kMaxListed; ++i)
    lines.push_back("  split " + std::to_string(i) + ": " + format_bytes(plan.splits[i].size_bytes) + " (" +
                    describe_split(plan, plan.splits[i]) + ")");
  if (plan.splits.size() > kMaxListed) lines.push_back("  and " + std::to_string(plan.splits.size() - kMaxListed) + " more");
}

/// Every stage but the map.
void explain_reading_of_runs(std::vector<std::string>& lines, const Plan& plan, const JobDefinition& job) {
  const std::vector<std::string> names = stage_lines(job);
  for (std::size_t step = 0; step < job.steps.size(); ++step)
    lines.push_back(names[1 + step] + ": groups of the runs of " + names[step] +
                    ", cut into key ranges; emits records that are grouped anew" + combining(job.steps[step].make_combiner));
  if (job.rounds)
    lines.push_back("rounds: at most " + std::to_string(job.rounds->max_rounds) + " over the runs of " + names[job.steps.size()] +
                    ", which stay; one task merges what a round emits into its summary" + combining(job.rounds->make_combiner));
  const std::uint64_t bytes = plan.input_bytes + sorted_bytes(plan.sorted_runs);
  const std::uint64_t range = range_bytes(plan, bytes);
  lines.push_back(names.back() + ": key ranges cut from the finished runs, about " +
                  counted(std::max<std::uint64_t>(1, (bytes + range - 1) / range), "task") + " of " + format_bytes(range) +
                  " if the shuffle is as large as the input");
}

void explain_memory(std::vector<std::string>& lines, const Plan& plan, const JobDefinition& job) {
  const MemoryPlan& memory = plan.memory;
  const std::string merging = format_bytes(memory.merge_bytes) + " merging (" + std::to_string(memory.merge_fan_in) +
                              " runs at once, blocks of " + format_bytes(memory.block_bytes) + ")";
  lines.push_back("memory: " + format_bytes(memory.worker_bytes) + " per worker, " + format_bytes(memory.worker_bytes * plan.workers) +
                  " in all");
  if (memory.side_bytes > 0) lines.push_back("  always: " + format_bytes(memory.side_bytes) + " side inputs and summaries");
  if (job.make_map_output) {
    lines.push_back("  map:    " + format_bytes(memory.task_bytes()) + " reading and the mapper");
    return;
  }
  if (has_map(job)) lines.push_back("  map:    " + format_bytes(memory.sort_bytes) + " combining and sorting, " +
                  format_bytes(memory.task_bytes() - memory.sort_bytes) + " reading and the mapper");
  if (!job.steps.empty() || job.rounds)
    lines.push_back("  step:   " + merging + ", " + format_bytes(memory.step_sort_bytes) + " combining and sorting, " +
                    format_bytes(memory.task_bytes() - memory.merge_bytes - memory.step_sort_bytes) + " the step");
  lines.push_back("  reduce: " + merging + ", " + format_bytes(memory.task_bytes() - memory.merge_bytes) +
                  (job.sorted_output ? " writing runs" : " the reducer"));
}

}  // namespace

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string format_bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  int size = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  if (decimals > 0) {
    while (text[static_cast<std::size_t>(size) - 1] == '0') --size;
    if (text[static_cast<std::size_t>(size) - 1] == '.') --size;
  }
  return std::string(text.data(), static_cast<std::size_t>(size)) + " " + kUnits[unit];
}

std::vector<std::string> explain(const Plan& plan, const JobDefinition& job) {
  std::vector<std::string> lines;
  lines.push_back("job: " + job.name);
  explain_inputs(lines, plan, job);
  explain_sorted_inputs(lines, plan, job);
  explain_side_inputs(lines, plan, job);
  explain_map(lines, plan, job);
  if (!job.make_map_output) explain_reading_of_runs(lines, plan, job);
  lines.push_back("workers: " + std::to_string(plan.workers) + (plan.in_process ? " threads of this process" : " processes") + ", " +
                  counted(plan.max_attempts, "attempt") + " per task, crashing records " +
                  (plan.quarantine ? "are set aside" : "fail the job"));
  explain_memory(lines, plan, job);
  if (!job.parameters.empty()) lines.push_back("parameters:");
  for (const ParameterDeclaration& one : job.parameters)
    lines.push_back("  " + one.name + " = " + one.value + " (" + one.type + "): " + one.help);
  for (const SideOutputDeclaration& side : job.side_outputs) lines.push_back("side output: " + side.name + ", " + side.output.path);
  lines.push_back("output: " + job.output.path + (job.output.path.ends_with('/') ? " (a directory of parts)" : " (one file)"));
  return lines;
}

}  // namespace sinter

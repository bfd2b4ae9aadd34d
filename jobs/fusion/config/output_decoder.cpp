// Decodes `output:` and `execution:`. One thread.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include "base/parse_size.hpp"
#include "jobs/fusion/config/job_decoder.hpp"

namespace sinter::fusion {

namespace {

bool is_json_lines(std::string_view path) { return path.ends_with(".jsonl") || path.ends_with(".ndjson"); }

/// Same file, same text: "./out//x.csv" is "out/x.csv".
std::string normal(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

void check_fused_path(const DecodeContext& context, const OptionMap& options) {
  std::string path = context.job.output_path;
  if (path.empty()) return;
  if (path.ends_with('/')) return;  // a directory of parts takes any name
  if (path.ends_with(".gz") || path.ends_with(".zst")) {
    options.error("to", "output.fused cannot be compressed", "write a .csv or .jsonl file, and compress it afterwards");
  } else if (!path.ends_with(".csv") && !is_json_lines(path)) {
    options.error("to", "the extension of output.fused.to must say the format: .csv or .jsonl", "a directory of parts ends in '/'");
  }
}

void check_paths_differ(const DecodeContext& context, Mark fused_mark, Mark rejects_mark) {
  const JobFile& job = context.job;
  const std::string fused = normal(job.output_path), rejects = normal(job.rejects_path);
  if (!job.rejects_path.empty() && !job.output_path.empty()) {
    if (fused == rejects) {
      context.diagnostics.error(rejects_mark, "output.fused and output.rejects are the same file", "give each a path of its own");
    }
    if (job.output_path.ends_with('/') && rejects.starts_with(fused)) {
      context.diagnostics.error(rejects_mark, "output.rejects lies inside the directory of output.fused",
                                "everything in that directory is a part of the result; put the rejects beside it");
    }
  }
  for (const SourceDeclaration& source : job.sources) {
    for (const std::string& path : source.paths) {
      const std::string input = normal(path);
      if (input == fused && !job.output_path.empty()) {
        context.diagnostics.error(fused_mark, "output.fused would overwrite the input of sources." + source.name);
      }
      if (input == rejects && !job.rejects_path.empty()) {
        context.diagnostics.error(rejects_mark, "output.rejects would overwrite the input of sources." + source.name);
      }
    }
  }
}

void check_confidence_columns(const DecodeContext& context, const OptionMap& options) {
  for (const Attribute& attribute : context.job.schema) {
    const std::string column = attribute.name + "_confidence";
    if (!context.attributes.contains(column)) continue;
    options.error("confidence", "the confidence column of '" + attribute.name + "' would have the name of the attribute '" + column + "'",
                  "rename that attribute");
  }
}

void decode_differences(DecodeContext& context, const ConfigNode& node) {
  const SectionTable table = section_table(Section::Differences);
  const OptionMap options(node, table.options, table.short_form, "output.differences", context.diagnostics);
  JobFile& job = context.job;
  if (!options.has("to") || options.node("to")->kind != NodeKind::Scalar) return;
  job.differences_path = context.resolve_path(options.string("to"), options.mark("to"), "output.differences.to");
  const std::string& path = job.differences_path;
  if (path.empty()) return;
  if (!path.ends_with(".csv") && !is_json_lines(path)) options.error("to", "output.differences.to must be a .csv or .jsonl file");
  if (!job.gold) options.error("to", "output.differences needs quality.gold, the truth to differ from", "quality: { gold: truth.csv }");
  std::vector<std::string> taken = {job.path, job.output_path, job.rejects_path, job.output_path + ".rejects.jsonl"};
  for (const SourceDeclaration& source : job.sources) taken.insert(taken.end(), source.paths.begin(), source.paths.end());
  if (job.gold) taken.insert(taken.end(), job.gold->paths.begin(), job.gold->paths.end());
  const auto is_same = [&](const std::string& other) { return !other.empty() && normal(other) == normal(path); };
  if (std::any_of(taken.begin(), taken.end(), is_same)) {
    options.error("to", "output.differences would overwrite '" + path + "', which the job reads or writes", "give it a path of its own");
  }
}

std::uint64_t decode_limited(const OptionMap& options, std::string_view name, std::int64_t minimum, std::int64_t maximum,
                             std::int64_t fallback, std::string_view limit) {
  const std::int64_t value = options.integer(name, fallback);
  if (value >= minimum && value <= maximum) return static_cast<std::uint64_t>(value);
  options.error(name, "execution." + std::string(name) + " must be from " + std::to_string(minimum) + " to " + std::to_string(maximum) +
                          " (" + std::string(limit) + "), found " + std::to_string(value));
  return static_cast<std::uint64_t>(fallback);
}

/// A copy without the values `auto`, which mean the same as nothing.
ConfigNode without_auto(const ConfigNode& node) {
  ConfigNode copy = node;
  std::erase_if(copy.entries, [](const ConfigEntry& entry) {
    const bool may_be_auto = entry.key == "workers" || entry.key == "split_size" || entry.key == "reduce_size";
    return may_be_auto && entry.value.kind == NodeKind::Scalar && entry.value.scalar == "auto";
  });
  return copy;
}

}  // namespace

void decode_output(DecodeContext& context, const ConfigNode& output) {
  const SectionTable table = section_table(Section::Output);
  const OptionMap options(output, table.options, table.short_form, "output", context.diagnostics, keys_below(Section::Fused, "fused"));
  JobFile& job = context.job;
  Mark fused_mark, rejects_mark;
  if (const ConfigNode* node = options.node("fused")) {
    const SectionTable fused_table = section_table(Section::Fused);
    const OptionMap fused(*node, fused_table.options, fused_table.short_form, "output.fused", context.diagnostics);
    fused_mark = job.output_mark = fused.mark("to");
    if (fused.has("to") && fused.node("to")->kind == NodeKind::Scalar) {
      job.output_path = context.resolve_path(fused.string("to"), fused_mark, "output.fused.to");
    }
    job.output_confidence = fused.boolean("confidence", false);
    check_fused_path(context, fused);
    if (job.output_confidence) check_confidence_columns(context, fused);
  }
  if (const ConfigNode* node = options.node("rejects")) {
    const SectionTable rejects_table = section_table(Section::Rejects);
    const OptionMap rejects(*node, rejects_table.options, rejects_table.short_form, "output.rejects", context.diagnostics);
    rejects_mark = rejects.mark("to");
    if (rejects.has("to") && rejects.node("to")->kind == NodeKind::Scalar) {
      job.rejects_path = context.resolve_path(rejects.string("to"), rejects_mark, "output.rejects.to");
      if (!job.rejects_path.empty() && !is_json_lines(job.rejects_path)) {
        rejects.error("to", "output.rejects.to must be a .jsonl file", "each reject is one line of JSON that says where and why");
      }
    }
  }
  check_paths_differ(context, fused_mark, rejects_mark);
  if (const ConfigNode* node = options.node("differences")) decode_differences(context, *node);
}

void decode_execution(DecodeContext& context, const ConfigNode* execution) {
  if (execution == nullptr) return;
  const ConfigNode node = without_auto(*execution);
  const SectionTable table = section_table(Section::Execution);
  const OptionMap options(node, table.options, table.short_form, "execution", context.diagnostics);
  ExecutionOptions& out = context.job.execution;
  if (options.has("workers")) {
    out.workers = static_cast<std::uint32_t>(decode_limited(options, "workers", 1, kMaxWorkers, 1, "kMaxWorkers"));
  }
  out.max_attempts = static_cast<std::uint32_t>(decode_limited(options, "retries", 0, kMaxRetries, 3, "kMaxRetries") + 1);
  out.memory_bytes = options.size_bytes("memory", out.memory_bytes);
  if (out.memory_bytes < kMinWorkerMemoryBytes) {
    options.error("memory", "execution.memory is " + format_size(out.memory_bytes) + ", a worker needs at least " +
                                format_size(kMinWorkerMemoryBytes) + " (kMinWorkerMemoryBytes)");
  }
  out.split_bytes = options.size_bytes("split_size", 0);
  out.reduce_bytes = options.size_bytes("reduce_size", 0);
  for (const std::string_view name : {"split_size", "reduce_size"}) {
    if (options.has(name) && options.size_bytes(name, 1) == 0) {
      options.error(name, "execution." + std::string(name) + " must be greater than 0", "leave it out, and it follows the input");
    }
  }
  out.task_timeout_ms = options.duration_ms("timeout", out.task_timeout_ms);
  if (out.task_timeout_ms <= 0) options.error("timeout", "execution.timeout must be greater than 0", "10m is the default");
  if (out.task_timeout_ms > kMaxTaskTimeoutMs) {
    options.error("timeout", "execution.timeout is more than 7d (kMaxTaskTimeoutMs)",
                  "it is the time without any progress, not that of the task; 10m is the default");
  }
  if (options.has("scratch") && options.node("scratch")->kind == NodeKind::Scalar) {
    out.scratch_directory = context.resolve_path(options.string("scratch"), options.mark("scratch"), "execution.scratch");
  }
  out.lz4 = decode_choice(context, options, Section::Execution, "compression", "execution") == "lz4";
  const std::string on_bad_record = decode_choice(context, options, Section::Execution, "on_bad_record", "execution");
  out.on_bad_record = on_bad_record == "quarantine" ? OnBadRecord::Quarantine : OnBadRecord::Fail;
  out.in_process = options.boolean("in_process", false);
}

}  // namespace sinter::fusion

// Assembly of the fusion job: see fusion_job.hpp. Any thread.
#include "jobs/fusion/job/fusion_job.hpp"

#include "base/bytes.hpp"
#include "jobs/fusion/config/render.hpp"
#include "jobs/fusion/job/fusion_mapper.hpp"
#include "jobs/fusion/job/fusion_reducer.hpp"
#include "jobs/fusion/job/source_binding.hpp"
#include "jobs/fusion/rules/row_state.hpp"

namespace sinter::fusion {
namespace {

std::string part_extension(const std::string& path) {
  return output_format(path) == OutputFormat::JsonLines ? ".jsonl" : ".csv";
}

/// Which rules of plugins decide which attributes; empty when none does.
std::string plugin_remark(const JobFile& job) {
  std::string rules;
  for (std::size_t i = job.key_size; i < job.fuse.size(); ++i) {
    if (!job.fuse[i].rule_name.starts_with(kPluginPrefix)) continue;
    rules += (rules.empty() ? "" : ", ") + job.fuse[i].rule_name + " for '" + job.schema[i].name + "'";
  }
  return rules.empty() ? rules : "where code of a plugin decides: " + rules;
}

}  // namespace

Result<std::shared_ptr<const RowLayout>> make_row_layout(const JobFile& job, bool confidence) {
  const std::vector<RuleInfo> rules = rules_of(job);
  std::vector<std::string> source_names;
  for (const SourceDeclaration& source : job.sources) source_names.push_back(source.name);
  Diagnostics diagnostics;
  std::vector<std::shared_ptr<const Rule>> made(job.schema.size());
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) {
    made[i] = make_rule(rules, job.fuse[i].rule, {job.schema[i], source_names, confidence}, "fuse." + job.schema[i].name, diagnostics);
    if (made[i] == nullptr) return internal_error("rule of '" + job.schema[i].name + "' cannot be made");
  }
  return std::make_shared<const RowLayout>(std::move(made));
}

std::vector<InputDeclaration> fusion_inputs(const JobFile& job) {
  std::vector<InputDeclaration> inputs;
  for (const SourceDeclaration& source : job.sources) {
    inputs.push_back({source.name, source.paths, source.format, bind_source(job, source).columns});
  }
  return inputs;
}

Result<JobDefinition> make_fusion_job(std::shared_ptr<const JobFile> job) {
  SINTER_ASSIGN(const std::shared_ptr<const RowLayout> layout, make_row_layout(*job, job->output_confidence));
  JobDefinition definition;
  definition.name = job->name;
  definition.hash = job->hash;
  definition.inputs = fusion_inputs(*job);
  definition.make_map = [job, layout](std::size_t input, TaskContext& context) -> Result<std::unique_ptr<MapTask>> {
    SINTER_ASSIGN(std::unique_ptr<FusionMapper> mapper, FusionMapper::create(*job, *layout, input, context));
    return std::unique_ptr<MapTask>(std::move(mapper));
  };
  const bool row_level = job->rows.drop_duplicates || job->rows.keep_newest;
  // Claim sets do not shrink when merged, and row-level cleaning must see every row.
  if (layout->combinable() && !row_level) {
    definition.make_combiner = [layout] { return std::make_unique<RowCombiner>(*layout); };
  }
  definition.make_reduce = [job, layout](TaskContext& context) -> Result<std::unique_ptr<ReduceTask>> {
    return std::unique_ptr<ReduceTask>(std::make_unique<FusionReducer>(*job, *layout, context));
  };
  definition.output = {job->output_path, RecordWriter(*job).header(), part_extension(job->output_path)};
  definition.rejects_path = job->rejects_path;
  definition.execution = job->execution;
  definition.reduce_remark = plugin_remark(*job);
  return definition;
}

JobPayload make_payload(const JobFile& job) {
  JobPayload payload{std::string(kFusionJobKind), {}};
  append_sized(payload.body, job.path);
  append_sized(payload.body, job.text);
  append_varint(payload.body, job.overrides.size());
  for (const std::string& one : job.overrides) append_sized(payload.body, one);
  append_varint(payload.body, job.environment.size());
  for (const auto& [name, value] : job.environment) {
    append_sized(payload.body, name);
    append_sized(payload.body, value);
  }
  append_sized(payload.body, job.hash);
  return payload;
}

Result<JobDefinition> make_fusion_job(FileSystem& files, const JobPayload& payload, const PluginLoader& load_plugin) {
  ByteReader reader(payload.body);
  std::string_view path;
  std::string_view text;
  std::uint64_t count = 0;
  std::vector<std::string> overrides;
  reader.read_sized(path);
  reader.read_sized(text);
  reader.read_varint(count);
  for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
    std::string_view one;
    reader.read_sized(one);
    overrides.emplace_back(one);
  }
  std::map<std::string, std::string, std::less<>> environment;
  reader.read_varint(count);
  for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
    std::string_view name;
    std::string_view value;
    reader.read_sized(name);
    reader.read_sized(value);
    environment.emplace(name, value);
  }
  std::string_view hash;
  reader.read_sized(hash);
  if (reader.failed() || payload.kind != kFusionJobKind) return internal_error("the job payload is damaged");
  const EnvironmentLookup lookup = [&environment](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  Diagnostics diagnostics;
  auto job = load_job(std::string(text), std::string(path), overrides, discover_columns(files), diagnostics, lookup, load_plugin);
  if (!job) return user_error("the job file no longer decodes in the worker:\n" + render_problems(diagnostics, path, text, false));
  if (job->hash != hash) {
    return user_error("the job means something else in the worker than when it was started")
        .with_hint("a plugin, or the columns of a file, changed in between: run it again");
  }
  return make_fusion_job(std::make_shared<const JobFile>(std::move(*job)));
}

ColumnDiscovery discover_columns(FileSystem& files) {
  return [&files](const SourceDeclaration& source) -> Result<std::vector<std::string>> {
    SINTER_ASSIGN(const InputFile first, first_input_file(files, {source.name, source.paths, source.format, {}}));
    return read_columns(files, first);
  };
}

}  // namespace sinter::fusion

// load_job(): from the text of a job file to a JobFile, with all its problems at once. One thread.
#include "jobs/fusion/config/job_file.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/checksum.hpp"
#include "jobs/fusion/config/job_decoder.hpp"
#include "jobs/fusion/config/job_tables.hpp"
#include "jobs/fusion/config/yaml_reader.hpp"

namespace sinter::fusion {

namespace {

constexpr std::int64_t kJobLanguageVersion = 1;

void append_length(std::string& out, std::size_t length) { out += std::to_string(length) + ":"; }

void append_text(std::string& out, std::string_view text) {
  append_length(out, text.size());
  out += text;
}

/// Canonical bytes of a tree: what it says, not how it is laid out.
void append_node(std::string& out, const ConfigNode& node) {
  switch (node.kind) {
    case NodeKind::Null: out += 'n'; return;
    case NodeKind::Scalar:
      out += node.quoted ? 'q' : 's';
      append_text(out, node.scalar);
      return;
    case NodeKind::List:
      out += 'l';
      append_length(out, node.items.size());
      for (const ConfigNode& item : node.items) append_node(out, item);
      return;
    case NodeKind::Map:
      out += 'm';
      append_length(out, node.entries.size());
      for (const ConfigEntry& entry : node.entries) {
        append_text(out, entry.key);
        append_node(out, entry.value);
      }
      return;
  }
}

/// Sixteen hex digits over the sections that decide the answer, in a fixed order, and the attributes found in files.
std::string meaning_hash(const ConfigNode& root, const JobFile& job) {
  constexpr std::array<std::string_view, 7> kMeaning{"version", "schema", "sources", "clean", "entity", "fuse", "quality"};
  std::string bytes;
  for (const std::string_view section : kMeaning) {
    append_text(bytes, section);
    if (const ConfigNode* node = root.find(section)) append_node(bytes, *node);
  }
  for (const Attribute& attribute : job.schema) {
    append_text(bytes, attribute.name);
    append_text(bytes, to_string(attribute.type));
  }
  bytes += job.output_confidence ? 'c' : '-';
  for (const auto& plugin : job.plugins) append_text(bytes, std::to_string(plugin->content_hash()));
  return checksum_text(checksum64(bytes));
}

/// What stands before relative paths in the job file: "jobs/" of "jobs/a.yaml", nothing of "a.yaml".
std::string path_prefix_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

std::string stem_of(const std::string& path) {
  const std::string file = path.substr(path_prefix_of(path).size());
  const std::string stem = file.substr(0, file.rfind('.'));
  return stem.empty() ? "job" : stem;
}

void decode_top(DecodeContext& context, const OptionMap& options) {
  JobFile& job = context.job;
  const std::int64_t version = options.integer("version", kJobLanguageVersion);
  if (version != kJobLanguageVersion) {
    options.error("version", "version " + std::to_string(version) + " of the job language is not known to this sinter", "write version: 1");
  }
  job.name = options.string("name", stem_of(job.path));
  job.description = options.string("description");
  const bool has_bad_name = job.name.empty() || job.name.find('/') != std::string::npos ||
                            std::any_of(job.name.begin(), job.name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (has_bad_name && options.has("name")) {
    options.error("name", "a job's name is one line of text without '/'", "the name is used in messages and file names");
  }
}

void decode_sections(DecodeContext& context, const ConfigNode& root, const ColumnDiscovery& discover, const PluginLoader& load_plugin) {
  const SectionTable table = section_table(Section::Top);
  const OptionMap options(root, table.options, table.short_form, "", context.diagnostics, keys_below(Section::Execution, "execution"));
  decode_top(context, options);
  decode_plugins(context, options.node("plugins"), load_plugin);  // its rules have a say in the types of attributes
  std::vector<SourceDraft> drafts;
  if (const ConfigNode* sources = options.node("sources")) drafts = decode_sources(context, *sources);
  decode_schema(context, root, drafts, discover);
  for (SourceDraft& draft : drafts) {
    complete_source(context, draft);
    context.job.sources.push_back(std::move(draft.source));
  }
  decode_clean(context, options.node("clean"));
  decode_fuse(context, options.node("fuse"));
  decode_quality(context, options.node("quality"));
  if (const ConfigNode* output = options.node("output")) decode_output(context, *output);
  decode_execution(context, options.node("execution"));
}

}  // namespace

std::string describe_rule(const AttributeFusion& fusion) {
  std::string options;
  for (const ConfigEntry& entry : fusion.rule.entries) {
    if (entry.key == "rule") continue;
    std::string value = entry.value.scalar;
    if (entry.value.kind == NodeKind::List) {
      for (const ConfigNode& item : entry.value.items) value += (value.empty() ? "" : ", ") + item.scalar;
      value = "[" + value + "]";
    }
    options += (options.empty() ? " { " : ", ") + entry.key + ": " + value;
  }
  return fusion.rule_name + options + (options.empty() ? "" : " }");
}

std::vector<RuleInfo> rules_of(const JobFile& job) {
  std::vector<RuleInfo> rules = all_rules();
  for (const auto& plugin : job.plugins) {
    std::vector<RuleInfo> more = plugin->rules();
    std::move(more.begin(), more.end(), std::back_inserter(rules));
  }
  return rules;
}

PluginLoader load_plugins(FileSystem& files) {
  return [&files](const std::string& path) { return RulePlugin::load(files, path); };
}

std::vector<Attribute> cleaning_schema(const JobFile& job) {
  std::vector<Attribute> fields = job.schema;
  for (const SourceDeclaration& source : job.sources) {
    if (!source.long_shape || source.long_shape->time.empty()) continue;
    const std::string& name = source.long_shape->time;
    const bool known = std::any_of(fields.begin(), fields.end(), [&name](const Attribute& field) { return field.name == name; });
    if (!known) fields.push_back({name, ValueType::Timestamp});
  }
  return fields;
}

std::optional<JobFile> load_job(const std::string& text, const std::string& path, const std::vector<std::string>& overrides,
                                const ColumnDiscovery& discover, Diagnostics& diagnostics, const EnvironmentLookup& environment,
                                const PluginLoader& load_plugin) {
  auto parsed = read_yaml(text, diagnostics);
  if (!parsed.ok()) return std::nullopt;  // read_yaml() has told `diagnostics` why
  apply_overrides(*parsed, overrides, diagnostics);
  ConfigNode root = std::move(*parsed);
  std::erase_if(root.entries, [](const ConfigEntry& entry) { return entry.key.starts_with("x-"); });  // the person's own keys
  JobFile job;
  const EnvironmentLookup recorded = [&](std::string_view name) -> std::optional<std::string> {
    std::optional<std::string> value = environment ? environment(name) : std::nullopt;
    if (value) job.environment.emplace(name, *value);
    return value;
  };
  substitute_references(root, recorded, diagnostics);
  job.path = path;
  job.text = text;
  job.overrides = overrides;
  DecodeContext context{job, diagnostics, path_prefix_of(path), all_cleaners(), all_rules()};
  decode_sections(context, root, discover, load_plugin);
  if (!diagnostics.ok()) return std::nullopt;
  job.hash = meaning_hash(root, job);
  return job;
}

}  // namespace sinter::fusion

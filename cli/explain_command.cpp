// `sinter explain`: what a job would do, before it does it. One thread.
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/job_loading.hpp"
#include "framework/io/json_writer.hpp"
#include "framework/plan/plan.hpp"
#include "framework/runtime/host_share.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {
namespace {

/// A value of the job file on one line, as it could be written there.
std::string node_text(const fusion::ConfigNode& node) {
  std::string text;
  switch (node.kind) {
    case fusion::NodeKind::Null: return "null";
    case fusion::NodeKind::Scalar: return node.quoted ? "\"" + node.scalar + "\"" : node.scalar;
    case fusion::NodeKind::List:
      for (const fusion::ConfigNode& item : node.items) text += (text.empty() ? "" : ", ") + node_text(item);
      return "[" + text + "]";
    case fusion::NodeKind::Map:
      for (const fusion::ConfigEntry& entry : node.entries) text += (text.empty() ? "" : ", ") + entry.key + ": " + node_text(entry.value);
      return "{ " + text + " }";
  }
  return text;
}

/// "trim, number { decimal: "," }".
std::string steps_text(const std::vector<fusion::ConfigNode>& steps) {
  std::string text;
  for (const fusion::ConfigNode& step : steps) {
    const bool map = step.kind == fusion::NodeKind::Map && !step.entries.empty();
    text += (text.empty() ? "" : ", ") + (map ? step.entries.front().key + " " + node_text(step.entries.front().value) : step.scalar);
  }
  return text;
}

std::string plan_text(const fusion::CleanPlan& plan) {
  std::string text = steps_text(plan.steps);
  if (plan.on_bad_value == fusion::OnBadValue::Null) text += text.empty() ? "on_bad_value: null" : ", on_bad_value: null";
  return text.empty() ? "-" : text;
}

/// How an attribute is cleaned, once for each group of sources that clean it alike.
void add_cleaning(std::vector<std::string>& lines, const fusion::JobFile& job, std::size_t attribute) {
  std::vector<std::pair<std::string, std::string>> groups;  // steps, sources
  for (std::size_t source = 0; source < job.sources.size(); ++source) {
    const std::string text = plan_text(job.clean[source][attribute]);
    auto found = std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == text; });
    if (found == groups.end()) found = groups.insert(groups.end(), {text, ""});
    found->second += (found->second.empty() ? "" : ", ") + job.sources[source].name;
  }
  if (groups.size() == 1) {
    if (groups.front().first != "-") lines.push_back("    clean: " + groups.front().first);
    return;
  }
  for (const auto& [text, sources] : groups) lines.push_back("    clean of " + sources + ": " + text);
}

std::string type_text(const fusion::JobFile& job, std::size_t attribute) {
  return job.schema[attribute].name + " (" + std::string(to_string(job.schema[attribute].type)) +
         (attribute >= job.key_size && job.required[attribute] ? ", required)" : ")");
}

void add_row_steps(std::vector<std::string>& lines, const fusion::JobFile& job) {
  std::string text;
  if (!job.rows.drop_nulls.empty()) {
    text = "drop_nulls of";
    for (const std::size_t one : job.rows.drop_nulls) text += " " + job.schema[one].name;
  }
  if (job.rows.drop_duplicates) text += text.empty() ? "drop_duplicates" : ", drop_duplicates";
  if (job.rows.keep_newest) text += text.empty() ? "keep_newest" : ", keep_newest";
  if (!text.empty()) lines.push_back("rows: " + text);
}

void add_gold(std::vector<std::string>& lines, const fusion::JobFile& job) {
  if (!job.gold && job.checks.empty()) return;
  std::string text = "quality:";
  if (job.gold) {
    text += " compared with";
    for (const std::string& path : job.gold->paths) text += " " + path;
  }
  if (!job.checks.empty()) text += (job.gold ? ", " : " ") + counted(job.checks.size(), "check");
  lines.push_back(std::move(text));
  if (!job.differences_path.empty()) lines.push_back("  differences to " + job.differences_path);
}

std::vector<std::string> meaning_lines(const fusion::JobFile& job) {
  std::vector<std::string> lines = {"entity key"};
  for (std::size_t i = 0; i < job.key_size; ++i) {
    lines.push_back("  " + type_text(job, i));
    add_cleaning(lines, job, i);
  }
  lines.emplace_back("attributes");
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) {
    lines.push_back("  " + type_text(job, i) + "  rule: " + describe_rule(job.fuse[i]));
    add_cleaning(lines, job, i);
  }
  add_row_steps(lines, job);
  lines.emplace_back("sources");
  for (const fusion::SourceDeclaration& source : job.sources) {
    std::string trust;
    append_double(trust, source.trust);
    if (!source.trust_by_source.empty()) trust += ", " + counted(source.trust_by_source.size(), "source") + " by name";
    lines.push_back("  " + source.name + (source.long_shape ? "  long" : "  wide") + "  trust: " + trust);
  }
  if (!job.plugins.empty()) lines.emplace_back("plugins");
  for (const auto& plugin : job.plugins) {
    std::string rules;
    for (const fusion::RuleInfo& rule : plugin->rules()) rules += (rules.empty() ? "" : ", ") + std::string(rule.name);
    lines.push_back("  " + plugin->path() + "  " + plugin->title() + ": " + rules);
  }
  add_gold(lines, job);
  return lines;
}

}  // namespace

int explain_command(const JobArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  int code = kOk;
  const auto job = load_job_file(*files, arguments, console, code);
  if (job == nullptr) return code;
  auto found = find_job_files(*files, *job, HeaderDepth::FirstFiles, console);
  if (!found) return kBadJobFile;
  auto definition = fusion::make_fusion_job(job);
  if (definition.ok()) definition->input_files = std::move(*found);
  if (!definition.ok()) {
    console.error(definition.error());
    return kRunFailed;
  }
  const auto plan = make_plan(*files, *definition, host_processors());
  if (!plan.ok()) {
    console.error(plan.error());
    return kBadJobFile;
  }
  std::vector<std::string> lines = meaning_lines(*job);
  for (std::string& line : explain(*plan, *definition)) lines.push_back(std::move(line));
  if (console.json()) {
    JsonWriter json(2);
    json.begin_object().member("job", job->name).member("hash", job->hash).member("splits", std::uint64_t{plan->splits.size()});
    json.member("input_bytes", plan->input_bytes).key("lines").begin_array();
    for (const std::string& line : lines) json.value(line);
    json.end_array().end_object();
    console.data(json.text() + "\n");
    return kOk;
  }
  for (const std::string& line : lines) console.data(line + "\n");
  return kOk;
}

}  // namespace sinter::cli

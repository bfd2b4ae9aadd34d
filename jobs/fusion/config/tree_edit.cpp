// --set overrides and ${...} references. Pure; any thread.
#include "jobs/fusion/config/tree_edit.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "jobs/fusion/config/job_tables.hpp"
#include "jobs/fusion/config/yaml_reader.hpp"

namespace sinter::fusion {

namespace {

/// The places of a tree that is not in the job file would point at wrong lines of it.
void forget_marks(ConfigNode& node) {
  node.mark = {};
  for (ConfigNode& item : node.items) forget_marks(item);
  for (ConfigEntry& entry : node.entries) {
    entry.key_mark = {};
    forget_marks(entry.value);
  }
}

std::optional<ConfigNode> parse_override_value(std::string_view value, const std::string& shown, Diagnostics& diagnostics) {
  Diagnostics inner;
  auto parsed = read_yaml("v: " + std::string(value), inner);
  if (parsed.ok()) {
    ConfigNode node = std::move(parsed->entries.front().value);
    const bool has_one_entry = parsed->entries.size() == 1;
    forget_marks(node);
    if (has_one_entry) return node;
  }
  diagnostics.error({}, "--set " + shown + ": the value is not valid YAML", inner.problems().empty() ? "" : inner.problems().front().help);
  return std::nullopt;
}

ConfigNode& child(ConfigNode& map, const std::string& key) {
  for (ConfigEntry& entry : map.entries) {
    if (entry.key == key) return entry.value;
  }
  map.entries.push_back({key, {}, {}});
  return map.entries.back().value;
}

/// A bare value stands for one key of its section: `fused: out.csv` becomes `fused: { to: out.csv }` where the tables say so.
void expand_short_form(ConfigNode& node, std::string_view path) {
  for (const Section section : kSections) {
    const SectionTable table = section_table(section);
    if (table.path != path || table.short_form.empty()) continue;
    ConfigNode map;
    map.kind = NodeKind::Map;
    map.mark = node.mark;
    map.entries.push_back({std::string(table.short_form), node.mark, std::move(node)});
    node = std::move(map);
    return;
  }
}

void apply_override(ConfigNode& root, const std::string& text, Diagnostics& diagnostics) {
  const std::string shown = text.substr(0, 80);
  const std::size_t equals = text.find('=');
  const std::string path = text.substr(0, equals);
  if (equals == std::string::npos || path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != std::string::npos) {
    diagnostics.error({}, "--set " + shown + " must have the form a.b=value", "for example --set execution.workers=4");
    return;
  }
  auto value = parse_override_value(std::string_view(text).substr(equals + 1), shown, diagnostics);
  if (!value) return;
  if (std::count(path.begin(), path.end(), '.') >= static_cast<std::ptrdiff_t>(kMaxJobFileDepth)) {
    diagnostics.error({}, "--set " + shown + " is nested deeper than " + std::to_string(kMaxJobFileDepth) + " (kMaxJobFileDepth)");
    return;
  }
  ConfigNode* at = &root;
  std::size_t start = 0;
  while (true) {
    const std::size_t dot = path.find('.', start);
    if (at->kind == NodeKind::Null) at->kind = NodeKind::Map;
    if (at->kind == NodeKind::Scalar) expand_short_form(*at, path.substr(0, start == 0 ? 0 : start - 1));
    if (at->kind != NodeKind::Map) {
      diagnostics.error(at->mark, "--set " + shown + ": '" + path.substr(0, start - 1) + "' is not a map in the job file",
                        "replace it as a whole: --set " + path.substr(0, start - 1) + "='{ ... }'");
      return;
    }
    at = &child(*at, path.substr(start, dot == std::string::npos ? dot : dot - start));
    if (dot == std::string::npos) break;
    start = dot + 1;
  }
  *at = std::move(*value);
}

/// Values of the declared parameters; nothing for one that must be given.
std::map<std::string, std::optional<std::string>, std::less<>> decode_parameters(const ConfigNode& root, Diagnostics& diagnostics) {
  std::map<std::string, std::optional<std::string>, std::less<>> values;
  const ConfigNode* params = root.find("params");
  if (params == nullptr) return values;
  if (params->kind != NodeKind::Map) {
    diagnostics.error(params->mark, "params must be a map from names to values", "params: { day: \"2024-03-01\" }");
    return values;
  }
  const SectionTable table = section_table(Section::Parameter);
  for (const ConfigEntry& entry : params->entries) {
    const OptionMap options(entry.value, table.options, table.short_form, "params." + entry.key, diagnostics);
    values[entry.key] = options.has("default") ? std::optional(options.string("default")) : std::nullopt;
  }
  return values;
}

class Substitution {
 public:
  Substitution(const EnvironmentLookup& environment, Diagnostics& diagnostics) : environment_(environment), diagnostics_(diagnostics) {}

  void run_root(ConfigNode& root) {
    // Parameters first, while none is known: their own values may refer to the environment, not to one another.
    for (ConfigEntry& entry : root.entries) {
      if (entry.key == "params") run(entry.value);
    }
    parameters_ = decode_parameters(root, diagnostics_);
    for (ConfigEntry& entry : root.entries) {
      if (entry.key != "params") run(entry.value);
    }
  }

 private:
  void run(ConfigNode& node) {
    if (node.kind == NodeKind::Scalar && node.scalar.find("${") != std::string::npos) node.scalar = replaced(node);
    for (ConfigNode& item : node.items) run(item);
    for (ConfigEntry& entry : node.entries) run(entry.value);
  }

  std::string replaced(const ConfigNode& node) {
    std::string out;
    const std::string_view text = node.scalar;
    for (std::size_t at = 0; at < text.size();) {
      if (text.substr(at).starts_with("$${")) {
        out += "${";
        at += 3;
      } else if (text.substr(at).starts_with("${")) {
        const std::size_t end = text.find('}', at);
        if (end == std::string_view::npos) {
          diagnostics_.error(node.mark, "'${' is never closed", "write ${params.NAME}, or $${ for a plain ${");
          return out;
        }
        out += value_of(text.substr(at + 2, end - at - 2), node.mark);
        at = end + 1;
      } else {
        out += text[at++];
      }
    }
    return out;
  }

  std::string value_of(std::string_view reference, Mark mark) {
    const std::string shown = "${" + std::string(reference.substr(0, 60)) + "}";
    if (reference.starts_with("params.")) return parameter(reference.substr(7), shown, mark);
    if (reference.starts_with("env.")) return variable(reference.substr(4), shown, mark);
    diagnostics_.error(mark, "unknown reference " + shown, "references are ${params.NAME} and ${env.NAME}; write $${ for a plain ${");
    return {};
  }

  std::string parameter(std::string_view name, const std::string& shown, Mark mark) {
    const auto found = parameters_.find(name);
    if (found == parameters_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, value] : parameters_) names.push_back(known);
      const std::string help = names.empty() ? "declare it: params: { " + std::string(name) + ": VALUE }" : did_you_mean(name, names);
      diagnostics_.error(mark, "undeclared parameter in " + shown, help);
      return {};
    }
    if (found->second) return *found->second;
    diagnostics_.error(mark, "the parameter in " + shown + " has no value", "give it: --set params." + std::string(name) + "=VALUE");
    return {};
  }

  std::string variable(std::string_view reference, const std::string& shown, Mark mark) {
    const std::size_t colon = reference.find(':');
    const std::string_view name = reference.substr(0, colon);
    const std::string_view rest = colon == std::string_view::npos ? std::string_view() : reference.substr(colon);
    if (name.empty() || (!rest.empty() && !rest.starts_with(":-") && !rest.starts_with(":?"))) {
      diagnostics_.error(mark, "cannot read " + shown, "write ${env.NAME}, ${env.NAME:-default} or ${env.NAME:?message}");
      return {};
    }
    const auto value = environment_ ? environment_(name) : std::nullopt;
    if (value && (rest.empty() || !value->empty())) return *value;
    if (rest.starts_with(":-")) return std::string(rest.substr(2));
    const std::string help = "set it, or give a default: ${env." + std::string(name) + ":-...}";
    diagnostics_.error(mark, "the environment variable in " + shown + " is not set",
                       rest.starts_with(":?") ? std::string(rest.substr(2)) : help);
    return {};
  }

  std::map<std::string, std::optional<std::string>, std::less<>> parameters_;
  const EnvironmentLookup& environment_;
  Diagnostics& diagnostics_;
};

}  // namespace

void apply_overrides(ConfigNode& root, const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
  for (const std::string& text : overrides) apply_override(root, text, diagnostics);
}

void substitute_references(ConfigNode& root, const EnvironmentLookup& environment, Diagnostics& diagnostics) {
  Substitution(environment, diagnostics).run_root(root);
}

}  // namespace sinter::fusion

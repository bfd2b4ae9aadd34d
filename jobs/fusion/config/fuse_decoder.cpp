// Decodes `fuse:` into one rule for each attribute. One thread.
#include <algorithm>
#include <utility>

#include "jobs/fusion/config/job_decoder.hpp"
#include "jobs/fusion/rules/modifiers.hpp"

namespace sinter::fusion {

namespace {

constexpr std::string_view kDefaultRule = "weighted_vote";

const RuleInfo* find_rule(const std::vector<RuleInfo>& rules, std::string_view name) {
  for (const RuleInfo& rule : rules) {
    if (rule.name == name || std::find(rule.aliases.begin(), rule.aliases.end(), name) != rule.aliases.end()) return &rule;
  }
  return nullptr;
}

ConfigNode word(std::string_view text) {
  ConfigNode node;
  node.kind = NodeKind::Scalar;
  node.scalar = text;
  return node;
}

/// What an attribute's own entry says, completed by the default when it names no rule: `{ same_within: 10m }`.
ConfigNode complete_rule(const ConfigNode& own, const ConfigNode& fallback) {
  if (own.kind != NodeKind::Map || own.find("rule") != nullptr) return own;
  ConfigNode merged = own;
  if (fallback.kind != NodeKind::Map) {
    merged.entries.push_back({"rule", fallback.mark, fallback});
    return merged;
  }
  for (const ConfigEntry& entry : fallback.entries) {
    if (own.find(entry.key) == nullptr) merged.entries.push_back(entry);
  }
  return merged;
}

std::string rule_word(const ConfigNode& rule) {
  const ConfigNode* named = rule.kind == NodeKind::Map ? rule.find("rule") : &rule;
  return named != nullptr ? named->scalar : std::string();
}

/// An order may name sources that only the data knows; when all are declared, any other name is a slip. `reported` is what the
/// rule itself has said about it.
void check_order(const DecodeContext& context, const ConfigNode& rule, const std::string& where, const Diagnostics& reported) {
  const ConfigNode* order = rule.find("order");
  if (order == nullptr) return;
  std::vector<std::string_view> names;
  for (const SourceDeclaration& source : context.job.sources) {
    names.push_back(source.name);
    if (source.each || !source.source_column.empty() || (source.long_shape && !source.long_shape->source.empty())) return;
  }
  const auto check = [&](const ConfigNode& item) {
    if (item.kind != NodeKind::Scalar || std::find(names.begin(), names.end(), item.scalar) != names.end()) return;
    const auto is_about_it = [&](const auto& problem) { return problem.message.find("'" + item.scalar + "'") != std::string::npos; };
    if (std::any_of(reported.problems().begin(), reported.problems().end(), is_about_it)) return;
    context.diagnostics.error(item.mark, "unknown source '" + item.scalar + "' in " + where + ".order", did_you_mean(item.scalar, names));
  };
  check(*order);
  for (const ConfigNode& item : order->items) check(item);
}

/// Rules that read a time or a standard error are of no use when no source has one.
void check_inputs(const DecodeContext& context, std::string_view rule, Mark mark, std::size_t attribute, const std::string& where) {
  const auto& sources = context.job.sources;
  if (rule == "newest" || rule == "oldest") {
    const auto has_time = [](const SourceDeclaration& source) { return !source.time_column.empty(); };
    if (sources.empty() || std::all_of(sources.begin(), sources.end(), has_time)) return;
    const bool has_any = std::any_of(sources.begin(), sources.end(), has_time);
    const std::string name = std::find_if_not(sources.begin(), sources.end(), has_time)->name;
    if (has_any) {
      context.diagnostics.warning(mark, "sources." + name + " has no time for the rule '" + std::string(rule) + "' in " + where,
                                  "its claims count as older than all with a time");
    } else {
      context.diagnostics.error(mark, "the rule '" + std::string(rule) + "' in " + where + " needs times, and no source has one",
                                "name the column in the source: time: COLUMN");
    }
  }
  if (rule == "least_squares") {
    const auto has_sigma = [&](const SourceDeclaration& source) {
      return std::any_of(source.sigmas.begin(), source.sigmas.end(), [&](const SigmaSource& s) { return s.attribute == attribute; });
    };
    if (std::any_of(sources.begin(), sources.end(), has_sigma)) return;
    const std::string& name = context.job.schema[attribute].name;
    context.diagnostics.warning(mark, "no source states a standard error of '" + name + "' for least_squares: all values count the same",
                                "state it in the source: sigma: { " + name + ": 0.5 }");
  }
}

/// A weight that is an attribute must be a number. Any other name is a column, which `check` looks for in the files.
void check_weight(const DecodeContext& context, const ConfigNode& rule, const std::string& column, const std::string& where) {
  const auto found =
      std::find_if(context.job.schema.begin(), context.job.schema.end(), [&](const Attribute& a) { return a.name == column; });
  const Mark mark = rule.find("weight")->mark;
  const bool all_wide = std::none_of(context.job.sources.begin(), context.job.sources.end(), [](const auto& s) { return s.long_shape; });
  if (found == context.job.schema.end() || !all_wide || found->type == ValueType::Int64 || found->type == ValueType::Double) return;
  context.diagnostics.error(mark,
                            "the weight in " + where + " must be a number, '" + column + "' is a " + std::string(to_string(found->type)),
                            "declare it in schema: " + column + ": double");
}

AttributeFusion make_fusion(const DecodeContext& context, std::size_t index, const ConfigNode& rule, const std::string& where) {
  AttributeFusion fusion;
  RuleSetting setting;
  setting.attribute = context.job.schema[index];
  for (const SourceDeclaration& source : context.job.sources) setting.sources.push_back(source.name);
  const std::string written = rule_word(rule);
  const RuleInfo* info = find_rule(context.rules, written);
  fusion.rule_name = info != nullptr ? std::string(info->name) : written;
  fusion.rule = rule;
  if (info == nullptr && context.has_broken_plugin && written.starts_with(kPluginPrefix)) return fusion;
  Diagnostics inner;
  (void)make_rule(context.rules, rule, setting, where, inner);
  context.merge(inner);
  Diagnostics checks;
  DecodeContext scratch{context.job, checks, {}, {}, {}, {}};
  check_order(scratch, rule, where, inner);
  if (inner.ok()) check_inputs(scratch, fusion.rule_name, rule.mark, index, where);
  fusion.weight_column = weight_column(rule);
  if (inner.ok() && !fusion.weight_column.empty()) check_weight(scratch, rule, fusion.weight_column, where);
  context.merge(checks);
  const ConfigNode* tolerance = rule.find("same_within");
  if (tolerance != nullptr && tolerance->kind == NodeKind::Scalar) {
    const auto parsed = parse_tolerance(tolerance->scalar, setting.attribute.type);
    if (parsed) fusion.tolerance = *parsed;
  }
  return fusion;
}

/// The entry of fuse.attributes for an attribute: its own name, else the first glob that matches.
const ConfigEntry* entry_for(const ConfigNode* attributes, const std::string& name) {
  if (attributes == nullptr) return nullptr;
  for (const ConfigEntry& entry : attributes->entries) {
    if (entry.key == name) return &entry;
  }
  for (const ConfigEntry& entry : attributes->entries) {
    if (entry.key.find_first_of("*?") != std::string::npos && matches_glob(entry.key, name)) return &entry;
  }
  return nullptr;
}

void check_names(const DecodeContext& context, const ConfigNode& attributes) {
  if (attributes.kind != NodeKind::Map) {
    context.diagnostics.error(attributes.mark, "fuse.attributes must be a map from attributes to rules", "attributes: { price: median }");
    return;
  }
  const auto& schema = context.job.schema;
  for (const ConfigEntry& entry : attributes.entries) {
    if (entry.value.kind == NodeKind::Null) {
      context.diagnostics.error(entry.key_mark, "fuse.attributes." + entry.key + " names no rule", entry.key + ": vote");
    }
    if (entry.key.find_first_of("*?") != std::string::npos) {
      const auto is_match = [&](const Attribute& attribute) { return matches_glob(entry.key, attribute.name); };
      if (std::none_of(schema.begin(), schema.end(), is_match)) {
        context.diagnostics.error(entry.key_mark, "fuse.attributes." + entry.key + " matches no attribute",
                                  context.attribute_help(""));
      }
      continue;
    }
    const auto index = context.find_attribute(entry.key, entry.key_mark, "fuse.attributes");
    if (index && *index < context.job.key_size) {
      context.diagnostics.error(entry.key_mark, "'" + entry.key + "' is part of the entity key, which is the same in all claims",
                                "remove it from fuse.attributes, or from entity.key");
    }
  }
}

/// A default that no attribute takes is written by somebody who thinks that one does: its name at least must be a rule's. Its options
/// depend on the type of an attribute, and there is none.
void check_unused_default(const DecodeContext& context, const ConfigNode& fallback) {
  const std::string name = rule_word(fallback);
  if (find_rule(context.rules, name) != nullptr || (context.has_broken_plugin && name.starts_with(kPluginPrefix))) return;
  (void)make_rule(context.rules, fallback, {}, "fuse.default", context.diagnostics);
}

}  // namespace

void decode_fuse(DecodeContext& context, const ConfigNode* fuse) {
  JobFile& job = context.job;
  ConfigNode fallback = word(kDefaultRule);
  const ConfigNode* attributes = nullptr;
  if (fuse != nullptr) {
    const SectionTable table = section_table(Section::Fuse);
    const OptionMap options(*fuse, table.options, table.short_form, "fuse", context.diagnostics);
    if (const ConfigNode* given = options.node("default"); given != nullptr && given->kind != NodeKind::Null) fallback = *given;
    attributes = options.node("attributes");
    if (attributes != nullptr) check_names(context, *attributes);
  }
  if (fallback.kind == NodeKind::Map && fallback.find("rule") == nullptr) {
    ConfigNode named = word(kDefaultRule);
    named.mark = fallback.mark;
    fallback = complete_rule(fallback, named);
  }
  job.fuse.resize(job.schema.size());
  bool is_fallback_used = false;
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) {
    const std::string& name = job.schema[i].name;
    const ConfigEntry* own = entry_for(attributes, name);
    const bool is_own = own != nullptr && own->value.kind != NodeKind::Null;
    const ConfigNode rule = is_own ? complete_rule(own->value, fallback) : fallback;
    if (!is_own || (own->value.kind == NodeKind::Map && own->value.find("rule") == nullptr)) is_fallback_used = true;
    job.fuse[i] = make_fusion(context, i, rule, is_own ? "fuse.attributes." + own->key : "fuse.default");
  }
  if (!is_fallback_used) check_unused_default(context, fallback);
}

}  // namespace sinter::fusion

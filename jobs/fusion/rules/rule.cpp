// The list of rules and the making of one: see rule.hpp. Any thread.
#include "jobs/fusion/rules/rule.hpp"

#include <algorithm>
#include <iterator>

#include "jobs/fusion/rules/rule_list.hpp"

namespace sinter::fusion {
namespace {

constexpr std::string_view kRuleOption = "rule";

const RuleInfo* find_rule(const std::vector<RuleInfo>& rules, std::string_view name) {
  for (const RuleInfo& rule : rules) {
    if (rule.name == name || std::find(rule.aliases.begin(), rule.aliases.end(), name) != rule.aliases.end()) return &rule;
  }
  return nullptr;
}

std::string type_list(const std::vector<ValueType>& types) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text += i + 1 == types.size() ? " or " : ", ";
    text += to_string(types[i]);
  }
  return text;
}

std::size_t error_count(const Diagnostics& diagnostics) {
  return static_cast<std::size_t>(std::count_if(diagnostics.problems().begin(), diagnostics.problems().end(),
                                                [](const Diagnostics::Problem& problem) { return !problem.is_warning; }));
}

}  // namespace

std::vector<RuleInfo> all_rules() {
  std::vector<RuleInfo> rules;
  for (auto family : {vote_rules, prefer_rules, recency_rules, extreme_rules, total_rules, mean_rules, weighted_mean_rules, median_rules,
                      trimmed_mean_rules, huber_rules, truth_rules, unanimous_rules, set_rules, collect_rules}) {
    std::vector<RuleInfo> some = family();
    std::move(some.begin(), some.end(), std::back_inserter(rules));
  }
  return rules;
}

std::vector<OptionInfo> common_rule_options() {
  return {{"ties", OptionType::String, false,
           "order of values with equal votes: trust, smallest, largest, first, most_trusted, newest or longest", "trust"},
          {"same_within", OptionType::String, false, "values this close count as one: 0.5 or 1% for numbers, 10m for timestamps", ""},
          {"min_support", OptionType::String, false, "fewer voters (2) or a smaller share of them (50%) give null", ""},
          {"weight", OptionType::String, false, "what weighs a claim: trust (or the source's weight column), none, or a column of the row",
           "trust"}};
}

std::unique_ptr<Rule> make_rule(const std::vector<RuleInfo>& rules, const ConfigNode& node, const RuleSetting& setting,
                                std::string_view where, Diagnostics& diagnostics) {
  const ConfigNode* name = node.kind == NodeKind::Map ? node.find(kRuleOption) : &node;
  if (name == nullptr || name->kind != NodeKind::Scalar) {
    diagnostics.error(name == nullptr ? node.mark : name->mark, std::string(where) + " needs a rule",
                      "write a rule's name, like median, or a map like { rule: vote, ties: first }");
    return nullptr;
  }
  const RuleInfo* rule = find_rule(rules, name->scalar);
  if (rule == nullptr) {
    std::vector<std::string_view> names;
    for (const RuleInfo& one : rules) {
      names.push_back(one.name);
      names.insert(names.end(), one.aliases.begin(), one.aliases.end());
    }
    const std::string_view near = nearest(name->scalar, names);
    std::string help = "sinter list rules shows all of them";
    if (name->scalar.starts_with(kPluginPrefix)) help = "name the shared object that has it, at the top level: plugins: [ ./mine.so ]";
    if (!near.empty()) help = "did you mean '" + std::string(near) + "'?";
    diagnostics.error(name->mark, "unknown rule '" + name->scalar + "' in " + std::string(where), std::move(help));
    return nullptr;
  }
  std::vector<OptionInfo> options = common_rule_options();
  options.insert(options.begin(), rule->options.begin(), rule->options.end());
  options.insert(options.begin(), {kRuleOption, OptionType::String, true, "the rule's name", ""});
  const std::size_t errors_before = error_count(diagnostics);
  const OptionMap map(node, options, kRuleOption, std::string(where), diagnostics);
  const ValueType type = setting.attribute.type;
  if (!rule->types.empty() && std::find(rule->types.begin(), rule->types.end(), type) == rule->types.end()) {
    diagnostics.error(name->mark, "rule '" + name->scalar + "' needs " + type_list(rule->types) + ", attribute '" + setting.attribute.name +
                                      "' is " + std::string(to_string(type)),
                      "change the type in schema, or choose a rule for it: vote, prefer and newest take any type");
    return nullptr;
  }
  if (rule->is_foreign && error_count(diagnostics) != errors_before) return nullptr;
  std::unique_ptr<Rule> made = rule->make(map, setting);
  return error_count(diagnostics) == errors_before ? std::move(made) : nullptr;
}

}  // namespace sinter::fusion

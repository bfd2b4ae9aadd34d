// vote, weighted_vote, k_sources: the rules over VoteRule. Immutable; any thread.
#include "jobs/fusion/rules/item_rule.hpp"
#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/vote_rule.hpp"

namespace sinter::fusion {
namespace {

constexpr ModifierSet kVoteModifiers{.ties = true, .same_within = true, .min_share = true, .weight = true};

std::unique_ptr<Rule> make_vote(const OptionMap& options, const RuleSetting& setting, bool by_weight) {
  const Modifiers modifiers = read_modifiers(options, setting, by_weight ? "weighted_vote" : "vote", kVoteModifiers);
  return std::make_unique<VoteRule>(VoteSetting{setting.attribute, modifiers, by_weight, 1});
}

std::unique_ptr<Rule> make_k_sources(const OptionMap& options, const RuleSetting& setting) {
  const bool lists = setting.attribute.type == ValueType::List;
  const Modifiers modifiers = read_modifiers(options, setting, "k_sources", lists ? ModifierSet{} : kVoteModifiers);
  const std::int64_t k = options.integer("k", 2);
  if (k < 1) options.error("k", "k must be at least 1", "k: 2 asks for two sources that agree");
  const auto sources = static_cast<std::uint64_t>(std::max<std::int64_t>(k, 1));
  if (lists) return std::make_unique<ItemRule>(ItemSetting{modifiers.min_support, ItemChoice::KSources, sources, CollectOrder::Value});
  return std::make_unique<VoteRule>(VoteSetting{setting.attribute, modifiers, false, sources});
}

}  // namespace

std::vector<RuleInfo> vote_rules() {
  std::vector<RuleInfo> rules(3);
  rules[0] = {"vote", {"majority", "cry_with_the_wolves", "most_common", "mode"},
              "the value of the most sources; ties by trust, then the smallest value", "condition: vote", {}, {}, {}};
  rules[1] = {"weighted_vote", {"weighted_majority", "trusted_vote"}, "the value with the largest sum of trust",
              "title: { rule: weighted_vote, min_support: 2 }", {}, {}, {}};
  rules[2] = {"k_sources", {"k_agree", "at_least_k"},
              "the most supported value, when at least k sources claim it; of lists the items that k sources claim",
              "phone: { rule: k_sources, k: 2 }", {}, {{"k", OptionType::Integer, false, "sources that must agree", "2"}}, make_k_sources};
  rules[0].make = [](const OptionMap& options, const RuleSetting& setting) { return make_vote(options, setting, false); };
  rules[1].make = [](const OptionMap& options, const RuleSetting& setting) { return make_vote(options, setting, true); };
  return rules;
}

}  // namespace sinter::fusion

// prefer: the value of the first source in an order of sources. Immutable; any thread.
#include <algorithm>
#include <map>

#include "base/bytes.hpp"
#include "jobs/fusion/rules/best_claim_rule.hpp"
#include "jobs/fusion/rules/rule_list.hpp"

namespace sinter::fusion {
namespace {

constexpr std::size_t kRankBytes = 4;
constexpr std::size_t kTimeBytes = 9;

/// Order: rank of the source (unlisted ones are last, together), then the newest, claims without a time last, then the smallest value.
class PreferRule final : public BestClaimRule {
 public:
  PreferRule(Attribute attribute, MinSupport min_support, const std::vector<std::string>& order)
      : BestClaimRule(std::move(attribute), min_support, kRankBytes) {
    for (const std::string& name : order) ranks_.emplace(name, static_cast<std::uint32_t>(ranks_.size()));
  }
  ClaimNeeds needs() const override { return {.source = true, .time = true}; }

 protected:
  void append_order(const Claim& claim, std::string& order) const override {
    const auto found = ranks_.find(claim.source);
    const std::uint32_t rank = found == ranks_.end() ? static_cast<std::uint32_t>(ranks_.size()) : found->second;
    append_fixed(order, __builtin_bswap32(rank));
    order.push_back(claim.time ? '\x00' : '\x01');
    const std::uint64_t micros = claim.time ? ~(static_cast<std::uint64_t>(claim.time->micros) ^ (std::uint64_t{1} << 63)) : 0;
    append_fixed(order, __builtin_bswap64(micros));
    append_value(order, claim.value);
  }
  bool read_value_of(std::string_view order, Arena& arena, Value& value) const override {
    std::size_t at = kRankBytes + kTimeBytes;
    return read_value(order, at, arena, value);
  }

 private:
  std::map<std::string, std::uint32_t, std::less<>> ranks_;
};

std::unique_ptr<Rule> make_prefer(const OptionMap& options, const RuleSetting& setting) {
  const Modifiers modifiers = read_modifiers(options, setting, "prefer", {.min_share = true});
  std::vector<std::string> order = options.has("order") ? options.strings("order") : setting.sources;
  const std::vector<std::string_view> declared(setting.sources.begin(), setting.sources.end());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (std::find(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(i), order[i]) != order.begin()
        + static_cast<std::ptrdiff_t>(i)) {
      options.error("order", "source '" + order[i] + "' is twice in the order of prefer", "each source has one place");
    }
    // A name may appear only in data (source_column), so only a near miss of a declared one is refused.
    if (std::find(declared.begin(), declared.end(), order[i]) != declared.end()) continue;
    const std::string_view near = nearest(order[i], declared);
    const bool near_is_listed = std::find(order.begin(), order.end(), near) != order.end();
    if (!near.empty() && !near_is_listed) {
      options.error("order", "unknown source '" + order[i] + "' in the order of prefer", "did you mean '" + std::string(near) + "'?");
    }
  }
  if (order.empty()) options.error("order", "prefer needs an order of sources", "write order: [best_source, next_source]");
  return std::make_unique<PreferRule>(setting.attribute, modifiers.min_support, order);
}

}  // namespace

std::vector<RuleInfo> prefer_rules() {
  RuleInfo prefer{"prefer", {"trust_your_friends", "favour_sources", "favor_sources", "source_priority", "trust_order"},
                  "the value of the first source in the order; unlisted sources come last; of one rank the newest, then the smallest",
                  "isbn: { rule: prefer, order: [publisher, shop] }", {},
                  {{"order", OptionType::StringList, false, "sources, best first", "the order of sources in the job file"}},
                  make_prefer};
  std::vector<RuleInfo> rules;
  rules.push_back(std::move(prefer));
  return rules;
}

}  // namespace sinter::fusion

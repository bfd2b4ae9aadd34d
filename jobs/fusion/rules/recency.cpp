// newest, oldest: the claim of the extreme time. Immutable; any thread.
#include <bit>

#include "base/bytes.hpp"
#include "jobs/fusion/rules/best_claim_rule.hpp"
#include "jobs/fusion/rules/rule_list.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

constexpr std::size_t kRankBytes = 9;    // "has no time" and the time
constexpr std::size_t kWeightBytes = 9;  // a double key, descending

/// Order: claims with a time before those without, then time, then the larger weight, then the smallest value.
class RecencyRule final : public BestClaimRule {
 public:
  RecencyRule(Attribute attribute, const Modifiers& modifiers, bool newest)
      : BestClaimRule(std::move(attribute), modifiers.min_support, kRankBytes), newest_(newest), use_weight_(modifiers.use_weight) {}
  ClaimNeeds needs() const override { return {.time = true, .weight = use_weight_}; }

 protected:
  void append_order(const Claim& claim, std::string& order) const override {
    const std::uint64_t micros = claim.time ? static_cast<std::uint64_t>(claim.time->micros) ^ (std::uint64_t{1} << 63) : 0;
    order.push_back(claim.time ? '\x00' : '\x01');
    append_fixed(order, __builtin_bswap64(newest_ && claim.time ? ~micros : micros));
    append_key_double(order, use_weight_ ? claim.weight : 1.0, Order::Descending);
    append_value(order, claim.value);
  }
  bool read_value_of(std::string_view order, Arena& arena, Value& value) const override {
    std::size_t at = kRankBytes + kWeightBytes;
    return read_value(order, at, arena, value);
  }

 private:
  bool newest_;
  bool use_weight_;
};

std::unique_ptr<Rule> make_recency(const OptionMap& options, const RuleSetting& setting, bool newest) {
  const Modifiers modifiers = read_modifiers(options, setting, newest ? "newest" : "oldest", {.min_share = true, .weight = true});
  return std::make_unique<RecencyRule>(setting.attribute, modifiers, newest);
}

}  // namespace

std::vector<RuleInfo> recency_rules() {
  std::vector<RuleInfo> rules(2);
  rules[0] = {"newest", {"most_recent", "latest", "keep_up_to_date"},
              "the value claimed last in time; of the same time the most trusted, then the smallest; claims without a time lose",
              "stock: newest", {}, {}, {}};
  rules[1] = {"oldest", {"earliest", "least_recent"}, "the value claimed first in time; ties and missing times as in newest",
      "created: oldest", {}, {}, {}};
  rules[0].make = [](const OptionMap& options, const RuleSetting& setting) { return make_recency(options, setting, true); };
  rules[1].make = [](const OptionMap& options, const RuleSetting& setting) { return make_recency(options, setting, false); };
  return rules;
}

}  // namespace sinter::fusion

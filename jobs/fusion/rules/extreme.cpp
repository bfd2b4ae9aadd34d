// min, max, longest, shortest: orders of the value alone. Immutable; any thread.
#include <algorithm>

#include "jobs/fusion/rules/best_claim_rule.hpp"
#include "jobs/fusion/rules/rule_list.hpp"

namespace sinter::fusion {
namespace {

void invert(std::string& bytes, std::size_t from) {
  for (std::size_t i = from; i < bytes.size(); ++i) bytes[i] = static_cast<char>(~static_cast<unsigned char>(bytes[i]));
}

class MinRule final : public BestClaimRule {
 public:
  MinRule(Attribute attribute, MinSupport min_support) : BestClaimRule(std::move(attribute), min_support, 0) {}
  ClaimNeeds needs() const override { return {}; }

 protected:
  void append_order(const Claim& claim, std::string& order) const override { append_value(order, claim.value); }
  bool read_value_of(std::string_view order, Arena& arena, Value& value) const override {
    std::size_t at = 0;
    return read_value(order, at, arena, value);
  }
};

class MaxRule final : public BestClaimRule {
 public:
  MaxRule(Attribute attribute, MinSupport min_support) : BestClaimRule(std::move(attribute), min_support, 0) {}
  ClaimNeeds needs() const override { return {}; }

 protected:
  // Value bytes are prefix-free, so inverting all of them inverts their order.
  void append_order(const Claim& claim, std::string& order) const override {
    const std::size_t start = order.size();
    append_value(order, claim.value);
    invert(order, start);
  }
  bool read_value_of(std::string_view order, Arena& arena, Value& value) const override {
    std::string bytes(order);
    invert(bytes, 0);
    std::size_t at = 0;
    return read_value(bytes, at, arena, value);
  }
};

/// Length in Unicode characters of a text (bytes that do not continue a UTF-8 sequence), in items of a list.
std::uint32_t length_of(const Value& value) {
  if (value.type() == ValueType::List) return static_cast<std::uint32_t>(value.list_size());
  std::uint32_t length = 0;
  for (const char byte : value.string()) length += (static_cast<unsigned char>(byte) & 0xc0) != 0x80 ? 1 : 0;
  return length;
}

class LengthRule final : public BestClaimRule {
 public:
  LengthRule(Attribute attribute, MinSupport min_support, bool longest)
      : BestClaimRule(std::move(attribute), min_support, 0), longest_(longest) {}
  ClaimNeeds needs() const override { return {}; }

 protected:
  static constexpr std::size_t kLengthBytes = 4;
  void append_order(const Claim& claim, std::string& order) const override {
    const std::uint32_t length = length_of(claim.value);
    const std::uint32_t ordered = longest_ ? ~length : length;
    for (int shift = 24; shift >= 0; shift -= 8) order.push_back(static_cast<char>(ordered >> shift));
    append_value(order, claim.value);
  }
  bool read_value_of(std::string_view order, Arena& arena, Value& value) const override {
    std::size_t at = kLengthBytes;
    return read_value(order, at, arena, value);
  }

 private:
  bool longest_;
};

MinSupport min_support_of(const OptionMap& options, const RuleSetting& setting, std::string_view rule) {
  return read_modifiers(options, setting, rule, {.min_share = true}).min_support;
}

}  // namespace

std::vector<RuleInfo> extreme_rules() {
  const std::vector<ValueType> lengthy{ValueType::String, ValueType::List};
  std::vector<RuleInfo> rules(4);
  rules[0] = {"longest", {"most_complete", "longest_string"}, "the longest text or list; of equal length the smallest",
      "title: longest", lengthy, {}, {}};
  rules[1] = {"shortest", {"shortest_string"}, "the shortest text or list; of equal length the smallest", "code: shortest", lengthy,
      {}, {}};
  rules[2] = {"min", {"minimum", "smallest", "lowest"}, "the smallest value", "price: min", {}, {}, {}};
  rules[3] = {"max", {"maximum", "largest", "highest"}, "the largest value", "price: max", {}, {}, {}};
  rules[0].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<LengthRule>(setting.attribute, min_support_of(options, setting, "longest"), true);
  };
  rules[1].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<LengthRule>(setting.attribute, min_support_of(options, setting, "shortest"), false);
  };
  rules[2].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<MinRule>(setting.attribute, min_support_of(options, setting, "min"));
  };
  rules[3].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<MaxRule>(setting.attribute, min_support_of(options, setting, "max"));
  };
  return rules;
}

}  // namespace sinter::fusion

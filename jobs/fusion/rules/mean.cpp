// mean: the exact sum over the count, correctly rounded. Immutable; any thread.
#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/sums_rule.hpp"

namespace sinter::fusion {
namespace {

/// Confidence: s / sqrt(n) with the sample deviation s, from exact sums.
class MeanRule final : public SumsRule {
 public:
  MeanRule(const RuleSetting& setting, MinSupport min_support)
      : SumsRule(setting.confidence ? std::vector<unsigned>{1, 2} : std::vector<unsigned>{1}, FirstSum::Values),
        attribute_(setting.attribute.type),
        min_support_(min_support),
        squares_(setting.confidence) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return mediated_type(attribute_); }

 protected:
  void append_sums(const Claim& claim, std::string& state) const override {
    const ExactFactor x = exact_factor(claim.value);
    append_product(state, {x});
    if (squares_) append_product(state, {x, x});
  }
  FusedCell answer(std::uint64_t claims, const Sums& sums) const override {
    FusedCell cell = no_answer(claims);
    cell.confidence_is_standard_error = true;
    const double error = squares_ ? standard_error(claims, claims, sums[0], sums[1]) : kUndefined;
    cell.confidence = shown_error(error, attribute_);
    if (min_support_.met_by(claims, 1)) cell.value = quotient_value(sums[0], claims, result_type());
    return cell;
  }

 private:
  ValueType attribute_;
  MinSupport min_support_;
  bool squares_;
};

}  // namespace

std::vector<ValueType> numeric_types() { return {ValueType::Int64, ValueType::Double, ValueType::Timestamp}; }

std::vector<RuleInfo> mean_rules() {
  RuleInfo mean{"mean", {"avg", "average", "meet_in_the_middle"}, "the arithmetic mean, exactly summed and correctly rounded",
                "temperature: mean", numeric_types(), {}, {}};
  mean.make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<MeanRule>(setting, read_modifiers(options, setting, "mean", {}).min_support);
  };
  std::vector<RuleInfo> rules;
  rules.push_back(std::move(mean));
  return rules;
}

}  // namespace sinter::fusion

// trimmed_mean: the mean without the smallest and largest claims. Immutable; any thread.
#include <cmath>

#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/sums_rule.hpp"

namespace sinter::fusion {
namespace {

constexpr double kDefaultTrim = 0.1;
/// 0.29 * 100 is a hair under 29 in binary.
constexpr double kCountSlack = 1e-9;

/// k = floor(trim n) claims are dropped at each end; h = n - 2k stay. Confidence: sqrt( D / (h (h - 1)) ), D the squared
/// deviations of the Winsorised claims (Tukey and McLaughlin 1963).
class TrimmedMeanRule final : public ClaimSetRule {
 public:
  TrimmedMeanRule(ValueType attribute, MinSupport min_support, double trim) : attribute_(attribute), min_support_(min_support),
      trim_(trim) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return mediated_type(attribute_); }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace&, Arena&) const override {
    FusedCell cell = no_answer(0);
    cell.confidence_is_standard_error = true;
    SINTER_TRY(claims.rewind());
    Claim claim;
    while (true) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) break;
      ++cell.claims;
    }
    const std::uint64_t n = cell.claims;
    if (n == 0 || !min_support_.met_by(n, 1)) return cell;
    const auto dropped = static_cast<std::uint64_t>(std::floor(trim_ * static_cast<double>(n) + kCountSlack));
    const std::uint64_t kept = n - 2 * dropped;
    ExactSum sum, winsorised, squares(2);
    SINTER_TRY(claims.rewind());
    for (std::uint64_t i = 0; i < n; ++i) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) return internal_error("a claim cursor gave fewer claims in its second pass");
      if (i < dropped || i >= dropped + kept) continue;
      add_value(sum, claim.value);
      // Each dropped claim counts as the nearest kept one.
      const std::uint64_t times = 1 + (i == dropped ? dropped : 0) + (i + 1 == dropped + kept ? dropped : 0);
      for (std::uint64_t time = 0; time < times; ++time) {
        const ExactFactor x[2] = {exact_factor(claim.value), exact_factor(claim.value)};
        winsorised.add({x, 1});
        squares.add({x, 2});
      }
    }
    cell.value = quotient_value(sum, kept, result_type());
    cell.confidence = shown_error(standard_error(n, kept, winsorised, squares), attribute_);
    return cell;
  }

 private:
  ValueType attribute_;
  MinSupport min_support_;
  double trim_;
};

}  // namespace

std::vector<RuleInfo> trimmed_mean_rules() {
  RuleInfo trimmed{"trimmed_mean", {"truncated_mean"}, "the mean without a share of the smallest and of the largest claims",
                   "rating: { rule: trimmed_mean, trim: 20% }", numeric_types(),
                   {{"trim", OptionType::Fraction, false, "share dropped at each end, less than 50%", "10%"}}, {}};
  trimmed.make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    double trim = options.number("trim", kDefaultTrim);
    if (!(trim >= 0 && trim < 0.5)) {
      options.error("trim", "trim must be at least 0 and less than 50%", "it is the share dropped at each end, like 10%");
      trim = kDefaultTrim;
    }
    return std::make_unique<TrimmedMeanRule>(setting.attribute.type, read_modifiers(options, setting, "trimmed_mean",
        {}).min_support, trim);
  };
  std::vector<RuleInfo> rules;
  rules.push_back(std::move(trimmed));
  return rules;
}

}  // namespace sinter::fusion

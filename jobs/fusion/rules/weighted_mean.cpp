// weighted_mean and least_squares: exact weighted sums. Immutable; any thread.
#include <cmath>

#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/sums_rule.hpp"

namespace sinter::fusion {
namespace {

/// S(w x) / S(w), correctly rounded. Confidence: sqrt( [S(w x^2) / S(w) - mean^2] / (m - 1) ) with the effective number of
/// claims m = S(w)^2 / S(w^2) (Kish 1965); with equal weights that is s / sqrt(n).
class WeightedMeanRule final : public SumsRule {
 public:
  WeightedMeanRule(ValueType attribute, const Modifiers& modifiers)
      : SumsRule({1, 2, 2, 3}, FirstSum::Other),
        attribute_(attribute),
        min_support_(modifiers.min_support),
        use_weight_(modifiers.use_weight) {}
  ClaimNeeds needs() const override { return {.weight = use_weight_}; }
  ValueType result_type() const override { return mediated_type(attribute_); }

 protected:
  void append_sums(const Claim& claim, std::string& state) const override {
    const ExactFactor x = exact_factor(claim.value);
    const ExactFactor weight = ExactFactor::of(use_weight_ ? claim.weight : 1.0);
    append_product(state, {weight});
    append_product(state, {weight, x});
    append_product(state, {weight, weight});
    append_product(state, {weight, x, x});
  }
  FusedCell answer(std::uint64_t claims, const Sums& sums) const override {
    FusedCell cell = no_answer(claims);
    cell.confidence_is_standard_error = true;
    for (const ExactSum& sum : sums) {
      if (!sum.finite()) return cell;
    }
    const WideNumber weight = sums[0].wide();
    if (weight.is_zero() || weight.negative()) return cell;
    if (min_support_.met_by(claims, 1)) cell.value = quotient_value(sums[1].wide(), weight, result_type());
    const WideNumber spread = sums[3].wide() * weight - sums[1].wide() * sums[1].wide();
    const WideNumber squares = sums[2].wide();
    const WideNumber excess = weight * weight - squares;
    cell.distinct_values = spread.is_zero() ? 1 : 2;
    if (claims < 2 || excess.is_zero() || excess.negative()) return cell;
    const ScaledNumber total = weight.scaled();
    const ScaledNumber variance = spread.scaled() * squares.scaled() / (total * total * excess.scaled());
    cell.confidence = shown_error(square_root(variance).to_double(), attribute_);
    return cell;
  }

 private:
  ValueType attribute_;
  MinSupport min_support_;
  bool use_weight_;
};

/// Best linear unbiased estimate from independent claims of stated standard error: S(x / sigma^2) / S(1 / sigma^2), standard
/// error 1 / sqrt(S(1 / sigma^2)) (Gauss; Aitken 1935). A claim without sigma takes the default, or else has no weight.
/// Told to weigh, S(w x / sigma^2) / S(w / sigma^2), standard error sqrt(S(w^2 / sigma^2)) / S(w / sigma^2).
class LeastSquaresRule final : public SumsRule {
 public:
  LeastSquaresRule(ValueType attribute, const Modifiers& modifiers, double default_sigma)
      : SumsRule(modifiers.use_weight ? std::vector<unsigned>{2, 3, 3} : std::vector<unsigned>{1, 2}, FirstSum::Other),
        attribute_(attribute),
        min_support_(modifiers.min_support),
        use_weight_(modifiers.use_weight),
        default_sigma_(default_sigma) {}
  ClaimNeeds needs() const override { return {.weight = use_weight_, .sigma = true}; }
  ValueType result_type() const override { return mediated_type(attribute_); }

 protected:
  void append_sums(const Claim& claim, std::string& state) const override {
    double sigma = claim.sigma > 0 ? claim.sigma : default_sigma_;
    // Sigmas of timestamps are stated in seconds, their values are microseconds.
    if (attribute_ == ValueType::Timestamp) sigma *= 1e6;
    const ExactFactor precision = ExactFactor::of(sigma > 0 ? 1 / (sigma * sigma) : 0);
    if (!use_weight_) {
      append_product(state, {precision});
      append_product(state, {precision, exact_factor(claim.value)});
      return;
    }
    const ExactFactor weight = ExactFactor::of(claim.weight);
    append_product(state, {weight, precision});
    append_product(state, {weight, precision, exact_factor(claim.value)});
    append_product(state, {weight, weight, precision});
  }
  FusedCell answer(std::uint64_t claims, const Sums& sums) const override {
    FusedCell cell = no_answer(claims);
    cell.confidence_is_standard_error = true;
    if (!sums[0].finite() || !sums[1].finite() || (use_weight_ && !sums[2].finite())) return cell;
    const WideNumber precision = sums[0].wide();
    if (precision.is_zero() || precision.negative()) return cell;
    if (min_support_.met_by(claims, 1)) cell.value = quotient_value(sums[1].wide(), precision, result_type());
    const ScaledNumber total = precision.scaled();
    const ScaledNumber variance = use_weight_ ? sums[2].wide().scaled() / (total * total) : ScaledNumber::of(1) / total;
    cell.confidence = shown_error(square_root(variance).to_double(), attribute_);
    return cell;
  }

 private:
  ValueType attribute_;
  MinSupport min_support_;
  bool use_weight_;
  double default_sigma_;
};

std::unique_ptr<Rule> make_weighted_mean(const OptionMap& options, const RuleSetting& setting) {
  return std::make_unique<WeightedMeanRule>(setting.attribute.type, read_modifiers(options, setting, "weighted_mean", {.weight = true}));
}

std::unique_ptr<Rule> make_least_squares(const OptionMap& options, const RuleSetting& setting) {
  const Modifiers modifiers = read_modifiers(options, setting, "least_squares", {.weight = true, .weighs_when_told = true});
  const double sigma = options.number("default_sigma", 0);
  if (options.has("default_sigma") && !(sigma > 0)) options.error("default_sigma", "default_sigma must be greater than 0",
      "write the usual standard error of a claim");
  return std::make_unique<LeastSquaresRule>(setting.attribute.type, modifiers, sigma);
}

}  // namespace

std::vector<RuleInfo> weighted_mean_rules() {
  std::vector<RuleInfo> rules;
  rules.push_back({"weighted_mean", {"weighted_average", "weighted_avg"}, "the mean weighted by trust", "price: weighted_mean",
      numeric_types(),
                   {}, make_weighted_mean});
  rules.push_back({"least_squares", {"inverse_variance", "precision_weighted", "blue", "wls"},
                   "the mean weighted by 1 / sigma^2 from stated standard errors; a claim without one has no weight",
                   "length: { rule: least_squares, default_sigma: 0.5 }", numeric_types(),
                   {{"default_sigma", OptionType::Number, false, "standard error of claims that state none; seconds for timestamps", ""}},
                   make_least_squares});
  return rules;
}

}  // namespace sinter::fusion

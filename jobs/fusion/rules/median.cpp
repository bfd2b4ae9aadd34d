// median and weighted_median: order statistics over the claim set, in two passes. Immutable; any thread.
#include <cmath>

#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/sums_rule.hpp"
#include "jobs/fusion/rules/value_order.hpp"

namespace sinter::fusion {
namespace {

/// Half the distance between the claims one standard deviation of rank (sqrt(n) / 2) below and above the middle: the
/// distribution-free standard error of a median (McKean and Schrader 1984, with z = 1). A far outlier does not move it.
double rank_error(const Value& below, const Value& above) { return (number_of(above) - number_of(below)) / 2; }

/// Of an even count the mean of the two in the middle, correctly rounded.
class MedianRule final : public ClaimSetRule {
 public:
  MedianRule(ValueType attribute, MinSupport min_support) : attribute_(attribute), min_support_(min_support) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return mediated_type(attribute_); }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace&, Arena&) const override {
    FusedCell cell = no_answer(0);
    cell.confidence_is_standard_error = true;
    SINTER_TRY(count(claims, cell));
    if (cell.claims == 0 || !min_support_.met_by(cell.claims, 1)) return cell;
    Value low, high, below, above;
    SINTER_TRY(pick(claims, cell.claims, low, high, below, above));
    ExactSum middle;
    add_value(middle, low);
    add_value(middle, high);
    cell.value = quotient_value(middle, 2, result_type());
    if (cell.claims > 1) cell.confidence = shown_error(rank_error(below, above), attribute_);
    return cell;
  }

 private:
  static Status count(ClaimCursor& claims, FusedCell& cell) {
    SINTER_TRY(claims.rewind());
    Value last;
    Claim claim;
    while (true) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) return {};
      if (cell.claims++ > 0 && same_value(last, claim.value)) continue;
      ++cell.distinct_values;
      last = claim.value;
    }
  }

  static Status pick(ClaimCursor& claims, std::uint64_t n, Value& low, Value& high, Value& below, Value& above) {
    const double half = static_cast<double>(n) / 2, deviation = std::sqrt(static_cast<double>(n)) / 2;
    SINTER_TRY(claims.rewind());
    Claim claim;
    // Ranks from 1; the first that passes a bound is taken.
    for (std::uint64_t rank = 1; rank <= n; ++rank) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) return internal_error("a claim cursor gave fewer claims in its second pass");
      if (rank == (n + 1) / 2) low = claim.value;
      if (rank == n / 2 + 1) high = claim.value;
      if (below.is_null() && static_cast<double>(rank) > half - deviation) below = claim.value;
      if (above.is_null() && (static_cast<double>(rank) >= half + deviation || rank == n)) above = claim.value;
    }
    return {};
  }

  ValueType attribute_;
  MinSupport min_support_;
};

/// Half of a total weight. Rounded sums decide only where they are far from it: 0.1 + 0.2 is more than half of 0.1 + 0.2 + 0.3 by a bit.
class Half {
 public:
  explicit Half(const ExactSum& total) : total_(total), half_(total.to_double() / 2) {}
  double approximate() const { return half_; }
  /// `rounded` is sum.to_double().
  bool is_reached_by(const ExactSum& sum, double rounded) const {
    constexpr double kFar = 1e-9;
    if (std::isfinite(half_) && std::abs(rounded - half_) > kFar * half_) return rounded > half_;
    if (!sum.finite() || !total_.finite()) return rounded >= half_;
    const WideNumber missing = total_.wide() - sum.wide() * WideNumber::of(2);
    return missing.is_zero() || missing.negative();
  }

 private:
  const ExactSum& total_;
  double half_;
};

/// The smallest claimed v with S(w: x < v) < W / 2 and S(w: x > v) <= W / 2: it minimises S(w |x - v|) (least absolute
/// deviations; as in CRH, Li et al. 2014). Confidence: rank_error() over cumulated weights, sqrt(S(w^2)) for sqrt(n).
class WeightedMedianRule final : public ClaimSetRule {
 public:
  WeightedMedianRule(ValueType attribute, const Modifiers& modifiers)
      : attribute_(attribute), min_support_(modifiers.min_support), use_weight_(modifiers.use_weight) {}
  ClaimNeeds needs() const override { return {.weight = use_weight_}; }
  /// One of the claimed values, so the type stays.
  ValueType result_type() const override { return attribute_; }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace&, Arena&) const override {
    FusedCell cell = no_answer(0);
    cell.confidence_is_standard_error = true;
    ExactSum total, squares(2);
    SINTER_TRY(weigh(claims, cell, total, squares));
    if (cell.claims == 0 || !min_support_.met_by(cell.claims, 1)) return cell;
    const Half middle(total);
    const double half = middle.approximate(), deviation = std::sqrt(squares.to_double()) / 2;
    Value below, above;
    SINTER_TRY(claims.rewind());
    ExactSum cumulated;
    Claim claim;
    while (above.is_null()) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) break;
      cumulated.add(weight_of(claim));
      const double at = cumulated.to_double();
      if (below.is_null() && at > half - deviation) below = claim.value;
      if (cell.value.is_null() && middle.is_reached_by(cumulated, at)) cell.value = claim.value;
      if (at >= half + deviation) above = claim.value;
    }
    if (cell.claims < 2 || below.is_null()) return cell;  // no bounds when the weights add up to more than any double
    // The last claim, when rounding keeps the sum just below the bound.
    cell.confidence = shown_error(rank_error(below, above.is_null() ? claim.value : above), attribute_);
    return cell;
  }

 private:
  double weight_of(const Claim& claim) const { return use_weight_ ? claim.weight : 1.0; }

  Status weigh(ClaimCursor& claims, FusedCell& cell, ExactSum& total, ExactSum& squares) const {
    SINTER_TRY(claims.rewind());
    Value last;
    Claim claim;
    while (true) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) return {};
      total.add(weight_of(claim));
      const ExactFactor weight[2] = {ExactFactor::of(weight_of(claim)), ExactFactor::of(weight_of(claim))};
      squares.add(weight);
      if (cell.claims++ > 0 && same_value(last, claim.value)) continue;
      ++cell.distinct_values;
      last = claim.value;
    }
  }

  ValueType attribute_;
  MinSupport min_support_;
  bool use_weight_;
};

}  // namespace

std::vector<RuleInfo> median_rules() {
  std::vector<RuleInfo> rules(2);
  rules[0] = {"median", {"middle"}, "the middle claim; of an even count the mean of the two in the middle", "price: median",
      numeric_types(), {}, {}};
  rules[1] = {"weighted_median", {"lad", "least_absolute_deviations"},
      "the claim in the middle of the weights: least sum of weighted absolute deviations",
              "price: weighted_median", numeric_types(), {}, {}};
  rules[0].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<MedianRule>(setting.attribute.type, read_modifiers(options, setting, "median", {}).min_support);
  };
  rules[1].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<WeightedMedianRule>(setting.attribute.type, read_modifiers(options, setting, "weighted_median",
        {.weight = true}));
  };
  return rules;
}

}  // namespace sinter::fusion

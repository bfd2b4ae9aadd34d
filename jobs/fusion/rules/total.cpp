// sum and count: totals over claims. Immutable; any thread.
#include "jobs/fusion/rules/cell_workspace.hpp"
#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/sums_rule.hpp"
#include "jobs/fusion/rules/value_order.hpp"

namespace sinter::fusion {
namespace {

/// An int64 total beyond int64, and a double total beyond double, is null: never wrapped, never infinite.
class SumRule final : public SumsRule {
 public:
  SumRule(ValueType attribute, MinSupport min_support) : SumsRule({1}, FirstSum::Values), attribute_(attribute),
      min_support_(min_support) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return attribute_; }

 protected:
  void append_sums(const Claim& claim, std::string& state) const override { append_product(state, {exact_factor(claim.value)}); }
  FusedCell answer(std::uint64_t claims, const Sums& sums) const override {
    FusedCell cell = no_answer(claims);
    if (!min_support_.met_by(claims, 1)) return cell;
    if (attribute_ == ValueType::Double) {
      cell.value = number_value(sums[0].to_double());
    } else if (const std::optional<std::int64_t> total = sums[0].to_int64()) {
      cell.value = Value::of_int64(*total);
    }
    return cell;
  }

 private:
  ValueType attribute_;
  MinSupport min_support_;
};

class CountRule final : public SumsRule {
 public:
  explicit CountRule(MinSupport min_support) : SumsRule({}, FirstSum::Other), min_support_(min_support) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return ValueType::Int64; }

 protected:
  void append_sums(const Claim&, std::string&) const override {}
  FusedCell answer(std::uint64_t claims, const Sums&) const override {
    FusedCell cell = no_answer(claims);
    if (min_support_.met_by(claims, 1)) cell.value = Value::of_int64(static_cast<std::int64_t>(claims));
    return cell;
  }
  FusedCell answer_without_claims() const override { return answer(0, Sums()); }

 private:
  MinSupport min_support_;
};

/// Distinct values: neighbours in value order, joined by same_within as votes are.
class CountValuesRule final : public ClaimSetRule {
 public:
  explicit CountValuesRule(const Modifiers& modifiers) : same_within_(modifiers.same_within), min_support_(modifiers.min_support) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return ValueType::Int64; }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace&, Arena&) const override {
    SINTER_TRY(claims.rewind());
    FusedCell cell = no_answer(0);
    HeldValue first_of_cluster;
    Claim claim;
    while (true) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) break;
      ++cell.claims;
      if (cell.claims > 1 && (same_value(first_of_cluster.value(), claim.value) ||
                              (same_within_.active && same_within_.joins(first_of_cluster.value(), claim.value)))) continue;
      first_of_cluster.hold(claim.value);
      ++cell.distinct_values;
    }
    if (min_support_.met_by(cell.claims, 1)) cell.value = Value::of_int64(static_cast<std::int64_t>(cell.distinct_values));
    return cell;
  }

 private:
  Tolerance same_within_;
  MinSupport min_support_;
};

/// Distinct sources; each claim without a source is one of its own.
class CountSourcesRule final : public ClaimSetRule {
 public:
  explicit CountSourcesRule(MinSupport min_support) : min_support_(min_support) {}
  ClaimNeeds needs() const override { return {.source = true}; }
  ValueType result_type() const override { return ValueType::Int64; }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace& workspace, Arena&) const override {
    SINTER_TRY(claims.rewind());
    FusedCell cell = no_answer(0);
    SINTER_ASSIGN(SpillSorter* const sources, workspace.sorter(0));
    std::uint64_t anonymous = 0;
    Claim claim;
    while (true) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) break;
      ++cell.claims;
      if (claim.source.empty()) ++anonymous;
      else SINTER_TRY(sources->add(0, claim.source));
    }
    SINTER_TRY(sources->sort());
    SINTER_ASSIGN(ByteCursor* const sorted, sources->open(0));
    SINTER_ASSIGN(const std::uint64_t distinct, count_distinct(*sorted));
    if (min_support_.met_by(cell.claims, 1)) cell.value = Value::of_int64(static_cast<std::int64_t>(anonymous + distinct));
    return cell;
  }

 private:
  MinSupport min_support_;
};

std::unique_ptr<Rule> make_count(const OptionMap& options, const RuleSetting& setting) {
  const std::string of = options.string("of", "claims");
  const Modifiers modifiers = read_modifiers(options, setting, "count", {.same_within = of == "values"});
  if (of == "values") return std::make_unique<CountValuesRule>(modifiers);
  if (of == "sources") return std::make_unique<CountSourcesRule>(modifiers.min_support);
  if (of != "claims") options.error("of", "count cannot count '" + of + "'", did_you_mean(of, {"claims", "values", "sources"}));
  return std::make_unique<CountRule>(modifiers.min_support);
}

}  // namespace

std::vector<RuleInfo> total_rules() {
  std::vector<RuleInfo> rules(2);
  rules[0] = {"sum", {"total"}, "the exact sum; null when it does not fit the type", "sales: sum", {ValueType::Int64,
      ValueType::Double}, {}, {}};
  rules[0].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<SumRule>(setting.attribute.type, read_modifiers(options, setting, "sum", {}).min_support);
  };
  rules[1] = {"count", {"number_of"}, "how many claims, distinct values or distinct sources there are",
      "offers: { rule: count, of: sources }", {},
              {{"of", OptionType::String, false, "claims, values or sources", "claims"}}, make_count};
  return rules;
}

}  // namespace sinter::fusion

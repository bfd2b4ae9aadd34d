// concat and keep_all: every claimed value, as one text or as a list. Immutable; any thread.
#include <algorithm>
#include <deque>

#include "jobs/fusion/rules/algebraic_rule.hpp"
#include "jobs/fusion/rules/item_rule.hpp"
#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/value_order.hpp"

namespace sinter::fusion {
namespace {

struct Collected {
  Value value;
  RecordPosition first;
};

/// Gathers values in value order, once each or once per claim; at most kMaxCellItems and kMaxCellTextBytes.
Result<std::vector<Collected>> collect(ClaimCursor& claims, bool distinct, CollectOrder order, Arena& arena, FusedCell& cell) {
  SINTER_TRY(claims.rewind());
  std::vector<Collected> collected;
  const std::size_t start_bytes = arena.used_bytes();
  HeldValue last;
  Claim claim;
  while (true) {
    SINTER_ASSIGN(const bool more, claims.next(claim));
    if (!more) break;
    const bool repeated = cell.claims++ > 0 && same_value(last.value(), claim.value);
    if (!repeated) {
      ++cell.distinct_values;
      last.hold(claim.value);
    }
    if (repeated && distinct) {
      collected.back().first = std::min(collected.back().first, claim.position);
      continue;
    }
    if (collected.size() >= kMaxCellItems) return too_many_items("values");
    collected.push_back({arena.copy(claim.value), claim.position});
    if (arena.used_bytes() - start_bytes > kMaxCellTextBytes) {
      return user_error("the values of one cell have more than " + std::to_string(kMaxCellTextBytes) + " bytes (kMaxCellTextBytes)")
          .with_hint("use a rule whose answer is bounded, like vote, or a finer entity key");
    }
  }
  if (order == CollectOrder::First) {
    std::stable_sort(collected.begin(), collected.end(), [](const Collected& a, const Collected& b) { return a.first < b.first; });
  }
  return collected;
}

class ConcatRule final : public ClaimSetRule {
 public:
  ConcatRule(std::string separator, bool distinct, CollectOrder order, MinSupport min_support)
      : separator_(std::move(separator)), distinct_(distinct), order_(order), min_support_(min_support) {}
  ClaimNeeds needs() const override { return {.position = order_ == CollectOrder::First}; }
  ValueType result_type() const override { return ValueType::String; }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, Arena& arena) const override {
    FusedCell cell = no_answer(0);
    SINTER_ASSIGN(const std::vector<Collected> values, collect(claims, distinct_, order_, arena, cell));
    if (values.empty() || !min_support_.met_by(cell.claims, 1)) return cell;
    std::string text;
    bool first = true;
    for (const Collected& one : values) {
      const bool is_list = one.value.type() == ValueType::List;
      for (std::size_t i = 0; i < (is_list ? one.value.list_size() : 1); ++i) {
        if (!first) text += separator_;
        first = false;
        append_display(text, is_list ? one.value.item(i) : one.value);
      }
    }
    if (text.size() > kMaxCellTextBytes) {
      return user_error("the concatenated text of one cell has more than " + std::to_string(kMaxCellTextBytes)
          + " bytes (kMaxCellTextBytes)")
          .with_hint("use a rule whose answer is bounded, like longest or vote");
    }
    cell.value = Value::of_string(arena.copy(text));
    return cell;
  }

 private:
  std::string separator_;
  bool distinct_;
  CollectOrder order_;
  MinSupport min_support_;
};

class KeepAllRule final : public ClaimSetRule {
 public:
  KeepAllRule(CollectOrder order, MinSupport min_support) : order_(order), min_support_(min_support) {}
  ClaimNeeds needs() const override { return {.position = order_ == CollectOrder::First}; }
  ValueType result_type() const override { return ValueType::List; }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, Arena& arena) const override {
    FusedCell cell = no_answer(0);
    SINTER_ASSIGN(const std::vector<Collected> values, collect(claims, false, order_, arena, cell));
    if (values.empty() || !min_support_.met_by(cell.claims, 1)) return cell;
    // Lists do not nest: the items of claimed lists follow one another.
    std::vector<Value> items;
    for (const Collected& one : values) {
      const bool is_list = one.value.type() == ValueType::List;
      for (std::size_t i = 0; i < (is_list ? one.value.list_size() : 1); ++i) items.push_back(is_list ? one.value.item(i) : one.value);
      if (items.size() > kMaxCellItems) return too_many_items("items");
    }
    if (items.empty()) return cell;
    Value* stored = arena.allocate_values(items.size());
    std::copy(items.begin(), items.end(), stored);
    cell.value = Value::of_list(stored, items.size());
    return cell;
  }

 private:
  CollectOrder order_;
  MinSupport min_support_;
};

}  // namespace

std::vector<RuleInfo> collect_rules() {
  const OptionInfo order{"order", OptionType::String, false, "order of the values: value, or first (appearance)", "value"};
  std::vector<RuleInfo> rules(2);
  rules[0] = {"concat", {"concatenate", "join"}, "one text of all distinct values with a separator between them",
              "notes: { rule: concat, separator: \" | \" }", {},
              {{"separator", OptionType::String, false, "text between two values", "; "},
               {"distinct", OptionType::Bool, false, "each value once", "true"},
               order}, {}};
  rules[1] = {"keep_all", {"pass_it_on", "list_all"}, "the list of all claimed values, one per claim", "prices: keep_all", {}, {order}, {}};
  rules[0].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    const Modifiers modifiers = read_modifiers(options, setting, "concat", {});
    return std::make_unique<ConcatRule>(options.string("separator", "; "), options.boolean("distinct", true), read_order(options),
        modifiers.min_support);
  };
  rules[1].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    const Modifiers modifiers = read_modifiers(options, setting, "keep_all", {});
    return std::make_unique<KeepAllRule>(read_order(options), modifiers.min_support);
  };
  return rules;
}

}  // namespace sinter::fusion

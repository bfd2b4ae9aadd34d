// concat and keep_all: every claimed value, as one text or as a list. Immutable; any thread.
#include <algorithm>

#include "jobs/fusion/rules/algebraic_rule.hpp"
#include "jobs/fusion/rules/cell_workspace.hpp"
#include "jobs/fusion/rules/item_rule.hpp"
#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/value_order.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

/// Passes on the values of a cell: in value order or by appearance, once each or once per claim. `visit(const Value&)` is a Status.
template <class Visit>
Status for_each_value(ClaimCursor& claims, bool distinct, CollectOrder order, CellWorkspace& workspace, FusedCell& cell, Visit visit) {
  SINTER_TRY(claims.rewind());
  SINTER_ASSIGN(SpillSorter* const by_position, workspace.sorter(0));
  std::string record;
  RecordPosition first;
  HeldValue last;
  const auto put_aside = [&]() -> Status {
    record.clear();
    append_key_int64(record, first.file);
    append_key_int64(record, static_cast<std::int64_t>(first.offset_bytes));
    append_value(record, last.value());
    return by_position->add(0, record);
  };
  Claim claim;
  while (true) {
    SINTER_ASSIGN(const bool more, claims.next(claim));
    if (!more) break;
    const bool repeated = cell.claims++ > 0 && same_value(last.value(), claim.value);
    if (repeated && distinct) {
      first = std::min(first, claim.position);
      continue;
    }
    if (order == CollectOrder::Value) SINTER_TRY(visit(claim.value));
    else if (cell.claims > 1) SINTER_TRY(put_aside());
    first = claim.position;
    if (repeated) continue;
    ++cell.distinct_values;
    last.hold(claim.value);
  }
  if (order == CollectOrder::Value || cell.claims == 0) return {};
  SINTER_TRY(put_aside());
  SINTER_TRY(by_position->sort());
  SINTER_ASSIGN(ByteCursor* const sorted, by_position->open(0));
  Arena arena(4096);
  std::string_view bytes;
  while (true) {
    SINTER_ASSIGN(const bool more, sorted->next(bytes));
    if (!more) return {};
    KeyReader reader(bytes);
    SINTER_TRY(reader.skip());  // file
    SINTER_TRY(reader.skip());  // offset
    std::size_t at = reader.offset();
    Value value;
    arena.clear();
    if (!read_value(bytes, at, arena, value)) return internal_error("a collected value is damaged");
    SINTER_TRY(visit(value));
  }
}

class ConcatRule final : public ClaimSetRule {
 public:
  ConcatRule(std::string separator, bool distinct, CollectOrder order, MinSupport min_support)
      : separator_(std::move(separator)), distinct_(distinct), order_(order), min_support_(min_support) {}
  ClaimNeeds needs() const override { return {.position = order_ == CollectOrder::First}; }
  ValueType result_type() const override { return ValueType::String; }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const override {
    FusedCell cell = no_answer(0);
    AnswerBuilder& answer = workspace.answer();
    answer.begin(AnswerKind::Text);
    bool first = true;
    std::string piece;
    const auto visit = [&](const Value& value) -> Status {
      const bool is_list = value.type() == ValueType::List;
      for (std::size_t i = 0; i < (is_list ? value.list_size() : 1); ++i) {
        piece.clear();
        if (!first) piece = separator_;
        first = false;
        append_display(piece, is_list ? value.item(i) : value);
        SINTER_TRY(answer.add_text(piece));
      }
      return {};
    };
    SINTER_TRY(for_each_value(claims, distinct_, order_, workspace, cell, visit));
    if (cell.claims > 0 && min_support_.met_by(cell.claims, 1)) SINTER_TRY(answer.finish(cell, arena));
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
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const override {
    FusedCell cell = no_answer(0);
    AnswerBuilder& answer = workspace.answer();
    answer.begin(AnswerKind::List);
    bool any = false;
    const auto visit = [&](const Value& value) -> Status {
      // Lists do not nest: the items of claimed lists follow one another.
      const bool is_list = value.type() == ValueType::List;
      for (std::size_t i = 0; i < (is_list ? value.list_size() : 1); ++i) {
        any = true;
        SINTER_TRY(answer.add(is_list ? value.item(i) : value));
      }
      return {};
    };
    SINTER_TRY(for_each_value(claims, false, order_, workspace, cell, visit));
    if (any && min_support_.met_by(cell.claims, 1)) SINTER_TRY(answer.finish(cell, arena));
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

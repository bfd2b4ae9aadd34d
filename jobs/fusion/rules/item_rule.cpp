// union, intersection and items of lists: see item_rule.hpp. Any thread.
#include "jobs/fusion/rules/item_rule.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/value_order.hpp"

namespace sinter::fusion {
namespace {

struct Item {
  std::set<std::uint64_t> voters;
  RecordPosition first;
};

/// Items by their value bytes, so in value order, and voters by number.
class ItemTable {
 public:
  Status add(const Claim& claim) {
    SINTER_ASSIGN(const std::uint64_t voter, voter_of(claim.source));
    const bool is_list = claim.value.type() == ValueType::List;
    const std::size_t size = is_list ? claim.value.list_size() : 1;
    for (std::size_t i = 0; i < size; ++i) {
      bytes_.clear();
      append_value(bytes_, is_list ? claim.value.item(i) : claim.value);
      auto found = items_.find(bytes_);
      if (found == items_.end()) found = items_.emplace(bytes_, Item{{}, claim.position}).first;
      Item& item = found->second;
      item.first = std::min(item.first, claim.position);
      if (item.voters.insert(voter).second && ++pairs_ > kMaxCellItems) return too_many_items("items and sources");
    }
    return {};
  }
  std::uint64_t voters() const { return sources_.size() + anonymous_; }
  const std::map<std::string, Item>& items() const { return items_; }

 private:
  /// Sources have even numbers, claims without a source odd ones.
  Result<std::uint64_t> voter_of(std::string_view source) {
    if (source.empty()) return 2 * anonymous_++ + 1;
    const auto found = sources_.find(source);
    if (found != sources_.end()) return found->second;
    if (sources_.size() >= kMaxCellItems) return too_many_items("distinct sources");
    const std::uint64_t number = 2 * sources_.size();
    sources_.emplace(source, number);
    return number;
  }

  std::map<std::string, Item> items_;
  std::map<std::string, std::uint64_t, std::less<>> sources_;
  std::uint64_t anonymous_ = 0;
  std::size_t pairs_ = 0;
  std::string bytes_;
};

using Entry = std::map<std::string, Item>::value_type;

Result<Value> list_of(std::vector<const Entry*>& chosen, CollectOrder order, Arena& arena) {
  if (chosen.empty()) return Value::null();
  if (order == CollectOrder::First) {
    std::stable_sort(chosen.begin(), chosen.end(), [](const Entry* a, const Entry* b) { return a->second.first < b->second.first; });
  }
  Value* values = arena.allocate_values(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    std::size_t at = 0;
    if (!read_value(chosen[i]->first, at, arena, values[i])) return internal_error("an item of a list answer cannot be read back");
  }
  return Value::of_list(values, chosen.size());
}

}  // namespace

Result<FusedCell> ItemRule::finish(ClaimCursor& claims, Arena& arena) const {
  SINTER_TRY(claims.rewind());
  FusedCell cell = no_answer(0);
  ItemTable table;
  Claim claim;
  while (true) {
    SINTER_ASSIGN(const bool more, claims.next(claim));
    if (!more) break;
    ++cell.claims;
    SINTER_TRY(table.add(claim));
  }
  cell.distinct_values = table.items().size();
  const std::uint64_t needed = setting_.choice == ItemChoice::Union          ? 1
                               : setting_.choice == ItemChoice::Intersection ? table.voters()
                                                                             : setting_.min_sources;
  std::vector<const Entry*> chosen;
  std::uint64_t votes = 0;
  for (const Entry& entry : table.items()) {
    if (entry.second.voters.size() < std::max(needed, setting_.min_support.count)) continue;
    chosen.push_back(&entry);
    votes += entry.second.voters.size();
  }
  if (chosen.empty()) return cell;
  cell.confidence = static_cast<double>(votes) / (static_cast<double>(chosen.size()) * static_cast<double>(table.voters()));
  SINTER_ASSIGN(cell.value, list_of(chosen, setting_.order, arena));
  return cell;
}

CollectOrder read_order(const OptionMap& options) {
  const std::string order = options.string("order", "value");
  if (order == "first") return CollectOrder::First;
  if (order != "value") options.error("order", "unknown order '" + order + "'", did_you_mean(order, {"value", "first"}));
  return CollectOrder::Value;
}

std::vector<RuleInfo> set_rules() {
  const OptionInfo order{"order", OptionType::String, false, "order of the items: value, or first (appearance)", "value"};
  std::vector<RuleInfo> rules(2);
  rules[0] = {"union", {"all_values", "merge_lists"}, "the list of all distinct values, or of all items of lists", "tags: union",
      {}, {order}, {}};
  rules[1] = {"intersection", {"common"}, "the list of values, or items of lists, that every source of the cell claims",
      "tags: intersection", {}, {order}, {}};
  rules[0].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    const Modifiers modifiers = read_modifiers(options, setting, "union", {});
    return std::make_unique<ItemRule>(ItemSetting{modifiers.min_support, ItemChoice::Union, 1, read_order(options)});
  };
  rules[1].make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    const Modifiers modifiers = read_modifiers(options, setting, "intersection", {});
    return std::make_unique<ItemRule>(ItemSetting{modifiers.min_support, ItemChoice::Intersection, 1, read_order(options)});
  };
  return rules;
}

}  // namespace sinter::fusion

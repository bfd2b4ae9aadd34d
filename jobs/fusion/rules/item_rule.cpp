// union, intersection and items of lists: see item_rule.hpp. Any thread.
#include "jobs/fusion/rules/item_rule.hpp"

#include <algorithm>

#include "jobs/fusion/rules/cell_workspace.hpp"
#include "jobs/fusion/rules/rule_list.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

// Channels of the first sorter. An item's record is item, voter, position: so the voters of an item are neighbours.
constexpr std::size_t kItems = 0;
constexpr std::size_t kVoters = 1;

void append_position(std::string& out, const RecordPosition& position) {
  append_key_int64(out, position.file);
  append_key_int64(out, static_cast<std::int64_t>(position.offset_bytes));
}

/// Sorts out who claims which item. Voters are sources, and claims without a source by their number.
class ItemSpread {
 public:
  ItemSpread(SpillSorter& sorter, bool with_position) : sorter_(sorter), with_position_(with_position) {}

  Status add(const Claim& claim) {
    voter_.clear();
    if (claim.source.empty()) {
      append_key_null(voter_);
      append_key_int64(voter_, static_cast<std::int64_t>(anonymous_++));
    } else {
      append_key_string(voter_, claim.source);
      // Claims of one value come source by source: most repetitions are neighbours.
      if (voter_ != last_source_) SINTER_TRY(sorter_.add(kVoters, voter_));
      last_source_ = voter_;
    }
    const bool is_list = claim.value.type() == ValueType::List;
    for (std::size_t i = 0; i < (is_list ? claim.value.list_size() : 1); ++i) {
      record_.clear();
      append_value(record_, is_list ? claim.value.item(i) : claim.value);
      record_ += voter_;
      if (with_position_) append_position(record_, claim.position);
      SINTER_TRY(sorter_.add(kItems, record_));
    }
    return {};
  }

  /// After sort(): sources, each once, and claims without one.
  Result<std::uint64_t> count_voters() const {
    SINTER_ASSIGN(ByteCursor* const sources, sorter_.open(kVoters));
    SINTER_ASSIGN(const std::uint64_t distinct, count_distinct(*sources));
    return distinct + anonymous_;
  }

 private:
  SpillSorter& sorter_;
  bool with_position_;
  std::uint64_t anonymous_ = 0;
  std::string voter_, last_source_, record_;
};

/// One item as the sorter gives it back.
struct ItemRecord {
  std::string_view item, voter, position;

  /// False on damaged bytes.
  bool read(std::string_view bytes) {
    KeyReader reader(bytes);
    if (!reader.skip().ok()) return false;
    item = bytes.substr(0, reader.offset());
    const Result<KeyType> type = reader.at_end() ? Result<KeyType>(KeyType::Bytes) : reader.peek();
    if (!type.ok() || !reader.skip().ok()) return false;
    if (*type == KeyType::Null && !reader.skip().ok()) return false;
    voter = bytes.substr(item.size(), reader.offset() - item.size());
    position = bytes.substr(reader.offset());
    return true;
  }
};

/// Walks over the sorted items and passes on those with enough voters.
class ItemChoosing {
 public:
  ItemChoosing(std::uint64_t needed, CollectOrder order, CellWorkspace& workspace, SpillSorter& by_position)
      : needed_(needed), order_(order), workspace_(workspace), by_position_(by_position) {}

  Status add(const ItemRecord& record) {
    if (items_ == 0 || record.item != item_) {
      SINTER_TRY(end_item());
      ++items_;
      item_.assign(record.item);
      voters_ = 0;
      first_.assign(record.position);
    }
    if (voters_ == 0 || record.voter != voter_) {
      voter_.assign(record.voter);
      ++voters_;
    }
    if (record.position < first_) first_.assign(record.position);
    return {};
  }
  Status end_item() {
    if (items_ == 0 || voters_ < needed_) return {};
    ++chosen_;
    votes_ += voters_;
    if (order_ == CollectOrder::Value) return answer(item_);
    first_ += item_;
    return by_position_.add(0, first_);
  }
  /// Items by their first appearance, as they were put aside.
  Status answer_by_position() {
    SINTER_TRY(by_position_.sort());
    SINTER_ASSIGN(ByteCursor* const items, by_position_.open(0));
    std::string_view bytes;
    while (true) {
      SINTER_ASSIGN(const bool more, items->next(bytes));
      if (!more) return {};
      KeyReader reader(bytes);
      SINTER_TRY(reader.skip());  // file
      SINTER_TRY(reader.skip());  // offset
      SINTER_TRY(answer(bytes.substr(reader.offset())));
    }
  }

  std::uint64_t items() const { return items_; }
  std::uint64_t chosen() const { return chosen_; }
  std::uint64_t votes() const { return votes_; }

 private:
  Status answer(std::string_view item) {
    std::size_t at = 0;
    Value value;
    arena_.clear();
    if (!read_value(item, at, arena_, value)) return internal_error("an item of a list answer cannot be read back");
    return workspace_.answer().add(value);
  }

  std::uint64_t needed_;
  CollectOrder order_;
  CellWorkspace& workspace_;
  SpillSorter& by_position_;
  Arena arena_{4096};
  std::string item_, voter_, first_;
  std::uint64_t items_ = 0, voters_ = 0, chosen_ = 0, votes_ = 0;
};

}  // namespace

Result<FusedCell> ItemRule::finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const {
  SINTER_TRY(claims.rewind());
  SINTER_ASSIGN(SpillSorter* const sorter, workspace.sorter(0));
  SINTER_ASSIGN(SpillSorter* const by_position, workspace.sorter(1));
  FusedCell cell = no_answer(0);
  ItemSpread spread(*sorter, setting_.order == CollectOrder::First);
  Claim claim;
  while (true) {
    SINTER_ASSIGN(const bool more, claims.next(claim));
    if (!more) break;
    ++cell.claims;
    SINTER_TRY(spread.add(claim));
  }
  SINTER_TRY(sorter->sort());
  SINTER_ASSIGN(const std::uint64_t voters, spread.count_voters());
  const std::uint64_t needed = setting_.choice == ItemChoice::Union          ? 1
                               : setting_.choice == ItemChoice::Intersection ? voters
                                                                             : setting_.min_sources;
  workspace.answer().begin(AnswerKind::List);
  ItemChoosing choosing(std::max(needed, setting_.min_support.count), setting_.order, workspace, *by_position);
  SINTER_ASSIGN(ByteCursor* const items, sorter->open(kItems));
  while (true) {
    std::string_view bytes;
    SINTER_ASSIGN(const bool more, items->next(bytes));
    if (!more) break;
    ItemRecord record;
    if (!record.read(bytes)) return internal_error("a sorted item is damaged");
    SINTER_TRY(choosing.add(record));
  }
  SINTER_TRY(choosing.end_item());
  cell.distinct_values = choosing.items();
  if (choosing.chosen() == 0) return cell;
  if (setting_.order == CollectOrder::First) SINTER_TRY(choosing.answer_by_position());
  cell.confidence = static_cast<double>(choosing.votes()) / (static_cast<double>(choosing.chosen()) * static_cast<double>(voters));
  SINTER_TRY(workspace.answer().finish(cell, arena));
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

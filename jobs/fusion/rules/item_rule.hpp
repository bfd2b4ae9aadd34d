// ItemRule: union, intersection, and k_sources of lists: an answer made of items with the sources that claim each.
// Immutable; any thread.
#pragma once

#include "jobs/fusion/rules/algebraic_rule.hpp"

namespace sinter::fusion {

enum class ItemChoice : std::uint8_t { Union, Intersection, KSources };
/// Order of items in a list answer: by value, or by first appearance.
enum class CollectOrder : std::uint8_t { Value, First };

struct ItemSetting {
  MinSupport min_support;
  ItemChoice choice = ItemChoice::Union;
  std::uint64_t min_sources = 1;
  CollectOrder order = CollectOrder::Value;
};

/// An item is a claimed value, or an item of a claimed list. Answer: a list without duplicates; an empty one is null.
/// Voters are sources and claims without a source. Confidence: mean share of voters that claim an item of the answer.
/// Items and sources are sorted in the workspace, so memory does not grow with them.
class ItemRule final : public ClaimSetRule {
 public:
  explicit ItemRule(ItemSetting setting) : setting_(setting) {}
  ClaimNeeds needs() const override { return {.source = true, .position = setting_.order == CollectOrder::First}; }
  ValueType result_type() const override { return ValueType::List; }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const override;

 private:
  ItemSetting setting_;
};

/// Reads the option `order: value | first`.
CollectOrder read_order(const OptionMap& options);

}  // namespace sinter::fusion

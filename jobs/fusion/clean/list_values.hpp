// Lists of values while they are cleaned: order and uniqueness of items. Pure functions; any thread.
#pragma once

#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

/// The order of values by type, then content. Requires: scalars.
bool is_before(const Value& a, const Value& b);
/// Sorts the items in place.
void sort_items(Value* items, std::size_t count);
/// Keeps the first of equal items, in place, and returns how many remain. O(n log n); scratch from the arena.
std::size_t unique_items(Value* items, std::size_t count, Arena& arena);

}  // namespace sinter::fusion

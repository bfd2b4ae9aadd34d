// Order and uniqueness of list items: see list_values.hpp. Any thread.
#include "jobs/fusion/clean/list_values.hpp"

#include <algorithm>

namespace sinter::fusion {

bool is_before(const Value& a, const Value& b) {
  if (a.type() != b.type()) return a.type() < b.type();
  switch (a.type()) {
    case ValueType::Null: return false;
    case ValueType::Bool: return a.boolean() < b.boolean();
    case ValueType::Int64: return a.int64() < b.int64();
    case ValueType::Double: return a.number() < b.number();
    case ValueType::Timestamp: return a.timestamp() < b.timestamp();
    case ValueType::String: return a.string() < b.string();
    case ValueType::List: break;
  }
  require(false, "items of lists are scalars");
  return false;
}

void sort_items(Value* items, std::size_t count) { std::sort(items, items + count, is_before); }

std::size_t unique_items(Value* items, std::size_t count, Arena& arena) {
  // Places sorted by value: the first place of each run of equal values stays.
  auto* places = reinterpret_cast<std::size_t*>(arena.allocate(count * sizeof(std::size_t), alignof(std::size_t)));
  for (std::size_t i = 0; i < count; ++i) places[i] = i;
  std::sort(places, places + count, [&](std::size_t a, std::size_t b) {
    if (is_before(items[a], items[b])) return true;
    return !is_before(items[b], items[a]) && a < b;
  });
  std::size_t* const end =
      std::unique(places, places + count, [&](std::size_t a, std::size_t b) { return !is_before(items[a], items[b]); });
  std::sort(places, end);
  const auto kept = static_cast<std::size_t>(end - places);
  for (std::size_t i = 0; i < kept; ++i) items[i] = items[places[i]];
  return kept;
}

}  // namespace sinter::fusion

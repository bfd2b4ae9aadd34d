// What rules over a claim set need while they pass over it: equality of values, a value held beyond the cursor's step, sets of
// sources. One thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

/// Equality of type and content; the same as equality of append_value() bytes (NaN equals NaN).
bool same_value(const Value& a, const Value& b);

/// Keeps one value alive while the cursor moves on. Reused without allocation for scalars and short texts.
class HeldValue {
 public:
  const Value& value() const { return value_; }
  void hold(const Value& value);
  void swap(HeldValue& other);

 private:
  Value value_;
  std::string text_;
  std::unique_ptr<Arena> items_;  // lists only
};

/// Distinct source names. An error beyond kMaxCellItems.
class SourceSet {
 public:
  Status add(std::string_view source);
  bool contains(std::string_view source) const { return names_.find(source) != names_.end(); }
  std::size_t size() const { return names_.size(); }
  void clear() { names_.clear(); }

 private:
  std::set<std::string, std::less<>> names_;
};

/// The error of a cell with more items than kMaxCellItems.
Error too_many_items(std::string_view what);

}  // namespace sinter::fusion

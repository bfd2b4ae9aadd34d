// What rules over a claim set need while they pass over it: equality of values, a value held beyond the cursor's step. One thread.
#pragma once

#include <memory>
#include <string>

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

}  // namespace sinter::fusion

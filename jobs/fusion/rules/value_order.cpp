// Passing over a claim set: see value_order.hpp. One thread.
#include "jobs/fusion/rules/value_order.hpp"

#include <cmath>
#include <utility>

namespace sinter::fusion {

bool same_value(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case ValueType::Null: return true;
    case ValueType::Bool: return a.boolean() == b.boolean();
    case ValueType::Int64: return a.int64() == b.int64();
    case ValueType::Double: return a.number() == b.number() || (std::isnan(a.number()) && std::isnan(b.number()));
    case ValueType::Timestamp: return a.timestamp() == b.timestamp();
    case ValueType::String: return a.string() == b.string();
    case ValueType::List: break;
  }
  if (a.list_size() != b.list_size()) return false;
  for (std::size_t i = 0; i < a.list_size(); ++i) {
    if (!same_value(a.item(i), b.item(i))) return false;
  }
  return true;
}

void HeldValue::hold(const Value& value) {
  if (value.type() == ValueType::String) {
    text_.assign(value.string());
    value_ = Value::of_string(text_);
  } else if (value.type() == ValueType::List) {
    if (!items_) items_ = std::make_unique<Arena>(4096);
    items_->clear();
    value_ = items_->copy(value);
  } else {
    value_ = value;
  }
}

void HeldValue::swap(HeldValue& other) {
  std::swap(value_, other.value_);
  text_.swap(other.text_);
  items_.swap(other.items_);
  // A short text lives inside its string object, so swapping moves its bytes.
  if (value_.type() == ValueType::String) value_ = Value::of_string(text_);
  if (other.value_.type() == ValueType::String) other.value_ = Value::of_string(other.text_);
}

}  // namespace sinter::fusion

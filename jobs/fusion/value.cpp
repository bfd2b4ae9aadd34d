// Canonical bytes and display text of values: see value.hpp. Any thread.
#include "jobs/fusion/value.hpp"

#include <charconv>
#include <cmath>

#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

// A list is framed so that it is self-delimiting: tag, items, end; the end sorts before every item, so a prefix comes first.
constexpr char kListTag = 0x08;
constexpr char kListEnd = 0x00;

void append_display_scalar(std::string& out, const Value& value) {
  char buffer[64];
  switch (value.type()) {
    case ValueType::Null:
    case ValueType::List: return;
    case ValueType::Bool: out += value.boolean() ? "true" : "false"; return;
    case ValueType::Int64: out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value.int64()).ptr); return;
    case ValueType::Double: out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value.number()).ptr); return;
    case ValueType::Timestamp: out += format_timestamp(value.timestamp()); return;
    case ValueType::String: out += value.string(); return;
  }
}

bool read_scalar(std::string_view bytes, std::size_t& at, Arena& arena, Value& value) {
  KeyReader reader(bytes.substr(at));
  const auto type = reader.peek();
  if (!type.ok()) return false;
  bool good = false;
  switch (*type) {
    case KeyType::Null: good = reader.read_null().ok(); value = Value::null(); break;
    case KeyType::Bool: if (auto v = reader.read_bool(); v.ok()) { value = Value::of_bool(*v); good = true; } break;
    case KeyType::Int64: if (auto v = reader.read_int64(); v.ok()) { value = Value::of_int64(*v); good = true; } break;
    case KeyType::Double: if (auto v = reader.read_double(); v.ok()) { value = Value::of_double(*v); good = true; } break;
    case KeyType::Timestamp: if (auto v = reader.read_timestamp(); v.ok()) { value = Value::of_timestamp(*v); good = true; } break;
    case KeyType::String: {
      std::string text;
      if (reader.read_string(text).ok()) { value = Value::of_string(arena.copy(text)); good = true; }
      break;
    }
    case KeyType::Bytes: break;
  }
  at += reader.offset();
  return good;
}

}  // namespace

std::string_view to_string(ValueType type) {
  switch (type) {
    case ValueType::Null: return "null";
    case ValueType::Bool: return "bool";
    case ValueType::Int64: return "int64";
    case ValueType::Double: return "double";
    case ValueType::Timestamp: return "timestamp";
    case ValueType::String: return "string";
    case ValueType::List: return "list";
  }
  return "null";
}

void append_value(std::string& out, const Value& value) {
  switch (value.type()) {
    case ValueType::Null: append_key_null(out); return;
    case ValueType::Bool: append_key_bool(out, value.boolean()); return;
    case ValueType::Int64: append_key_int64(out, value.int64()); return;
    case ValueType::Double: append_key_double(out, value.number()); return;
    case ValueType::Timestamp: append_key_timestamp(out, value.timestamp()); return;
    case ValueType::String: append_key_string(out, value.string()); return;
    case ValueType::List:
      out += kListTag;
      for (std::size_t i = 0; i < value.list_size(); ++i) append_value(out, value.item(i));
      out += kListEnd;
      return;
  }
}

bool read_value(std::string_view bytes, std::size_t& at, Arena& arena, Value& value) {
  if (at >= bytes.size()) return false;
  if (bytes[at] != kListTag) return read_scalar(bytes, at, arena, value);
  ++at;
  std::vector<Value> items;
  while (at < bytes.size() && bytes[at] != kListEnd) {
    if (bytes[at] == kListTag || !read_scalar(bytes, at, arena, items.emplace_back())) return false;
  }
  if (at >= bytes.size()) return false;
  ++at;
  Value* stored = arena.allocate_values(items.size());
  std::copy(items.begin(), items.end(), stored);
  value = Value::of_list(stored, items.size());
  return true;
}

void append_display(std::string& out, const Value& value) {
  if (value.type() != ValueType::List) return append_display_scalar(out, value);
  out += '[';
  for (std::size_t i = 0; i < value.list_size(); ++i) {
    if (i > 0) out += ", ";
    append_display_scalar(out, value.item(i));
  }
  out += ']';
}

}  // namespace sinter::fusion

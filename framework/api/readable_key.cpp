// Fields of a key as text. Stateless.
#include "framework/api/readable_key.hpp"

#include "framework/io/text_output.hpp"
#include "shuffle/record/key.hpp"

namespace sinter {
namespace {

template <class T, class Append>
bool append_read(const Result<T>& value, const Append& append) {
  if (value.ok()) append(*value);
  return value.ok();
}

/// One field as text; false when the bytes are no field.
bool append_field(KeyReader& reader, std::string& text) {
  const Order order = reader.peek(Order::Ascending).ok() ? Order::Ascending : Order::Descending;
  const Result<KeyType> type = reader.peek(order);
  if (!type.ok()) return false;
  switch (*type) {
    case KeyType::Null: text += "null"; return reader.read_null(order).ok();
    case KeyType::Bool: return append_read(reader.read_bool(order), [&](bool value) { text += value ? "true" : "false"; });
    case KeyType::Int64: return append_read(reader.read_int64(order), [&](std::int64_t value) { append_int64(text, value); });
    case KeyType::Double: return append_read(reader.read_double(order), [&](double value) { append_double(text, value); });
    case KeyType::Timestamp: return append_read(reader.read_timestamp(order), [&](Timestamp value) { text += format_timestamp(value); });
    case KeyType::String:
    case KeyType::Bytes: {
      std::string value;
      if (!reader.read_string(value, order).ok()) return false;
      if (*type == KeyType::Bytes) text += readable_key(value);
      else append_json_string(text, value);
      return true;
    }
  }
  return false;
}

}  // namespace

std::string readable_key(std::string_view key) {
  std::string text;
  KeyReader reader(key);
  while (!reader.at_end()) {
    if (!text.empty()) text += ", ";
    if (append_field(reader, text)) continue;
    std::string hexadecimal = "0x";
    append_hexadecimal(hexadecimal, key, key.size());
    return hexadecimal;
  }
  return text;
}

}  // namespace sinter

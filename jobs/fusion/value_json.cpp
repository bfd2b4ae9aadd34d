// JSON of values: see value_json.hpp. Any thread.
#include "jobs/fusion/value_json.hpp"

#include <cmath>

#include "framework/io/text_output.hpp"

namespace sinter::fusion {

void append_json(std::string& out, const Value& value) {
  switch (value.type()) {
    case ValueType::Null: out += "null"; return;
    case ValueType::Bool: out += value.boolean() ? "true" : "false"; return;
    case ValueType::Int64: return append_int64(out, value.int64());
    case ValueType::Double:
      if (std::isfinite(value.number())) return append_double(out, value.number());
      out += "null";
      return;
    case ValueType::String: return append_json_string(out, value.string());
    case ValueType::Timestamp: return append_json_string(out, format_timestamp(value.timestamp()));
    case ValueType::List:
      out += '[';
      for (std::size_t i = 0; i < value.list_size(); ++i) {
        if (i > 0) out += ',';
        append_json(out, value.item(i));
      }
      out += ']';
      return;
  }
}

}  // namespace sinter::fusion

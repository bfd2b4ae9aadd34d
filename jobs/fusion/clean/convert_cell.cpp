// convert_cell(): the strict default from text, or from what a cleaner made, to the attribute's type. See cleaner.hpp. Any thread.
#include <algorithm>

#include "jobs/fusion/clean/cleaner.hpp"
#include "jobs/fusion/clean/json_list.hpp"
#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

// Text in a reason is built only for cells that fail.
CellVerdict fail(std::string& reason, std::string_view why) {
  reason = why;
  return CellVerdict::Fail;
}

CellVerdict fail_number(std::string& reason, NumberProblem problem, ValueType type) {
  if (problem == NumberProblem::OutOfRange) return fail(reason, "out of range for " + std::string(to_string(type)));
  if (problem == NumberProblem::NotANumber && type == ValueType::Int64) return fail(reason, "not an integer (expected like -1234)");
  return fail(reason, problem_phrase(problem));
}

CellVerdict text_to_list(std::string_view text, Arena& arena, Value& value, std::string& reason) {
  const std::string_view bare = trimmed(text);
  if (bare.empty()) {
    value = Value::of_list(nullptr, 0);
    return CellVerdict::Keep;
  }
  std::vector<Value> items;
  if (bare.front() != '[') {
    items.push_back(Value::of_string(text));
  } else if (!parse_json_list(bare, arena, items)) {
    return fail(reason, "starts with [ but is not a JSON array of plain values");
  }
  Value* const stored = arena.allocate_values(items.size());
  std::copy(items.begin(), items.end(), stored);
  value = Value::of_list(stored, items.size());
  return CellVerdict::Keep;
}

CellVerdict text_to_number(std::string_view text, ValueType type, Value& value, std::string& reason) {
  if (type == ValueType::Double) {
    double number = 0;
    const NumberProblem problem = parse_double(text, number);
    if (problem != NumberProblem::None) [[unlikely]]
      return fail_number(reason, problem, type);
    value = Value::of_double(number);
    return CellVerdict::Keep;
  }
  std::int64_t integer = 0;
  const NumberProblem problem = parse_int64(text, integer);
  if (problem != NumberProblem::None) [[unlikely]]
    return fail_number(reason, problem, type);
  value = Value::of_int64(integer);
  return CellVerdict::Keep;
}

CellVerdict text_to_type(std::string_view text, ValueType type, Arena& arena, Value& value, std::string& reason) {
  if (type == ValueType::List) return text_to_list(text, arena, value, reason);
  if (text.empty() || (is_ascii_blank(text.front()) || static_cast<unsigned char>(text.front()) >= 0x80)) {
    text = trimmed(text);
    if (text.empty()) {  // nothing written is no value, whatever the type
      value = Value::null();
      return CellVerdict::Keep;
    }
  }
  if (type == ValueType::Double || type == ValueType::Int64) return text_to_number(text, type, value, reason);
  text = trimmed(text);
  if (type == ValueType::Bool) {
    if (text != "true" && text != "false") return fail(reason, "not a bool (expected true or false)");
    value = Value::of_bool(text == "true");
    return CellVerdict::Keep;
  }
  const auto at = parse_iso8601(text);
  if (!at) return fail(reason, "not a time (expected like 2024-03-01T12:30:00Z)");
  value = Value::of_timestamp(*at);
  return CellVerdict::Keep;
}

CellVerdict number_to_type(ValueType type, Value& value, std::string& reason) {
  if (type == ValueType::Double) {
    value = Value::of_double(value.as_double());
    return CellVerdict::Keep;
  }
  if (type == ValueType::Int64) {
    std::int64_t integer = 0;
    const NumberProblem problem = to_int64(value.number(), integer);
    if (problem != NumberProblem::None) return fail_number(reason, problem, type);
    value = Value::of_int64(integer);
    return CellVerdict::Keep;
  }
  return fail(reason, "a number, not a " + std::string(to_string(type)));
}

}  // namespace

CellVerdict convert_cell(RowCells& row, std::size_t cell, ValueType type, std::string& reason) {
  Value& value = row.cells[cell];
  if (value.type() == type || value.is_null() || type == ValueType::Null) return CellVerdict::Keep;
  if (value.type() == ValueType::String) return text_to_type(value.string(), type, *row.arena, value, reason);
  if (type == ValueType::List) {
    Value* const item = row.arena->allocate_values(1);
    *item = value;
    value = Value::of_list(item, 1);
    return CellVerdict::Keep;
  }
  if (type == ValueType::String) {
    if (value.type() == ValueType::List) {
      std::string text;
      append_display(text, value);
      value = Value::of_string(row.arena->copy(text));
    } else {
      value = Value::of_string(scalar_text(value, *row.arena));
    }
    return CellVerdict::Keep;
  }
  if (value.is_number()) return number_to_type(type, value, reason);
  return fail(reason, "a " + std::string(to_string(value.type())) + ", not a " + std::string(to_string(type)));
}

}  // namespace sinter::fusion

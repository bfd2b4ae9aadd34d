// The base of text cleaners and what they share: see text_cleaner.hpp. One thread per object.
#include "jobs/fusion/clean/text_cleaner.hpp"

#include <charconv>

#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {

std::string_view scalar_text(const Value& value, Arena& arena) {
  char buffer[64];
  switch (value.type()) {
    case ValueType::String: return value.string();
    case ValueType::Bool: return value.boolean() ? "true" : "false";
    case ValueType::Int64:
      return arena.copy({buffer, static_cast<std::size_t>(std::to_chars(buffer, buffer + sizeof buffer, value.int64()).ptr - buffer)});
    case ValueType::Double:
      return arena.copy({buffer, static_cast<std::size_t>(std::to_chars(buffer, buffer + sizeof buffer, value.number()).ptr - buffer)});
    case ValueType::Timestamp: return arena.copy(format_timestamp(value.timestamp()));
    case ValueType::Null:
    case ValueType::List: break;
  }
  return {};
}

bool TextCleaner::take_blank(std::string_view text, Value& out) {
  if (!trimmed(text).empty()) return false;
  out = Value::null();
  return true;
}

CellVerdict TextCleaner::clean_scalar(Value& value, Arena& arena, std::string& reason) {
  if (value.type() == ValueType::String) return clean(value.string(), arena, value, reason);
  if (value.is_null() || value.type() == ValueType::List || reads_ == Reads::TextOnly) return CellVerdict::Keep;
  return clean(scalar_text(value, arena), arena, value, reason);
}

CellVerdict TextCleaner::apply(RowCells& row, std::size_t cell, std::string& reason) {
  Value& value = row.cells[cell];
  enter(row);
  if (value.type() != ValueType::List) return clean_scalar(value, *row.arena, reason);
  Value* const items = row.arena->allocate_values(value.list_size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < value.list_size(); ++i) {
    Value item = value.item(i);
    if (const CellVerdict verdict = clean_scalar(item, *row.arena, reason); verdict != CellVerdict::Keep) return verdict;
    if (!item.is_null()) items[count++] = item;  // a list has no nulls: an item that is cleaned away is gone
  }
  value = Value::of_list(items, count);
  return CellVerdict::Keep;
}

Otherwise Otherwise::read(const OptionMap& options, std::string_view name, Kind fallback, bool allows_keep, bool allows_text) {
  Otherwise otherwise;
  otherwise.kind = fallback;
  const ConfigNode* node = options.node(name);
  if (node == nullptr) return otherwise;
  const std::string help = std::string("give reject, null") + (allows_keep ? ", keep" : "") + (allows_text ? " or a value" : "");
  if (node->kind == NodeKind::Null) {
    otherwise.kind = Kind::Null;
  } else if (node->kind != NodeKind::Scalar) {
    options.error(name, std::string(name) + " must be one word or value", help);
  } else if (!node->quoted && node->scalar == "reject") {
    otherwise.kind = Kind::Reject;
  } else if (!node->quoted && node->scalar == "null") {
    otherwise.kind = Kind::Null;
  } else if (!node->quoted && node->scalar == "keep" && allows_keep) {
    otherwise.kind = Kind::Keep;
  } else if (allows_text && (node->quoted || node->scalar != "keep")) {
    otherwise.kind = Kind::Text;
    otherwise.text = node->scalar;
  } else {
    options.error(name, "'" + node->scalar + "' is not possible for " + std::string(name), help);
  }
  return otherwise;
}

CellVerdict Otherwise::apply(Value& out, std::string& reason, std::string_view why) const {
  switch (kind) {
    case Kind::Reject: reason = why; return CellVerdict::Fail;
    case Kind::Null: out = Value::null(); return CellVerdict::Keep;
    case Kind::Keep: return CellVerdict::Keep;
    case Kind::Text: out = Value::of_string(text); return CellVerdict::Keep;
  }
  return CellVerdict::Keep;
}

std::ptrdiff_t find_field(const OptionMap& options, std::string_view option, const std::string& name, const CleanerSetting& setting) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < setting.schema->size(); ++i) {
    if ((*setting.schema)[i].name == name) return static_cast<std::ptrdiff_t>(i);
    names.push_back((*setting.schema)[i].name);
  }
  options.error(option, "unknown attribute '" + name + "'", did_you_mean(name, names));
  return -1;
}

}  // namespace sinter::fusion

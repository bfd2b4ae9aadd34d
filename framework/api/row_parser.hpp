// RowParser: records of a table as structs that list their fields. Templates over small conversions; one per task.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "base/timestamp.hpp"
#include "framework/api/fields.hpp"
#include "framework/io/record.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// What a column may become.
template <class T>
concept ColumnValue = std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view> || std::is_same_v<T, bool> ||
                      std::is_same_v<T, Timestamp> || std::is_same_v<T, double> || std::is_same_v<T, float> || std::integral<T>;

/// Whether a field may be a column, and of which type: ColumnValue, or an optional of one.
template <class T>
struct ColumnType {
  static constexpr bool kFits = ColumnValue<T>;
};
template <class T>
struct ColumnType<std::optional<T>> {
  static constexpr bool kFits = ColumnValue<T>;
};
template <class Tuple>
struct ColumnTypes;
template <class... T>
struct ColumnTypes<std::tuple<T...>> {
  static constexpr bool kFit = (ColumnType<T>::kFits && ...);
};

/// A struct that a row of a table can be read into. Its std::string_view fields are valid during the call of the map.
template <class T>
concept RowStruct = HasFields<T> && std::default_initializable<T> && ColumnTypes<FieldTypes<T>>::kFit;

/// Why a field has no value of its type, as a phrase: "is missing", "is no whole number".
struct ColumnProblem {
  std::size_t column = 0;
  const char* phrase = nullptr;
};

/// Reads a field into a value; what is wrong with it as the end of a sentence, or null.
template <ColumnValue T>
const char* parse_column(const FieldView& field, T& value) {
  if (field.kind == FieldKind::Missing) return "is missing";
  if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    value = field.text;
    return nullptr;
  } else {
    if (field.kind == FieldKind::Null) return "is empty (a std::optional field takes that)";
    if constexpr (std::is_same_v<T, bool>) {
      value = field.text == "true";
      return value || field.text == "false" ? nullptr : "is neither true nor false";
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      const std::optional<Timestamp> at = parse_iso8601(field.text);
      value = at.value_or(Timestamp{});
      return at ? nullptr : "is no time as 2024-03-01T12:30:00Z";
    } else {
      const char* const end = field.text.data() + field.text.size();
      const auto parsed = std::from_chars(field.text.data(), end, value);
      if (parsed.ec == std::errc() && parsed.ptr == end) return nullptr;
      return std::is_floating_point_v<T> ? "is no number" : "is no whole number of its type";
    }
  }
}

/// The same where a missing or empty field is no value.
template <ColumnValue T>
const char* parse_column(const FieldView& field, std::optional<T>& value) {
  if (field.kind == FieldKind::Missing || field.kind == FieldKind::Null) {
    value.reset();
    return nullptr;
  }
  return parse_column(field, value.emplace());
}

/// Reads the columns of a record into the fields of `row`, in order. A phrase is left in the problem of the first that does not fit.
/// Requires: as many columns as fields.
template <RowStruct T>
bool parse_row(const Record& record, T& row, ColumnProblem& problem) {
  problem.column = 0;
  return std::apply(
      [&](auto&... field) {
        const auto read = [&](auto& one) {
          problem.phrase = parse_column(record.fields[problem.column], one);
          if (problem.phrase != nullptr) return false;
          ++problem.column;
          return true;
        };
        return (read(field) && ...);
      },
      fields_of(row));
}

}  // namespace sinter

// Parameters: values of a job that its user sets on the command line, `--param NAME=VALUE`: declared with a type, a default and what they
// mean. Plain values; any thread.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// One declared parameter with its value as text.
struct ParameterDeclaration {
  std::string name;
  std::string type;   // for people and for the check of Context::parameter<T>(): "number", "text", ...
  std::string value;  // the default, or what was set
  std::string help;
  std::function<bool(std::string_view)> accepts;
};

template <class T>
concept ParameterType = std::is_same_v<T, bool> || std::is_same_v<T, std::string> || std::is_same_v<T, Timestamp> ||
                        std::is_same_v<T, double> || (std::integral<T> && sizeof(T) > 1);

/// The sentence of a wrong type.
template <class T>
constexpr void check_parameter_type() {
  static_assert(ParameterType<T>, "sinter: a parameter is bool, an integer of 16 bits or more, double, std::string or sinter::Timestamp.");
}

/// The type as errors and --help name it.
template <ParameterType T>
std::string parameter_type_name() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_same_v<T, std::string>) return "text";
  else if constexpr (std::is_same_v<T, Timestamp>) return "time";
  else if constexpr (std::is_same_v<T, double>) return "number";
  else return std::string(std::is_unsigned_v<T> ? "whole number from 0, " : "whole number, ") + std::to_string(sizeof(T) * 8) + " bits";
}

/// Nothing when `text` is no T as a whole.
template <ParameterType T>
std::optional<T> parse_parameter(std::string_view text) {
  if constexpr (std::is_same_v<T, bool>) {
    if (text == "true" || text == "false") return text == "true";
    return std::nullopt;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(text);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return parse_iso8601(text);
  } else {
    T value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return value;
  }
}

/// Text that parse_parameter() reads back.
std::string parameter_text(bool value);
/// The same.
std::string parameter_text(double value);
/// The same.
std::string parameter_text(Timestamp value);
/// The same.
template <std::integral T>
  requires(!std::is_same_v<T, bool>)
std::string parameter_text(T value) {
  return std::to_string(value);
}

/// A declaration with a default value.
template <ParameterType T>
ParameterDeclaration declare_parameter(std::string name, const T& value, std::string help) {
  std::string text;
  if constexpr (std::is_same_v<T, std::string>) text = value;
  else text = parameter_text(value);
  return {std::move(name), parameter_type_name<T>(), std::move(text), std::move(help),
          [](std::string_view given) { return parse_parameter<T>(given).has_value(); }};
}

/// Sets one from "NAME=VALUE". Errors, the user's: an unknown name (with the known ones), a value of another type.
Status set_parameter(std::vector<ParameterDeclaration>& parameters, std::string_view assignment);

}  // namespace sinter

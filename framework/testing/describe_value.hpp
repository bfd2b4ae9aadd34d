// describe_value: a value as text for the messages of tests. Templates without state; any thread.
#pragma once

#include <concepts>
#include <cstdio>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/timestamp.hpp"
#include "framework/api/codec.hpp"
#include "framework/api/fields.hpp"
#include "framework/api/parameter.hpp"

namespace [[gnu::visibility("default")]] sinter {
namespace testing {

/// Bytes in hexadecimal, cut.
std::string describe_bytes(std::string_view bytes);

template <class T>
inline constexpr bool kIsTupleLike = false;
template <class... T>
inline constexpr bool kIsTupleLike<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool kIsTupleLike<std::pair<A, B>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

/// "7", "\"text\"", "(1, 2)", "[1, 2]"; bytes in hexadecimal of what has no such form.
template <class T>
std::string describe_value(const T& value) {
  const auto list = []<class Items>(const Items& items, char open, char close) {
    std::string text(1, open);
    const auto add = [&text](const auto& item) { text += (text.size() > 1 ? ", " : "") + describe_value(item); };
    if constexpr (std::ranges::range<const Items>) {
      for (const auto& item : items) add(item);
    } else {
      std::apply([&](const auto&... item) { (add(item), ...); }, items);
    }
    return text + close;
  };
  if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  else if constexpr (std::integral<T>) return std::to_string(value);
  else if constexpr (std::floating_point<T>) return parameter_text(static_cast<double>(value));
  else if constexpr (std::is_same_v<T, Timestamp>) return parameter_text(value);
  else if constexpr (std::convertible_to<const T&, std::string_view>) return "\"" + std::string(std::string_view(value)) + "\"";
  else if constexpr (kIsOptional<T>) return value ? describe_value(*value) : "nothing";
  else if constexpr (HasFields<T>) return list(fields_of(value), '(', ')');
  else if constexpr (kIsTupleLike<T>) return list(value, '(', ')');
  else if constexpr (std::ranges::range<const T>) return list(value, '[', ']');
  else if constexpr (HasValueCodec<T>) {
    std::string bytes;
    append_value<T>(bytes, value);
    return describe_bytes(bytes);
  } else return "a value";
}

}  // namespace testing
}  // namespace sinter

// Fields: a struct lists its members once, and travels as a key, a value or a row of a table. Templates without state; any thread.
//   struct Reading { std::string sensor; Timestamp at; double value; auto fields() { return std::tie(sensor, at, value); } };
#pragma once

#include <tuple>
#include <type_traits>

namespace [[gnu::visibility("default")]] sinter {

template <class T>
struct IsTie : std::false_type {};
template <class... T>
struct IsTie<std::tuple<T&...>> : std::bool_constant<sizeof...(T) != 0 && (!std::is_const_v<T> && ...)> {};

template <class T>
concept HasMemberFields = requires(T& value) { requires IsTie<decltype(value.fields())>::value; };
template <class T>
concept HasFreeFields = requires(T& value) { requires IsTie<decltype(fields(value))>::value; };

/// A struct with `auto fields() { return std::tie(a, b); }`, not const; or, for a struct that cannot be changed, a function `fields(T&)` in
/// its namespace. The order of the fields is the order of keys.
template <class T>
concept HasFields = std::is_class_v<T> && (HasMemberFields<T> || HasFreeFields<T>);

/// References to the fields.
template <HasFields T>
auto fields_of(T& value) {
  if constexpr (HasMemberFields<T>) return value.fields();
  else return fields(value);
}
/// The same of a constant. The list is written once, for references that may be written through; here nobody writes.
template <HasFields T>
auto fields_of(const T& value) {
  return std::apply([](auto&... field) { return std::tuple<const std::remove_reference_t<decltype(field)>&...>(field...); },
                    fields_of(const_cast<T&>(value)));
}

template <class Tie>
struct TiedTypes;
template <class... T>
struct TiedTypes<std::tuple<T&...>> {
  using Types = std::tuple<T...>;
};
/// std::tuple of the types of the fields.
template <HasFields T>
using FieldTypes = typename TiedTypes<decltype(fields_of(std::declval<T&>()))>::Types;

}  // namespace sinter

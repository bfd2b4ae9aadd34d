// type_name: what a key or value is made of, as text that stands in files: sorted pairs are read back as the types that wrote them.
// Templates without state; any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/timestamp.hpp"
#include "framework/api/codec.hpp"
#include "framework/api/data_file.hpp"
#include "framework/api/emitter.hpp"
#include "framework/api/grouped.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// The compiler's name of a type.
template <class T>
std::string compiled_name() {
  const std::string_view function = __PRETTY_FUNCTION__;
  const std::size_t begin = function.find("T = ") + 4;
  return std::string(function.substr(begin, function.find_first_of(";]", begin) - begin));
}

template <class T>
struct TypeName;
/// "int32", "text", "(text, timestamp)", "list of double"; a struct with fields is called by their types. Types of one name have the same
/// bytes. Enums, structs that travel as their memory and types with a codec of their own have the compiler's name.
template <class T>
std::string type_name() {
  return TypeName<T>::of();
}

/// "A, B" of some types.
template <class... T>
std::string type_names(std::string_view separator) {
  std::string text;
  ((text += (text.empty() ? "" : std::string(separator)) + type_name<T>()), ...);
  return text;
}

/// See type_name().
template <class T>
struct TypeName {
  static std::string of() {
    if constexpr (std::is_same_v<T, bool>) return "bool";
    else if constexpr (std::is_integral_v<T>) return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T));
    else if constexpr (std::is_same_v<T, float>) return "float";
    else if constexpr (std::is_same_v<T, double>) return "double";
    else if constexpr (std::is_same_v<T, std::string>) return "text";
    else if constexpr (std::is_same_v<T, Timestamp>) return "timestamp";
    else if constexpr (std::is_same_v<T, Nothing>) return "nothing";
    else if constexpr (HasFields<T>) return type_name<FieldTypes<T>>();
    else if constexpr (SequenceValue<T>) return "list of " + type_name<ElementOf<T>>();
    else return compiled_name<T>() + " of " + std::to_string(sizeof(T)) + " bytes";
  }
};
template <class T>
struct TypeName<std::optional<T>> {
  static std::string of() { return "optional " + type_name<T>(); }
};
template <class... T>
struct TypeName<std::tuple<T...>> {
  static std::string of() { return "(" + type_names<T...>(", ") + ")"; }
};
template <class A, class B>
struct TypeName<std::pair<A, B>> {
  static std::string of() { return "(" + type_names<A, B>(", ") + ")"; }
};
template <class... T>
struct TypeName<std::variant<T...>> {
  static std::string of() { return "(" + type_names<T...>(" or ") + ")"; }
};
template <class T, std::size_t size>
struct TypeName<std::array<T, size>> {
  static std::string of() { return std::to_string(size) + " of " + type_name<T>(); }
};
template <class T>
struct TypeName<Descending<T>> {
  static std::string of() { return "descending " + type_name<T>(); }
};
template <class G, class O>
struct TypeName<Grouped<G, O>> {
  static std::string of() { return "(" + type_names<G, O>(" | ") + ")"; }
};
template <class P, class K>
struct TypeName<Partitioned<P, K>> {
  static std::string of() { return "(" + type_names<P, K>(" / ") + ")"; }
};

/// Of pairs of `K` and `V` as they lie in a run; values of a debug build carry tags.
template <class K, class V>
PairTypes pair_types() {
  return {type_name<K>(), (kCheckRecords ? "tagged " : "") + type_name<V>()};
}

}  // namespace sinter

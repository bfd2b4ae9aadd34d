// ValueCodec: typed values to bytes and back, in no order. Templates without state; any thread.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/bytes.hpp"
#include "framework/api/fields.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Bytes of a value: `append(std::string&, const T&)` and `bool read(ByteReader&, T&)`, false on damaged bytes. Equal values have equal
/// bytes, and a value takes at least one. Specialise it for a type of your own.
template <class T>
struct ValueCodec;

template <class T>
concept HasValueCodec = std::default_initializable<T> && requires { sizeof(ValueCodec<T>); };

template <class T>
struct IsView : std::false_type {};
template <class C, class Traits>
struct IsView<std::basic_string_view<C, Traits>> : std::true_type {};
template <class T, std::size_t size>
struct IsView<std::span<T, size>> : std::true_type {};
/// Types of the standard library that travel as their parts.
template <class T>
struct IsComposed : std::false_type {};
template <class T>
struct IsComposed<std::optional<T>> : std::true_type {};
template <class... T>
struct IsComposed<std::tuple<T...>> : std::true_type {};
template <class A, class B>
struct IsComposed<std::pair<A, B>> : std::true_type {};
template <class... T>
struct IsComposed<std::variant<T...>> : std::true_type {};
template <class T, std::size_t size>
struct IsComposed<std::array<T, size>> : std::true_type {};

/// Numbers, enums and plain structs. Not pointers and views: what they point to does not travel.
template <class T>
concept PlainValue = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !IsView<T>::value && !IsComposed<T>::value &&
                     !HasFields<T>;

/// std::vector, deque, list, set, map and the like. Not the unordered ones: their order, and so their bytes, depend on their history.
template <class T>
concept SequenceValue = requires(T& container, typename T::value_type element, typename T::const_iterator) {
  container.insert(container.end(), std::move(element));
  container.clear();
  { container.size() } -> std::convertible_to<std::size_t>;
} && !requires { typename T::hasher; } && !requires { typename T::traits_type; };

/// std::map's elements have a constant key; they are read into a pair that has none.
template <class T>
struct MutableElement {
  using Type = T;
};
template <class A, class B>
struct MutableElement<std::pair<const A, B>> {
  using Type = std::pair<A, B>;
};
/// What a sequence holds, without const.
template <SequenceValue T>
using ElementOf = typename MutableElement<typename T::value_type>::Type;

/// Their memory, so merging two of them never changes the size. Padding travels as zeros.
template <PlainValue T>
struct ValueCodec<T> {
  static void append(std::string& out, const T& value) {
#if __has_builtin(__builtin_clear_padding)
    if constexpr (!std::is_scalar_v<T>) {
      T copy = value;
      __builtin_clear_padding(&copy);
      return append_fixed(out, copy);
    }
#endif
    append_fixed(out, value);
  }
  static bool read(ByteReader& reader, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      if (!reader.read_fixed(byte) || byte > 1) return false;
      value = byte == 1;
      return true;
    } else {
      return reader.read_fixed(value);
    }
  }
};

template <>
struct ValueCodec<std::string> {
  static void append(std::string& out, std::string_view value) { append_sized(out, value); }
  static bool read(ByteReader& reader, std::string& value) {
    std::string_view bytes;
    if (!reader.read_sized(bytes)) return false;
    value.assign(bytes);
    return true;
  }
};

template <HasValueCodec T>
struct ValueCodec<std::optional<T>> {
  static void append(std::string& out, const std::optional<T>& value) {
    ValueCodec<bool>::append(out, value.has_value());
    if (value) ValueCodec<T>::append(out, *value);
  }
  static bool read(ByteReader& reader, std::optional<T>& value) {
    bool present = false;
    if (!ValueCodec<bool>::read(reader, present)) return false;
    if (present) return ValueCodec<T>::read(reader, value.emplace());
    value.reset();
    return true;
  }
};

template <HasValueCodec... T>
  requires(sizeof...(T) > 0)
struct ValueCodec<std::tuple<T...>> {
  template <class Tuple>
  static void append(std::string& out, const Tuple& value) {
    std::apply([&out](const auto&... field) { (ValueCodec<T>::append(out, field), ...); }, value);
  }
  template <class Tuple>
  static bool read(ByteReader& reader, Tuple&& value) {
    return std::apply([&reader](T&... field) { return (ValueCodec<T>::read(reader, field) && ...); }, value);
  }
};

template <HasValueCodec A, HasValueCodec B>
struct ValueCodec<std::pair<A, B>> {
  template <class Pair>
  static void append(std::string& out, const Pair& value) {
    ValueCodec<A>::append(out, value.first);
    ValueCodec<B>::append(out, value.second);
  }
  static bool read(ByteReader& reader, std::pair<A, B>& value) {
    return ValueCodec<A>::read(reader, value.first) && ValueCodec<B>::read(reader, value.second);
  }
};

template <HasValueCodec T, std::size_t size>
  requires(size > 0)
struct ValueCodec<std::array<T, size>> {
  static void append(std::string& out, const std::array<T, size>& values) {
    for (const T& value : values) ValueCodec<T>::append(out, value);
  }
  static bool read(ByteReader& reader, std::array<T, size>& values) {
    for (T& value : values)
      if (!ValueCodec<T>::read(reader, value)) return false;
    return true;
  }
};

template <HasValueCodec... T>
struct ValueCodec<std::variant<T...>> {
  static void append(std::string& out, const std::variant<T...>& value) {
    append_varint(out, value.index());
    std::visit([&out]<class Held>(const Held& held) { ValueCodec<Held>::append(out, held); }, value);
  }
  static bool read(ByteReader& reader, std::variant<T...>& value) {
    std::uint64_t index = 0;
    return reader.read_varint(index) && read_held(reader, value, index, std::index_sequence_for<T...>());
  }

 private:
  template <std::size_t... i>
  static bool read_held(ByteReader& reader, std::variant<T...>& value, std::uint64_t index, std::index_sequence<i...>) {
    bool good = false;
    (void)((index == i && (good = ValueCodec<T>::read(reader, value.template emplace<i>()), true)) || ...);
    return good;
  }
};

template <SequenceValue T>
  requires(HasValueCodec<ElementOf<T>> && !std::is_empty_v<ElementOf<T>>)
struct ValueCodec<T> {
  using Element = ElementOf<T>;

  static void append(std::string& out, const T& values) {
    append_varint(out, values.size());
    if constexpr (kInOnePiece) out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Element));
    else for (const auto& value : values) ValueCodec<Element>::append(out, value);
  }
  static bool read(ByteReader& reader, T& values) {
    std::uint64_t count = 0;
    // Each value takes a byte at least, so a damaged count cannot ask for more memory than there are bytes.
    if (!reader.read_varint(count) || count > reader.remaining()) return false;
    values.clear();
    if constexpr (kInOnePiece) {
      std::string_view bytes;
      if (!reader.read_bytes(count * sizeof(Element), bytes)) return false;
      values.resize(count);
      if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
    } else {
      for (std::uint64_t i = 0; i < count; ++i) {
        Element value{};
        if (!ValueCodec<Element>::read(reader, value)) return false;
        values.insert(values.end(), std::move(value));
      }
    }
    return true;
  }

 private:
  // Vectors of numbers are the points of numerical jobs: one copy instead of one call per number.
  static constexpr bool kInOnePiece = std::is_arithmetic_v<Element> && !std::is_same_v<Element, bool> &&
                                      requires(T& values) { values.data(); values.resize(1); };
};

/// Structs that list their fields.
template <HasFields T>
  requires HasValueCodec<FieldTypes<T>>
struct ValueCodec<T> {
  static void append(std::string& out, const T& value) { ValueCodec<FieldTypes<T>>::append(out, fields_of(value)); }
  static bool read(ByteReader& reader, T& value) { return ValueCodec<FieldTypes<T>>::read(reader, fields_of(value)); }
};

}  // namespace sinter

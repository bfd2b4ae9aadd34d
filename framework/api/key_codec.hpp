// KeyCodec: typed keys to bytes whose memcmp order is the order of the values (docs/formats/key.md). Templates without state; any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "framework/api/fields.hpp"
#include "shuffle/record/key.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Order-preserving bytes of a key: `append(std::string&, value, Order)` and `Status read(KeyReader&, T&, Order)`. memcmp order is the
/// order of the values (reversed when Descending), and no key's bytes are a prefix of another's. Specialise it for a type of your own.
template <class T>
struct KeyCodec;

template <class T>
concept HasKeyCodec = std::default_initializable<T> && requires { sizeof(KeyCodec<T>); };

/// A key with bytes left over; a number that its type cannot hold. Not inline: authors' programs are compiled often.
Error long_key(std::size_t left_over);
/// See long_key().
Error wrong_number(std::int64_t stored);

/// A key, or a part of one, whose order is reversed: the largest comes first. `Descending{value}` makes one.
template <class T>
struct Descending {
  T value{};
  auto fields() { return std::tie(value); }
  friend bool operator==(const Descending&, const Descending&) = default;
  friend auto operator<=>(const Descending& a, const Descending& b) { return b.value <=> a.value; }
};
/// Lets `Descending{value}` find its type.
template <class T>
Descending(T) -> Descending<T>;

template <>
struct KeyCodec<bool> {
  static void append(std::string& key, bool value, Order order) { append_key_bool(key, value, order); }
  static Status read(KeyReader& reader, bool& value, Order order) {
    SINTER_ASSIGN(value, reader.read_bool(order));
    return {};
  }
};

template <class T>
  requires(std::is_integral_v<T> && sizeof(T) <= sizeof(std::int64_t))
struct KeyCodec<T> {
  static void append(std::string& key, T value, Order order) {
    append_key_int64(key, static_cast<std::int64_t>(static_cast<std::uint64_t>(value) ^ kShift), order);
  }
  static Status read(KeyReader& reader, T& value, Order order) {
    SINTER_ASSIGN(const std::int64_t stored, reader.read_int64(order));
    const std::uint64_t bits = static_cast<std::uint64_t>(stored) ^ kShift;
    value = static_cast<T>(bits);
    if (static_cast<std::uint64_t>(value) != bits) return wrong_number(stored);
    return {};
  }

 private:
  /// Moves 0 .. 2^64 - 1 onto the signed numbers in order; signed ones and smaller ones fit as they are.
  static constexpr std::uint64_t kShift = std::is_unsigned_v<T> && sizeof(T) == sizeof(std::int64_t) ? std::uint64_t{1} << 63 : 0;
};

template <class T>
  requires(std::is_same_v<T, float> || std::is_same_v<T, double>)
struct KeyCodec<T> {
  static void append(std::string& key, T value, Order order) { append_key_double(key, value, order); }
  static Status read(KeyReader& reader, T& value, Order order) {
    SINTER_ASSIGN(const double stored, reader.read_double(order));
    value = static_cast<T>(stored);
    return {};
  }
};

template <class T>
  requires std::is_enum_v<T>
struct KeyCodec<T> {
  using Number = std::underlying_type_t<T>;
  static void append(std::string& key, T value, Order order) { KeyCodec<Number>::append(key, static_cast<Number>(value), order); }
  static Status read(KeyReader& reader, T& value, Order order) {
    Number number{};
    SINTER_TRY(KeyCodec<Number>::read(reader, number, order));
    value = static_cast<T>(number);
    return {};
  }
};

template <>
struct KeyCodec<std::string> {
  static void append(std::string& key, std::string_view value, Order order) { append_key_string(key, value, order); }
  static Status read(KeyReader& reader, std::string& value, Order order) { return reader.read_string(value, order); }
};

template <>
struct KeyCodec<Timestamp> {
  static void append(std::string& key, Timestamp value, Order order) { append_key_timestamp(key, value, order); }
  static Status read(KeyReader& reader, Timestamp& value, Order order) {
    SINTER_ASSIGN(value, reader.read_timestamp(order));
    return {};
  }
};

/// Nothing comes first. A mark stands before a value, so that an empty value inside is told from no value.
template <HasKeyCodec T>
struct KeyCodec<std::optional<T>> {
  static void append(std::string& key, const std::optional<T>& value, Order order) {
    if (!value) return append_key_null(key, order);
    append_key_bool(key, true, order);
    KeyCodec<T>::append(key, *value, order);
  }
  static Status read(KeyReader& reader, std::optional<T>& value, Order order) {
    SINTER_ASSIGN(const KeyType type, reader.peek(order));
    if (type == KeyType::Null) {
      value.reset();
      return reader.read_null(order);
    }
    SINTER_ASSIGN([[maybe_unused]] const bool mark, reader.read_bool(order));
    return KeyCodec<T>::read(reader, value.emplace(), order);
  }
};

template <HasKeyCodec... T>
  requires(sizeof...(T) > 0)
struct KeyCodec<std::tuple<T...>> {
  template <class Tuple>
  static void append(std::string& key, const Tuple& value, Order order) {
    std::apply([&](const auto&... field) { (KeyCodec<T>::append(key, field, order), ...); }, value);
  }
  template <class Tuple>
  static Status read(KeyReader& reader, Tuple&& value, Order order) {
    Status status;
    std::apply([&](T&... field) { (void)((status = KeyCodec<T>::read(reader, field, order)).ok() && ...); }, value);
    return status;
  }
};

template <HasKeyCodec A, HasKeyCodec B>
struct KeyCodec<std::pair<A, B>> {
  static void append(std::string& key, const std::pair<A, B>& value, Order order) {
    KeyCodec<A>::append(key, value.first, order);
    KeyCodec<B>::append(key, value.second, order);
  }
  static Status read(KeyReader& reader, std::pair<A, B>& value, Order order) {
    SINTER_TRY(KeyCodec<A>::read(reader, value.first, order));
    return KeyCodec<B>::read(reader, value.second, order);
  }
};

/// Structs that list their fields.
template <HasFields T>
  requires HasKeyCodec<FieldTypes<T>>
struct KeyCodec<T> {
  static void append(std::string& key, const T& value, Order order) { KeyCodec<FieldTypes<T>>::append(key, fields_of(value), order); }
  static Status read(KeyReader& reader, T& value, Order order) { return KeyCodec<FieldTypes<T>>::read(reader, fields_of(value), order); }
};

template <HasKeyCodec T>
struct KeyCodec<Descending<T>> {
  static constexpr Order reversed(Order order) { return order == Order::Ascending ? Order::Descending : Order::Ascending; }
  static void append(std::string& key, const Descending<T>& value, Order order) { KeyCodec<T>::append(key, value.value, reversed(order)); }
  static Status read(KeyReader& reader, Descending<T>& value, Order order) {
    return KeyCodec<T>::read(reader, value.value, reversed(order));
  }
};

/// Appends a whole key.
template <HasKeyCodec T, class Argument>
void append_key(std::string& key, const Argument& value) {
  KeyCodec<T>::append(key, value, Order::Ascending);
}

/// Reads one whole key. Errors: internal, when the bytes are damaged or too many.
template <HasKeyCodec T>
Status decode_key(std::string_view bytes, T& key) {
  KeyReader reader(bytes);
  SINTER_TRY(KeyCodec<T>::read(reader, key, Order::Ascending));
  if (reader.at_end()) [[likely]]
    return {};
  return long_key(bytes.size() - reader.offset());
}

}  // namespace sinter

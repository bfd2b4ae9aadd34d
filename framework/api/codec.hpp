// Codecs: how typed keys and values become the bytes that the shuffle sorts and moves. Templates without state; any thread.
// Specialise KeyCodec or ValueCodec for a type of your own (docs/custom-jobs.md).
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "shuffle/record/key.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Order-preserving bytes of a key: `append(std::string&, value)` and `Status read(KeyReader&, T&)`. memcmp order is the order of the
/// values, and no key's bytes are a prefix of another's.
template <class T>
struct KeyCodec;

/// Bytes of a value, in no order: `append(std::string&, const T&)` and `bool read(ByteReader&, T&)`, false on damaged bytes.
template <class T>
struct ValueCodec;

template <class T>
concept HasKeyCodec = std::default_initializable<T> && requires { sizeof(KeyCodec<T>); };
template <class T>
concept HasValueCodec = std::default_initializable<T> && requires { sizeof(ValueCodec<T>); };

/// How a type is passed to an emitter: text as a view, so that emitting a word makes no string.
template <class T>
using CodecArgument = std::conditional_t<std::is_same_v<T, std::string>, std::string_view, const T&>;

// ---- keys

template <>
struct KeyCodec<bool> {
  static void append(std::string& key, bool value) { append_key_bool(key, value); }
  static Status read(KeyReader& reader, bool& value) {
    SINTER_ASSIGN(value, reader.read_bool());
    return {};
  }
};

template <class T>
  requires(std::is_integral_v<T> && sizeof(T) <= sizeof(std::int64_t))
struct KeyCodec<T> {
  static void append(std::string& key, T value) {
    append_key_int64(key, static_cast<std::int64_t>(static_cast<std::uint64_t>(value) ^ kShift));
  }
  static Status read(KeyReader& reader, T& value) {
    SINTER_ASSIGN(const std::int64_t stored, reader.read_int64());
    const std::uint64_t bits = static_cast<std::uint64_t>(stored) ^ kShift;
    value = static_cast<T>(bits);
    if (static_cast<std::uint64_t>(value) != bits) {
      return internal_error("a key holds the number " + std::to_string(stored) + ", which its type cannot");
    }
    return {};
  }

 private:
  /// Moves 0 .. 2^64 - 1 onto the signed numbers in order; signed ones and smaller ones fit as they are.
  static constexpr std::uint64_t kShift = std::is_unsigned_v<T> && sizeof(T) == sizeof(std::int64_t) ? std::uint64_t{1} << 63 : 0;
};

template <class T>
  requires(std::is_same_v<T, float> || std::is_same_v<T, double>)
struct KeyCodec<T> {
  static void append(std::string& key, T value) { append_key_double(key, value); }
  static Status read(KeyReader& reader, T& value) {
    SINTER_ASSIGN(const double stored, reader.read_double());
    value = static_cast<T>(stored);
    return {};
  }
};

template <class T>
  requires std::is_enum_v<T>
struct KeyCodec<T> {
  using Number = std::underlying_type_t<T>;
  static void append(std::string& key, T value) { KeyCodec<Number>::append(key, static_cast<Number>(value)); }
  static Status read(KeyReader& reader, T& value) {
    Number number{};
    SINTER_TRY(KeyCodec<Number>::read(reader, number));
    value = static_cast<T>(number);
    return {};
  }
};

template <>
struct KeyCodec<std::string> {
  static void append(std::string& key, std::string_view value) { append_key_string(key, value); }
  static Status read(KeyReader& reader, std::string& value) { return reader.read_string(value); }
};

template <>
struct KeyCodec<Timestamp> {
  static void append(std::string& key, Timestamp value) { append_key_timestamp(key, value); }
  static Status read(KeyReader& reader, Timestamp& value) {
    SINTER_ASSIGN(value, reader.read_timestamp());
    return {};
  }
};

/// Nothing comes first. A mark stands before a value, so that an empty value inside is told from no value.
template <HasKeyCodec T>
struct KeyCodec<std::optional<T>> {
  static void append(std::string& key, const std::optional<T>& value) {
    if (!value) return append_key_null(key);
    append_key_bool(key, true);
    KeyCodec<T>::append(key, *value);
  }
  static Status read(KeyReader& reader, std::optional<T>& value) {
    SINTER_ASSIGN(const KeyType type, reader.peek());
    if (type == KeyType::Null) {
      value.reset();
      return reader.read_null();
    }
    SINTER_ASSIGN([[maybe_unused]] const bool mark, reader.read_bool());
    return KeyCodec<T>::read(reader, value.emplace());
  }
};

template <HasKeyCodec... T>
struct KeyCodec<std::tuple<T...>> {
  static void append(std::string& key, const std::tuple<T...>& value) {
    std::apply([&key](const T&... field) { (KeyCodec<T>::append(key, field), ...); }, value);
  }
  static Status read(KeyReader& reader, std::tuple<T...>& value) {
    Status status;
    std::apply([&](T&... field) { (void)((status = KeyCodec<T>::read(reader, field)).ok() && ...); }, value);
    return status;
  }
};

template <HasKeyCodec A, HasKeyCodec B>
struct KeyCodec<std::pair<A, B>> {
  static void append(std::string& key, const std::pair<A, B>& value) {
    KeyCodec<A>::append(key, value.first);
    KeyCodec<B>::append(key, value.second);
  }
  static Status read(KeyReader& reader, std::pair<A, B>& value) {
    SINTER_TRY(KeyCodec<A>::read(reader, value.first));
    return KeyCodec<B>::read(reader, value.second);
  }
};

// ---- values

template <class T>
struct IsView : std::false_type {};
template <class C, class Traits>
struct IsView<std::basic_string_view<C, Traits>> : std::true_type {};
template <class T, std::size_t size>
struct IsView<std::span<T, size>> : std::true_type {};
template <class T>
struct IsComposed : std::false_type {};
template <class T>
struct IsComposed<std::optional<T>> : std::true_type {};
template <class... T>
struct IsComposed<std::tuple<T...>> : std::true_type {};
template <class A, class B>
struct IsComposed<std::pair<A, B>> : std::true_type {};

/// Numbers, enums and plain structs: their memory, so merging two of them never changes the size. Not pointers and views: what they
/// point to does not travel. Padding inside a struct travels too; order its members so that there is none.
template <class T>
  requires(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !IsView<T>::value && !IsComposed<T>::value)
struct ValueCodec<T> {
  static void append(std::string& out, const T& value) { append_fixed(out, value); }
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
struct ValueCodec<std::tuple<T...>> {
  static void append(std::string& out, const std::tuple<T...>& value) {
    std::apply([&out](const T&... field) { (ValueCodec<T>::append(out, field), ...); }, value);
  }
  static bool read(ByteReader& reader, std::tuple<T...>& value) {
    return std::apply([&reader](T&... field) { return (ValueCodec<T>::read(reader, field) && ...); }, value);
  }
};

template <HasValueCodec A, HasValueCodec B>
struct ValueCodec<std::pair<A, B>> {
  static void append(std::string& out, const std::pair<A, B>& value) {
    ValueCodec<A>::append(out, value.first);
    ValueCodec<B>::append(out, value.second);
  }
  static bool read(ByteReader& reader, std::pair<A, B>& value) {
    return ValueCodec<A>::read(reader, value.first) && ValueCodec<B>::read(reader, value.second);
  }
};

template <HasValueCodec T>
struct ValueCodec<std::vector<T>> {
  static void append(std::string& out, const std::vector<T>& values) {
    append_varint(out, values.size());
    for (const T& value : values) ValueCodec<T>::append(out, value);
  }
  static bool read(ByteReader& reader, std::vector<T>& values) {
    std::uint64_t count = 0;
    // Each value takes a byte at least, so a damaged count cannot ask for more memory than there are bytes.
    if (!reader.read_varint(count) || count > reader.remaining()) return false;
    values.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      T value{};
      if (!ValueCodec<T>::read(reader, value)) return false;
      values.push_back(std::move(value));
    }
    return true;
  }
};

/// Reads one whole value. Errors: internal, when the bytes are damaged or too many.
template <HasValueCodec T>
Status decode_value(std::string_view bytes, T& value) {
  ByteReader reader(bytes);
  if (ValueCodec<T>::read(reader, value) && reader.at_end()) [[likely]]
    return {};
  return internal_error("a value of " + std::to_string(bytes.size()) + " bytes does not decode as the job's value type");
}

/// Reads one whole key.
template <HasKeyCodec T>
Status decode_key(std::string_view bytes, T& key) {
  KeyReader reader(bytes);
  SINTER_TRY(KeyCodec<T>::read(reader, key));
  if (reader.at_end()) [[likely]]
    return {};
  return internal_error("a key has " + std::to_string(bytes.size() - reader.offset()) + " bytes more than the job's key type");
}

}  // namespace sinter

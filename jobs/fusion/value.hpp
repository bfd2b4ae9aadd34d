// Value: one typed cell on its way through cleaning and fusion. A view: text and list items live in a buffer or an arena
// that outlives it. Trivially copyable, 24 bytes. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "base/timestamp.hpp"

namespace sinter::fusion {

enum class ValueType : std::uint8_t { Null, Bool, Int64, Double, Timestamp, String, List };

/// The name of a type in job files: "string", "double", "int64", "bool", "timestamp", "list".
std::string_view to_string(ValueType type);

class Value {
 public:
  Value() : integer_(0) {}
  static Value null() { return {}; }
  static Value of_bool(bool value) { Value v(ValueType::Bool); v.integer_ = value ? 1 : 0; return v; }
  static Value of_int64(std::int64_t value) { Value v(ValueType::Int64); v.integer_ = value; return v; }
  /// -0.0 becomes +0.0, so that equal numbers have equal bytes.
  static Value of_double(double value) { Value v(ValueType::Double); v.number_ = value == 0 ? 0.0 : value; return v; }
  static Value of_timestamp(Timestamp value) { Value v(ValueType::Timestamp); v.integer_ = value.micros; return v; }
  static Value of_string(std::string_view text) {
    Value v(ValueType::String);
    v.text_ = text.data();
    v.size_ = static_cast<std::uint32_t>(text.size());
    return v;
  }
  /// Items are scalars (never lists), kept in the order given.
  static Value of_list(const Value* items, std::size_t size) {
    Value v(ValueType::List);
    v.items_ = items;
    v.size_ = static_cast<std::uint32_t>(size);
    return v;
  }

  ValueType type() const { return type_; }
  bool is_null() const { return type_ == ValueType::Null; }
  bool is_number() const { return type_ == ValueType::Int64 || type_ == ValueType::Double; }
  bool boolean() const { require(type_ == ValueType::Bool, "value is not a bool"); return integer_ != 0; }
  std::int64_t int64() const { require(type_ == ValueType::Int64, "value is not an int64"); return integer_; }
  double number() const { require(type_ == ValueType::Double, "value is not a double"); return number_; }
  /// An Int64 or a Double as a double.
  double as_double() const { return type_ == ValueType::Int64 ? static_cast<double>(integer_) : number(); }
  Timestamp timestamp() const { require(type_ == ValueType::Timestamp, "value is not a timestamp"); return {integer_}; }
  std::string_view string() const { require(type_ == ValueType::String, "value is not a string"); return {text_, size_}; }
  std::size_t list_size() const { require(type_ == ValueType::List, "value is not a list"); return size_; }
  const Value& item(std::size_t i) const { require(i < list_size(), "list index"); return items_[i]; }

 private:
  explicit Value(ValueType type) : type_(type), integer_(0) {}
  ValueType type_ = ValueType::Null;
  std::uint32_t size_ = 0;
  union {
    std::int64_t integer_;
    double number_;
    const char* text_;
    const Value* items_;
  };
};

/// Appends the canonical bytes of a value: order-preserving (shuffle/record/key.hpp), self-delimiting; equal values have
/// equal bytes and memcmp is the order of values. A list is its size and its items.
void append_value(std::string& out, const Value& value);

/// Bytes that values may point to, freed all at once. One thread.
class Arena {
 public:
  explicit Arena(std::size_t chunk_bytes = 64u << 10);
  Arena(Arena&&) noexcept;
  Arena& operator=(Arena&&) noexcept;
  ~Arena();
  /// Uninitialised bytes, valid until clear(). `alignment` is a power of two up to 16.
  char* allocate(std::size_t size, std::size_t alignment = 1);
  std::string_view copy(std::string_view text);
  /// Deep copy of a value into this arena.
  Value copy(const Value& value);
  Value* allocate_values(std::size_t count);
  /// Forgets everything; keeps the first chunk for reuse.
  void clear();
  std::size_t used_bytes() const { return used_bytes_; }

 private:
  struct Chunk;
  std::vector<Chunk> chunks_;
  std::size_t chunk_bytes_;
  std::size_t used_bytes_ = 0;
  std::size_t at_ = 0;  // in the last chunk
};

/// Reads what append_value() wrote; text and items are copied to the arena. `at` moves behind it. False on damaged bytes.
bool read_value(std::string_view bytes, std::size_t& at, Arena& arena, Value& value);

/// Text as people read it (numbers shortest, timestamps ISO 8601, lists as [a, b]). Null is empty.
void append_display(std::string& out, const Value& value);

/// One attribute of the mediated schema.
struct Attribute {
  std::string name;
  ValueType type = ValueType::String;
};

}  // namespace sinter::fusion

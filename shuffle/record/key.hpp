// Order-preserving keys: typed fields become bytes whose memcmp order is the order of the fields. Stateless; any thread.
// Format page: docs/formats/key.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Direction of one key field. Descending fields are the ascending bytes inverted.
enum class Order : std::uint8_t { Ascending, Descending };

/// The type tag that starts every encoded field; tags order fields of different types: null first.
enum class KeyType : std::uint8_t { Null = 0x01, Bool = 0x02, Int64 = 0x03, Double = 0x04, Timestamp = 0x05, String = 0x06, Bytes = 0x07 };

// Each appends one self-delimiting field: no field's bytes are a prefix of another's, so tuples are concatenations.
/// Before every other field.
void append_key_null(std::string& key, Order order = Order::Ascending);
/// False before true.
void append_key_bool(std::string& key, bool value, Order order = Order::Ascending);
/// By number.
void append_key_int64(std::string& key, std::int64_t value, Order order = Order::Ascending);
/// Total order: -inf < ... < -0.0 < +0.0 < ... < +inf < NaN; every NaN is one key.
void append_key_double(std::string& key, double value, Order order = Order::Ascending);
/// By time.
void append_key_timestamp(std::string& key, Timestamp value, Order order = Order::Ascending);
/// Bytewise order; a zero byte inside is escaped, so any bytes are allowed.
void append_key_string(std::string& key, std::string_view value, Order order = Order::Ascending);
/// As strings, with a type of its own.
void append_key_bytes(std::string& key, std::string_view value, Order order = Order::Ascending);

/// Reads fields back, bounds-checked: hostile bytes give an Internal error, never a crash.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : key_(key) {}
  bool at_end() const { return at_ == key_.size(); }
  /// The type of the next field. Requires: !at_end().
  Result<KeyType> peek(Order order = Order::Ascending) const;
  Status read_null(Order order = Order::Ascending);
  Result<bool> read_bool(Order order = Order::Ascending);
  Result<std::int64_t> read_int64(Order order = Order::Ascending);
  Result<double> read_double(Order order = Order::Ascending);
  Result<Timestamp> read_timestamp(Order order = Order::Ascending);
  /// `value` is overwritten (not appended), so one string serves many keys. Reads a String or a Bytes field.
  Status read_string(std::string& value, Order order = Order::Ascending);
  /// Skips one field of any type.
  Status skip(Order order = Order::Ascending);
  std::size_t offset() const { return at_; }

 private:
  std::string_view key_;
  std::size_t at_ = 0;
};

}  // namespace sinter

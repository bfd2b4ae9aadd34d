// Order-preserving keys: the encoders append, the reader checks every byte it looks at. Stateless; any thread.
#include "shuffle/record/key.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/bytes.hpp"
#include "shuffle/record/short_copy.hpp"

namespace sinter {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
constexpr std::uint64_t kCanonicalNan = 0x7ff8000000000000;
// A zero byte inside a string becomes {00 ff}, its end is {00 01}; {00 00} never occurs, so zero-filled garbage is noticed.
constexpr unsigned char kEscape = 0x00;
constexpr unsigned char kEscapedZero = 0xff;
constexpr unsigned char kTerminator = 0x01;
constexpr std::size_t kShortStringBytes = 64;

unsigned char mask_of(Order order) { return order == Order::Descending ? 0xff : 0x00; }

void append_fixed_field(std::string& key, KeyType type, std::uint64_t ordered, Order order) {
  char field[9];
  const std::uint64_t flipped = order == Order::Descending ? ~ordered : ordered;
  field[0] = static_cast<char>(static_cast<unsigned char>(type) ^ mask_of(order));
  const std::uint64_t big_endian = __builtin_bswap64(flipped);
  std::memcpy(field + 1, &big_endian, sizeof(big_endian));
  key.append(field, sizeof(field));
}

void append_escaped(std::string& key, std::string_view value) {
  while (!value.empty()) {
    const void* zero = std::memchr(value.data(), 0, value.size());
    if (zero == nullptr) break;
    const auto before = static_cast<std::size_t>(static_cast<const char*>(zero) - value.data());
    key.append(value.data(), before + 1);
    key.push_back(static_cast<char>(kEscapedZero));
    value.remove_prefix(before + 1);
  }
  key.append(value);
}

/// Ascending, short and without zero bytes, as most keys are: one append. False: not such a field.
bool append_short_string_field(std::string& key, KeyType type, std::string_view value) {
  char field[1 + kShortStringBytes + 2];
  if (value.size() > kShortStringBytes || value.find('\0') != std::string_view::npos) return false;
  field[0] = static_cast<char>(type);
  copy_short(field + 1, value.data(), value.size());
  field[1 + value.size()] = static_cast<char>(kEscape);
  field[2 + value.size()] = static_cast<char>(kTerminator);
  key.append(field, value.size() + 3);
  return true;
}

void append_string_field(std::string& key, KeyType type, std::string_view value, Order order) {
  if (order == Order::Ascending && append_short_string_field(key, type, value)) return;
  const std::size_t start = key.size();
  key.push_back(static_cast<char>(type));
  append_escaped(key, value);
  key.push_back(static_cast<char>(kEscape));
  key.push_back(static_cast<char>(kTerminator));
  if (order == Order::Ascending) return;
  for (std::size_t i = start; i < key.size(); ++i) key[i] = static_cast<char>(~static_cast<unsigned char>(key[i]));
}

std::string_view name_of(KeyType type) {
  switch (type) {
    case KeyType::Null: return "null";
    case KeyType::Bool: return "bool";
    case KeyType::Int64: return "int64";
    case KeyType::Double: return "double";
    case KeyType::Timestamp: return "timestamp";
    case KeyType::String: return "string";
    case KeyType::Bytes: return "bytes";
  }
  return "unknown";
}

Error damaged(std::size_t at, std::string_view what) {
  return internal_error("key is damaged at byte " + std::to_string(at) + ": " + std::string(what));
}

/// Reads tag and eight bytes of a fixed-width field; moves `at` only when good.
Result<std::uint64_t> read_fixed_field(std::string_view key, std::size_t& at, KeyType type, Order order) {
  if (at >= key.size()) return damaged(at, "a " + std::string(name_of(type)) + " field was expected, the key ends");
  const auto tag = static_cast<unsigned char>(static_cast<unsigned char>(key[at]) ^ mask_of(order));
  if (tag != static_cast<unsigned char>(type)) {
    return damaged(at, "a " + std::string(name_of(type)) + " field was expected, the tag differs");
  }
  if (key.size() - at < 9) return damaged(at, "a " + std::string(name_of(type)) + " field is cut short");
  const std::uint64_t bits = load_big_endian_u64(key.data() + at + 1);
  at += 9;
  return order == Order::Descending ? ~bits : bits;
}

/// Finds the end of a string field's body that starts at `at`, past its terminator; unescapes into `value` unless null.
Result<std::size_t> scan_string(std::string_view key, std::size_t at, Order order, std::string* value) {
  const unsigned char mask = mask_of(order);
  while (true) {
    const void* found = at < key.size() ? std::memchr(key.data() + at, mask, key.size() - at) : nullptr;
    if (found == nullptr) return damaged(at, "a string field has no terminator");
    const auto zero = static_cast<std::size_t>(static_cast<const char*>(found) - key.data());
    if (zero + 1 >= key.size()) return damaged(zero, "a string field ends inside an escape");
    if (value != nullptr) value->append(key.data() + at, zero - at);
    const auto after = static_cast<unsigned char>(static_cast<unsigned char>(key[zero + 1]) ^ mask);
    at = zero + 2;
    if (after == kTerminator) return at;
    if (after != kEscapedZero) return damaged(zero, "a string field has an unknown escape");
    if (value != nullptr) value->push_back(static_cast<char>(mask));
  }
}

}  // namespace

void append_key_null(std::string& key, Order order) {
  key.push_back(static_cast<char>(static_cast<unsigned char>(KeyType::Null) ^ mask_of(order)));
}

void append_key_bool(std::string& key, bool value, Order order) {
  const char field[2] = {static_cast<char>(static_cast<unsigned char>(KeyType::Bool) ^ mask_of(order)),
                         static_cast<char>(static_cast<unsigned char>(value ? 1 : 0) ^ mask_of(order))};
  key.append(field, sizeof(field));
}

void append_key_int64(std::string& key, std::int64_t value, Order order) {
  append_fixed_field(key, KeyType::Int64, static_cast<std::uint64_t>(value) ^ kSignBit, order);
}

void append_key_double(std::string& key, double value, Order order) {
  const std::uint64_t bits = std::isnan(value) ? kCanonicalNan : std::bit_cast<std::uint64_t>(value);
  append_fixed_field(key, KeyType::Double, (bits & kSignBit) != 0 ? ~bits : bits | kSignBit, order);
}

void append_key_timestamp(std::string& key, Timestamp value, Order order) {
  append_fixed_field(key, KeyType::Timestamp, static_cast<std::uint64_t>(value.micros) ^ kSignBit, order);
}

void append_key_string(std::string& key, std::string_view value, Order order) {
  append_string_field(key, KeyType::String, value, order);
}

void append_key_bytes(std::string& key, std::string_view value, Order order) {
  append_string_field(key, KeyType::Bytes, value, order);
}

Result<KeyType> KeyReader::peek(Order order) const {
  if (at_end()) return damaged(at_, "a field was expected, the key ends");
  const auto tag = static_cast<unsigned char>(static_cast<unsigned char>(key_[at_]) ^ mask_of(order));
  if (tag < static_cast<unsigned char>(KeyType::Null) || tag > static_cast<unsigned char>(KeyType::Bytes)) {
    return damaged(at_, "no field type has this tag");
  }
  return static_cast<KeyType>(tag);
}

Status KeyReader::read_null(Order order) {
  SINTER_ASSIGN(const KeyType type, peek(order));
  if (type != KeyType::Null) return damaged(at_, "a null field was expected, found " + std::string(name_of(type)));
  ++at_;
  return {};
}

Result<bool> KeyReader::read_bool(Order order) {
  SINTER_ASSIGN(const KeyType type, peek(order));
  if (type != KeyType::Bool) return damaged(at_, "a bool field was expected, found " + std::string(name_of(type)));
  if (key_.size() - at_ < 2) return damaged(at_, "a bool field is cut short");
  const auto byte = static_cast<unsigned char>(static_cast<unsigned char>(key_[at_ + 1]) ^ mask_of(order));
  if (byte > 1) return damaged(at_, "a bool field is neither 0 nor 1");
  at_ += 2;
  return byte == 1;
}

Result<std::int64_t> KeyReader::read_int64(Order order) {
  SINTER_ASSIGN(const std::uint64_t bits, read_fixed_field(key_, at_, KeyType::Int64, order));
  return static_cast<std::int64_t>(bits ^ kSignBit);
}

Result<double> KeyReader::read_double(Order order) {
  std::size_t at = at_;
  SINTER_ASSIGN(const std::uint64_t ordered, read_fixed_field(key_, at, KeyType::Double, order));
  const std::uint64_t bits = (ordered & kSignBit) != 0 ? ordered & ~kSignBit : ~ordered;
  const auto value = std::bit_cast<double>(bits);
  // Another NaN would compare unequal to the one NaN key that append_key_double() writes.
  if (std::isnan(value) && bits != kCanonicalNan) return damaged(at_, "a double field is a NaN of foreign form");
  at_ = at;
  return value;
}

Result<Timestamp> KeyReader::read_timestamp(Order order) {
  SINTER_ASSIGN(const std::uint64_t bits, read_fixed_field(key_, at_, KeyType::Timestamp, order));
  return Timestamp{static_cast<std::int64_t>(bits ^ kSignBit)};
}

Status KeyReader::read_string(std::string& value, Order order) {
  value.clear();
  SINTER_ASSIGN(const KeyType type, peek(order));
  if (type != KeyType::String && type != KeyType::Bytes) {
    return damaged(at_, "a string field was expected, found " + std::string(name_of(type)));
  }
  SINTER_ASSIGN(const std::size_t end, scan_string(key_, at_ + 1, order, &value));
  if (order == Order::Descending) {
    for (char& byte : value) byte = static_cast<char>(~static_cast<unsigned char>(byte));
  }
  at_ = end;
  return {};
}

Status KeyReader::skip(Order order) {
  SINTER_ASSIGN(const KeyType type, peek(order));
  switch (type) {
    case KeyType::Null: return read_null(order);
    case KeyType::Bool: {
      SINTER_ASSIGN([[maybe_unused]] const bool value, read_bool(order));
      return {};
    }
    case KeyType::Double: {
      SINTER_ASSIGN([[maybe_unused]] const double value, read_double(order));
      return {};
    }
    case KeyType::Int64:
    case KeyType::Timestamp: {
      SINTER_ASSIGN([[maybe_unused]] const std::uint64_t bits, read_fixed_field(key_, at_, type, order));
      return {};
    }
    case KeyType::String:
    case KeyType::Bytes: {
      SINTER_ASSIGN(const std::size_t end, scan_string(key_, at_ + 1, order, nullptr));
      at_ = end;
      return {};
    }
  }
  return damaged(at_, "no field type has this tag");
}

}  // namespace sinter

// Keys: memcmp order is the order of the fields, everything reads back, hostile bytes are refused.
#include "shuffle/record/key.hpp"

#include <cmath>
#include <limits>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sinter {
namespace {

struct Bytes {
  std::string text;
};
// Alternatives stand in the order of their type tags.
using Field = std::variant<std::monostate, bool, std::int64_t, double, Timestamp, std::string, Bytes>;

int sign(std::partial_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int compare_doubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  if (a == b) return static_cast<int>(std::signbit(b)) - static_cast<int>(std::signbit(a));
  return a < b ? -1 : 1;
}

int compare(const Field& a, const Field& b) {
  if (a.index() != b.index()) return a.index() < b.index() ? -1 : 1;
  switch (a.index()) {
    case 1: return static_cast<int>(std::get<bool>(a)) - static_cast<int>(std::get<bool>(b));
    case 2: return sign(std::get<std::int64_t>(a) <=> std::get<std::int64_t>(b));
    case 3: return compare_doubles(std::get<double>(a), std::get<double>(b));
    case 4: return sign(std::get<Timestamp>(a) <=> std::get<Timestamp>(b));
    case 5: return sign(std::get<std::string>(a).compare(std::get<std::string>(b)) <=> 0);
    case 6: return sign(std::get<Bytes>(a).text.compare(std::get<Bytes>(b).text) <=> 0);
    default: return 0;
  }
}

std::string random_text(Random& random) {
  std::string text(random.below(random.chance(0.1) ? 40 : 5), 'a');
  const std::string_view alphabet("\0\1\xff\xfe" "ab", 6);
  for (char& c : text) c = alphabet[random.below(alphabet.size())];
  return text;
}

Field random_field(Random& random) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> doubles{-kInfinity, -1e300, -1.5, -5e-324,  -0.0,         0.0,
                                    5e-324,     1.0,    1.5,  kInfinity, std::nan(""), -std::nan("7")};
  const std::vector<std::int64_t> integers{INT64_MIN, INT64_MIN + 1, -256, -1, 0, 1, 255, 256, INT64_MAX};
  switch (random.below(7)) {
    case 0: return std::monostate();
    case 1: return random.chance(0.5);
    case 2: return random.chance(0.5) ? integers[random.below(integers.size())] : static_cast<std::int64_t>(random.next());
    case 3: return random.chance(0.7) ? doubles[random.below(doubles.size())] : random.normal();
    case 4: return Timestamp{integers[random.below(integers.size())]};
    case 5: return random_text(random);
    default: return Bytes{random_text(random)};
  }
}

void append(std::string& key, const Field& field, Order order) {
  switch (field.index()) {
    case 0: return append_key_null(key, order);
    case 1: return append_key_bool(key, std::get<bool>(field), order);
    case 2: return append_key_int64(key, std::get<std::int64_t>(field), order);
    case 3: return append_key_double(key, std::get<double>(field), order);
    case 4: return append_key_timestamp(key, std::get<Timestamp>(field), order);
    case 5: return append_key_string(key, std::get<std::string>(field), order);
    default: return append_key_bytes(key, std::get<Bytes>(field).text, order);
  }
}

Result<Field> read(KeyReader& reader, Order order) {
  SINTER_ASSIGN(const KeyType type, reader.peek(order));
  const auto wrap = []<class T>(Result<T> value) -> Result<Field> {
    SINTER_ASSIGN(T good, std::move(value));
    return Field(good);
  };
  std::string text;
  switch (type) {
    case KeyType::Null: SINTER_TRY(reader.read_null(order)); return Field();
    case KeyType::Bool: return wrap(reader.read_bool(order));
    case KeyType::Int64: return wrap(reader.read_int64(order));
    case KeyType::Double: return wrap(reader.read_double(order));
    case KeyType::Timestamp: return wrap(reader.read_timestamp(order));
    case KeyType::String: SINTER_TRY(reader.read_string(text, order)); return Field(text);
    case KeyType::Bytes: SINTER_TRY(reader.read_string(text, order)); return Field(Bytes{text});
  }
  return internal_error("unreachable");
}

TEST(Key, memcmp_order_is_the_order_of_random_tuples_and_fields_read_back) {
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const std::size_t width = 1 + random.below(3);
    std::vector<Order> orders;
    for (std::size_t i = 0; i < width; ++i) orders.push_back(random.chance(0.3) ? Order::Descending : Order::Ascending);
    std::vector<Field> tuples[2];
    std::string keys[2];
    for (int t = 0; t < 2; ++t) {
      for (std::size_t i = 0; i < width; ++i) {
        // Often the same field, so that later fields decide.
        tuples[t].push_back(t == 1 && random.chance(0.5) ? tuples[0][i] : random_field(random));
        append(keys[t], tuples[t][i], orders[i]);
      }
    }
    int expected = 0;
    for (std::size_t i = 0; i < width && expected == 0; ++i) {
      expected = compare(tuples[0][i], tuples[1][i]) * (orders[i] == Order::Descending ? -1 : 1);
    }
    ASSERT_EQ(sign(keys[0].compare(keys[1]) <=> 0), expected);
    if (expected != 0) {
      ASSERT_FALSE(keys[0].starts_with(keys[1]) || keys[1].starts_with(keys[0])) << "fields are prefix-free";
    }
    KeyReader reader(keys[0]);
    KeyReader skipper(keys[0]);
    for (std::size_t i = 0; i < width; ++i) {
      auto field = read(reader, orders[i]);
      ASSERT_TRUE(field.ok()) << field.error().to_string();
      ASSERT_EQ(compare(*field, tuples[0][i]), 0);
      ASSERT_TRUE(skipper.skip(orders[i]).ok());
      ASSERT_EQ(skipper.offset(), reader.offset());
    }
    ASSERT_TRUE(reader.at_end());
  }
}

TEST(Key, hostile_bytes_give_an_internal_error_and_never_move_the_reader) {
  for (std::uint64_t seed = 1; seed <= 50000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Order order = random.chance(0.5) ? Order::Descending : Order::Ascending;
    std::string key;
    if (random.chance(0.5)) {
      append(key, random_field(random), order);
      key[random.below(key.size())] = static_cast<char>(random.next());
      key.resize(random.below(key.size() + 1));
    } else {
      for (std::uint64_t i = random.below(12); i > 0; --i) {
        key.push_back(static_cast<char>(random.chance(0.5) ? random.below(9) : random.next()));
      }
    }
    KeyReader reader(key);
    while (!reader.at_end()) {
      const std::size_t before = reader.offset();
      const auto field = read(reader, order);
      if (field.ok()) {
        ASSERT_GT(reader.offset(), before);
        continue;
      }
      ASSERT_EQ(field.error().fault(), Fault::Internal);
      ASSERT_EQ(reader.offset(), before);
      break;
    }
  }
}

TEST(Key, a_reader_that_expects_another_type_says_so) {
  std::string key;
  append_key_string(key, "a");
  KeyReader reader(key);
  EXPECT_FALSE(reader.read_int64().ok());
  EXPECT_FALSE(reader.read_null().ok());
  EXPECT_FALSE(reader.read_bool().ok());
  EXPECT_NE(reader.read_double().error().message().find("a double field was expected"), std::string::npos);
  std::string text;
  EXPECT_TRUE(reader.read_string(text).ok());
  EXPECT_FALSE(reader.read_string(text).ok()) << "the key has ended";
}

// The worked example of docs/formats/key.md.
TEST(Key, bytes_of_the_worked_example) {
  std::string key;
  append_key_string(key, std::string_view("a\0b", 3));
  append_key_int64(key, -2);
  append_key_bool(key, true, Order::Descending);
  EXPECT_EQ(key, std::string("\x06" "a\x00\xff" "b\x00\x01" "\x03\x7f\xff\xff\xff\xff\xff\xff\xfe" "\xfd\xfe", 18));
  std::string number;
  append_key_double(number, 1.5);
  EXPECT_EQ(number, std::string("\x04\xbf\xf8\0\0\0\0\0\0", 9));
}

}  // namespace
}  // namespace sinter

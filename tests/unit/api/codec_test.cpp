// Codecs: what goes in comes out, and the bytes of keys have the order of the keys.
#include "framework/api/codec.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <list>
#include <map>
#include <set>

#include "base/random.hpp"
#include "framework/api/grouped.hpp"

namespace sinter {
namespace {

constexpr int kRounds = 3000;

enum class Color : std::uint8_t { Red, Green, Blue };

std::uint64_t any_bits(Random& random) {
  constexpr std::uint64_t kEdges[] = {0, 1, 127, 128, 255, 256, INT64_MAX, std::uint64_t{1} << 63, UINT64_MAX, UINT32_MAX};
  return random.chance(0.3) ? kEdges[random.below(std::size(kEdges))] : random.next() >> random.below(64);
}

template <class T>
struct Any {
  static T make(Random& random) {
    if constexpr (std::is_same_v<T, bool>) return random.chance(0.5);
    else if constexpr (std::is_floating_point_v<T>) return static_cast<T>(random.uniform(-10, 10));
    else return static_cast<T>(any_bits(random));
  }
};
template <>
struct Any<Color> {
  static Color make(Random& random) { return static_cast<Color>(random.below(3)); }
};
template <>
struct Any<Timestamp> {
  static Timestamp make(Random& random) { return {static_cast<std::int64_t>(any_bits(random))}; }
};
template <>
struct Any<std::string> {
  static std::string make(Random& random) {
    std::string text(random.below(4), '\0');
    for (char& byte : text) byte = static_cast<char>(random.below(3) == 0 ? random.below(256) : random.below(2));
    return text;
  }
};
template <class T>
struct Any<std::optional<T>> {
  static std::optional<T> make(Random& random) { return random.chance(0.3) ? std::optional<T>() : Any<T>::make(random); }
};
template <class... T>
struct Any<std::tuple<T...>> {
  static std::tuple<T...> make(Random& random) { return {Any<T>::make(random)...}; }
};
template <class A, class B>
struct Any<std::pair<A, B>> {
  static std::pair<A, B> make(Random& random) { return {Any<A>::make(random), Any<B>::make(random)}; }
};
template <class T>
struct Any<std::vector<T>> {
  static std::vector<T> make(Random& random) {
    std::vector<T> values;
    for (std::uint64_t i = random.below(4); i > 0; --i) values.push_back(Any<T>::make(random));
    return values;
  }
};

template <class T>
struct Any<Descending<T>> {
  static Descending<T> make(Random& random) { return {Any<T>::make(random)}; }
};
template <class A, class B>
struct Any<Grouped<A, B>> {
  static Grouped<A, B> make(Random& random) { return {Any<A>::make(random), Any<B>::make(random)}; }
};
template <class A, class B>
struct Any<Partitioned<A, B>> {
  static Partitioned<A, B> make(Random& random) { return {Any<A>::make(random), Any<B>::make(random)}; }
};
template <class... T>
struct Any<std::variant<T...>> {
  static std::variant<T...> make(Random& random) {
    std::variant<T...> value;
    std::uint64_t left = random.below(sizeof...(T));
    (void)((left-- == 0 && (value = Any<T>::make(random), true)) || ...);
    return value;
  }
};
template <class T>
struct Any<std::set<T>> {
  static std::set<T> make(Random& random) {
    const auto values = Any<std::vector<T>>::make(random);
    return {values.begin(), values.end()};
  }
};
template <class T>
struct Any<std::list<T>> {
  static std::list<T> make(Random& random) {
    const auto values = Any<std::vector<T>>::make(random);
    return {values.begin(), values.end()};
  }
};
template <class A, class B>
struct Any<std::map<A, B>> {
  static std::map<A, B> make(Random& random) {
    const auto values = Any<std::vector<std::pair<A, B>>>::make(random);
    return {values.begin(), values.end()};
  }
};
template <class T, std::size_t size>
struct Any<std::array<T, size>> {
  static std::array<T, size> make(Random& random) {
    std::array<T, size> values;
    for (T& value : values) value = Any<T>::make(random);
    return values;
  }
};

/// A struct that lists its fields, in another order than it has them.
struct Visit {
  std::int32_t count = 0;
  std::string page;
  std::optional<Timestamp> at;
  auto fields() { return std::tie(page, at, count); }
  friend bool operator==(const Visit&, const Visit&) = default;
  friend auto operator<=>(const Visit& a, const Visit& b) {
    return std::tie(a.page, a.at, a.count) <=> std::tie(b.page, b.at, b.count);
  }
};
template <>
struct Any<Visit> {
  static Visit make(Random& random) {
    return {Any<std::int32_t>::make(random), Any<std::string>::make(random), Any<std::optional<Timestamp>>::make(random)};
  }
};

}  // namespace

/// Somebody else's struct, with its fields listed beside it.
namespace elsewhere {
struct Range {
  double low = 0;
  double high = 0;
  friend auto operator<=>(const Range&, const Range&) = default;
};
auto fields(Range& range) { return std::tie(range.low, range.high); }
}  // namespace elsewhere

namespace {
template <>
struct Any<elsewhere::Range> {
  static elsewhere::Range make(Random& random) { return {Any<double>::make(random), Any<double>::make(random)}; }
};

template <class T>
std::string key_of(const T& value) {
  std::string key;
  append_key<T>(key, value);
  return key;
}

template <class T>
std::string bytes_of(const T& value) {
  std::string bytes;
  append_value<T>(bytes, value);
  return bytes;
}

template <class T>
class KeyCodecTest : public ::testing::Test {};
using KeyTypes = ::testing::Types<bool, char, std::int8_t, std::uint8_t, std::int16_t, std::int32_t, std::uint32_t, std::int64_t,
    std::uint64_t, float, double, Color, std::string, Timestamp, std::optional<std::int32_t>, std::optional<std::optional<std::string>>,
    std::pair<std::string, std::uint64_t>, std::tuple<std::string, std::string, std::optional<Timestamp>>,
    std::optional<std::pair<std::optional<std::int32_t>, std::string>>, Visit, elsewhere::Range, std::optional<Visit>,
    Descending<std::string>, Descending<std::int64_t>, Descending<bool>, Descending<double>, Descending<Timestamp>, Descending<Color>,
    Descending<std::optional<std::string>>, Descending<Visit>, Descending<Descending<std::int16_t>>,
    std::tuple<std::string, Descending<std::string>, std::int32_t>, Grouped<Visit, Descending<Timestamp>>,
    Partitioned<std::pair<std::string, std::int32_t>, Grouped<std::string, std::int64_t>>, Descending<Partitioned<std::string, bool>>>;
TYPED_TEST_SUITE(KeyCodecTest, KeyTypes);

TYPED_TEST(KeyCodecTest, keys_read_back_and_their_bytes_have_the_order_of_the_values) {
  constexpr std::uint64_t kSeed = 11;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  for (int round = 0; round < kRounds; ++round) {
    const auto a = Any<TypeParam>::make(random);
    const auto b = Any<TypeParam>::make(random);
    TypeParam back{};
    const Status status = decode_key(std::string_view(key_of<TypeParam>(a)), back);
    ASSERT_TRUE(status.ok()) << status.error().to_string();
    ASSERT_TRUE(back == a) << "round " << round;
    ASSERT_EQ(key_of<TypeParam>(a) < key_of<TypeParam>(b), a < b) << "round " << round;
    ASSERT_EQ(key_of<TypeParam>(a) == key_of<TypeParam>(b), a == b) << "round " << round;
  }
}

TYPED_TEST(KeyCodecTest, damaged_keys_are_errors_and_never_crash) {
  Random random(12);
  for (int round = 0; round < kRounds; ++round) {
    std::string key = key_of<TypeParam>(Any<TypeParam>::make(random));
    key.resize(random.below(key.size()));
    TypeParam back{};
    EXPECT_FALSE(decode_key(std::string_view(key), back).ok()) << "a cut key was read";
    for (char& byte : key) byte = static_cast<char>(random.next());
    (void)decode_key(std::string_view(key), back).ok();
  }
}

TEST(KeyCodec, a_number_that_the_type_cannot_hold_is_an_error) {
  std::int8_t small = 0;
  EXPECT_FALSE(decode_key(std::string_view(key_of<std::int32_t>(128)), small).ok());
  EXPECT_TRUE(decode_key(std::string_view(key_of<std::int32_t>(-128)), small).ok());
}

struct Point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  friend auto operator<=>(const Point&, const Point&) = default;
};
template <>
struct Any<Point> {
  static Point make(Random& random) { return {static_cast<std::int32_t>(random.next()), static_cast<std::int32_t>(random.next())}; }
};

template <class T>
class ValueCodecTest : public ::testing::Test {};
using ValueTypes = ::testing::Types<bool, std::int8_t, std::uint64_t, double, Color, std::string, Timestamp, Point, std::vector<Point>,
    std::vector<std::vector<std::string>>, std::optional<std::string>, std::optional<std::optional<std::int32_t>>,
    std::pair<std::string, Point>, std::tuple<std::string, double, std::vector<std::optional<std::string>>>, Visit, elsewhere::Range,
    std::vector<Visit>, std::vector<double>, std::vector<bool>, std::map<std::string, std::vector<std::int32_t>>, std::set<std::string>,
    std::list<Visit>, std::variant<std::int32_t, std::string, Visit>, std::array<std::string, 3>, Descending<std::string>,
    std::map<std::int32_t, std::variant<bool, std::set<std::int64_t>>>>;
TYPED_TEST_SUITE(ValueCodecTest, ValueTypes);

TYPED_TEST(ValueCodecTest, values_read_back) {
  constexpr std::uint64_t kSeed = 13;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  TypeParam back{};
  for (int round = 0; round < kRounds; ++round) {
    const auto value = Any<TypeParam>::make(random);
    const Status status = decode_value(std::string_view(bytes_of<TypeParam>(value)), back);
    ASSERT_TRUE(status.ok()) << status.error().to_string();
    ASSERT_TRUE(back == value) << "round " << round;
  }
}

TYPED_TEST(ValueCodecTest, damaged_values_are_errors_and_never_crash) {
  Random random(14);
  for (int round = 0; round < kRounds; ++round) {
    std::string bytes = bytes_of<TypeParam>(Any<TypeParam>::make(random));
    TypeParam back{};
    EXPECT_FALSE(decode_value(bytes + "x", back).ok()) << "a byte too many was not noticed";
    bytes.resize(random.below(bytes.size()));
    EXPECT_FALSE(decode_value(std::string_view(bytes), back).ok()) << "a cut value was read";
    bytes.assign(random.below(20), '\xff');
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    (void)decode_value(std::string_view(bytes), back).ok();
  }
}

struct Padded {
  char letter = 0;
  std::int64_t number = 0;
};

TEST(ValueCodec, padding_travels_as_zeros_so_that_equal_values_have_equal_bytes) {
  Padded one;
  Padded other;
  std::memset(static_cast<void*>(&one), 0xaa, sizeof(one));
  std::memset(static_cast<void*>(&other), 0x55, sizeof(other));
  one.letter = other.letter = 'x';
  one.number = other.number = 7;
  EXPECT_EQ(bytes_of(one), bytes_of(other));
}

struct FieldOfNoKey {
  std::vector<int> numbers;
  auto fields() { return std::tie(numbers); }
};
struct ConstantFields {
  int number = 0;
  auto fields() const { return std::tie(number); }
};

TEST(ValueCodec, what_cannot_travel_has_no_codec) {
  EXPECT_FALSE(HasKeyCodec<FieldOfNoKey>);
  EXPECT_TRUE(HasValueCodec<FieldOfNoKey>);
  EXPECT_FALSE(HasFields<ConstantFields>) << "there is nothing to read into";
  EXPECT_FALSE((HasValueCodec<std::tuple<>>)) << "a value of no bytes could not be counted";
  EXPECT_FALSE(HasValueCodec<std::string_view>);
  EXPECT_FALSE(HasValueCodec<const char*>);
  EXPECT_FALSE((HasValueCodec<std::span<int>>));
  EXPECT_FALSE((HasValueCodec<std::vector<std::string_view>>));
  EXPECT_FALSE(HasKeyCodec<std::vector<int>>);
  EXPECT_FALSE((HasKeyCodec<std::pair<std::string, Point>>));
  EXPECT_FALSE(HasKeyCodec<long double>);
  EXPECT_TRUE((HasValueCodec<std::array<double, 3>>));
}

}  // namespace
}  // namespace sinter

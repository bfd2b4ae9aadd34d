// Codecs: what goes in comes out, and the bytes of keys have the order of the keys.
#include "framework/api/codec.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "base/random.hpp"

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
std::string key_of(const T& value) {
  std::string key;
  KeyCodec<T>::append(key, value);
  return key;
}

template <class T>
std::string bytes_of(const T& value) {
  std::string bytes;
  ValueCodec<T>::append(bytes, value);
  return bytes;
}

template <class T>
class KeyCodecTest : public ::testing::Test {};
using KeyTypes = ::testing::Types<bool, char, std::int8_t, std::uint8_t, std::int16_t, std::int32_t, std::uint32_t, std::int64_t,
    std::uint64_t, float, double, Color, std::string, Timestamp, std::optional<std::int32_t>, std::optional<std::optional<std::string>>,
    std::pair<std::string, std::uint64_t>, std::tuple<std::string, std::string, std::optional<Timestamp>>,
    std::optional<std::pair<std::optional<std::int32_t>, std::string>>>;
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
    std::pair<std::string, Point>, std::tuple<std::string, double, std::vector<std::optional<std::string>>>>;
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

TEST(ValueCodec, what_cannot_travel_has_no_codec) {
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

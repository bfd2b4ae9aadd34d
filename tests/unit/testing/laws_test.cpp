// check_combiner, check_laws: good combines pass, and the sentence about a bad one names values and seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sinter/testing.hpp"

namespace sinter {
namespace {

using testing::check_combiner;
using testing::check_laws;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct Extent {
  std::int64_t least = 0;
  std::optional<std::string> name;
  std::vector<Timestamp> times;
  auto fields() { return std::tie(least, name, times); }
};

TEST(Laws, hold_for_sums_of_whole_numbers_and_for_extremes) {
  EXPECT_EQ(check_laws<std::uint64_t>(std::plus<>{}), "");
  EXPECT_EQ(check_laws<std::string>([](const std::string& a, const std::string& b) { return std::min(a, b); }), "");
  EXPECT_EQ(check_laws<Extent>([](const Extent& a, const Extent& b) {
              Extent both{std::min(a.least, b.least), std::max(a.name, b.name), a.times};
              both.times.insert(both.times.end(), b.times.begin(), b.times.end());
              std::sort(both.times.begin(), both.times.end());
              return both;
            }),
            "");
}

TEST(Laws, a_combine_that_is_not_commutative_is_named_with_its_values) {
  const auto first = [](const std::string& a, const std::string&) { return a; };
  EXPECT_EQ(check_combiner(first, std::vector<std::string>{"x", "y"}),
            "not commutative: f(\"x\", \"y\") is \"x\", and f(\"y\", \"x\") is \"y\"");
  EXPECT_THAT(check_laws<std::string>(first, 42), AllOf(HasSubstr("not commutative"), HasSubstr("(seed 42)")));
}

TEST(Laws, a_combine_that_is_not_associative_is_named_with_its_values) {
  const auto mean = [](double a, double b) { return (a + b) / 2; };
  EXPECT_THAT(check_combiner(mean, std::vector<double>{0, 4}),
              HasSubstr("not associative: with a = 0, b = 0, c = 4, f(f(a, b), c) is 2, and f(a, f(b, c)) is 1"));
  EXPECT_THAT(check_laws<double>(std::plus<>{}, 7), AllOf(HasSubstr("not associative"), HasSubstr("(seed 7)")));
}

/// Its codec forgets the second number.
struct Half {
  int first = 0;
  int second = 0;
  bool operator==(const Half&) const = default;
};

}  // namespace

template <>
struct ValueCodec<Half> {
  static void append(std::string& out, const Half& value) {
    append_fixed(out, value.first);
    append_fixed(out, value.second);
  }
  static bool read(ByteReader& reader, Half& value) {
    int second = 0;
    return reader.read_fixed(value.first) && reader.read_fixed(second);
  }
};

namespace {

TEST(Laws, a_value_that_does_not_travel_is_found) {
  const auto merge = [](const Half& a, const Half& b) { return Half{a.first + b.first, 0}; };
  EXPECT_EQ(check_combiner(merge, std::vector<Half>{{1, 0}, {2, 0}}), "");
  EXPECT_THAT(check_combiner(merge, std::vector<Half>{{1, 0}, {2, 3}}), HasSubstr("does not read back as it was written"));
}

}  // namespace
}  // namespace sinter

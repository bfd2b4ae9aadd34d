// ExactSum and WideNumber against arbitrary precision integers (Boost.Multiprecision, in tests only).
#include "jobs/fusion/rules/exact_sum.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "jobs/fusion/rules/algebraic_rule.hpp"
#include "jobs/fusion/rules/sums_rule.hpp"

namespace sinter::fusion {
namespace {

using boost::multiprecision::cpp_int;

constexpr int kScale = 4096;  // the oracle counts in units of 2^-4096

cpp_int oracle_of(double value) {
  const ExactFactor factor = ExactFactor::of(value);
  cpp_int number = factor.mantissa;
  number <<= kScale + factor.exponent;
  return factor.negative ? cpp_int(-number) : number;
}

/// numerator / denominator, both positive integers, correctly rounded to a double: by comparing with the two neighbours' middle.
double rounded_quotient(cpp_int numerator, cpp_int denominator) {
  if (numerator == 0) return 0;
  const bool negative = (numerator < 0) != (denominator < 0);
  numerator = abs(numerator);
  denominator = abs(denominator);
  // The largest double not above the quotient, by bisection over bits.
  std::uint64_t low = 0, high = 0x7ff0000000000000;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    if ((oracle_of(std::bit_cast<double>(middle)) * denominator) <= (numerator << kScale)) low = middle;
    else high = middle;
  }
  const cpp_int below = oracle_of(std::bit_cast<double>(low)) * denominator;
  cpp_int above;
  if (high == 0x7ff0000000000000) above = (cpp_int(1) << (1024 + kScale)) * denominator;
  else above = oracle_of(std::bit_cast<double>(high)) * denominator;
  const cpp_int twice = (numerator << kScale) * 2;
  const bool up = twice > below + above || (twice == below + above && (low & 1) != 0);
  const double result = std::bit_cast<double>(up ? high : low);
  return negative ? -result : result;
}

double rounded(const cpp_int& scaled) { return rounded_quotient(scaled, cpp_int(1) << kScale); }

double any_double(Random& random) {
  while (true) {
    const double value = std::bit_cast<double>(random.next());
    if (std::isfinite(value)) return value;
  }
}

/// Numbers as they come in data, mixed with every nastiness of double.
double nasty(Random& random) {
  switch (random.below(8)) {
    case 0: return any_double(random);
    case 1: return std::numeric_limits<double>::denorm_min() * static_cast<double>(random.between(-1000, 1000));
    case 2: return random.chance(0.5) ? 1e308 : -1e308;
    case 3: return static_cast<double>(random.between(-1000, 1000)) / 100;
    case 4: return 0.0;
    case 5: return std::ldexp(random.uniform(-1, 1), static_cast<int>(random.between(-200, 200)));
    default: return random.uniform(-100, 100);
  }
}

std::string bytes_of(const ExactSum& sum) {
  std::string bytes;
  sum.append(bytes);
  return bytes;
}

struct SumCase : ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SumCase, is_correctly_rounded_and_the_same_in_every_order) {
  const std::uint64_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  std::vector<double> values(1 + random.below(60));
  for (double& value : values) value = nasty(random);
  cpp_int oracle = 0;
  for (const double value : values) oracle += oracle_of(value);
  std::string first_bytes;
  for (int order = 0; order < 4; ++order) {
    ExactSum sum;
    for (const double value : values) sum.add(value);
    EXPECT_EQ(sum.to_double(), rounded(oracle));
    EXPECT_EQ(sum.divided_by(values.size()), rounded_quotient(oracle, cpp_int(values.size()) << kScale));
    if (order == 0) first_bytes = bytes_of(sum);
    EXPECT_EQ(bytes_of(sum), first_bytes);
    random.shuffle(values);
  }
}

TEST_P(SumCase, merges_to_the_bytes_of_one_sum) {
  const std::uint64_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed ^ 0x9e37);
  const auto degree = static_cast<unsigned>(1 + random.below(3));
  ExactSum whole(degree), left(degree), right(degree);
  for (std::uint64_t i = 0, n = 1 + random.below(40); i < n; ++i) {
    std::vector<ExactFactor> factors;
    for (unsigned d = 0; d < degree; ++d) factors.push_back(ExactFactor::of(nasty(random)));
    whole.add(factors);
    (random.chance(0.5) ? left : right).add(factors);
  }
  ExactSum merged = left;
  merged.add(right);
  EXPECT_EQ(bytes_of(merged), bytes_of(whole));
  ExactSum read_back(degree);
  const std::string bytes = bytes_of(whole);
  std::string_view rest = bytes;
  ASSERT_TRUE(read_back.read(rest));
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(bytes_of(read_back), bytes);
}

TEST_P(SumCase, encodes_one_product_as_a_sum_of_it) {
  const std::uint64_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed ^ 0x1234);
  for (int round = 0; round < 500; ++round) {
    const auto degree = static_cast<unsigned>(1 + random.below(3));
    std::vector<ExactFactor> factors;
    for (unsigned d = 0; d < degree; ++d) {
      factors.push_back(random.chance(0.2) ? ExactFactor::of(static_cast<std::int64_t>(random.next())) : ExactFactor::of(nasty(random)));
      if (random.chance(0.1)) factors.back() = ExactFactor::of(std::ldexp(random.chance(0.5) ? -1.0 : 1.0,
          static_cast<int>(random.between(-200, 200))));
    }
    ExactSum sum(degree);
    sum.add(factors);
    std::string single;
    ExactSum::append_single(single, factors);
    ASSERT_EQ(single, bytes_of(sum));
  }
}

TEST_P(SumCase, merges_in_place_only_to_the_same_bytes) {
  const std::uint64_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed ^ 0x51);
  const bool similar = random.chance(0.5);
  const auto next = [&] { return similar ? random.uniform(-1000, 1000) : nasty(random); };
  ExactSum left, right;
  for (std::uint64_t i = 0, n = 1 + random.below(20); i < n; ++i) left.add(next());
  for (std::uint64_t i = 0, n = 1 + random.below(20); i < n; ++i) right.add(next());
  std::string into = bytes_of(left);
  const bool merged = ExactSum::merge_in_place(into, bytes_of(right), 1);
  ExactSum sum = left;
  sum.add(right);
  EXPECT_TRUE(!merged || into == bytes_of(sum));
  EXPECT_TRUE(merged || !similar) << "numbers of one magnitude have one size";
}

TEST_P(SumCase, products_and_quotients_are_correctly_rounded) {
  const std::uint64_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed ^ 0x77);
  ExactSum numerator(2), denominator(1), cubes(3);
  cpp_int numerator_oracle = 0, denominator_oracle = 0, cube_oracle = 0;
  for (std::uint64_t i = 0, n = 1 + random.below(12); i < n; ++i) {
    const double weight = random.chance(0.3) ? std::abs(any_double(random)) + 1e-300 : random.uniform(0.01, 1);
    if (!std::isfinite(weight)) continue;
    const double x = nasty(random);
    const ExactFactor factors[3] = {ExactFactor::of(weight), ExactFactor::of(x), ExactFactor::of(x)};
    numerator.add({factors, 2});
    cubes.add({factors, 3});
    denominator.add(weight);
    numerator_oracle += oracle_of(weight) * oracle_of(x);
    cube_oracle += oracle_of(weight) * oracle_of(x) * oracle_of(x);
    denominator_oracle += oracle_of(weight);
  }
  if (denominator_oracle == 0) return;
  EXPECT_EQ(divide(numerator.wide(), denominator.wide()), rounded_quotient(numerator_oracle, denominator_oracle << kScale));
  EXPECT_EQ(numerator.to_double(), rounded_quotient(numerator_oracle, cpp_int(1) << (2 * kScale)));
  EXPECT_EQ(cubes.to_double(), rounded_quotient(cube_oracle, cpp_int(1) << (3 * kScale)));
  EXPECT_EQ((cubes.wide() * denominator.wide() - numerator.wide() * numerator.wide()).to_double(),
            rounded_quotient(cube_oracle * denominator_oracle - numerator_oracle * numerator_oracle, cpp_int(1) << (4 * kScale)));
}

INSTANTIATE_TEST_SUITE_P(ExactSum, SumCase, ::testing::Range<std::uint64_t>(1, 41));

TEST(ExactSum, cancels_what_floats_lose) {
  ExactSum sum;
  for (const double value : {1e308, 1.0, 1e308, -1e308, 1e-300, -1e308}) sum.add(value);
  EXPECT_EQ(sum.to_double(), 1.0);
  sum.add(-1.0);
  EXPECT_EQ(sum.to_double(), 1e-300);
}

TEST(ExactSum, is_infinite_only_beyond_the_range) {
  ExactSum sum;
  const double largest = std::numeric_limits<double>::max();
  sum.add(largest);
  EXPECT_EQ(sum.to_double(), largest);
  sum.add(largest);
  EXPECT_EQ(sum.to_double(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(sum.divided_by(2), largest);
  sum.add(-largest);
  EXPECT_EQ(sum.to_double(), largest);
}

TEST(ExactSum, keeps_denormals) {
  ExactSum sum;
  const double smallest = std::numeric_limits<double>::denorm_min();
  for (int i = 0; i < 3; ++i) sum.add(smallest);
  EXPECT_EQ(sum.to_double(), 3 * smallest);
  EXPECT_EQ(sum.divided_by(2), 2 * smallest) << "1.5 units round to the even 2";
  EXPECT_EQ(sum.divided_by(6), 0.0) << "half a unit rounds to the even 0";
  EXPECT_EQ(sum.divided_by(5), smallest);
}

TEST(ExactSum, remembers_what_is_not_finite_in_every_order) {
  const double infinity = std::numeric_limits<double>::infinity();
  ExactSum plus, both;
  plus.add(1.0);
  plus.add(infinity);
  EXPECT_EQ(plus.to_double(), infinity);
  both.add(-infinity);
  both.add(plus);
  EXPECT_TRUE(std::isnan(both.to_double()));
  std::string a = bytes_of(plus), b = bytes_of(both);
  EXPECT_FALSE(ExactSum::merge_in_place(a, b, 1));
  EXPECT_EQ(ExactSum::encoded_size(a, 1), 2u);
}

TEST(ExactSum, sums_int64_without_rounding) {
  Random random(7);
  __extension__ __int128 oracle = 0;
  ExactSum sum;
  for (int i = 0; i < 1000; ++i) {
    const auto value = static_cast<std::int64_t>(random.next() >> 8) - (std::int64_t{1} << 55);
    oracle += value;
    add_value(sum, Value::of_int64(value));
    ASSERT_EQ(sum.to_int64(), static_cast<std::int64_t>(oracle));
  }
}

TEST(ExactSum, says_when_an_int64_overflows) {
  ExactSum sum;
  add_value(sum, Value::of_int64(INT64_MAX));
  EXPECT_EQ(sum.to_int64(), INT64_MAX);
  add_value(sum, Value::of_int64(1));
  EXPECT_EQ(sum.to_int64(), std::nullopt);
  add_value(sum, Value::of_int64(INT64_MIN));
  add_value(sum, Value::of_int64(INT64_MIN));
  EXPECT_EQ(sum.to_int64(), INT64_MIN);
  sum.add(0.5);
  EXPECT_EQ(sum.to_int64(), std::nullopt);
}

TEST(ExactSum, has_one_size_for_usual_numbers) {
  for (const double value : {0.0, 1e-9, -0.01, 3.999, 4.0, 1e6, 4e9}) {
    ExactSum sum;
    sum.add(value);
    EXPECT_EQ(bytes_of(sum).size(), 18u) << value;
    EXPECT_EQ(bytes_of(sum)[0], 16) << value;
  }
}

TEST(ExactSum, survives_foreign_bytes) {
  Random random(11);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random.below(40), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    if (!bytes.empty() && random.chance(0.7)) bytes[0] = static_cast<char>(random.below(40));
    if (bytes.size() > 1 && random.chance(0.7)) bytes[1] = static_cast<char>(random.below(6));
    const auto degree = static_cast<unsigned>(1 + random.below(3));
    ExactSum sum(degree), other(degree);
    std::string_view rest = bytes;
    if (!sum.read(rest)) continue;
    (void)sum.to_double();
    other.add(sum);
    other.add(sum);
    std::string merged = bytes_of(other);
    (void)ExactSum::merge_in_place(merged, bytes.substr(0, bytes.size() - rest.size()), degree);
  }
}

TEST(WideNumber, takes_square_roots_of_any_exponent) {
  for (const double value : {4.0, 2.0, 1e-310, 1e308, 0.25}) {
    EXPECT_DOUBLE_EQ(square_root(ScaledNumber::of(value)).to_double(), std::sqrt(value));
  }
  EXPECT_EQ(square_root(ScaledNumber::of(-1)).to_double(), 0.0);
}

}  // namespace
}  // namespace sinter::fusion

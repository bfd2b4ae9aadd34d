// Exact arithmetic of WideNumber: schoolbook methods, because operands have 2 to 6 limbs. Any thread.
#include "jobs/fusion/rules/wide_number.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/assert.hpp"

namespace sinter::fusion {
namespace {

constexpr std::int64_t kLimbBits = 64;
constexpr int kMantissaBits = 53;
constexpr std::int64_t kMinNormalExponent = -1022;
constexpr std::int64_t kExponentBias = 1023;
constexpr std::int64_t kLargestBiasedExponent = 2046;
/// Quotient bits: 53 for the mantissa, one for the half, and room so that the tail is only a yes or no.
constexpr std::size_t kQuotientBits = 67;

int bit_width_128(Unsigned128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  if (high != 0) return 64 + static_cast<int>(std::bit_width(high));
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
}

/// ldexp() with an exponent that may be far out of the range of int.
double scale_by_power(double value, std::int64_t exponent) {
  return std::ldexp(value, static_cast<int>(std::clamp<std::int64_t>(exponent, -5000, 5000)));
}

}  // namespace

double ScaledNumber::to_double() const { return scale_by_power(mantissa, exponent); }

ScaledNumber ScaledNumber::of(double value) {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return {mantissa, exponent};
}

ScaledNumber operator*(ScaledNumber a, ScaledNumber b) {
  ScaledNumber product = ScaledNumber::of(a.mantissa * b.mantissa);
  product.exponent += a.exponent + b.exponent;
  return product;
}

ScaledNumber operator/(ScaledNumber a, ScaledNumber b) {
  require(b.mantissa != 0, "a scaled number is divided by zero");
  ScaledNumber quotient = ScaledNumber::of(a.mantissa / b.mantissa);
  quotient.exponent += a.exponent - b.exponent;
  return quotient;
}

ScaledNumber square_root(ScaledNumber value) {
  if (value.mantissa <= 0) return {};
  const bool odd = (value.exponent & 1) != 0;
  ScaledNumber root = ScaledNumber::of(std::sqrt(odd ? value.mantissa * 2 : value.mantissa));
  root.exponent += (value.exponent - (odd ? 1 : 0)) / 2;
  return root;
}

double round_to_double(bool negative, Unsigned128 magnitude, std::int64_t exponent, bool sticky) {
  if (magnitude == 0) return 0;
  const int bits = bit_width_128(magnitude);
  const std::int64_t top = exponent + bits - 1;
  std::int64_t keep = kMantissaBits;
  if (top < kMinNormalExponent) keep -= kMinNormalExponent - top;
  const std::int64_t drop = bits - keep;
  double rounded = 0;
  if (drop <= 0) {
    rounded = scale_by_power(static_cast<double>(static_cast<std::uint64_t>(magnitude)), exponent);
  } else if (drop <= 127) {
    auto kept = static_cast<std::uint64_t>(magnitude >> drop);
    const Unsigned128 half = static_cast<Unsigned128>(1) << (drop - 1);
    const Unsigned128 tail = magnitude & ((half << 1) - 1);
    if (tail > half || (tail == half && (sticky || (kept & 1) != 0))) ++kept;
    const std::int64_t biased = exponent + drop + kMantissaBits - 1 + kExponentBias;
    // A mantissa that rounded up to 2^53 carries into the exponent, as it should. ldexp() is slow and only for the borders.
    if (keep == kMantissaBits && biased < kLargestBiasedExponent) {
      const std::uint64_t bits_of = (static_cast<std::uint64_t>(biased) << 52) + (kept - (std::uint64_t{1} << 52));
      return std::bit_cast<double>(bits_of | (negative ? std::uint64_t{1} << 63 : 0));
    }
    rounded = scale_by_power(static_cast<double>(kept), exponent + drop);
  } else if (drop == 128 && (sticky || (magnitude << 1) != 0)) {
    rounded = std::numeric_limits<double>::denorm_min();  // more than half of the smallest double
  }
  return negative ? -rounded : rounded;
}

WideNumber& WideNumber::operator=(const WideNumber& other) {
  std::copy_n(other.limbs_.begin(), other.size_, limbs_.begin());
  size_ = other.size_;
  exponent_ = other.exponent_;
  negative_ = other.negative_;
  return *this;
}

WideNumber WideNumber::of(std::uint64_t value) {
  WideNumber number;
  if (value != 0) number.limbs_[number.size_++] = value;
  return number;
}

WideNumber WideNumber::of_twos_complement(const std::uint64_t* limbs, std::size_t count, std::int64_t exponent) {
  require(count <= kMaxLimbs, "a sum has more limbs than a wide number");
  WideNumber number;
  number.size_ = count;
  number.exponent_ = exponent;
  number.negative_ = count > 0 && (limbs[count - 1] >> 63) != 0;
  std::uint64_t carry = number.negative_ ? 1 : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t limb = number.negative_ ? ~limbs[i] : limbs[i];
    number.limbs_[i] = limb + carry;
    carry = carry != 0 && number.limbs_[i] == 0 ? 1 : 0;
  }
  number.trim();
  return number;
}

void WideNumber::trim() {
  while (size_ > 0 && limbs_[size_ - 1] == 0) --size_;
  std::size_t low = 0;
  while (low < size_ && limbs_[low] == 0) ++low;
  if (low > 0) {
    std::copy(limbs_.begin() + static_cast<std::ptrdiff_t>(low), limbs_.begin() + static_cast<std::ptrdiff_t>(size_), limbs_.begin());
    size_ -= low;
    exponent_ += static_cast<std::int64_t>(low) * kLimbBits;
  }
  if (size_ == 0) negative_ = false;
}

std::size_t WideNumber::bits() const {
  return size_ == 0 ? 0 : (size_ - 1) * 64 + static_cast<std::size_t>(std::bit_width(limbs_[size_ - 1]));
}

WideNumber WideNumber::shifted_left(std::size_t bits) const {
  const std::size_t limbs = bits / 64;
  const std::size_t rest = bits % 64;
  require(size_ + limbs + 1 <= kMaxLimbs, "a wide number is shifted out of its room");
  WideNumber shifted;
  shifted.negative_ = negative_;
  shifted.exponent_ = exponent_ - static_cast<std::int64_t>(bits);
  std::fill_n(shifted.limbs_.begin(), limbs, 0);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    shifted.limbs_[limbs + i] = (limbs_[i] << rest) | carry;
    carry = rest == 0 ? 0 : limbs_[i] >> (64 - rest);
  }
  shifted.size_ = limbs + size_;
  if (carry != 0) shifted.limbs_[shifted.size_++] = carry;
  return shifted;
}

int WideNumber::compare_magnitude(const WideNumber& a, const WideNumber& b) {
  if (a.size_ != b.size_) return a.size_ < b.size_ ? -1 : 1;
  for (std::size_t i = a.size_; i-- > 0;) {
    if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] < b.limbs_[i] ? -1 : 1;
  }
  return 0;
}

WideNumber WideNumber::add_magnitude(const WideNumber& a, const WideNumber& b) {
  require(std::max(a.size_, b.size_) < kMaxLimbs, "a wide number grows out of its room");
  WideNumber sum;
  sum.exponent_ = a.exponent_;
  Unsigned128 carry = 0;
  for (std::size_t i = 0; i < a.size_ || i < b.size_; ++i) {
    carry += (i < a.size_ ? a.limbs_[i] : 0);
    carry += (i < b.size_ ? b.limbs_[i] : 0);
    sum.limbs_[sum.size_++] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  if (carry != 0) sum.limbs_[sum.size_++] = static_cast<std::uint64_t>(carry);
  return sum;
}

WideNumber WideNumber::subtract_magnitude(const WideNumber& larger, const WideNumber& smaller) {
  WideNumber difference;
  difference.exponent_ = larger.exponent_;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < larger.size_; ++i) {
    const std::uint64_t take = i < smaller.size_ ? smaller.limbs_[i] : 0;
    const std::uint64_t limb = larger.limbs_[i];
    difference.limbs_[difference.size_++] = limb - take - borrow;
    borrow = limb < take || (limb == take && borrow != 0) ? 1 : 0;
  }
  return difference;
}

WideNumber operator*(const WideNumber& a, const WideNumber& b) {
  require(a.size_ + b.size_ <= WideNumber::kMaxLimbs, "a product of wide numbers is out of room");
  WideNumber product;
  product.size_ = a.size_ + b.size_;
  product.exponent_ = a.exponent_ + b.exponent_;
  product.negative_ = a.negative_ != b.negative_;
  std::fill_n(product.limbs_.begin(), product.size_, 0);
  for (std::size_t i = 0; i < a.size_; ++i) {
    Unsigned128 carry = 0;
    for (std::size_t j = 0; j < b.size_; ++j) {
      carry += static_cast<Unsigned128>(a.limbs_[i]) * b.limbs_[j] + product.limbs_[i + j];
      product.limbs_[i + j] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    product.limbs_[i + b.size_] = static_cast<std::uint64_t>(carry);
  }
  product.trim();
  return product;
}

WideNumber operator-(const WideNumber& a, const WideNumber& b) {
  if (b.is_zero()) return a;
  WideNumber left = a;
  WideNumber right = b;
  if (a.is_zero()) left.exponent_ = right.exponent_;
  if (left.exponent_ > right.exponent_) left = left.shifted_left(static_cast<std::size_t>(left.exponent_ - right.exponent_));
  if (right.exponent_ > left.exponent_) right = right.shifted_left(static_cast<std::size_t>(right.exponent_ - left.exponent_));
  WideNumber result;
  if (left.negative_ != right.negative_) {
    result = WideNumber::add_magnitude(left, right);
    result.negative_ = left.is_zero() ? !right.negative_ : left.negative_;
  } else if (WideNumber::compare_magnitude(left, right) >= 0) {
    result = WideNumber::subtract_magnitude(left, right);
    result.negative_ = left.negative_;
  } else {
    result = WideNumber::subtract_magnitude(right, left);
    result.negative_ = !left.negative_;
  }
  result.trim();
  return result;
}

Unsigned128 WideNumber::top(std::int64_t& exponent, bool& sticky) const {
  sticky = false;
  exponent = exponent_;
  if (size_ <= 2) return (size_ > 1 ? static_cast<Unsigned128>(limbs_[1]) << 64 : 0) | (size_ > 0 ? limbs_[0] : 0);
  const int shift = std::countl_zero(limbs_[size_ - 1]);
  const std::uint64_t a = limbs_[size_ - 1], b = limbs_[size_ - 2], c = limbs_[size_ - 3];
  Unsigned128 bits = (static_cast<Unsigned128>(a) << 64) | b;
  if (shift > 0) bits = (bits << shift) | (c >> (64 - shift));
  sticky = (c << shift) != 0;
  for (std::size_t i = 0; i + 3 < size_ && !sticky; ++i) sticky = limbs_[i] != 0;
  exponent += static_cast<std::int64_t>(size_ - 2) * kLimbBits - shift;
  return bits;
}

double WideNumber::to_double() const {
  std::int64_t exponent = 0;
  bool sticky = false;
  const Unsigned128 magnitude = top(exponent, sticky);
  return round_to_double(negative_, magnitude, exponent, sticky);
}

ScaledNumber WideNumber::scaled() const {
  std::int64_t exponent = 0;
  bool sticky = false;
  const Unsigned128 magnitude = top(exponent, sticky);
  if (magnitude == 0) return {};
  const int width = bit_width_128(magnitude);
  ScaledNumber number = ScaledNumber::of(round_to_double(negative_, magnitude, -width, sticky));
  number.exponent += exponent + width;
  return number;
}

std::optional<std::int64_t> WideNumber::to_int64() const {
  if (size_ == 0) return 0;
  const std::int64_t width = static_cast<std::int64_t>(bits()) + exponent_;
  if (width > 64 || exponent_ + std::countr_zero(limbs_[0]) < 0) return std::nullopt;
  // The lowest limb is not zero and the number is whole, so at most 63 bits lie below the point.
  std::uint64_t magnitude = limbs_[0];
  if (exponent_ >= 0) {
    magnitude <<= exponent_;
  } else {
    magnitude = (magnitude >> -exponent_) | (size_ > 1 ? limbs_[1] << (64 + exponent_) : 0);
  }
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (magnitude > kLargest + (negative_ ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative_ ? 0 - magnitude : magnitude);
}

double WideNumber::divide_by_limb(bool negative, const WideNumber& a, std::uint64_t divisor, std::int64_t exponent) {
  const std::size_t wanted = static_cast<std::size_t>(std::bit_width(divisor)) + kQuotientBits;
  const std::size_t padding = a.bits() >= wanted ? 0 : (wanted - a.bits() + 63) / 64;
  Unsigned128 quotient = 0;
  bool sticky = false;
  std::uint64_t remainder = 0;
  // Quotient limbs come from the top; after two non-zero ones the rest only decides whether there is a tail.
  for (std::size_t i = a.size_ + padding; i-- > 0;) {
    const Unsigned128 part = (static_cast<Unsigned128>(remainder) << 64) | (i >= padding ? a.limbs_[i - padding] : 0);
    const auto digit = static_cast<std::uint64_t>(part / divisor);
    remainder = static_cast<std::uint64_t>(part) - digit * divisor;
    if ((quotient >> 64) != 0) {
      sticky = sticky || digit != 0;
      exponent += kLimbBits;
    } else {
      quotient = (quotient << 64) | digit;
    }
  }
  // The padding gives a quotient of at least kQuotientBits bits, of which the loop kept at least 65.
  return round_to_double(negative, quotient, exponent - static_cast<std::int64_t>(padding) * kLimbBits, sticky || remainder != 0);
}

double WideNumber::divide_bitwise(bool negative, const WideNumber& a, const WideNumber& b) {
  const std::size_t wanted = b.bits() + kQuotientBits;
  const WideNumber numerator = a.bits() >= wanted ? a : a.shifted_left(wanted - a.bits());
  WideNumber remainder;
  WideNumber divisor = b;
  divisor.exponent_ = 0;
  Unsigned128 quotient = 0;
  bool sticky = false;
  std::int64_t exponent = numerator.exponent_ - b.exponent_;
  for (std::size_t i = numerator.bits(); i-- > 0;) {
    remainder = remainder.shifted_left(1);
    remainder.exponent_ = 0;
    if (((numerator.limbs_[i / 64] >> (i % 64)) & 1) != 0) {
      if (remainder.size_ == 0) remainder.limbs_[remainder.size_++] = 0;
      remainder.limbs_[0] |= 1;
    }
    const bool bit = compare_magnitude(remainder, divisor) >= 0;
    if (bit) {
      remainder = subtract_magnitude(remainder, divisor);
      while (remainder.size_ > 0 && remainder.limbs_[remainder.size_ - 1] == 0) --remainder.size_;
    }
    if ((quotient >> 127) != 0) {
      sticky = sticky || bit;
      ++exponent;
    } else {
      quotient = (quotient << 1) | (bit ? 1 : 0);
    }
  }
  return round_to_double(negative, quotient, exponent, sticky || !remainder.is_zero());
}

double divide(const WideNumber& a, const WideNumber& b) {
  require(!b.is_zero(), "a wide number is divided by zero");
  if (a.is_zero()) return 0;
  const bool negative = a.negative_ != b.negative_;
  if (b.size_ == 1 && b.limbs_[0] == 1 && b.exponent_ == 0) return negative == a.negative_ ? a.to_double() : -a.to_double();
  // Zero bits at the low end carry nothing; without them most divisors are one limb.
  const int low = std::countr_zero(b.limbs_[0]);
  if (b.bits() - static_cast<std::size_t>(low) <= 64) {
    const std::uint64_t divisor = b.size_ == 1 || low == 0 ? b.limbs_[0] >> low : (b.limbs_[0] >> low) | (b.limbs_[1] << (64 - low));
    return WideNumber::divide_by_limb(negative, a, divisor, a.exponent_ - b.exponent_ - low);
  }
  return WideNumber::divide_bitwise(negative, a, b);
}

std::optional<std::int64_t> divide_to_int64(const WideNumber& a, const WideNumber& b) {
  constexpr double kBeyondInt64 = 0x1p64;
  // A double is the quotient but for its last bits; what is left after taking it away is divided again.
  constexpr int kPasses = 3;
  Signed128 quotient = 0;
  WideNumber rest = a;
  for (int pass = 0; pass < kPasses; ++pass) {
    const double part = std::nearbyint(divide(rest, b));
    if (!(std::abs(part) < kBeyondInt64)) return std::nullopt;
    if (part == 0) break;
    WideNumber taken = b * WideNumber::of(static_cast<std::uint64_t>(std::abs(part)));
    if (part < 0) taken.negative_ = !taken.negative_;
    quotient += static_cast<Signed128>(part);
    rest = rest - taken;
  }
  // At most about half a unit is left: on which side of the half is decided without rounding.
  if (!rest.is_zero()) {
    WideNumber twice = rest * WideNumber::of(2), unit = b;
    const int direction = rest.negative_ == b.negative_ ? 1 : -1;
    twice.negative_ = false;
    unit.negative_ = false;
    const WideNumber excess = twice - unit;
    if ((excess.is_zero() && (quotient & 1) != 0) || (!excess.is_zero() && !excess.negative())) quotient += direction;
  }
  if (quotient > std::numeric_limits<std::int64_t>::max() || quotient < std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return static_cast<std::int64_t>(quotient);
}

}  // namespace sinter::fusion

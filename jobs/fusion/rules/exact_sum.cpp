// The long accumulator: see exact_sum.hpp. One thread.
#include "jobs/fusion/rules/exact_sum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace sinter::fusion {
namespace {

/// Bit 0 of limb kBias * degree has the weight 2^(kOrigin * degree). Chosen so that the 53 bits of every double in
/// [2^-32, 2^32) lie within two limbs that all of them share.
constexpr std::int64_t kOrigin = -84;
/// Limbs below the origin: the smallest denormal, 2^-1074, is limb 0.
constexpr std::int64_t kBias = 16;
/// Limbs in all, for each degree: up to 2^1024 and 2^64 addends.
constexpr std::size_t kLimbsPerDegree = 36;

/// Which numbers that are not finite were added.
constexpr unsigned char kPlusInfinity = 1, kMinusInfinity = 2, kNan = 4;

std::size_t limb_limit(unsigned degree) { return kLimbsPerDegree * degree; }

bool sign_of(std::uint64_t limb) { return (limb >> 63) != 0; }

/// Whether the top limb only repeats the sign of the one below.
bool is_redundant(std::uint64_t top, std::uint64_t below) {
  return (top == 0 && !sign_of(below)) || (top == ~std::uint64_t{0} && sign_of(below));
}

/// The first limb of the window that a limb belongs to. A switch, because dividing by a variable would cost more than the addition.
std::size_t window_of(std::size_t limb, unsigned degree) {
  switch (degree) {
    case 1: return limb;
    case 2: return limb & ~std::size_t{1};
    default: return limb - limb % 3;
  }
}

bool add_two_limbs(char* into, const char* other) {
  Signed128 sum = 0;
  if (__builtin_add_overflow(load_fixed<Signed128>(into), load_fixed<Signed128>(other), &sum)) return false;
  std::memcpy(into, &sum, sizeof(sum));
  return true;
}

bool add_four_limbs(char* into, const char* other) {
  unsigned long long limbs[4];
  unsigned long long carry = 0;
  const bool negative = into[31] < 0, other_negative = other[31] < 0;
  for (int i = 0; i < 4; ++i) {
    const auto a = load_fixed<unsigned long long>(into + i * 8), b = load_fixed<unsigned long long>(other + i * 8);
    unsigned long long partial = 0;
    const bool first = __builtin_add_overflow(a, b, &partial);
    const bool second = __builtin_add_overflow(partial, carry, &limbs[i]);
    carry = first || second ? 1 : 0;
  }
  if (negative == other_negative && sign_of(limbs[3]) != negative) return false;
  std::memcpy(into, limbs, sizeof(limbs));
  return true;
}

/// One factor that is neither zero, infinite nor of 64 bits: two limbs hold it with its sign. A mapper does this for every number.
bool append_single_factor(std::string& out, const ExactFactor& factor) {
  if (factor.special != 0 || factor.mantissa == 0 || sign_of(factor.mantissa)) return false;
  const auto lowest = static_cast<unsigned>(kBias * 64 - kOrigin + factor.exponent);
  const auto magnitude = static_cast<Signed128>(static_cast<Unsigned128>(factor.mantissa) << (lowest & 63));
  const Signed128 limbs = factor.negative ? -magnitude : magnitude;
  char encoded[ExactSum::kUsualBytes];
  encoded[0] = static_cast<char>(lowest >> 6);
  encoded[1] = 2;
  std::memcpy(encoded + 2, &limbs, sizeof(limbs));
  out.append(encoded, sizeof(encoded));
  return true;
}

}  // namespace

ExactFactor ExactFactor::of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto exponent = static_cast<std::int32_t>((bits >> 52) & 0x7ff);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  ExactFactor factor;
  factor.negative = sign_of(bits);
  if (exponent == 0x7ff) [[unlikely]] {
    factor.special = fraction != 0 ? kNan : factor.negative ? kMinusInfinity : kPlusInfinity;
    return factor;
  }
  factor.mantissa = exponent == 0 ? fraction : fraction | (std::uint64_t{1} << 52);
  factor.exponent = (exponent == 0 ? 1 : exponent) - 1075;
  return factor;
}

ExactFactor ExactFactor::of(std::int64_t value) {
  const bool negative = value < 0;
  return {negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value), 0, negative, 0};
}

ExactSum::ExactSum(unsigned degree) { reset(degree); }  // NOLINT: limbs stay uninitialised

void ExactSum::reset(unsigned degree) {
  require(degree >= 1 && degree <= kMaxDegree, "an exact sum has degree 1 to 3");
  degree_ = degree;
  special_ = 0;
  empty_ = true;
  first_ = static_cast<std::size_t>(kBias) * degree_;
  count_ = 2 * degree_;
  std::fill_n(limbs_, count_, 0);
}

std::int64_t ExactSum::exponent() const {
  return (static_cast<std::int64_t>(first_) - kBias * degree_) * 64 + kOrigin * static_cast<std::int64_t>(degree_);
}

void ExactSum::cover(std::size_t first, std::size_t end) {
  if (empty_) {
    empty_ = false;
    first_ = first;
    count_ = 2 * degree_;
    std::fill_n(limbs_, count_, 0);
  }
  if (first < first_) {
    const std::size_t more = first_ - first;
    require(count_ + more <= kMaxLimbs, "an exact sum grows out of its room");
    std::copy_backward(limbs_, limbs_ + count_, limbs_ + count_ + more);
    std::fill_n(limbs_, more, 0);
    first_ = first;
    count_ += more;
  }
  const std::uint64_t sign = sign_of(limbs_[count_ - 1]) ? ~std::uint64_t{0} : 0;
  // One spare bit beside the sign: then adding one number below it cannot overflow.
  const std::uint64_t top = limbs_[count_ - 1] ^ sign;
  std::size_t wanted = std::max(count_ + ((top >> 62) != 0 ? 1 : 0), end + 1 - first_);
  require(wanted <= kMaxLimbs, "an exact sum grows out of its room");
  while (count_ < wanted) limbs_[count_++] = sign;
}

void ExactSum::add_magnitude(bool negative, const std::uint64_t* limbs, std::size_t count, std::size_t first) {
  cover(window_of(first, degree_), first + count);
  std::size_t at = first - first_;
  if (negative) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < count || (borrow != 0 && at < count_); ++i, ++at) {
      const std::uint64_t take = i < count ? limbs[i] : 0;
      const std::uint64_t limb = limbs_[at];
      limbs_[at] = limb - take - borrow;
      borrow = limb < take || (limb == take && borrow != 0) ? 1 : 0;
    }
  } else {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < count || (carry != 0 && at < count_); ++i, ++at) {
      const Unsigned128 sum = static_cast<Unsigned128>(limbs_[at]) + (i < count ? limbs[i] : 0) + carry;
      limbs_[at] = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64);
    }
  }
}

ExactSum::Product ExactSum::multiply(std::span<const ExactFactor> factors) {
  const auto degree = static_cast<std::int64_t>(factors.size());
  Product product;
  product.limbs[0] = 1;
  product.size = 1;
  std::int64_t lowest = (kBias * 64 - kOrigin) * degree;
  const std::int64_t one = lowest;
  for (const ExactFactor& factor : factors) {
    if (factor.special != 0) product.special = degree == 1 ? factor.special : kNan;
    Unsigned128 carry = 0;
    for (std::size_t i = 0; i < product.size; ++i) {
      carry += static_cast<Unsigned128>(product.limbs[i]) * factor.mantissa;
      product.limbs[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    if (carry != 0) product.limbs[product.size++] = static_cast<std::uint64_t>(carry);
    lowest += factor.exponent;
    product.negative = product.negative != factor.negative;
  }
  if (product.size == 1 && product.limbs[0] == 0) lowest = one;  // zero lies in the window of 1
  const auto shift = static_cast<unsigned>(lowest & 63);
  if (shift != 0) {
    const std::uint64_t top = product.limbs[product.size - 1] >> (64 - shift);
    for (std::size_t i = product.size - 1; i > 0; --i) {
      product.limbs[i] = (product.limbs[i] << shift) | (product.limbs[i - 1] >> (64 - shift));
    }
    product.limbs[0] <<= shift;
    if (top != 0) product.limbs[product.size++] = top;
  }
  product.first = static_cast<std::size_t>(lowest >> 6);
  if (product.size == 1 && product.limbs[0] == 0) product.first = static_cast<std::size_t>(kBias * degree);
  return product;
}

void ExactSum::add(std::span<const ExactFactor> factors) {
  require(factors.size() == degree_, "an exact sum takes as many factors as its degree");
  const Product product = multiply(factors);
  special_ |= product.special;
  if (product.special == 0) add_magnitude(product.negative, product.limbs, product.size, product.first);
}

bool ExactSum::add_usual(char* into, const char* other) {
  if (into[0] != other[0] || into[1] != 2 || other[1] != 2 || static_cast<unsigned char>(into[0]) == kNotFinite) return false;
  return add_two_limbs(into + 2, other + 2);
}

void ExactSum::append_single(std::string& out, std::span<const ExactFactor> factors) {
  const auto degree = static_cast<unsigned>(factors.size());
  if (degree == 1 && append_single_factor(out, factors[0])) return;
  const Product product = multiply(factors);
  if (product.special != 0) {
    const char head[2] = {static_cast<char>(kNotFinite), static_cast<char>(product.special)};
    out.append(head, 2);
    return;
  }
  const std::size_t first = window_of(product.first, degree);
  const std::size_t offset = product.first - first;
  char encoded[2 + 8 * (2 * kMaxDegree + 2)];
  std::uint64_t limbs[2 * kMaxDegree + 2] = {};
  for (std::size_t i = 0; i < product.size; ++i) limbs[offset + i] = product.limbs[i];
  const std::size_t used = offset + product.size;
  std::size_t count = std::max<std::size_t>(2 * degree, used + (sign_of(limbs[used - 1]) ? 1 : 0));
  if (product.negative) {
    std::uint64_t carry = 1;
    for (std::size_t i = 0; i < count; ++i) {
      limbs[i] = ~limbs[i] + carry;
      carry = carry != 0 && limbs[i] == 0 ? 1 : 0;
    }
    // -2^(64 k - 1) needs no limb for its sign.
    while (count > 2 * degree && is_redundant(limbs[count - 1], limbs[count - 2])) --count;
  }
  encoded[0] = static_cast<char>(first);
  encoded[1] = static_cast<char>(count);
  std::memcpy(encoded + 2, limbs, sizeof(limbs));
  out.append(encoded, 2 + count * 8);
}

void ExactSum::add(double value) {
  const ExactFactor factor = ExactFactor::of(value);
  add({&factor, 1});
}

void ExactSum::add(const ExactSum& other) {
  require(other.degree_ == degree_, "exact sums of different degrees are added");
  special_ |= other.special_;
  if (special_ != 0 || other.empty_) return;
  cover(other.first_, other.first_ + other.count_);
  const std::uint64_t extension = sign_of(other.limbs_[other.count_ - 1]) ? ~std::uint64_t{0} : 0;
  std::uint64_t carry = 0;
  const std::size_t offset = other.first_ - first_;
  for (std::size_t at = offset; at < count_; ++at) {
    const std::size_t i = at - offset;
    const Unsigned128 sum = static_cast<Unsigned128>(limbs_[at]) + (i < other.count_ ? other.limbs_[i] : extension) + carry;
    limbs_[at] = static_cast<std::uint64_t>(sum);
    carry = static_cast<std::uint64_t>(sum >> 64);
  }
}

std::size_t ExactSum::trimmed_count() const {
  std::size_t count = count_;
  while (count > 2 * degree_ && is_redundant(limbs_[count - 1], limbs_[count - 2])) --count;
  return count;
}

WideNumber ExactSum::wide() const {
  require(finite(), "an infinite sum has no wide number");
  return WideNumber::of_twos_complement(limbs_, trimmed_count(), exponent());
}

double ExactSum::to_double() const {
  if (special_ == kPlusInfinity) return std::numeric_limits<double>::infinity();
  if (special_ == kMinusInfinity) return -std::numeric_limits<double>::infinity();
  if (special_ != 0) return std::numeric_limits<double>::quiet_NaN();
  return wide().to_double();
}

std::optional<std::int64_t> ExactSum::to_int64() const {
  if (special_ != 0) return std::nullopt;
  return wide().to_int64();
}

double ExactSum::divided_by(std::uint64_t count) const {
  require(count > 0, "a sum is divided by no claims");
  if (special_ != 0) return to_double();
  return divide(wide(), WideNumber::of(count));
}

void ExactSum::append(std::string& out) const {
  if (special_ != 0) {
    out.push_back(static_cast<char>(kNotFinite));
    out.push_back(static_cast<char>(special_));
    return;
  }
  const std::size_t count = trimmed_count();
  char head[2] = {static_cast<char>(first_), static_cast<char>(count)};
  out.append(head, 2);
  out.append(reinterpret_cast<const char*>(limbs_), count * 8);
}

std::size_t ExactSum::encoded_size(std::string_view bytes, unsigned degree) {
  if (bytes.size() < 2) return 0;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto count = static_cast<unsigned char>(bytes[1]);
  if (first == kNotFinite) return count >= 1 && count <= (kPlusInfinity | kMinusInfinity | kNan) ? 2 : 0;
  if (window_of(first, degree) != first || count < 2 * degree || first + std::size_t{count} > limb_limit(degree) + 1) return 0;
  return bytes.size() >= 2 + std::size_t{count} * 8 ? 2 + std::size_t{count} * 8 : 0;
}

bool ExactSum::read(std::string_view& bytes) {
  const std::size_t size = encoded_size(bytes, degree_);
  if (size == 0) return false;
  reset(degree_);
  empty_ = false;
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first == kNotFinite) {
    special_ = static_cast<unsigned char>(bytes[1]);
  } else {
    first_ = first;
    count_ = (size - 2) / 8;
    std::memcpy(limbs_, bytes.data() + 2, count_ * 8);
  }
  bytes.remove_prefix(size);
  return true;
}

std::optional<bool> ExactSum::same_quotient(std::string_view a, std::uint64_t a_count, std::string_view b, std::uint64_t b_count) {
  if (static_cast<unsigned char>(a[0]) == kNotFinite || static_cast<unsigned char>(b[0]) == kNotFinite) return std::nullopt;
  if (a_count == b_count) return a == b;
  if (a[0] != b[0] || a[1] != 2 || b[1] != 2) return std::nullopt;
  Signed128 left = 0, right = 0;
  if (__builtin_mul_overflow(load_fixed<Signed128>(a.data() + 2), static_cast<Signed128>(b_count), &left)) return std::nullopt;
  if (__builtin_mul_overflow(load_fixed<Signed128>(b.data() + 2), static_cast<Signed128>(a_count), &right)) return std::nullopt;
  return left == right;
}

bool ExactSum::merge_in_place(std::span<char> into, std::string_view other, unsigned degree) {
  const auto first = static_cast<unsigned char>(into[0]), other_first = static_cast<unsigned char>(other[0]);
  const std::size_t count = static_cast<unsigned char>(into[1]), other_count = static_cast<unsigned char>(other[1]);
  if (first == kNotFinite || other_first == kNotFinite) return false;
  if (first == other_first && count == other_count && count == 2 * degree) {
    if (count == 2) return add_two_limbs(into.data() + 2, other.data() + 2);
    if (count == 4) return add_four_limbs(into.data() + 2, other.data() + 2);
  }
  if (other_first < first || other_first + other_count > first + count) return false;
  char* limbs = into.data() + 2;
  const bool negative = other.back() < 0;
  const std::uint64_t extension = negative ? ~std::uint64_t{0} : 0;
  const bool was_negative = limbs[count * 8 - 1] < 0;
  std::uint64_t carry = 0;
  const std::size_t offset = other_first - first;
  std::uint64_t limb = offset > 0 ? load_fixed<std::uint64_t>(limbs + (offset - 1) * 8) : 0;
  std::uint64_t below = 0;
  for (std::size_t at = offset; at < count; ++at) {
    const std::size_t i = at - offset;
    const std::uint64_t addend = i < other_count ? load_fixed<std::uint64_t>(other.data() + 2 + i * 8) : extension;
    const Unsigned128 sum = static_cast<Unsigned128>(load_fixed<std::uint64_t>(limbs + at * 8)) + addend + carry;
    below = limb;
    limb = static_cast<std::uint64_t>(sum);
    carry = static_cast<std::uint64_t>(sum >> 64);
    std::memcpy(limbs + at * 8, &limb, 8);
  }
  if (was_negative == negative && sign_of(limb) != negative) return false;  // overflow: one limb more
  return count <= 2 * degree || !is_redundant(limb, below);                 // or one limb less
}

}  // namespace sinter::fusion

// WideNumber: a signed integer of many limbs times a power of two, for exact arithmetic at the end of a rule, and its correct
// rounding to a double. A value type; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sinter::fusion {

__extension__ using Unsigned128 = unsigned __int128;
__extension__ using Signed128 = __int128;

/// mantissa * 2^exponent with |mantissa| in [0.5, 1), or 0: a double that cannot overflow.
struct ScaledNumber {
  double mantissa = 0;
  std::int64_t exponent = 0;

  /// The nearest double; infinite or denormal at the borders of the range.
  double to_double() const;
  friend ScaledNumber operator*(ScaledNumber a, ScaledNumber b);
  /// Requires: b is not zero.
  friend ScaledNumber operator/(ScaledNumber a, ScaledNumber b);
  static ScaledNumber of(double value);
};
/// Square root; negative numbers give 0 (they come from rounding only).
ScaledNumber square_root(ScaledNumber value);

/// Rounds magnitude * 2^exponent to the nearest double, ties to even; `sticky` says that a non-zero tail was cut off below.
/// Requires: with sticky, magnitude has at least 55 significant bits.
double round_to_double(bool negative, Unsigned128 magnitude, std::int64_t exponent, bool sticky);

class WideNumber {
 public:
  /// Room for the widest product of the rules: three factors of 64 bits over the whole range of doubles, times a sum.
  static constexpr std::size_t kMaxLimbs = 256;

  WideNumber() {}  // NOLINT: limbs stay uninitialised
  WideNumber(const WideNumber& other) { *this = other; }
  WideNumber& operator=(const WideNumber& other);
  ~WideNumber() = default;
  static WideNumber of(std::uint64_t value);
  /// `count` limbs of two's complement, least first, times 2^exponent.
  static WideNumber of_twos_complement(const std::uint64_t* limbs, std::size_t count, std::int64_t exponent);

  bool is_zero() const { return size_ == 0; }
  bool negative() const { return negative_; }
  /// Bits of the magnitude.
  std::size_t bits() const;

  friend WideNumber operator*(const WideNumber& a, const WideNumber& b);
  friend WideNumber operator-(const WideNumber& a, const WideNumber& b);

  /// Correctly rounded.
  double to_double() const;
  ScaledNumber scaled() const;
  /// The number itself when it is whole and fits.
  std::optional<std::int64_t> to_int64() const;
  /// a / b, correctly rounded. Requires: b is not zero.
  friend double divide(const WideNumber& a, const WideNumber& b);
  /// a / b as the nearest whole number, ties to even; nothing when it does not fit. Requires: b is not zero.
  friend std::optional<std::int64_t> divide_to_int64(const WideNumber& a, const WideNumber& b);

 private:
  /// Drops zero limbs at both ends, so that numbers stay short.
  void trim();
  WideNumber shifted_left(std::size_t bits) const;
  /// Top 128 bits, the exponent of their lowest one, and whether bits below were lost.
  Unsigned128 top(std::int64_t& exponent, bool& sticky) const;
  static int compare_magnitude(const WideNumber& a, const WideNumber& b);
  static WideNumber add_magnitude(const WideNumber& a, const WideNumber& b);
  static WideNumber subtract_magnitude(const WideNumber& larger, const WideNumber& smaller);
  static double divide_by_limb(bool negative, const WideNumber& a, std::uint64_t divisor, std::int64_t exponent);
  static double divide_bitwise(bool negative, const WideNumber& a, const WideNumber& b);

  std::array<std::uint64_t, kMaxLimbs> limbs_;  // only [0, size_) is initialised: copying a whole array would cost more than the sums
  std::size_t size_ = 0;
  std::int64_t exponent_ = 0;
  bool negative_ = false;
};

}  // namespace sinter::fusion

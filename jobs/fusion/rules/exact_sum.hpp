// ExactSum: a sum of doubles, or of products of two or three of them, without any rounding: the same bits in every order of
// addition and merging. Idea: a fixed-point number as wide as the exponents need (Kulisch's long accumulator; Collange et al.,
// "Numerical reproducibility for the parallel reduction on multi- and many-core architectures", 2015). One thread.
// Format page: docs/formats/exact-sum.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "jobs/fusion/rules/wide_number.hpp"

namespace sinter::fusion {

/// A number without rounding: sign, 64-bit mantissa, power of two. Doubles and int64 both fit.
struct ExactFactor {
  std::uint64_t mantissa = 0;
  std::int32_t exponent = 0;
  bool negative = false;
  /// 0, or which of +inf, -inf, NaN the double was.
  unsigned char special = 0;
  static ExactFactor of(double value);
  static ExactFactor of(std::int64_t value);
};

/// The encoding is canonical: a function of the multiset of addends.
///   byte 0  index of the lowest limb, or kNotFinite
///   byte 1  number of limbs (kNotFinite: which of +inf, -inf, NaN were added)
///   limbs   64-bit little-endian, two's complement, least first
/// The lowest limb is that of the smallest addend's window (2^(64 degree) exponents share one), the highest is the fewest that
/// hold the sum, but at least 2 * degree: so sums of numbers in [2^-32, 2^32) have one size, and merging them is an addition.
class ExactSum {
 public:
  static constexpr unsigned kMaxDegree = 3;
  static constexpr unsigned char kNotFinite = 0xff;
  static constexpr std::size_t kMaxLimbs = 112;
  static constexpr std::size_t kMaxEncodedBytes = 2 + kMaxLimbs * 8;

  /// `degree`: factors per addend, 1 to 3.
  explicit ExactSum(unsigned degree = 1);

  /// Zero, with a degree of its own.
  void reset(unsigned degree);
  /// Infinities and NaN are remembered, as IEEE 754 would: see to_double(). Cost: about 10 ns.
  void add(double value);
  /// Adds the product. Requires: degree() factors. A product with a factor that is not finite counts as NaN.
  void add(std::span<const ExactFactor> factors);
  void add(const ExactSum& other);
  /// Appends the encoding of a sum of one product, of degree factors.size(). Cost: about 10 ns; the hot path of mappers.
  static void append_single(std::string& out, std::span<const ExactFactor> factors);
  /// Adds `other` to `into`, both whole encodings of degree 1 of the usual size, kUsualBytes; false, and nothing changes, when they do
  /// not share a window or the sum needs another size.
  static bool add_usual(char* into, const char* other);
  static constexpr std::size_t kUsualBytes = 2 + 2 * 8;

  unsigned degree() const { return degree_; }
  bool finite() const { return special_ == 0; }
  /// Correctly rounded; infinite when an infinity was added or the sum is beyond the range of double, NaN after NaN or both infinities.
  double to_double() const;
  /// The sum itself when it is a whole number that fits.
  std::optional<std::int64_t> to_int64() const;
  /// Requires: finite().
  WideNumber wide() const;
  /// this / count, correctly rounded; as to_double() when not finite. Requires: count > 0.
  double divided_by(std::uint64_t count) const;

  void append(std::string& out) const;
  /// Reads one encoding at the start of `bytes` and removes it; false on damaged bytes.
  bool read(std::string_view& bytes);

  /// Size of the encoding at the start of `bytes`; 0 when damaged.
  static std::size_t encoded_size(std::string_view bytes, unsigned degree);
  /// Adds `other` to the encoding `into`; false when the result would have another size (`into` may then hold garbage).
  /// Both are whole encodings of the same degree, checked by encoded_size(). One addition when both have the usual size.
  static bool merge_in_place(std::span<char> into, std::string_view other, unsigned degree);
  /// Whether a / a_count == b / b_count, of two whole encodings of degree 1; nothing when that is not cheap to say.
  static std::optional<bool> same_quotient(std::string_view a, std::uint64_t a_count, std::string_view b, std::uint64_t b_count);

 private:
  /// |product| in limbs from limb `first`, at most four.
  struct Product {
    std::uint64_t limbs[kMaxDegree + 2];
    std::size_t size = 0;
    std::size_t first = 0;
    bool negative = false;
    unsigned char special = 0;
  };
  static Product multiply(std::span<const ExactFactor> factors);
  /// Makes the window cover limbs [first, end), plus room for a carry.
  void cover(std::size_t first, std::size_t end);
  void add_magnitude(bool negative, const std::uint64_t* limbs, std::size_t count, std::size_t first);
  /// Limbs that the encoding keeps.
  std::size_t trimmed_count() const;
  std::int64_t exponent() const;

  unsigned degree_;
  unsigned char special_ = 0;
  bool empty_ = true;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint64_t limbs_[kMaxLimbs];  // only [0, count_) is initialised
};

}  // namespace sinter::fusion

// SumsRule: rules whose state is a count and a few exact sums: sum, count, mean, weighted_mean, least_squares. Immutable; any thread.
#pragma once

#include <array>
#include <optional>
#include <initializer_list>
#include <vector>

#include "jobs/fusion/rules/algebraic_rule.hpp"
#include "jobs/fusion/rules/exact_sum.hpp"

namespace sinter::fusion {

inline constexpr std::size_t kMaxSums = 4;
using Sums = std::array<ExactSum, kMaxSums>;

/// How many claims a state sums up, and whether two of them are known to differ.
struct ClaimCount {
  std::uint64_t claims = 0;
  bool differ = false;
};

/// State: varint 2 * claims + differ, then one ExactSum of each degree.
class SumsRule : public AlgebraicRule {
 public:
  /// What the first sum adds up. Values: all claims are equal exactly when every part's sum over count is, so `differ` costs one bit
  /// and not a sum of squares. Other: `differ` stays false.
  enum class FirstSum : std::uint8_t { Values, Other };
  SumsRule(const std::vector<unsigned>& degrees, FirstSum first);

  void lift(const Claim& claim, std::string& state) const final;
  bool merge_in_place(std::span<char> into, std::string_view state) const final;
  void merge(std::string_view a, std::string_view b, std::string& merged) const final;
  using AlgebraicRule::finish;
  FusedCell finish(std::string_view state, Arena& arena) const final;

 protected:
  /// Appends the sums of one claim, each by ExactSum::append_single(), in the order of their degrees.
  virtual void append_sums(const Claim& claim, std::string& state) const = 0;
  /// The cell of an entity that nobody claims anything of.
  virtual FusedCell answer_without_claims() const { return no_answer(0); }
  /// distinct_values of FirstSum::Values is filled in afterwards.
  virtual FusedCell answer(std::uint64_t claims, const Sums& sums) const = 0;

 private:
  bool merge_usual(std::span<char> into, std::string_view state) const;
  void prepare(Sums& sums) const;
  bool read(std::string_view bytes, ClaimCount& count, Sums& sums) const;
  void write(const ClaimCount& count, const Sums& sums, std::string& out) const;
  /// The count of two states together; nothing when only merge() can tell whether they differ.
  std::optional<ClaimCount> together(std::string_view a, const ClaimCount& a_count, std::string_view b, const ClaimCount& b_count) const;

  std::array<unsigned, kMaxSums> degrees_{};
  std::size_t size_ = 0;
  bool sums_values_ = false;
};

/// A number without rounding; timestamps are microseconds.
ExactFactor exact_factor(const Value& value);
/// Adds a number of any numeric type.
void add_value(ExactSum& sum, const Value& value);
/// Appends the exact sum of one product.
void append_product(std::string& state, std::initializer_list<ExactFactor> factors);

/// sum / divisor as a value of the answer's type, rounded once: a double correctly, a timestamp to the nearest microsecond (ties to even).
/// Null when it does not fit. Requires: divisor is not zero.
Value quotient_value(const WideNumber& sum, const WideNumber& divisor, ValueType type);
/// The same for a sum that may hold infinities, which give null.
Value quotient_value(const ExactSum& sum, std::uint64_t divisor, ValueType type);

/// sqrt( D / (m (m - 1)) ), D = S(x^2) - S(x)^2 / n taken without rounding, so that close values of large size lose nothing.
/// With m = n that is the standard error of the mean. NaN when m < 2 or a sum is not finite.
double standard_error(std::uint64_t n, std::uint64_t m, const ExactSum& sum, const ExactSum& squares);

}  // namespace sinter::fusion

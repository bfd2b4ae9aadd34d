// Zipf: ranks whose probability falls as rank^-exponent, by rejection-inversion. A value; one thread with its Random.
// W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/random.hpp"

namespace sinter::generate {

class Zipf {
 public:
  /// Ranks 0 .. count-1. Requires: count > 0, exponent > 0.
  Zipf(std::uint64_t count, double exponent)
      : count_(count), exponent_(exponent), integral_first_(integral(1.5) - 1), integral_last_(integral(static_cast<double>(count) + 0.5)),
        always_(2 - inverse(integral(2.5) - density(2))) {}

  /// Cost: constant; about 1.1 rounds of one exp and two logs.
  std::uint64_t next(Random& random) const {
    for (;;) {
      const double u = integral_last_ + random.unit() * (integral_first_ - integral_last_);
      const double x = inverse(u);
      double rank = std::floor(x + 0.5);
      if (rank < 1) rank = 1;
      if (rank > static_cast<double>(count_)) rank = static_cast<double>(count_);
      if (rank - x <= always_ || u >= integral(rank + 0.5) - density(rank)) return static_cast<std::uint64_t>(rank) - 1;
    }
  }

 private:
  double density(double x) const { return std::exp(-exponent_ * std::log(x)); }
  /// (x^(1-e) - 1) / (1 - e), which is log(x) at e = 1.
  double integral(double x) const {
    const double log_x = std::log(x);
    return expm1_over((1 - exponent_) * log_x) * log_x;
  }
  double inverse(double x) const {
    const double t = std::fmax(-1.0, x * (1 - exponent_));
    return std::exp(log1p_over(t) * x);
  }
  static double expm1_over(double x) { return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2; }
  static double log1p_over(double x) { return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2; }

  std::uint64_t count_;
  double exponent_;
  double integral_first_;
  double integral_last_;
  double always_;
};

}  // namespace sinter::generate

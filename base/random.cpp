// The normal distribution of random.hpp, from operations that IEEE 754 rounds the same everywhere.
#include "base/random.hpp"

#include <cmath>

namespace sinter {
namespace {

/// ln(x) for finite x > 0 to about 1e-15: x = m * 2^e, ln(m) = 2 atanh((m - 1) / (m + 1)) as a series. frexp is exact.
double portable_log(double x) {
  constexpr double kLn2 = 0.693147180559945309417;
  constexpr double kSqrtHalf = 0.707106781186547524401;
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  const double ratio = (mantissa - 1) / (mantissa + 1);  // |ratio| < 0.172, so 12 terms reach 1e-19
  const double square = ratio * ratio;
  double sum = 0;
  for (int odd = 23; odd >= 1; odd -= 2) sum = sum * square + 1.0 / odd;
  return 2 * ratio * sum + exponent * kLn2;
}

}  // namespace

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  double x = 0, y = 0, square = 0;
  do {
    x = 2 * unit() - 1;
    y = 2 * unit() - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  const double factor = std::sqrt(-2 * portable_log(square) / square);
  spare_ = y * factor;
  has_spare_ = true;
  return x * factor;
}

}  // namespace sinter

// Comparison of fused cells with truth: see quality.hpp. One thread.
#include "jobs/fusion/report/quality.hpp"

#include <algorithm>
#include <cmath>

namespace sinter::fusion {
namespace {

/// Equal, or within the tolerance. A truth of whole numbers meets an answer with decimals: both are compared as doubles then.
bool same(const Value& a, const Value& b, const Tolerance& tolerance) {
  if (a.is_number() && b.is_number() && a.type() == b.type() && !tolerance.active) {
    return a.type() == ValueType::Int64 ? a.int64() == b.int64() : a.number() == b.number();
  }
  if (a.is_number() && b.is_number()) {
    const Value low = Value::of_double(std::min(a.as_double(), b.as_double())),
                high = Value::of_double(std::max(a.as_double(), b.as_double()));
    return low.number() == high.number() || (tolerance.active && tolerance.joins(low, high));
  }
  if (a.type() != b.type()) return false;
  std::string a_bytes;
  std::string b_bytes;
  append_value(a_bytes, a);
  append_value(b_bytes, b);
  if (a_bytes == b_bytes) return true;
  if (a.type() != ValueType::Timestamp || !tolerance.active) return false;
  return a.timestamp() < b.timestamp() ? tolerance.joins(a, b) : tolerance.joins(b, a);
}

}  // namespace

double AttributeQuality::rmse() const {
  return numeric == 0 ? 0 : std::sqrt(squared_error_sum / static_cast<double>(numeric));
}

bool AttributeQuality::add(const Value& fused, const Value& truth, const Tolerance& tolerance) {
  ++gold_cells;
  if (fused.is_null()) return false;
  ++covered;
  const bool right = same(fused, truth, tolerance);
  wrong += right ? 0 : 1;
  if (!fused.is_number() || !truth.is_number()) return right;
  const double error = fused.as_double() - truth.as_double();
  ++numeric;
  absolute_error_sum += std::abs(error);
  squared_error_sum += error * error;
  return right;
}

void AttributeQuality::merge(const AttributeQuality& other) {
  gold_cells += other.gold_cells;
  covered += other.covered;
  wrong += other.wrong;
  numeric += other.numeric;
  absolute_error_sum += other.absolute_error_sum;
  squared_error_sum += other.squared_error_sum;
}

AttributeQuality QualityReport::total() const {
  AttributeQuality all;
  all.attribute = "all";
  for (const AttributeQuality& one : attributes) all.merge(one);
  return all;
}

}  // namespace sinter::fusion

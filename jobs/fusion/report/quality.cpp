// Comparison of fused cells with truth: see quality.hpp. One thread.
#include "jobs/fusion/report/quality.hpp"

#include <cmath>

namespace sinter::fusion {
namespace {

bool same(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  if (a.type() != b.type()) return false;
  std::string a_bytes;
  std::string b_bytes;
  append_value(a_bytes, a);
  append_value(b_bytes, b);
  return a_bytes == b_bytes;
}

}  // namespace

double AttributeQuality::rmse() const {
  return numeric == 0 ? 0 : std::sqrt(squared_error_sum / static_cast<double>(numeric));
}

void AttributeQuality::add(const Value& fused, const Value& truth, double tolerance) {
  ++gold_cells;
  if (fused.is_null()) return;
  ++covered;
  if (!fused.is_number() || !truth.is_number()) {
    wrong += same(fused, truth) ? 0 : 1;
    return;
  }
  const double error = fused.as_double() - truth.as_double();
  ++numeric;
  absolute_error_sum += std::abs(error);
  squared_error_sum += error * error;
  wrong += std::abs(error) <= tolerance ? 0 : 1;
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

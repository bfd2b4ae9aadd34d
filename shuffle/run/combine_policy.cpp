// CombinePolicy: the cost rule. Pure; one thread.
#include "shuffle/run/combine_policy.hpp"

#include <algorithm>
#include <cmath>

namespace sinter {
namespace {

double distinct_keys(const CombineWindow& window) {
  const auto records = static_cast<double>(window.records);
  const auto known = static_cast<double>(window.known_keys);
  return records * (known + records / 2) / static_cast<double>(window.hits);
}

}  // namespace

double predicted_hit_ratio(const CombineWindow& window) {
  if (window.hits == 0 || window.records == 0) return 0;
  // Filling a buffer of C keys out of D takes -D ln(1 - C/D) draws; a fuller share than this needs the long tail.
  constexpr double kFullestShare = 0.999;
  const double share = std::min(static_cast<double>(window.capacity_keys) / distinct_keys(window), kFullestShare);
  if (share <= 0) return 0;
  return 1 - share / -std::log1p(-share);
}

bool combining_pays(const CombineWindow& window) {
  if (window.records == 0) return true;
  const double measured = static_cast<double>(window.hits) / static_cast<double>(window.records);
  const double hit_ratio = std::max(measured, predicted_hit_ratio(window));
  const auto capacity = static_cast<double>(window.capacity_keys);
  const double working_keys = window.hits == 0 ? capacity : std::min(distinct_keys(window), capacity);
  const bool cached = working_keys * static_cast<double>(window.bytes_per_key) <= static_cast<double>(kCachedBytes);
  return hit_ratio * kShipNs > (cached ? kCachedLookupNs : kUncachedLookupNs);
}

}  // namespace sinter

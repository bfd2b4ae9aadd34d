// Histogram: how a number is distributed over a whole job, kept as counters, so that tasks add up and failed attempts do not count.
// A handle belongs to one attempt and one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Names of counters that begin so belong to histograms (histogram_summary.hpp).
inline constexpr std::string_view kHistogramCounterPrefix = "histogram:";

/// Buckets are a sixteenth of a power of two wide and are told by their end next to zero, so quantiles are exact for whole numbers below 32
/// and otherwise too small by at most 6.25 % (DDSketch, Masson et al. 2019, gives such a guarantee by logarithms). The answer does not
/// depend on the order of numbers or on how tasks were cut.
class Histogram {
 public:
  Histogram(TaskContext& task, std::string_view name)
      : task_(&task), prefix_(std::string(kHistogramCounterPrefix) + std::string(name) + ':') {}
  /// Cost: a look into a small map.
  void add(double value, std::uint64_t times = 1);

  /// The bucket of a number, and its end next to zero. NaN has a bucket of its own, the last.
  static std::int32_t bucket_of(double value);
  static double bucket_floor(std::int32_t bucket);

 private:
  TaskContext* task_;
  std::string prefix_;
  std::vector<std::pair<std::int32_t, Counter>> buckets_;  // ascending
};

}  // namespace sinter

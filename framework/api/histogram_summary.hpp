// HistogramSummary: what a job's report says of a histogram. Plain values; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace [[gnu::visibility("default")]] sinter {

/// Count and quantiles of one histogram.
struct HistogramSummary {
  std::string name;
  std::uint64_t count = 0;
  double least = 0;
  double median = 0;
  double percentile_90 = 0;
  double percentile_99 = 0;
  double most = 0;
};

/// Takes the counters of histograms out of `counters`.
std::vector<HistogramSummary> take_histograms(std::map<std::string, std::uint64_t, std::less<>>& counters);

}  // namespace sinter

// Buckets of numbers as counters and back. One thread.
#include "framework/api/histogram.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "framework/api/histogram_summary.hpp"

namespace sinter {
namespace {

constexpr std::int32_t kBucketsPerPower = 16;
constexpr std::int32_t kLeastExponent = -1074;
/// Larger than any finite number's bucket: those of infinity and NaN.
constexpr std::int32_t kInfinityBucket = (1025 - kLeastExponent + 1) * kBucketsPerPower;
constexpr std::int32_t kNanBucket = kInfinityBucket + 1;

struct Buckets {
  std::string name;
  std::map<std::int32_t, std::uint64_t> counts;
};

double quantile(const std::map<std::int32_t, std::uint64_t>& counts, std::uint64_t total, double share) {
  // The smallest number that is not below `share` of all.
  const auto rank = static_cast<std::uint64_t>(std::ceil(static_cast<double>(total) * share));
  std::uint64_t seen = 0;
  for (const auto& [bucket, count] : counts)
    if ((seen += count) >= rank) return Histogram::bucket_floor(bucket);
  return 0;
}

HistogramSummary summarize(const Buckets& buckets) {
  HistogramSummary summary;
  summary.name = buckets.name;
  for (const auto& [bucket, count] : buckets.counts) summary.count += count;
  summary.least = Histogram::bucket_floor(buckets.counts.begin()->first);
  summary.most = Histogram::bucket_floor(buckets.counts.rbegin()->first);
  summary.median = quantile(buckets.counts, summary.count, 0.5);
  summary.percentile_90 = quantile(buckets.counts, summary.count, 0.9);
  summary.percentile_99 = quantile(buckets.counts, summary.count, 0.99);
  return summary;
}

}  // namespace

std::int32_t Histogram::bucket_of(double value) {
  if (std::isnan(value)) return kNanBucket;
  if (value == 0) return 0;
  if (value < 0) return -bucket_of(-value);
  if (std::isinf(value)) return kInfinityBucket;
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);  // in [0.5, 1)
  const auto part = static_cast<std::int32_t>((mantissa - 0.5) * 2 * kBucketsPerPower);
  return (exponent - kLeastExponent) * kBucketsPerPower + part + 1;
}

double Histogram::bucket_floor(std::int32_t bucket) {
  if (bucket == 0) return 0;
  if (bucket < 0) return -bucket_floor(-bucket);
  if (bucket == kNanBucket) return std::numeric_limits<double>::quiet_NaN();
  if (bucket == kInfinityBucket) return std::numeric_limits<double>::infinity();
  const std::int32_t exponent = (bucket - 1) / kBucketsPerPower + kLeastExponent;
  const std::int32_t part = (bucket - 1) % kBucketsPerPower;
  return std::ldexp(0.5 + static_cast<double>(part) / (2 * kBucketsPerPower), exponent);
}

void Histogram::add(double value, std::uint64_t times) {
  const std::int32_t bucket = bucket_of(value);
  auto found =
      std::lower_bound(buckets_.begin(), buckets_.end(), bucket, [](const auto& one, std::int32_t wanted) { return one.first < wanted; });
  if (found == buckets_.end() || found->first != bucket)
    found = buckets_.emplace(found, bucket, task_->counter(prefix_ + std::to_string(bucket)));
  found->second.add(times);
}

std::vector<HistogramSummary> take_histograms(std::map<std::string, std::uint64_t, std::less<>>& counters) {
  std::map<std::string, Buckets> all;
  for (auto at = counters.lower_bound(kHistogramCounterPrefix); at != counters.end() && at->first.starts_with(kHistogramCounterPrefix);) {
    const std::string& text = at->first;
    const std::size_t colon = text.rfind(':');
    std::int32_t bucket = 0;
    const auto parsed = std::from_chars(text.data() + colon + 1, text.data() + text.size(), bucket);
    if (colon < kHistogramCounterPrefix.size() || parsed.ec != std::errc()) {
      ++at;  // a counter of the job's own with an unlucky name
      continue;
    }
    Buckets& buckets = all[text.substr(kHistogramCounterPrefix.size(), colon - kHistogramCounterPrefix.size())];
    buckets.counts[bucket] += at->second;
    at = counters.erase(at);
  }
  std::vector<HistogramSummary> summaries;
  for (auto& [name, buckets] : all) {
    buckets.name = name;
    summaries.push_back(summarize(buckets));
  }
  return summaries;
}

}  // namespace sinter

// CombinePolicy: decides window by window whether looking keys up in the combine table pays. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sinter {

/// Records after which the decision is taken again.
inline constexpr std::size_t kCombineWindowRecords = 16384;
/// While bypassing, one window in so many is looked up again: never a latch.
inline constexpr std::size_t kBypassWindows = 15;
/// Costs in ns per record: a look-up with the working set in the L2 cache and outside of it, and what a record that is not
/// combined costs later (sort, write, merge, read). Estimates, not fitted: look-ups are performance notes 2.5 (8 and 20 ns)
/// rounded up; shipping is a cautious value below the 150 ns that bench/shuffle_bench showed on a busy machine.
inline constexpr double kCachedLookupNs = 10;
inline constexpr double kUncachedLookupNs = 30;
inline constexpr double kShipNs = 100;
/// Working sets up to this count as cached.
inline constexpr std::size_t kCachedBytes = std::size_t{1} << 20;

/// What one window of looked-up records showed.
struct CombineWindow {
  std::size_t records = 0;
  std::size_t hits = 0;
  /// Keys in the table when the window began.
  std::size_t known_keys = 0;
  /// Distinct keys that table and buffer could hold together, and bytes per key of both.
  std::size_t capacity_keys = 0;
  std::size_t bytes_per_key = 0;
};

/// Share of records that will find their key, over one filling of the buffer, if keys are drawn evenly from as many
/// distinct ones as the window suggests: n records against a table of T keys hit n (T + n/2) / D times (birthday estimate).
/// A window alone cannot see this: of a million keys almost none repeats within 16 Ki records.
double predicted_hit_ratio(const CombineWindow& window);

/// Combine while (1 - r) c_ship > c_hash, with 1 - r the larger of the measured and the predicted hit ratio.
/// Source: performance notes 2.5.
bool combining_pays(const CombineWindow& window);

/// Which windows look keys up.
class CombinePolicy {
 public:
  bool active() const { return bypass_windows_left_ == 0; }
  /// After each window that was looked up.
  void judge(const CombineWindow& window) { bypass_windows_left_ = combining_pays(window) ? 0 : kBypassWindows; }
  /// After each window that was not.
  void bypassed() { --bypass_windows_left_; }

 private:
  std::size_t bypass_windows_left_ = 0;
};

}  // namespace sinter

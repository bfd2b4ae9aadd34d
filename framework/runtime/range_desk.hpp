// RangeDesk: where in its key range an attempt is, and before which key it ends. The worker's communication thread looks and asks; the task
// thread, which owns the attempt, answers between two groups and within long ones.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sinter {

/// Bytes of a group's key that a worker tells of where it is.
inline constexpr std::size_t kMaxPositionBytes = 1024;

class RangeDesk {
 public:
  struct View {
    std::string group;                   // the last that is known, cut at kMaxPositionBytes; empty: none yet
    std::optional<std::string> cut_at;   // the attempt ends before this key, and was to end later
    bool refused = false;                // the last question
  };

  // The communication thread.
  /// Also makes the attempt say where it is, for the next look.
  View look();
  /// Asks the attempt to end before `border`. Too late for one that has ended.
  void ask(std::string border);

  // The task thread.
  /// An attempt begins whose range ends at `end`.
  void begin(std::string end);
  /// Whether the attempt ends before `group`, of which nothing is reduced yet. Costs one plain load when nobody has asked.
  bool ends_before(std::string_view group) {
    inside(group);
    return limited_ && group >= limit_;
  }
  /// The attempt is inside of `group`.
  void inside(std::string_view group) {
    if (noticed_.load(std::memory_order_relaxed)) [[unlikely]]
      answer(group);
  }
  /// Nothing is asked any more. Returns the key before which the attempt has ended; empty: it went to the last one.
  std::string close();

 private:
  void answer(std::string_view group);

  std::atomic<bool> noticed_{false};
  // The task thread's.
  bool limited_ = false;
  std::string limit_;

  std::mutex mutex_;
  bool open_ = false;                    // under mutex_
  std::string end_;                      // under mutex_
  std::optional<std::string> question_;  // under mutex_
  View view_;                            // under mutex_
};

}  // namespace sinter

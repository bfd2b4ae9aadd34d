// Clock: steady time by parameter, so that tests and the scheduler decide what "now" is. Any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace sinter {

/// Milliseconds on a clock that never goes back; its zero means nothing.
using SteadyMs = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyMs now_ms() const = 0;
};

class SteadyClock final : public Clock {
 public:
  SteadyMs now_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

/// Moves only when told to.
class ManualClock final : public Clock {
 public:
  SteadyMs now_ms() const override { return now_ms_; }
  void advance(SteadyMs by_ms) { now_ms_ += by_ms; }

 private:
  SteadyMs now_ms_ = 0;
};

}  // namespace sinter

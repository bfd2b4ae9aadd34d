// SignalWatcher: turns SIGINT and SIGTERM into a flag that run_job() looks at. Make one before any other thread starts.
#pragma once

#include <atomic>
#include <thread>

namespace sinter {

/// Blocks both signals in the making thread (and threads it starts) and waits for them on a thread of its own.
class SignalWatcher {
 public:
  SignalWatcher();
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  const std::atomic<bool>& cancelled() const { return cancelled_; }
  /// The signal that came, or 0.
  int signal() const { return signal_.load(); }

 private:
  void watch();
  int stop_event_;
  int signals_;
  std::atomic<bool> cancelled_{false};
  std::atomic<int> signal_{0};
  std::thread thread_;
};

}  // namespace sinter

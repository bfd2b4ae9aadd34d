// SlowLink: the link between two network namespaces led through this process, where each packet is held for a while. Linux, as root. What
// it does is done on a thread of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace sinter::testing {

/// What happens to packets, each way.
struct Delay {
  int ms = 0;
  int jitter_ms = 0;       ///< up to so much more, for each packet anew
  bool reorders = false;   ///< then packets pass each other; else they keep their order, as on one cable
  int doubled_percent = 0;
};

/// A tunnel device in this thread's network namespace; a descriptor that goes with its device, -1 with errno.
int make_tunnel(const char* name);

class SlowLink {
 public:
  /// Carries packets between two tunnels, which it closes at its end.
  SlowLink(int one, int other, const Delay& delay, std::uint64_t seed);
  /// Packets that are held are lost.
  ~SlowLink();
  SlowLink(const SlowLink&) = delete;
  SlowLink& operator=(const SlowLink&) = delete;

 private:
  void run(std::uint64_t seed);

  const int ends_[2];
  const Delay delay_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses everything above
};

}  // namespace sinter::testing

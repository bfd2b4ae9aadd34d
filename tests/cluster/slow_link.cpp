// SlowLink over TUN devices: packets wait in a queue by the time at which they are due. See the header for threads.
#include "tests/cluster/slow_link.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <string>

#include "base/random.hpp"

namespace sinter::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// What comes while so many are held is lost, as in any router.
constexpr std::size_t kMostHeld = 4'096;
constexpr int kIdleMs = 50;
constexpr int kPacketsInARow = 64;

/// Packets on their way to one end.
struct Lane {
  std::multimap<Clock::time_point, std::string> held;  // by the time at which they arrive
  Clock::time_point last_due{};
};

}  // namespace

int make_tunnel(const char* name) {
  const int tunnel = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (tunnel < 0) return -1;
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (::ioctl(tunnel, TUNSETIFF, &request) == 0) return tunnel;
  const int error = errno;
  ::close(tunnel);
  errno = error;
  return -1;
}

SlowLink::SlowLink(int one, int other, const Delay& delay, std::uint64_t seed)
    : ends_{one, other}, delay_(delay), thread_([this, seed] { run(seed); }) {}

SlowLink::~SlowLink() {
  stopping_ = true;
  thread_.join();
  for (const int end : ends_) ::close(end);
}

void SlowLink::run(std::uint64_t seed) {
  Random random(seed);
  Lane lanes[2];
  char packet[65'536];
  const auto take = [&](int from, Lane& lane) {
    for (int taken = 0; taken < kPacketsInARow; ++taken) {
      const ssize_t size = ::read(ends_[from], packet, sizeof(packet));
      if (size <= 0) return;
      const bool doubled = random.below(100) < static_cast<std::uint64_t>(delay_.doubled_percent);
      for (int copy = doubled ? 2 : 1; copy > 0 && lane.held.size() < kMostHeld; --copy) {
        const auto more_us = static_cast<std::int64_t>(random.below(1'000 * static_cast<std::uint64_t>(delay_.jitter_ms) + 1));
        auto due = Clock::now() + std::chrono::milliseconds(delay_.ms) + std::chrono::microseconds(more_us);
        if (!delay_.reorders) lane.last_due = due = std::max(due, lane.last_due);
        lane.held.emplace(due, std::string(packet, static_cast<std::size_t>(size)));
      }
    }
  };
  while (!stopping_) {
    auto wake = Clock::now() + std::chrono::milliseconds(kIdleMs);
    for (const Lane& lane : lanes)
      if (!lane.held.empty()) wake = std::min(wake, lane.held.begin()->first);
    const auto left_us = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(wake - Clock::now()).count());
    const timespec timeout{left_us / 1'000'000, static_cast<long>(left_us % 1'000'000 * 1'000)};
    pollfd items[2] = {{ends_[0], POLLIN, 0}, {ends_[1], POLLIN, 0}};
    (void)::ppoll(items, 2, &timeout, nullptr);
    for (int end = 0; end < 2; ++end) {
      Lane& lane = lanes[1 - end];  // towards the other one
      take(end, lane);
      for (const auto now = Clock::now(); !lane.held.empty() && lane.held.begin()->first <= now; lane.held.erase(lane.held.begin())) {
        const std::string& due = lane.held.begin()->second;
        // What a device does not take is lost.
        [[maybe_unused]] const ssize_t sent = ::write(ends_[1 - end], due.data(), due.size());
      }
    }
  }
}

}  // namespace sinter::testing

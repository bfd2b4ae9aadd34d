// What an exchange moves, beside a bare pair of the same sockets: shared by benches. One thread of the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "base/net/bulk_socket.hpp"
#include "bench/must.hpp"
#include "base/result.hpp"

namespace sinter {

class ExchangeClient;

/// Megabytes a second, and what both ends took of the processors: on a busy machine only the second can be compared.
struct Rate {
  double megabytes_per_second = 0;
  double processor_seconds_per_gigabyte = 0;
};

class Stopwatch {
 public:
  Rate rate(std::uint64_t bytes) const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double processor = static_cast<double>(std::clock() - processor_start_) / CLOCKS_PER_SEC;
    return {static_cast<double>(bytes) / 1e6 / seconds, processor / (static_cast<double>(bytes) / 1e9)};
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t processor_start_ = std::clock();
};

/// The same memory again and again, a window of frames on their way, nothing checked, nothing copied by us: what sockets alone can do.
Rate bare_pair(net::BulkSocket& listener, net::BulkConnector& connector, std::uint64_t bytes);

/// Files of one client, each read in its thread from begin to end, 128 KiB at a time, as a merge reads runs.
Rate exchange(ExchangeClient& client, const std::string& endpoint, const std::vector<std::string>& names, bool announced);

}  // namespace sinter

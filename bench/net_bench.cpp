// What CURVE costs: the Transport over loopback TCP without and with it, in turn: round trips of 64 bytes, and streams of 1 KiB to 1 MiB.
// Usage: net_bench [MEGABYTES] [ROUNDS]. Two threads: a listener and a connection.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/net/transport.hpp"

namespace sinter::net {
namespace {

constexpr std::uint16_t kEcho = 1;
constexpr std::uint16_t kSink = 2;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A listener on a thread of its own and a connection to it.
class Pair {
 public:
  explicit Pair(bool secured) {
    TransportOptions listener_options;
    TransportOptions connection_options;
    if (secured) {
      const auto tracker = std::make_shared<KeyPair>(make_key_pair());
      const auto node = std::make_shared<KeyPair>(make_key_pair());
      const auto allowed = std::make_shared<AllowedKeys>();
      allowed->allow(node->public_key);
      listener_options.security = SocketSecurity::for_listener(tracker, allowed);
      connection_options.security = SocketSecurity::for_connection(node, tracker->public_key);
    }
    listener_ = listen("tcp://127.0.0.1:*", listener_options, clock_, log_).value();
    connection_ = connect(listener_->endpoint(), connection_options, clock_, log_).value();
    server_ = std::thread([this] { serve(); });
    (void)round_trip_micros(100);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    stop_ = true;
    listener_->wake();
    server_.join();
  }

  double round_trip_micros(int rounds) {
    std::vector<double> micros;
    for (int i = 0; i < rounds; ++i) {
      const auto start = std::chrono::steady_clock::now();
      (void)connection_->send(kListener, {kEcho, std::string(64, 'x')});
      while (true) {
        const auto event = connection_->receive(-1);
        if (event.ok() && *event && (*event)->kind == EventKind::Message) break;
      }
      micros.push_back(seconds_since(start) * 1e6);
    }
    std::sort(micros.begin(), micros.end());
    return micros[micros.size() / 2];
  }

  double megabytes_per_second(std::size_t message_bytes, std::uint64_t total_bytes) {
    const std::string body(message_bytes, 'x');
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t sent = 0; sent < total_bytes; sent += message_bytes)
      while (!connection_->send(kListener, {kSink, body}).ok()) (void)connection_->receive(1);
    (void)connection_->flush(600'000);
    return static_cast<double>(total_bytes) / seconds_since(start) / 1e6;
  }

 private:
  void serve() {
    while (!stop_) {
      const auto event = listener_->receive(-1);
      if (!event.ok()) return;
      if (!*event || (*event)->kind != EventKind::Message || (*event)->message.kind != kEcho) continue;
      (void)listener_->send((*event)->peer, (*event)->message);
    }
  }

  SteadyClock clock_;
  Log log_{LogLevel::Error};
  std::unique_ptr<Transport> listener_, connection_;
  std::atomic<bool> stop_{false};
  std::thread server_;
};

}  // namespace
}  // namespace sinter::net

int main(int argc, char** argv) {
  using sinter::net::Pair;
  const std::uint64_t total = static_cast<std::uint64_t>(argc > 1 ? std::atoi(argv[1]) : 256) * 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  double best_micros[2] = {1e9, 1e9};
  const std::vector<std::size_t> sizes = {1u << 10, 64u << 10, 1u << 20};
  std::vector<std::array<double, 2>> best_rates(sizes.size());
  for (int round = 0; round < rounds; ++round)
    for (int secured = 0; secured < 2; ++secured) {
      Pair pair(secured != 0);
      best_micros[secured] = std::min(best_micros[secured], pair.round_trip_micros(2'000));
      for (std::size_t i = 0; i < sizes.size(); ++i)
        best_rates[i][static_cast<std::size_t>(secured)] = std::max(
            best_rates[i][static_cast<std::size_t>(secured)], pair.megabytes_per_second(sizes[i], sizes[i] < 4096 ? total / 4 : total));
    }
  std::printf("%-24s %12s %12s %8s\n", "", "plain", "CURVE", "ratio");
  std::printf("%-24s %9.0f us %9.0f us %8.2f\n", "round trip of 64 bytes", best_micros[0], best_micros[1], best_micros[1] / best_micros[0]);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    std::printf("messages of %7zu bytes %7.0f MB/s %7.0f MB/s %8.2f\n", sizes[i], best_rates[i][0], best_rates[i][1],
                best_rates[i][1] / best_rates[i][0]);
  return 0;
}

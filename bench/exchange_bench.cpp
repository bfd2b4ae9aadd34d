// Throughput of the exchange over loopback tcp beside a bare pair of bulk sockets in the same run, round by round. Plain program.
// Usage: exchange_bench [MiB each round] [rounds] [KiB of a frame] [endpoint]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/net/bulk_socket.hpp"
#include "base/random.hpp"
#include "shuffle/exchange/exchange_client.hpp"
#include "shuffle/exchange/exchange_format.hpp"
#include "shuffle/exchange/exchange_server.hpp"
#include "shuffle/run/announced_reads.hpp"

namespace sinter {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

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
Rate bare_pair(const std::string& endpoint, std::uint64_t bytes) {
  constexpr std::uint64_t kWindow = 16;
  const auto listener = must(net::make_zmq_bulk_listener(endpoint, kMaxExchangeRequestBytes));
  const auto connector = must(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes));
  const std::string address = listener->endpoint();
  const std::uint64_t frames = bytes / kMiB;
  std::thread sender([&] {
    const auto memory = std::make_shared<std::string>(kMiB, 'x');
    net::BulkMessage request;
    for (std::uint64_t sent = 0; sent < frames;) {
      if (!must(listener->receive(request))) {
        (void)listener->wait(-1);
        continue;
      }
      if (listener->send(request.route, *memory, memory) == net::SendOutcome::Sent) ++sent;
    }
    // The last frames leave before the socket is closed: a byte from the reader says so.
    while (!must(listener->receive(request))) (void)listener->wait(-1);
  });
  if (!connector->connect(address).ok()) std::exit(1);
  const auto ask = std::make_shared<std::string>("more");
  const Stopwatch watch;
  net::BulkMessage frame;
  std::uint64_t asked = 0;
  for (; asked < std::min(kWindow, frames); ++asked) (void)connector->send(address, *ask, ask);
  for (std::uint64_t got = 0; got < frames;) {
    if (!must(connector->receive(frame))) {
      (void)connector->wait(-1);
      continue;
    }
    ++got;
    if (asked < frames) (void)connector->send(address, *ask, ask), ++asked;
  }
  const Rate rate = watch.rate(frames * kMiB);
  (void)connector->send(address, *ask, ask);
  sender.join();
  return rate;
}

/// Files of one client, each read in its thread from begin to end, 128 KiB at a time, as a merge reads runs.
Rate exchange(ExchangeClient& client, const std::string& endpoint, const std::vector<std::string>& names, bool announced) {
  std::atomic<std::uint64_t> bytes = 0;
  std::vector<std::thread> readers;
  const Stopwatch watch;
  for (const std::string& name : names) {
    readers.emplace_back([&] {
      const auto file = must(client.open(endpoint, name));
      if (announced) dynamic_cast<AnnouncedReads&>(*file).will_read(0, file->size_bytes());
      std::string buffer(128 * kKiB, '\0');
      for (std::uint64_t at = 0; at < file->size_bytes();) at += must(file->read_at(at, buffer.data(), buffer.size()));
      bytes += file->size_bytes();
    });
  }
  for (std::thread& reader : readers) reader.join();
  return watch.rate(bytes);
}

void print(const char* name, const Rate& rate, const Rate& bare) {
  std::printf("%-24s %6.0f MB/s %4.0f %%   %5.2f processor s/GB %4.0f %%\n", name, rate.megabytes_per_second,
              100 * rate.megabytes_per_second / bare.megabytes_per_second, rate.processor_seconds_per_gigabyte,
              100 * bare.processor_seconds_per_gigabyte / rate.processor_seconds_per_gigabyte);
  std::fflush(stdout);
}

int run(std::uint64_t megabytes, int rounds, std::uint64_t frame_bytes, const std::string& endpoint) {
  constexpr std::size_t kStreams = 4;
  const SteadyClock clock;
  const std::string directory = "/tmp/sinter-exchange-bench-" + std::to_string(clock.now_ms());
  const auto files = make_posix_file_system();
  Log log;
  if (!files->make_directories(directory).ok()) return 1;
  for (std::size_t i = 0; i < kStreams; ++i) {
    const std::string path = directory + "/file-" + std::to_string(i);
    if (!write_file(*files, path, std::string(megabytes * kMiB / kStreams, 'y')).ok()) return 1;
  }
  if (!write_file(*files, directory + "/whole", std::string(megabytes * kMiB, 'y')).ok()) return 1;
  {
    const auto server = ExchangeServer::start(
        must(net::make_zmq_bulk_listener(endpoint, kMaxExchangeRequestBytes)), *files,
        [&](const std::string& name) -> Result<std::string> { return directory + "/" + name; }, {}, clock, log);
    ExchangeClientOptions options;
    options.frame_bytes = frame_bytes;
    const auto client = ExchangeClient::start(must(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes)), options, clock, log);
    const std::vector<std::string> parts = {"file-0", "file-1", "file-2", "file-3"};
    for (int round = 0; round < rounds; ++round) {
      const Rate bare = bare_pair(endpoint, megabytes * kMiB);
      print("bare pair", bare, bare);
      print("1 stream", exchange(*client, server->endpoint(), {"whole"}, true), bare);
      print("1 stream, not announced", exchange(*client, server->endpoint(), {"whole"}, false), bare);
      print("4 streams", exchange(*client, server->endpoint(), parts, true), bare);
    }
  }
  (void)files->remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
  return sinter::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'024, argc > 2 ? std::atoi(argv[2]) : 5,
                     (argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1'024) * sinter::kKiB, argc > 4 ? argv[4] : "tcp://127.0.0.1:*");
}

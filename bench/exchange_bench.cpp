// Throughput of the exchange over loopback tcp beside a bare pair of bulk sockets in the same run, round by round. Plain program.
// Usage: exchange_bench [MiB each round] [rounds] [KiB of a frame] [endpoint]
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/net/bulk_socket.hpp"
#include "bench/exchange_rates.hpp"
#include "shuffle/exchange/exchange_client.hpp"
#include "shuffle/exchange/exchange_format.hpp"
#include "shuffle/exchange/exchange_server.hpp"

namespace sinter {
namespace {

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
      const auto listener = must(net::make_zmq_bulk_listener(endpoint, kMaxExchangeRequestBytes));
      const auto connector = must(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes));
      const Rate bare = bare_pair(*listener, *connector, megabytes * kMiB);
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

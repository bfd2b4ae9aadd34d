// Rates of an exchange and of bare sockets.
#include "bench/exchange_rates.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

#include "base/limits.hpp"
#include "shuffle/exchange/exchange_client.hpp"
#include "shuffle/run/announced_reads.hpp"

namespace sinter {

Rate bare_pair(net::BulkSocket& listener, net::BulkConnector& connector, std::uint64_t bytes) {
  constexpr std::uint64_t kWindow = 16;
  const std::string address = listener.endpoint();
  const std::uint64_t frames = bytes / kMiB;
  std::thread sender([&] {
    const auto memory = std::make_shared<std::string>(kMiB, 'x');
    net::BulkMessage request;
    for (std::uint64_t sent = 0; sent < frames;) {
      if (!must(listener.receive(request))) {
        (void)listener.wait(-1);
        continue;
      }
      if (listener.send(request.route, *memory, memory) == net::SendOutcome::Sent) ++sent;
    }
    // The last frames leave before the socket is closed: a byte from the reader says so.
    while (!must(listener.receive(request))) (void)listener.wait(-1);
  });
  if (!connector.connect(address).ok()) std::exit(1);
  const auto ask = std::make_shared<std::string>("more");
  const Stopwatch watch;
  net::BulkMessage frame;
  std::uint64_t asked = 0;
  for (; asked < std::min(kWindow, frames); ++asked) (void)connector.send(address, *ask, ask);
  for (std::uint64_t got = 0; got < frames;) {
    if (!must(connector.receive(frame))) {
      (void)connector.wait(-1);
      continue;
    }
    ++got;
    if (asked < frames) (void)connector.send(address, *ask, ask), ++asked;
  }
  const Rate rate = watch.rate(frames * kMiB);
  (void)connector.send(address, *ask, ask);
  sender.join();
  return rate;
}

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

}  // namespace sinter

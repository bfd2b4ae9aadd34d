// ExchangeServer: serves pieces of files to other hosts, by name, in frames that their reader asked for. Has a thread of its own;
// everything here may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/net/bulk_socket.hpp"
#include "base/result.hpp"
#include "shuffle/exchange/served_files.hpp"

namespace sinter {

struct ExchangeServerOptions {
  std::uint64_t client_bytes = 4 * kMiB;     ///< of frames on their way to one client; one frame always may be
  std::uint64_t total_bytes = 128 * kMiB;    ///< of frames on their way; half of it is for clients that have none on its way
  std::size_t max_clients = 4096;            ///< with something asked or on its way
  std::size_t max_waiting_requests = 64;     ///< of one client; it is told to come later with more
  std::size_t max_waiting_pieces = 65'536;   ///< of all clients; who comes with more is told to come later
  std::size_t max_open_files = 64;
  SteadyMs file_reuse_ms = 5'000;            ///< see ServedFiles
  /// Whether the holder of this key (public_key_text(); empty without security) may ask, looked at with each request, so that it
  /// also ends for those that are connected. Called on the server's thread. Empty: whom the socket lets in.
  std::function<bool(const std::string& key)> may_ask;
};

/// What a server saw; nothing is dropped without being counted here.
struct ExchangeServerCounters {
  std::uint64_t requests = 0;
  std::uint64_t frames = 0;           ///< sent
  std::uint64_t data_bytes = 0;       ///< of files, in them
  std::uint64_t carried_bytes = 0;    ///< of these, as they travel
  std::uint64_t unsent_frames = 0;    ///< their client was gone, or does not take what it asked for
  std::uint64_t failed_pieces = 0;    ///< unknown, changed or unreadable
  std::uint64_t bad_messages = 0;     ///< garbage, wrong version, wrong checksum, impossible lengths or names
  std::uint64_t refused_keys = 0;     ///< requests of keys that may not ask
  std::uint64_t busy_answers = 0;     ///< to requests beyond what may wait
  std::uint64_t refused_clients = 0;  ///< messages of clients beyond max_clients
  std::uint64_t peak_bytes = 0;       ///< most that was on its way at once
};

class ExchangeServer {
 public:
  /// Takes a listener whose max_message_bytes is kMaxExchangeRequestBytes (make_zmq_bulk_listener). `resolve` is called on the server's
  /// thread; `files`, `clock` and `log` outlive the server. Requires: total_bytes >= 2 x kMaxExchangeAnswerBytes.
  static std::unique_ptr<ExchangeServer> start(std::unique_ptr<net::BulkSocket> socket, FileSystem& files, ResolveExchangeName resolve,
                                               const ExchangeServerOptions& options, const Clock& clock, Log& log);
  /// Stops: requests that wait are not answered, frames that did not leave are dropped.
  virtual ~ExchangeServer() = default;

  virtual const std::string& endpoint() const = 0;
  virtual ExchangeServerCounters counters() const = 0;
};

}  // namespace sinter

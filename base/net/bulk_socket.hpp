// BulkSocket: carries large messages without copying them, promises nothing: they may be lost or foreign. A listener answers many
// peers; a connector asks many listeners. One owner thread; wake() from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/net/packet_socket.hpp"
#include "base/net/socket_security.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// Messages in one pipe between our thread and ZeroMQ's, each way and for each peer. Bytes are bounded by who asks for them.
inline constexpr int kBulkPipeMessages = 128;

/// A message as received. Its bytes lie where ZeroMQ read them to, and stay while `owner` does.
struct BulkMessage {
  std::string route;            ///< of a listener: where an answer goes; of a connector: the endpoint that sent it
  std::string_view bytes;       ///< empty: nothing of ours (several parts)
  std::shared_ptr<const void> owner;
  std::string key;              ///< of a secured listener: whose message this is, as public_key_text(); else empty
};

class BulkSocket {
 public:
  virtual ~BulkSocket() = default;
  /// Sends `bytes` from where they lie. `owner` keeps them, and is dropped, on any thread, when they are not needed any more: they have
  /// gone to the system, or were not sent at all.
  virtual SendOutcome send(const std::string& route, std::string_view bytes, std::shared_ptr<const void> owner) = 0;
  /// The next message, without waiting; false when there is none.
  virtual Result<bool> receive(BulkMessage& message) = 0;
  /// Returns when a message may be there, after wake(), or after `timeout_ms` (negative: never).
  virtual Status wait(std::int64_t timeout_ms) = 0;
  virtual void wake() = 0;
  /// Drops what was not sent yet, with its owners. Nothing else is called afterwards.
  virtual void close() = 0;
  /// Of a listener: where others connect to. Of a connector: empty.
  virtual const std::string& endpoint() const = 0;
  /// Of a listener: Strangers::total(), cheap enough to ask all the time. wait() returns after each 1st, 2nd, 4th, 8th ... of them.
  virtual std::uint64_t stranger_count() const { return 0; }
  virtual Strangers strangers() const { return {}; }
};

/// A BulkSocket whose routes are the endpoints that it is connected to. One ZeroMQ thread serves all of them.
class BulkConnector : public BulkSocket {
 public:
  /// Succeeds also while nobody listens there; connecting twice changes nothing. Errors: a malformed endpoint.
  virtual Status connect(const std::string& endpoint) = 0;
  /// What was not sent yet is dropped.
  virtual void disconnect(const std::string& endpoint) = 0;
};

/// How to talk to an endpoint: who is expected there. Called by connect().
using SecurityOfEndpoint = std::function<SocketSecurity(const std::string& endpoint)>;

/// Errors: see listen() in transport.hpp. A message above `max_message_bytes` makes ZeroMQ drop its connection.
Result<std::unique_ptr<BulkSocket>> make_zmq_bulk_listener(const std::string& endpoint, std::uint64_t max_message_bytes,
                                                           const SocketSecurity& security = {});
/// Without `security_of` only endpoints of this host can be connected to.
Result<std::unique_ptr<BulkConnector>> make_zmq_bulk_connector(std::uint64_t max_message_bytes, SecurityOfEndpoint security_of = {});

}  // namespace sinter::net

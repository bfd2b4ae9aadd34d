// PacketSocket: carries packets, promises nothing: they may be lost, doubled, delayed or foreign. The layer below sessions.
// One owner thread; wake() from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/frame.hpp"
#include "base/net/socket_security.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// A packet as received, split behind the header's place so that a body is copied once.
struct Packet {
  std::string route;             ///< where an answer goes; empty on connections
  HeaderBytes head{};
  std::size_t head_size = 0;     ///< below kFrameHeaderBytes: not a frame
  std::string body;
  std::string key;               ///< public_key_text() of the sender, proven; empty on connections and without security

  std::string_view head_bytes() const { return {head.data(), head_size}; }
};

enum class SendOutcome : std::uint8_t {
  Sent,  ///< on its way, which promises nothing
  Full,  ///< no room at the moment
  Gone,  ///< no such route at the moment
};

class PacketSocket {
 public:
  virtual ~PacketSocket() = default;
  virtual SendOutcome send(const std::string& route, const HeaderBytes& head, std::string_view body) = 0;
  /// The next packet, without waiting; false when there is none.
  virtual Result<bool> receive(Packet& packet) = 0;
  /// Returns when a packet may be there, after wake(), or after `timeout_ms` (negative: never).
  virtual Status wait(std::int64_t timeout_ms) = 0;
  virtual void wake() = 0;
  /// Of a listener: ends every connection and listens on. Those whose keys are still allowed come back by themselves. Sockets without
  /// connections have nothing to cut. Errors: it cannot listen any more; may be called again.
  virtual Status cut_connections() { return {}; }
  /// Of a listener: Strangers::total(), cheap enough to ask all the time.
  virtual std::uint64_t stranger_count() const { return 0; }
  virtual Strangers strangers() const { return {}; }
  /// Of a connection: how often the listener refused our key.
  virtual std::uint64_t refusals() const { return 0; }
  /// Gives what was sent a moment to leave (bounded, well below a second), then closes. Nothing else is called afterwards.
  virtual void close() = 0;
  virtual const std::string& endpoint() const = 0;
};

}  // namespace sinter::net

// Packets inside one process: a LoopbackNetwork holds a mailbox for each socket.
// The network may be used from any thread, each socket by its owner.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/net/packet_socket.hpp"

namespace sinter::net {

/// Packets that one mailbox holds; more is Full.
inline constexpr std::size_t kMaxLoopbackPackets = 4096;

/// Where the packets of one socket wait.
struct LoopbackMailbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Packet> packets;
  bool woken = false;
  bool closed = false;
};

class LoopbackNetwork {
 public:
  using Mailbox = std::shared_ptr<LoopbackMailbox>;

  /// Errors: another socket listens under this name.
  Status add_listener(const std::string& name, const Mailbox& mailbox);
  void remove_listener(const std::string& name, const Mailbox& mailbox);
  /// The listener of this name, null when there is none now.
  Mailbox find_listener(const std::string& name);
  /// Gives a connection a route that listeners can answer to.
  std::string add_connection(const Mailbox& mailbox);
  void remove_connection(const std::string& route);
  Mailbox find_connection(const std::string& route);

 private:
  std::mutex mutex_;
  std::map<std::string, Mailbox> listeners_;
  std::map<std::string, Mailbox> connections_;
  std::uint64_t next_route_ = 1;
};

Result<std::unique_ptr<PacketSocket>> make_loopback_listener(const std::shared_ptr<LoopbackNetwork>& network, const std::string& name);
std::unique_ptr<PacketSocket> make_loopback_connection(const std::shared_ptr<LoopbackNetwork>& network, const std::string& name);

}  // namespace sinter::net

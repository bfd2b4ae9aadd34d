// Packets over ZeroMQ: a ROUTER that listens, a DEALER that connects. One owner thread; wake() from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/net/packet_socket.hpp"

namespace sinter::net {

/// Packets in one pipe between our thread and ZeroMQ's, each way and for each peer; the send window is smaller.
inline constexpr int kZmqPipePackets = 1024;
/// A client that does not finish ZeroMQ's handshake in this time is thrown out.
inline constexpr int kZmqHandshakeMs = 2'000;
/// ZeroMQ's own heartbeat, answered by its I/O thread: finds dead connections and makes new ones. Ours finds hung peers.
inline constexpr int kZmqHeartbeatMs = 2'000;
inline constexpr int kZmqHeartbeatTimeoutMs = 6'000;
inline constexpr int kZmqReconnectMs = 100;
inline constexpr int kZmqMaxReconnectMs = 1'000;
/// A connection that is not made in this time is tried anew: the system's own tries come at ever longer intervals, so that a link that was
/// cut for ten seconds would be missed for twenty.
inline constexpr int kZmqConnectMs = 1'500;
/// Connections that may wait for accept().
inline constexpr int kZmqBacklog = 4'096;
/// How long closing waits for what is still in the pipes.
inline constexpr int kZmqLingerMs = 100;
/// Of a Unix socket's path (sockaddr_un has 108 bytes with the zero).
inline constexpr std::size_t kMaxIpcPathBytes = 107;

/// Errors: see listen() and connect() in transport.hpp. A packet above `max_packet_bytes` makes ZeroMQ drop its connection.
Result<std::unique_ptr<PacketSocket>> make_zmq_listener(const std::string& endpoint, std::uint64_t max_packet_bytes,
                                                        const SocketSecurity& security);
Result<std::unique_ptr<PacketSocket>> make_zmq_connection(const std::string& endpoint, std::uint64_t max_packet_bytes,
                                                          const SocketSecurity& security);

}  // namespace sinter::net

// What the sources that see ZeroMQ share: one place for the options of every socket, for endpoints and errors.
// A ZeroMQ socket is a void* here, so that its header stays inside those sources. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/socket_security.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// How sockets differ.
struct ZmqSetup {
  bool listens = false;
  std::uint64_t max_packet_bytes = 0;  ///< a larger one makes ZeroMQ drop its connection
  int pipe_packets = 0;                ///< between our thread and ZeroMQ's, each way and for each peer
  SocketSecurity security;             ///< a secured listener also needs a ListenerGuard (zmq_security.hpp)
};

/// Sets every option, those of security too. Call before binding or connecting. Errors: check_security().
Status configure_zmq_socket(void* socket, const std::string& endpoint, const ZmqSetup& setup);

/// Errors: neither tcp:// nor ipc:// with a path that the system takes.
Status check_endpoint(const std::string& endpoint);

/// "cannot <action> '<endpoint>': <what ZeroMQ says>".
Error zmq_error(std::string_view action, std::string_view endpoint, int error_number);

}  // namespace sinter::net

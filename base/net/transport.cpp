// The ways to make a transport. Any thread.
#include "base/net/transport.hpp"

#include "base/net/loopback_socket.hpp"
#include "base/net/session_transport.hpp"
#include "base/net/zmq_socket.hpp"

namespace sinter::net {

Result<std::unique_ptr<Transport>> listen(const std::string& endpoint, const TransportOptions& options, const Clock& clock, Log& log) {
  SINTER_ASSIGN(auto socket, make_zmq_listener(endpoint, options.max_message_bytes + kFrameHeaderBytes, options.security));
  return make_session_transport(std::move(socket), Role::Listener, options, clock, log);
}

Result<std::unique_ptr<Transport>> connect(const std::string& endpoint, const TransportOptions& options, const Clock& clock, Log& log) {
  SINTER_ASSIGN(auto socket, make_zmq_connection(endpoint, options.max_message_bytes + kFrameHeaderBytes, options.security));
  return make_session_transport(std::move(socket), Role::Connection, options, clock, log);
}

std::shared_ptr<LoopbackNetwork> make_loopback_network() { return std::make_shared<LoopbackNetwork>(); }

Result<std::unique_ptr<Transport>> listen_in_process(const std::shared_ptr<LoopbackNetwork>& network, const std::string& name,
                                                     const TransportOptions& options, const Clock& clock, Log& log) {
  SINTER_ASSIGN(auto socket, make_loopback_listener(network, name));
  return make_session_transport(std::move(socket), Role::Listener, options, clock, log);
}

Result<std::unique_ptr<Transport>> connect_in_process(const std::shared_ptr<LoopbackNetwork>& network, const std::string& name,
                                                      const TransportOptions& options, const Clock& clock, Log& log) {
  return make_session_transport(make_loopback_connection(network, name), Role::Connection, options, clock, log);
}

}  // namespace sinter::net

// Which sockets may be without security. Any thread.
#include "base/net/socket_security.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace sinter::net {

bool stays_on_this_host(std::string_view endpoint) {
  static constexpr std::string_view kTcp = "tcp://";
  if (endpoint.starts_with("ipc://")) return true;
  if (!endpoint.starts_with(kTcp)) return false;
  endpoint.remove_prefix(kTcp.size());
  // ZeroMQ also takes "source;destination": then what stands first says nothing about where packets go.
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos || endpoint.find(';') != std::string_view::npos) return false;
  std::string host(endpoint.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Status check_security(const std::string& endpoint, const SocketSecurity& security, bool listens) {
  if (security.is_on()) {
    require(listens ? security.allowed != nullptr : security.listener_key.has_value(),
            "a secured listener has a list of allowed keys, a secured connection the key of its listener");
    return {};
  }
  if (stays_on_this_host(endpoint)) return {};
  return user_error("'" + endpoint + "' can be reached from other hosts, and this socket has no keys")
      .with_hint("Give it keys (docs/security.md), or use a loopback address in figures, such as tcp://127.0.0.1:*");
}

}  // namespace sinter::net

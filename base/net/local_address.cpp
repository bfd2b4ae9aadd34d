// A datagram socket that is connected knows its own address. Stateless; any thread.
#include "base/net/local_address.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "base/descriptor.hpp"

namespace sinter::net {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// Empty: not this way.
std::string address_towards(const addrinfo& there) {
  const Descriptor socket(::socket(there.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) return "";
  sockaddr_storage here{};
  socklen_t size = sizeof here;
  char text[NI_MAXHOST];
  const bool known = ::connect(socket.number(), there.ai_addr, there.ai_addrlen) == 0 &&
                     ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&here), &size) == 0 &&
                     ::getnameinfo(reinterpret_cast<sockaddr*>(&here), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0;
  if (!known) return "";
  return here.ss_family == AF_INET6 ? "[" + std::string(text) + "]" : text;
}

}  // namespace

Result<std::string> local_address_towards(const std::string& endpoint) {
  const std::size_t begin = endpoint.find("://") == std::string::npos ? 0 : endpoint.find("://") + 3;
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string::npos || colon < begin) return user_error("'" + endpoint + "' has no port");
  std::string host = endpoint.substr(begin, colon - begin);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), endpoint.substr(colon + 1).c_str(), &wanted, &found); error != 0)
    return environment_error("cannot find the host of '" + endpoint + "': " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  for (const addrinfo* there = list.get(); there != nullptr; there = there->ai_next)
    if (std::string address = address_towards(*there); !address.empty()) return address;
  return environment_error("there is no way from this host to '" + endpoint + "'");
}

}  // namespace sinter::net

// Plain TCP for tests: what strangers do at a port. One thread for each object.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace sinter::net {

inline int port_of(const std::string& endpoint) { return std::stoi(endpoint.substr(endpoint.rfind(':') + 1)); }

/// A connection to 127.0.0.1, or one that was accepted.
class RawConnection {
 public:
  explicit RawConnection(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) close();
  }
  struct Accepted {
    int descriptor;
  };
  explicit RawConnection(Accepted accepted) : descriptor_(accepted.descriptor) {}
  RawConnection(RawConnection&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RawConnection& operator=(RawConnection&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~RawConnection() { close(); }

  bool is_open() const { return descriptor_ >= 0; }
  void send(std::string_view bytes) { (void)!::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// What comes within `timeout_ms`, at most 64 KiB; empty also at the end, which closes.
  std::string receive(int timeout_ms) {
    pollfd item{descriptor_, POLLIN, 0};
    if (::poll(&item, 1, timeout_ms) <= 0) return {};
    std::string bytes(65536, '\0');
    const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (got <= 0) close();
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  int descriptor() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_;
};

/// A port of its own on 127.0.0.1.
class RawListener {
 public:
  RawListener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(descriptor_, 16) == 0 &&
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) == 0)
      port_ = ntohs(address.sin_port);
  }
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;
  ~RawListener() { ::close(descriptor_); }
  int port() const { return port_; }
  RawConnection accept() { return RawConnection(RawConnection::Accepted{::accept(descriptor_, nullptr, nullptr)}); }

 private:
  int descriptor_;
  int port_ = 0;
};

}  // namespace sinter::net

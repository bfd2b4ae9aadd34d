// SocketSecurity: whether a socket encrypts, who it is and whom it trusts. A value; what it points to may be shared by any threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/net/allowed_keys.hpp"
#include "base/net/curve_key.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// Empty: no encryption, for sockets that stay on this host. Else CURVE: a listener lets in the keys of `allowed` and no others; a
/// connection talks to the one who holds the secret of `listener_key` and to nobody else.
struct SocketSecurity {
  std::shared_ptr<const KeyPair> own;
  std::optional<PublicKey> listener_key;       ///< of connections
  std::shared_ptr<const AllowedKeys> allowed;  ///< of listeners

  bool is_on() const { return own != nullptr; }

  static SocketSecurity for_listener(std::shared_ptr<const KeyPair> own, std::shared_ptr<const AllowedKeys> allowed) {
    return {std::move(own), std::nullopt, std::move(allowed)};
  }
  static SocketSecurity for_connection(std::shared_ptr<const KeyPair> own, const PublicKey& listener_key) {
    return {std::move(own), listener_key, nullptr};
  }
};

/// Whether nothing from another host can come in or go out there: a socket file, or a loopback address in figures. Names are not looked
/// up, as they may mean anything: "localhost" is not loopback here.
bool stays_on_this_host(std::string_view endpoint);

/// Errors (the user's): the endpoint leaves this host, and security is off. Requires: what is on is complete for its side.
Status check_security(const std::string& endpoint, const SocketSecurity& security, bool listens);

/// Whom a listener did not let in. Counted from its start, over all cuts of its connections.
struct Strangers {
  std::uint64_t refused_keys = 0;       ///< good CURVE handshakes with a key that is not allowed
  std::uint64_t broken_handshakes = 0;  ///< no CURVE, another version, a wrong listener key, garbage, silence
  std::string last_address;             ///< of refused keys, as the next; "" before the first
  std::string last_key;                 ///< public_key_text()
  std::uint64_t total() const { return refused_keys + broken_handshakes; }
};

}  // namespace sinter::net

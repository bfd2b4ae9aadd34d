// What travels between processes: a kind and bytes. Value types; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net/curve_key.hpp"

namespace sinter::net {

/// One message. `kind` belongs to the protocol above; the transport never looks into `body`.
struct Message {
  std::uint16_t kind = 0;
  std::string body;
  friend bool operator==(const Message&, const Message&) = default;
};

/// A peer as this process numbers it: 1, 2, 3... in order of joining, never reused. A peer that restarted is a new peer.
using PeerId = std::uint64_t;

/// A connection's only peer, whichever listener process that is at the moment. Listeners number theirs from 1.
inline constexpr PeerId kListener = 0;

enum class EventKind : std::uint8_t {
  Message,     ///< a message of `peer`, exactly once and in the order it was sent
  PeerJoined,  ///< `peer` is new; nothing of it was delivered before this
  PeerLost,    ///< `peer` closed, restarted or was silent for too long; nothing of it is delivered after this
};

struct Event {
  EventKind kind = EventKind::Message;
  PeerId peer = kListener;
  Message message;                   ///< for Message
  std::string reason;                ///< for PeerLost: a sentence
  std::vector<Message> unconfirmed;  ///< for PeerLost: what was sent to it and not acknowledged; it may or may not have arrived
  std::optional<PublicKey> key;      ///< for PeerJoined with security: who it is, proven; everything of `peer` comes from this key
};

}  // namespace sinter::net

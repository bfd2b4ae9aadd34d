// Transport: messages between processes, each delivered exactly once and in order, or its loss reported. One owner thread
// calls everything except post() and wake(), which any thread may call. Format: docs/formats/wire.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/net/message.hpp"
#include "base/net/socket_security.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// Every limit and timer of a transport; both ends may differ, but for max_message_bytes of the receiver.
struct TransportOptions {
  std::uint64_t max_message_bytes = kMaxMessageBytes;     ///< body of one message
  std::size_t max_queued_messages = kMaxQueuedMessages;   ///< unacknowledged, for each peer
  std::uint64_t max_queued_bytes = kMaxQueuedBytes;       ///< unacknowledged, for each peer; one message always fits
  std::size_t max_peers = kMaxPeers;
  SteadyMs heartbeat_ms = 1'000;     ///< a peer that we sent nothing for so long gets an empty frame
  SteadyMs peer_timeout_ms = 30'000; ///< a peer that we heard nothing of for so long is lost
  SteadyMs resend_ms = 500;          ///< first re-send of an unacknowledged message; doubles up to max_resend_ms
  SteadyMs max_resend_ms = 8'000;
  std::uint64_t session_seed = 0;    ///< 0: from the operating system's random source; else fixed, for tests
  SocketSecurity security;           ///< needed for endpoints that other hosts can reach
};

/// What a transport saw; nothing is dropped without being counted here.
struct TransportCounters {
  std::uint64_t messages_sent = 0;       ///< accepted by send() or post()
  std::uint64_t messages_delivered = 0;  ///< given out by receive()
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t frames_resent = 0;
  std::uint64_t duplicates = 0;          ///< frames received again and dropped
  std::uint64_t bad_frames = 0;          ///< garbage, wrong version, bad checksum, oversized: dropped and logged
  std::uint64_t unknown_sessions = 0;    ///< frames of peers that we do not know (any more)
  std::uint64_t dead_posts = 0;          ///< post()ed messages whose peer was gone
  std::uint64_t refusals = 0;            ///< of a connection: the listener refused our key; it keeps trying
  Strangers strangers;                   ///< of a listener
};

/// One end: a listener with many peers or a connection with one. A listener's peers appear by PeerJoined. A connection
/// reaches its listener as kListener, whichever listener process that is at the moment: a message sent before the
/// handshake waits for it, and after PeerLost the connection keeps trying and reports PeerJoined when it succeeds.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Queues a message; the transport keeps it until the peer acknowledged it. Errors: body above max_message_bytes or
  /// unknown peer (both not retriable), queue full (retriable: call receive() and try again).
  virtual Status send(PeerId peer, Message message) = 0;

  /// Waits up to `timeout_ms` (0: only looks, negative: for ever) for the next event; nothing when the time is over or
  /// wake() was called. Also drives acknowledgements, heartbeats and re-sends: call it often, at least every few seconds.
  /// Error: the socket itself failed.
  virtual Result<std::optional<Event>> receive(std::int64_t timeout_ms) = 0;

  /// Any thread: hands a message to the owner thread, which sends it during receive(), also while that waits. Messages of one thread
  /// keep their order. Errors: as send(), but an unknown peer is only counted (dead_posts) and logged.
  virtual Status post(PeerId peer, Message message) = 0;

  /// Any thread: makes the current or the next receive() return.
  virtual void wake() = 0;

  /// Waits until every message was acknowledged; false when `timeout_ms` passed before that. Events that arrive meanwhile are kept
  /// for receive().
  virtual Result<bool> flush(std::int64_t timeout_ms) = 0;

  /// flush(), then tells the peers goodbye and closes. Never takes much longer than `timeout_ms`. Returns false when something
  /// stayed unacknowledged. The destructor closes without waiting.
  virtual Result<bool> close(std::int64_t timeout_ms) = 0;

  /// Messages that wait for `peer`'s acknowledgement.
  virtual std::size_t queued_messages(PeerId peer) const = 0;

  /// Where others connect to; for "tcp://127.0.0.1:*" with the port that was chosen.
  virtual const std::string& endpoint() const = 0;

  virtual TransportCounters counters() const = 0;
};

/// Over ZeroMQ: "ipc:///path/to/socket" (its directory exists and is private to the user) or "tcp://address:port".
/// `clock` and `log` outlive the transport. Errors: a malformed, too long or occupied endpoint, one that other hosts reach without keys.
Result<std::unique_ptr<Transport>> listen(const std::string& endpoint, const TransportOptions& options, const Clock& clock, Log& log);
/// Succeeds also while nobody listens there yet.
Result<std::unique_ptr<Transport>> connect(const std::string& endpoint, const TransportOptions& options, const Clock& clock, Log& log);

class LoopbackNetwork;

/// The same protocol inside one process and without ZeroMQ: for `--in-process` and tests. Names are free strings.
std::shared_ptr<LoopbackNetwork> make_loopback_network();
Result<std::unique_ptr<Transport>> listen_in_process(const std::shared_ptr<LoopbackNetwork>& network, const std::string& name,
                                                     const TransportOptions& options, const Clock& clock, Log& log);
Result<std::unique_ptr<Transport>> connect_in_process(const std::shared_ptr<LoopbackNetwork>& network, const std::string& name,
                                                      const TransportOptions& options, const Clock& clock, Log& log);

}  // namespace sinter::net

// ReliableChannel: one session's ids, acknowledgements, re-sends, duplicates and order, as a pure state machine: no socket, no
// clock, no threads inside. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/net/frame.hpp"
#include "base/net/packet_socket.hpp"
#include "base/net/transport.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// Messages on the wire at once; more wait in the sender's queue.
inline constexpr std::size_t kSendWindowMessages = 256;
/// Bytes on the wire at once (one message always may).
inline constexpr std::uint64_t kSendWindowBytes = 16 * kMiB;
/// A frame that is further ahead of what we wait for than any sender's window breaks the protocol.
inline constexpr std::uint64_t kReceiveWindow = 4 * kSendWindowMessages;
/// An acknowledgement goes out alone after so many messages, else it waits for a frame to ride on or for the socket to be idle.
inline constexpr std::size_t kMessagesPerAck = 32;
/// First and longest pause after the socket had no room; it doubles in between.
inline constexpr SteadyMs kFullRetryMs = 1;
inline constexpr SteadyMs kMaxFullRetryMs = 64;

/// Where a channel's frames go; fills in session and route.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual SendOutcome transmit(const FrameHeader& header, std::string_view body, std::uint64_t body_checksum) = 0;
};

class ReliableChannel {
 public:
  /// Both references outlive the channel.
  ReliableChannel(const TransportOptions& options, TransportCounters& counters) : options_(options), counters_(counters) {}

  /// Queues a message; pump() sends it. Errors: see Transport::send().
  Status send(Message message);

  /// Takes a Data or Ack frame; what can be delivered now is appended to `delivered`. False when the peer broke the protocol:
  /// it acknowledged what was never sent, or sent what it may not send yet. Then the session has to end.
  [[nodiscard]] bool on_frame(const FrameHeader& header, std::string body, SteadyMs now_ms, std::vector<Message>& delivered);

  /// Sends what is due: new messages within the window, re-sends, acknowledgements (with `idle` all, else only urgent ones), heartbeats.
  void pump(SteadyMs now_ms, bool idle, FrameSink& sink);

  /// When pump() has something to do at the latest, if nothing else happens.
  SteadyMs next_deadline_ms() const;

  /// The way to the peer is a new one: what was on the wire may be lost, so pump() sends it again.
  void on_new_route(SteadyMs now_ms);

  bool ack_due() const { return ack_due_; }
  /// Whether send() would take a message of `size` bytes now.
  bool has_room(std::size_t size) const;
  bool has_unacknowledged() const { return !queue_.empty(); }
  std::size_t queued_messages() const { return queue_.size(); }
  /// Ends the channel: what was never acknowledged, oldest first.
  std::vector<Message> take_unconfirmed();

 private:
  struct Outgoing {
    Message message;
    std::uint64_t body_checksum;
    bool was_sent;
  };

  bool take_ack(std::uint32_t wire_ack, SteadyMs now_ms);
  bool take_data(const FrameHeader& header, std::string body, std::vector<Message>& delivered);
  SendOutcome transmit(FrameType type, std::size_t index, SteadyMs now_ms, FrameSink& sink);
  void pump_resend(SteadyMs now_ms, FrameSink& sink);
  void pump_new(SteadyMs now_ms, FrameSink& sink);

  const TransportOptions& options_;
  TransportCounters& counters_;

  // Sending. queue_[i] has id first_id_ + i; the first in_flight_ are on the wire.
  std::deque<Outgoing> queue_;
  std::uint64_t first_id_ = 1;
  std::uint64_t highest_sent_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t in_flight_bytes_ = 0;
  std::uint64_t queued_bytes_ = 0;
  SteadyMs resend_at_ms_ = INT64_MAX;
  SteadyMs backoff_ms_ = 0;           // 0: nothing was re-sent since the last progress
  std::uint64_t recover_until_ = 0;   // while first_id_ <= this, each progress re-sends the next oldest at once
  bool probe_now_ = false;
  SteadyMs retry_at_ms_ = INT64_MAX;  // the socket was full or the route gone
  SteadyMs full_pause_ms_ = kFullRetryMs;
  SteadyMs last_sent_ms_ = INT64_MIN / 2;

  // Receiving.
  std::uint64_t expected_ = 1;
  std::map<std::uint64_t, Message> early_;  // arrived before their turn
  std::uint64_t early_bytes_ = 0;
  std::size_t unacknowledged_ = 0;
  bool ack_due_ = false;
};

}  // namespace sinter::net

// SessionTransport: the Transport over any PacketSocket: opens sessions, numbers peers, keeps timers. Threads: see transport.hpp.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/net/packet_socket.hpp"
#include "base/net/reliable_channel.hpp"
#include "base/net/transport.hpp"

namespace sinter::net {

enum class Role : std::uint8_t { Listener, Connection };

/// Events that flush() keeps for receive(); with more it gives up, as a peer that keeps sending would fill the memory.
inline constexpr std::size_t kMaxHeldEvents = 4096;
/// Ended sessions that a listener remembers, so that a late copy of an Open does not bring one back.
inline constexpr std::size_t kRememberedSessions = 4096;

class SessionTransport final : public Transport {
 public:
  SessionTransport(std::unique_ptr<PacketSocket> socket, Role role, const TransportOptions& options, const Clock& clock, Log& log);
  SessionTransport(const SessionTransport&) = delete;
  SessionTransport& operator=(const SessionTransport&) = delete;
  ~SessionTransport() override;

  Status send(PeerId peer, Message message) override;
  Result<std::optional<Event>> receive(std::int64_t timeout_ms) override;
  Status post(PeerId peer, Message message) override;
  void wake() override;
  Result<bool> flush(std::int64_t timeout_ms) override;
  Result<bool> close(std::int64_t timeout_ms) override;
  std::size_t queued_messages(PeerId peer) const override;
  const std::string& endpoint() const override { return socket_->endpoint(); }
  TransportCounters counters() const override;

 private:
  /// One session with one peer.
  class Peer;
  struct Post {
    PeerId peer;
    Message message;
  };

  void check_owner();
  SteadyMs deadline_after(std::int64_t timeout_ms) const;
  Peer* find(PeerId id) const;
  bool anything_unconfirmed() const;

  // Frames that came in.
  Result<bool> take_packet(SteadyMs now_ms);
  void on_listener_frame(const FrameHeader& header, SteadyMs now_ms);
  void on_connection_frame(const FrameHeader& header, SteadyMs now_ms);
  void on_open_request(const FrameHeader& header, SteadyMs now_ms);
  void take_channel_frame(Peer& peer, const FrameHeader& header, SteadyMs now_ms);
  void count_bad_frame(std::string_view problem);

  // Keys.
  /// Of the packet at hand; nothing when it is not allowed. Requires: security is on.
  std::optional<PublicKey> allowed_key() const;
  Status follow_allowed_keys(SteadyMs now_ms);
  void tell_of_strangers();

  // Sessions.
  void begin_session(Peer& peer, SteadyMs now_ms);
  void lose(Peer& peer, std::string reason, SteadyMs now_ms);
  void answer(FrameType type, std::uint64_t session);

  // What time brings.
  void drain_posts(SteadyMs now_ms);
  void pump(Peer& peer, SteadyMs now_ms, bool idle);
  void send_due_acks(SteadyMs now_ms);
  void run_timers(SteadyMs now_ms);
  void run_peer_timer(Peer& peer, SteadyMs now_ms);
  /// One round of everything but waiting: posts, timers, packets until an event is there or the socket is empty.
  Status work(SteadyMs now_ms, std::size_t wanted_events);
  Status wait_until(SteadyMs deadline_ms);
  void say_goodbye();

  std::unique_ptr<PacketSocket> socket_;
  Role role_;
  TransportOptions options_;
  const Clock& clock_;
  Log& log_;
  TransportCounters counters_;
  std::thread::id owner_;
  bool closed_ = false;
  std::uint64_t next_session_;

  PeerId next_peer_ = 1;
  std::unordered_map<PeerId, std::unique_ptr<Peer>> peers_;
  std::unordered_map<std::uint64_t, Peer*> by_session_;
  std::unordered_set<std::uint64_t> ended_;
  std::deque<std::uint64_t> ended_order_;
  std::vector<PeerId> acks_due_;
  SteadyMs next_timer_ms_ = 0;
  std::uint64_t seen_removals_ = 0;
  std::uint64_t seen_revocations_ = 0;
  std::uint64_t told_strangers_ = 0;
  std::uint64_t told_refusals_ = 0;
  std::uint64_t lost_messages_ = 0;

  std::deque<Event> events_;
  Packet packet_;                    // reused, so that its buffers are
  std::vector<Message> delivered_;   // likewise

  std::mutex post_mutex_;
  std::deque<Post> posted_;          // guarded by post_mutex_, as the next two
  std::size_t posted_messages_ = 0;  // in posted_ and outbox_
  std::uint64_t posted_bytes_ = 0;
  std::atomic<bool> has_posts_{false};
  std::atomic<bool> woken_{false};
  std::deque<Post> outbox_;          // taken from posted_; waits for room in its peer's queue
};

/// Over any packets; for tests with a LossySocket. Otherwise listen() and connect() of transport.hpp.
std::unique_ptr<Transport> make_session_transport(std::unique_ptr<PacketSocket> socket, Role role, const TransportOptions& options,
                                                  const Clock& clock, Log& log);

}  // namespace sinter::net

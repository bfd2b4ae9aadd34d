// Sessions over packets. Everything but post() and wake() runs on the owner's thread.
#include "base/net/session_transport.hpp"

#include <algorithm>
#include <random>

#include "base/checksum.hpp"
#include "base/random.hpp"

namespace sinter::net {

class SessionTransport::Peer final : public FrameSink {
 public:
  Peer(SessionTransport& owner, PeerId number) : id(number), channel(owner.options_, owner.counters_), owner_(owner) {}

  SendOutcome transmit(const FrameHeader& header, std::string_view body, std::uint64_t body_checksum) override {
    FrameHeader complete = header;
    complete.session = session;
    const SendOutcome outcome = owner_.socket_->send(route, encode_frame_header(complete, body.size(), body_checksum), body);
    if (outcome == SendOutcome::Sent) ++owner_.counters_.frames_sent;
    return outcome;
  }
  SendOutcome transmit_control(FrameType type) {
    FrameHeader header;
    header.type = type;
    return transmit(header, {}, checksum64({}));
  }
  SteadyMs next_deadline_ms() const {
    if (!is_open) return open_at_ms;
    return std::min(channel.next_deadline_ms(), heard_at_ms + owner_.options_.peer_timeout_ms);
  }

  PeerId id;
  std::uint64_t session = 0;
  std::string route;
  std::optional<PublicKey> key;   // with security: who opened the session
  std::string key_text;           // the same as packets carry it
  bool is_open = false;
  bool in_acks_due = false;
  SteadyMs heard_at_ms = 0;
  SteadyMs open_at_ms = 0;     // while not open: when the next Open goes out
  SteadyMs open_pause_ms = kFullRetryMs;
  ReliableChannel channel;

 private:
  SessionTransport& owner_;
};

SessionTransport::SessionTransport(std::unique_ptr<PacketSocket> socket, Role role, const TransportOptions& options, const Clock& clock,
                                   Log& log)
    : socket_(std::move(socket)), role_(role), options_(options), clock_(clock), log_(log), next_session_(options.session_seed) {
  if (next_session_ == 0) {
    std::random_device random;
    next_session_ = (static_cast<std::uint64_t>(random()) << 32) | random();
  }
  if (role_ == Role::Listener) {
    // Keys that went before this moment have no session here.
    if (const AllowedKeys* allowed = options_.security.allowed.get(); allowed != nullptr) {
      seen_removals_ = allowed->removals();
      seen_revocations_ = allowed->revocations();
    }
    return;
  }
  auto peer = std::make_unique<Peer>(*this, kListener);
  begin_session(*peer, clock_.now_ms());
  peers_.emplace(kListener, std::move(peer));
}

SessionTransport::~SessionTransport() {
  if (closed_) return;
  say_goodbye();
  socket_->close();
}

void SessionTransport::check_owner() {
  require(!closed_, "a closed transport is not used");
  if (owner_ == std::thread::id()) owner_ = std::this_thread::get_id();
  require(owner_ == std::this_thread::get_id(), "a transport has one owner thread; others use post() and wake()");
}

SteadyMs SessionTransport::deadline_after(std::int64_t timeout_ms) const {
  return timeout_ms < 0 ? INT64_MAX : clock_.now_ms() + timeout_ms;
}

SessionTransport::Peer* SessionTransport::find(PeerId id) const {
  const auto at = peers_.find(id);
  return at == peers_.end() ? nullptr : at->second.get();
}

std::size_t SessionTransport::queued_messages(PeerId id) const {
  const Peer* peer = find(id);
  return peer == nullptr ? 0 : peer->channel.queued_messages();
}

// ---- sending

Status SessionTransport::send(PeerId id, Message message) {
  check_owner();
  Peer* peer = find(id);
  if (peer == nullptr) return environment_error("peer " + std::to_string(id) + " is gone", /*retriable=*/false);
  SINTER_TRY(peer->channel.send(std::move(message)));
  pump(*peer, clock_.now_ms(), /*idle=*/false);
  return {};
}

Status SessionTransport::post(PeerId id, Message message) {
  const std::uint64_t size = message.body.size();
  if (size > options_.max_message_bytes)
    return environment_error("a message of " + std::to_string(size) + " bytes is above max_message_bytes = " +
                                 std::to_string(options_.max_message_bytes),
                             /*retriable=*/false);
  {
    const std::lock_guard lock(post_mutex_);
    const bool bytes_full = posted_messages_ > 0 && posted_bytes_ + size > options_.max_queued_bytes;
    if (bytes_full || posted_messages_ >= options_.max_queued_messages)
      return environment_error(std::to_string(posted_messages_) + " messages of " + std::to_string(posted_bytes_) +
                               " bytes wait for the transport's owner thread or a slow peer (max_queued_messages = " +
                               std::to_string(options_.max_queued_messages) +
                               ", max_queued_bytes = " + std::to_string(options_.max_queued_bytes) + ")");
    posted_.push_back({id, std::move(message)});
    ++posted_messages_;
    posted_bytes_ += size;
    has_posts_.store(true, std::memory_order_release);
  }
  socket_->wake();
  return {};
}

void SessionTransport::wake() {
  woken_.store(true, std::memory_order_release);
  socket_->wake();
}

void SessionTransport::drain_posts(SteadyMs now_ms) {
  if (has_posts_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(post_mutex_);
    outbox_.insert(outbox_.end(), std::make_move_iterator(posted_.begin()), std::make_move_iterator(posted_.end()));
    posted_.clear();
    has_posts_.store(false, std::memory_order_relaxed);
  }
  if (outbox_.empty()) return;
  std::deque<Post> waiting;
  std::unordered_set<PeerId> behind;  // keeps each peer's order while others go on
  std::size_t done_messages = 0;
  std::uint64_t done_bytes = 0;
  for (Post& entry : outbox_) {
    Peer* peer = find(entry.peer);
    const std::size_t size = entry.message.body.size();
    if (peer != nullptr && (behind.contains(entry.peer) || !peer->channel.has_room(size))) {
      behind.insert(entry.peer);
      waiting.push_back(std::move(entry));
      continue;
    }
    ++done_messages;
    done_bytes += size;
    if (peer == nullptr) {
      ++counters_.dead_posts;
      log_.warning("dropped a message for a peer that is gone", {{"peer", entry.peer}, {"kind", entry.message.kind}});
      continue;
    }
    require(peer->channel.send(std::move(entry.message)).ok(), "a channel takes what it has room for");
    pump(*peer, now_ms, /*idle=*/false);
  }
  outbox_ = std::move(waiting);
  const std::lock_guard lock(post_mutex_);
  posted_messages_ -= done_messages;
  posted_bytes_ -= done_bytes;
}

void SessionTransport::pump(Peer& peer, SteadyMs now_ms, bool idle) {
  if (peer.is_open) peer.channel.pump(now_ms, idle, peer);
  next_timer_ms_ = std::min(next_timer_ms_, peer.next_deadline_ms());
}

// ---- receiving

Result<std::optional<Event>> SessionTransport::receive(std::int64_t timeout_ms) {
  check_owner();
  const SteadyMs deadline_ms = deadline_after(timeout_ms);
  while (true) {
    const SteadyMs now_ms = clock_.now_ms();
    SINTER_TRY(work(now_ms, 1));
    if (!events_.empty()) {
      Event event = std::move(events_.front());
      events_.pop_front();
      if (event.kind == EventKind::Message) ++counters_.messages_delivered;
      return std::optional<Event>(std::move(event));
    }
    if (woken_.exchange(false, std::memory_order_acquire) || now_ms >= deadline_ms) return std::optional<Event>();
    SINTER_TRY(wait_until(deadline_ms));
  }
}

Status SessionTransport::work(SteadyMs now_ms, std::size_t wanted_events) {
  SINTER_TRY(follow_allowed_keys(now_ms));
  drain_posts(now_ms);
  if (now_ms >= next_timer_ms_) run_timers(now_ms);
  while (events_.size() < wanted_events) {
    SINTER_ASSIGN(const bool got, take_packet(now_ms));
    if (!got) break;
  }
  // With an event in hand the caller is likely to answer, and the answer carries the acknowledgement.
  if (events_.size() < wanted_events) send_due_acks(now_ms);
  return {};
}

Status SessionTransport::wait_until(SteadyMs deadline_ms) {
  const SteadyMs until_ms = std::min(deadline_ms, next_timer_ms_);
  if (until_ms == INT64_MAX) return socket_->wait(-1);
  return socket_->wait(std::max<SteadyMs>(0, until_ms - clock_.now_ms()));
}

Result<bool> SessionTransport::take_packet(SteadyMs now_ms) {
  SINTER_ASSIGN(const bool got, socket_->receive(packet_));
  if (!got) return false;
  ++counters_.frames_received;
  FrameHeader header;
  if (const auto problem = decode_frame(packet_.head_bytes(), packet_.body, header)) {
    count_bad_frame(to_string(*problem));
    return true;
  }
  if (packet_.body.size() > options_.max_message_bytes) {
    count_bad_frame("larger than max_message_bytes");
    return true;
  }
  if (role_ == Role::Listener) on_listener_frame(header, now_ms);
  else on_connection_frame(header, now_ms);
  return true;
}

void SessionTransport::count_bad_frame(std::string_view problem) {
  const std::uint64_t count = ++counters_.bad_frames;
  // A flood of garbage must not become a flood of log lines: 1st, 2nd, 4th, 8th ... are told.
  if (std::has_single_bit(count))
    log_.warning("dropped a bad frame", {{"problem", problem}, {"endpoint", socket_->endpoint()}, {"bad_frames", count}});
}

void SessionTransport::on_listener_frame(const FrameHeader& header, SteadyMs now_ms) {
  const auto at = by_session_.find(header.session);
  if (at == by_session_.end()) {
    if (options_.security.is_on() && !allowed_key()) return count_bad_frame("its key is not allowed (any more)");
    if (header.type == FrameType::Open) return on_open_request(header, now_ms);
    ++counters_.unknown_sessions;
    if (header.type == FrameType::Data || header.type == FrameType::Ack) answer(FrameType::Reset, header.session);
    return;
  }
  Peer& peer = *at->second;
  if (peer.key_text != packet_.key) return count_bad_frame("the session belongs to another key");
  if (peer.route != packet_.route) {
    peer.route = packet_.route;
    peer.channel.on_new_route(now_ms);
  }
  peer.heard_at_ms = now_ms;
  switch (header.type) {
    case FrameType::Open: peer.transmit_control(FrameType::Opened); break;
    case FrameType::Data:
    case FrameType::Ack: take_channel_frame(peer, header, now_ms); break;
    case FrameType::Close: lose(peer, "it closed the connection", now_ms); break;
    default: count_bad_frame("a frame that only listeners send"); break;
  }
}

void SessionTransport::on_open_request(const FrameHeader& header, SteadyMs now_ms) {
  if (ended_.contains(header.session)) return answer(FrameType::Reset, header.session);
  if (peers_.size() >= options_.max_peers) {
    log_.warning("refused a peer: max_peers is reached", {{"max_peers", options_.max_peers}, {"endpoint", socket_->endpoint()}});
    return answer(FrameType::Reset, header.session);
  }
  auto peer = std::make_unique<Peer>(*this, next_peer_++);
  peer->session = header.session;
  peer->route = packet_.route;
  if (options_.security.is_on()) peer->key = allowed_key();
  peer->key_text = packet_.key;
  peer->is_open = true;
  peer->heard_at_ms = now_ms;
  peer->channel.on_new_route(now_ms);
  peer->transmit_control(FrameType::Opened);
  log_.debug("a peer joined", {{"peer", peer->id}, {"endpoint", socket_->endpoint()}});
  events_.push_back({EventKind::PeerJoined, peer->id, {}, {}, {}, peer->key});
  by_session_.emplace(header.session, peer.get());
  next_timer_ms_ = std::min(next_timer_ms_, peer->next_deadline_ms());
  peers_.emplace(peer->id, std::move(peer));
}

void SessionTransport::on_connection_frame(const FrameHeader& header, SteadyMs now_ms) {
  Peer& peer = *find(kListener);
  if (header.session != peer.session) {
    ++counters_.unknown_sessions;  // a late answer to a session that ended
    return;
  }
  peer.heard_at_ms = now_ms;
  switch (header.type) {
    case FrameType::Opened:
      if (peer.is_open) return;
      peer.is_open = true;
      peer.channel.on_new_route(now_ms);
      events_.push_back({EventKind::PeerJoined, peer.id, {}, {}, {}, options_.security.listener_key});
      pump(peer, now_ms, /*idle=*/false);
      return;
    case FrameType::Data:
    case FrameType::Ack:
      // A Data frame can overtake the Opened that was sent before it; it comes again.
      if (peer.is_open) take_channel_frame(peer, header, now_ms);
      return;
    case FrameType::Reset: return lose(peer, "the listener does not know this session: it restarted, or took us for dead", now_ms);
    case FrameType::Close: return lose(peer, "the listener closed", now_ms);
    case FrameType::Open: return count_bad_frame("a frame that only connections send");
  }
}

void SessionTransport::take_channel_frame(Peer& peer, const FrameHeader& header, SteadyMs now_ms) {
  delivered_.clear();
  const bool good = peer.channel.on_frame(header, std::move(packet_.body), now_ms, delivered_);
  for (Message& message : delivered_) events_.push_back({EventKind::Message, peer.id, std::move(message), {}, {}, {}});
  if (!good) {
    count_bad_frame("breaks the delivery protocol");
    answer(role_ == Role::Listener ? FrameType::Reset : FrameType::Close, header.session);
    return lose(peer, "it broke the delivery protocol", now_ms);
  }
  pump(peer, now_ms, /*idle=*/false);
  if (peer.channel.ack_due() && !peer.in_acks_due) {
    peer.in_acks_due = true;
    acks_due_.push_back(peer.id);
  }
}

void SessionTransport::send_due_acks(SteadyMs now_ms) {
  for (const PeerId id : acks_due_) {
    Peer* peer = find(id);
    if (peer == nullptr) continue;
    peer->in_acks_due = false;
    if (peer->channel.ack_due()) pump(*peer, now_ms, /*idle=*/true);
  }
  acks_due_.clear();
}

// ---- sessions

void SessionTransport::begin_session(Peer& peer, SteadyMs now_ms) {
  next_session_ = split_mix64(next_session_);
  peer.session = next_session_;
  peer.is_open = false;
  peer.open_at_ms = now_ms;
  next_timer_ms_ = std::min(next_timer_ms_, now_ms);
}

void SessionTransport::lose(Peer& peer, std::string reason, SteadyMs now_ms) {
  const bool was_open = peer.is_open;
  if (was_open) {
    auto unconfirmed = peer.channel.take_unconfirmed();
    lost_messages_ += unconfirmed.size();
    log_.debug("lost a peer",
               {{"peer", peer.id}, {"reason", reason}, {"unconfirmed", unconfirmed.size()}, {"endpoint", socket_->endpoint()}});
    events_.push_back({EventKind::PeerLost, peer.id, {}, std::move(reason), std::move(unconfirmed), {}});
  }
  if (role_ == Role::Listener) {
    if (ended_.insert(peer.session).second) ended_order_.push_back(peer.session);
    if (ended_order_.size() > kRememberedSessions) {
      ended_.erase(ended_order_.front());
      ended_order_.pop_front();
    }
    by_session_.erase(peer.session);
    const PeerId id = peer.id;  // the erased object holds the key that names it
    peers_.erase(id);
    return;
  }
  // What waits for a first session stays; what belonged to a lost one was handed back above.
  auto waiting = peer.channel.take_unconfirmed();
  auto fresh = std::make_unique<Peer>(*this, kListener);
  fresh->open_pause_ms = was_open ? kFullRetryMs : std::min(peer.open_pause_ms * 2, options_.max_resend_ms);
  for (Message& message : waiting) {
    --counters_.messages_sent;  // counted when it was queued first
    require(fresh->channel.send(std::move(message)).ok(), "an empty channel takes what another one held");
  }
  begin_session(*fresh, now_ms + fresh->open_pause_ms);
  peers_[kListener] = std::move(fresh);
}

void SessionTransport::answer(FrameType type, std::uint64_t session) {
  FrameHeader header;
  header.type = type;
  header.session = session;
  // Lost answers are asked for again by the next frame of that session.
  if (socket_->send(packet_.route, encode_frame_header(header, 0, checksum64({})), {}) == SendOutcome::Sent) ++counters_.frames_sent;
}

// ---- keys

Status SessionTransport::follow_allowed_keys(SteadyMs now_ms) {
  tell_of_strangers();
  const AllowedKeys* allowed = options_.security.allowed.get();
  if (allowed == nullptr) return {};
  const std::uint64_t removals = allowed->removals();
  const std::uint64_t revocations = allowed->revocations();
  if (removals == seen_removals_ && revocations == seen_revocations_) return {};
  seen_removals_ = removals;
  std::vector<PeerId> ended;
  for (const auto& [id, peer] : peers_)
    if (!allowed->allows(*peer->key)) ended.push_back(id);
  std::sort(ended.begin(), ended.end());
  for (const PeerId id : ended) lose(*find(id), "its key is not allowed any more", now_ms);
  if (revocations == seen_revocations_) return {};
  log_.info("cut every connection, as a key was revoked", {{"endpoint", socket_->endpoint()}, {"sessions_ended", ended.size()}});
  SINTER_TRY(socket_->cut_connections());
  seen_revocations_ = revocations;
  return {};
}

// ---- time

void SessionTransport::run_timers(SteadyMs now_ms) {
  std::vector<PeerId> silent;
  next_timer_ms_ = INT64_MAX;
  for (const auto& [id, peer] : peers_) {
    if (peer->is_open && now_ms - peer->heard_at_ms >= options_.peer_timeout_ms) {
      silent.push_back(id);
      continue;
    }
    run_peer_timer(*peer, now_ms);
    next_timer_ms_ = std::min(next_timer_ms_, peer->next_deadline_ms());
  }
  std::sort(silent.begin(), silent.end());
  for (const PeerId id : silent)
    lose(*find(id), "nothing was heard of it for peer_timeout_ms = " + std::to_string(options_.peer_timeout_ms), now_ms);
}

void SessionTransport::run_peer_timer(Peer& peer, SteadyMs now_ms) {
  if (peer.is_open) return peer.channel.pump(now_ms, /*idle=*/false, peer);
  if (now_ms < peer.open_at_ms) return;
  const bool sent = peer.transmit_control(FrameType::Open) == SendOutcome::Sent;
  // An Open that left has resend_ms to be answered; one that could not is tried again soon.
  peer.open_at_ms = now_ms + (sent ? std::max(options_.resend_ms, peer.open_pause_ms) : std::min(peer.open_pause_ms, kMaxFullRetryMs));
  peer.open_pause_ms = std::min(peer.open_pause_ms * 2, options_.max_resend_ms);
}

bool SessionTransport::anything_unconfirmed() const {
  if (!outbox_.empty() || has_posts_.load(std::memory_order_acquire)) return true;
  return std::any_of(peers_.begin(), peers_.end(), [](const auto& entry) { return entry.second->channel.has_unacknowledged(); });
}

Result<bool> SessionTransport::flush(std::int64_t timeout_ms) {
  check_owner();
  const SteadyMs deadline_ms = deadline_after(timeout_ms);
  const std::uint64_t lost_before = lost_messages_;
  while (true) {
    const SteadyMs now_ms = clock_.now_ms();
    SINTER_TRY(work(now_ms, kMaxHeldEvents));
    if (lost_messages_ != lost_before) return false;
    if (!anything_unconfirmed()) return true;
    if (now_ms >= deadline_ms || events_.size() >= kMaxHeldEvents) return false;
    SINTER_TRY(wait_until(deadline_ms));
  }
}

void SessionTransport::say_goodbye() {
  const SteadyMs now_ms = clock_.now_ms();
  send_due_acks(now_ms);
  for (const auto& [id, peer] : peers_)
    if (peer->is_open) peer->transmit_control(FrameType::Close);
}

Result<bool> SessionTransport::close(std::int64_t timeout_ms) {
  SINTER_ASSIGN(const bool all_confirmed, flush(timeout_ms));
  say_goodbye();
  closed_ = true;
  socket_->close();
  return all_confirmed;
}

std::unique_ptr<Transport> make_session_transport(std::unique_ptr<PacketSocket> socket, Role role, const TransportOptions& options,
                                                  const Clock& clock, Log& log) {
  return std::make_unique<SessionTransport>(std::move(socket), role, options, clock, log);
}

}  // namespace sinter::net

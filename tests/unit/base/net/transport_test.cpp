// The contract of Transport, over ipc, tcp, loopback, and a loopback that loses, doubles, delays and damages packets.
#include "base/net/transport.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/file_system.hpp"
#include "base/net/loopback_socket.hpp"
#include "base/net/lossy_socket.hpp"
#include "base/net/session_transport.hpp"
#include "base/random.hpp"

namespace sinter::net {
namespace {

enum class Over { Ipc, Tcp, Loopback, Lossy };

class TransportContract : public testing::TestWithParam<Over> {
 protected:
  void SetUp() override {
    log_.add_sink(make_memory_log_sink(log_lines_));
    options_.resend_ms = 20;
    options_.heartbeat_ms = 50;
    options_.peer_timeout_ms = GetParam() == Over::Lossy ? 1'000 : 5'000;
    if (GetParam() == Over::Ipc) {
      directory_ = testing::TempDir() + "sinter-net-XXXXXX";
      ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
      endpoint_ = "ipc://" + directory_ + "/socket";
    } else {
      endpoint_ = GetParam() == Over::Tcp ? "tcp://127.0.0.1:*" : "somewhere";
    }
  }
  void TearDown() override {
    if (!directory_.empty()) {
      EXPECT_TRUE(make_posix_file_system()->remove_all(directory_).ok());
    }
  }

  std::unique_ptr<PacketSocket> spoiled(std::unique_ptr<PacketSocket> socket) {
    LossyOptions lossy;
    lossy.seed = next_seed_++;
    return make_lossy_socket(std::move(socket), lossy);
  }
  std::unique_ptr<Transport> listen_here() {
    std::unique_ptr<Transport> transport;
    if (GetParam() == Over::Loopback) transport = listen_in_process(network_, endpoint_, options_, clock_, log_).value();
    else if (GetParam() == Over::Lossy)
      transport =
          make_session_transport(spoiled(make_loopback_listener(network_, endpoint_).value()), Role::Listener, options_, clock_, log_);
    else transport = listen(endpoint_, options_, clock_, log_).value();
    endpoint_ = transport->endpoint();
    return transport;
  }
  std::unique_ptr<Transport> connect_here() {
    if (GetParam() == Over::Loopback) return connect_in_process(network_, endpoint_, options_, clock_, log_).value();
    if (GetParam() == Over::Lossy)
      return make_session_transport(spoiled(make_loopback_connection(network_, endpoint_)), Role::Connection, options_, clock_, log_);
    return connect(endpoint_, options_, clock_, log_).value();
  }
  /// Pumps both ends in this thread until `end` has an event.
  Event next(Transport& end, std::vector<Transport*> others = {}) {
    for (int round = 0; round < 10'000; ++round) {
      auto event = end.receive(others.empty() ? 100 : 1).value();
      if (event) return std::move(*event);
      for (Transport* other : others) EXPECT_FALSE(other->receive(0).value().has_value());
    }
    ADD_FAILURE() << "no event in 10 s";
    return {};
  }
  /// Joins a connection to a listener and returns its number there.
  PeerId join(Transport& listener, Transport& connection) {
    const Event joined = next(listener, {&connection_dummy(connection)});
    EXPECT_EQ(joined.kind, EventKind::PeerJoined);
    return joined.peer;
  }
  /// The connection's own PeerJoined may come while the listener is waited for; keep it out of `next`'s check.
  Transport& connection_dummy(Transport& connection) {
    while (true) {
      auto event = connection.receive(0).value();
      if (!event) return connection;
      EXPECT_EQ(event->kind, EventKind::PeerJoined);
    }
  }

  SteadyClock clock_;
  std::shared_ptr<LogMemory> log_lines_ = std::make_shared<LogMemory>();
  Log log_{LogLevel::Debug};
  TransportOptions options_;
  std::shared_ptr<LoopbackNetwork> network_ = make_loopback_network();
  std::string directory_;
  std::string endpoint_;
  std::atomic<std::uint64_t> next_seed_{1};
};

/// Answers every message with its own body until it is told to stop; counts what it got.
class EchoServer {
 public:
  explicit EchoServer(Transport& transport) : transport_(transport), thread_([this] { run(); }) {}
  ~EchoServer() {
    stop_ = true;
    transport_.wake();
    thread_.join();
  }
  std::uint64_t messages() const { return messages_; }

 private:
  void run() {
    while (!stop_) {
      auto event = transport_.receive(-1);
      if (!event.ok()) return;
      if (!*event || (*event)->kind != EventKind::Message) continue;
      ++messages_;
      Message echo = std::move((*event)->message);
      while (!transport_.send((*event)->peer, echo).ok() && !stop_) std::this_thread::yield();
    }
  }
  Transport& transport_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> messages_{0};
  std::thread thread_;
};

TEST_P(TransportContract, requests_and_answers_pass_in_order) {
  auto listener = listen_here();
  auto connection = connect_here();
  EchoServer server(*listener);
  const int total = 300;
  int received = 0;
  Random random(1);
  std::vector<std::string> bodies;
  for (int i = 0; i < total; ++i) bodies.push_back(std::string(static_cast<std::size_t>(random.below(3000)), static_cast<char>(i)));
  for (int i = 0; i < total; ++i)
    ASSERT_TRUE(connection->send(kListener, {static_cast<std::uint16_t>(i), bodies[static_cast<std::size_t>(i)]}).ok());
  while (received < total) {
    const Event event = next(*connection);
    if (event.kind == EventKind::PeerJoined) continue;
    ASSERT_EQ(event.kind, EventKind::Message) << event.reason;
    ASSERT_EQ(event.message.kind, received);
    ASSERT_EQ(event.message.body, bodies[static_cast<std::size_t>(received)]);
    ++received;
  }
  EXPECT_TRUE(connection->flush(10'000).value());
  EXPECT_EQ(connection->queued_messages(kListener), 0u);
}

TEST_P(TransportContract, a_message_sent_before_anybody_listens_waits) {
  if (GetParam() == Over::Tcp) GTEST_SKIP() << "the port is not known before";
  auto connection = connect_here();
  ASSERT_TRUE(connection->send(kListener, {5, "early"}).ok());
  EXPECT_FALSE(connection->flush(50).value());
  auto listener = listen_here();
  const PeerId peer = join(*listener, *connection);
  while (true) {
    connection_dummy(*connection);
    auto event = listener->receive(1).value();
    if (!event) continue;
    EXPECT_EQ(event->peer, peer);
    EXPECT_EQ(event->message, (Message{5, "early"}));
    break;
  }
}

TEST_P(TransportContract, several_peers_have_numbers_of_their_own) {
  auto listener = listen_here();
  EchoServer server(*listener);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto connection = connect_here();
      int received = 0;
      for (int i = 0; i < 100; ++i) ASSERT_TRUE(connection->send(kListener, {static_cast<std::uint16_t>(t), std::to_string(i)}).ok());
      while (received < 100) {
        auto event = connection->receive(10'000);
        ASSERT_TRUE(event.ok() && event->has_value());
        if ((*event)->kind == EventKind::PeerJoined) continue;
        ASSERT_EQ((*event)->message, (Message{static_cast<std::uint16_t>(t), std::to_string(received)}));
        ++received;
      }
      EXPECT_TRUE(connection->close(10'000).ok());
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(server.messages(), 400u);
}

TEST_P(TransportContract, closing_delivers_what_was_sent_and_tells_the_peer) {
  auto listener = listen_here();
  auto connection = connect_here();
  std::thread closer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(connection->send(kListener, {1, std::to_string(i)}).ok());
    EXPECT_TRUE(connection->close(10'000).value());
  });
  int received = 0;
  bool lost = false;
  while (!lost) {
    const Event event = next(*listener);
    if (event.kind == EventKind::Message) {
      EXPECT_EQ(event.message.body, std::to_string(received++));
    }
    lost = event.kind == EventKind::PeerLost;
  }
  closer.join();
  EXPECT_EQ(received, 50);
}

TEST_P(TransportContract, a_message_to_an_unknown_peer_is_refused) {
  auto listener = listen_here();
  const Status refused = listener->send(42, {1, ""});
  ASSERT_FALSE(refused.ok());
  EXPECT_FALSE(refused.error().retriable());
}

TEST_P(TransportContract, wake_ends_a_wait_from_another_thread) {
  auto listener = listen_here();
  std::thread waker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    listener->wake();
  });
  EXPECT_FALSE(listener->receive(-1).value().has_value());
  waker.join();
}

TEST_P(TransportContract, posted_messages_of_other_threads_arrive_in_their_order) {
  auto listener = listen_here();
  auto connection = connect_here();
  std::atomic<bool> done{false}, flushed{false};
  std::thread owner([&] {
    while (!done) (void)connection->receive(-1).value();
    EXPECT_TRUE(connection->flush(10'000).value());
    flushed = true;
  });
  std::vector<std::thread> posters;
  for (int t = 0; t < 3; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) EXPECT_TRUE(connection->post(kListener, {static_cast<std::uint16_t>(t), std::to_string(i)}).ok());
    });
  int expected[3] = {};
  for (int received = 0; received < 300;) {
    const Event event = next(*listener);
    if (event.kind != EventKind::Message) continue;
    ++received;
    EXPECT_EQ(event.message.body, std::to_string(expected[event.message.kind]++));
  }
  for (auto& poster : posters) poster.join();
  done = true;
  connection->wake();
  while (!flushed) EXPECT_FALSE(listener->receive(5).value().has_value());
  owner.join();
}

TEST_P(TransportContract, a_post_to_a_peer_that_is_gone_is_counted_and_logged) {
  auto listener = listen_here();
  ASSERT_TRUE(listener->post(9, {1, "x"}).ok());
  EXPECT_FALSE(listener->receive(0).value().has_value());
  EXPECT_EQ(listener->counters().dead_posts, 1u);
  EXPECT_TRUE(log_lines_->contains("dropped a message for a peer that is gone"));
}

TEST_P(TransportContract, posts_are_bounded_too) {
  options_.max_queued_messages = 10;
  auto listener = listen_here();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(listener->post(9, {1, "x"}).ok());
  const Status refused = listener->post(9, {1, "x"});
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().retriable());
  EXPECT_FALSE(listener->receive(0).value().has_value());
  EXPECT_TRUE(listener->post(9, {1, "x"}).ok());
}

TEST_P(TransportContract, a_slow_peer_pushes_back_and_recovers) {
  options_.max_queued_messages = 20;
  auto listener = listen_here();
  auto connection = connect_here();
  int sent = 0;
  while (connection->send(kListener, {0, std::to_string(sent)}).ok()) ++sent;
  EXPECT_EQ(sent, 20);
  int received = 0;
  while (received < 200) {
    auto event = listener->receive(0).value();
    if (event && event->kind == EventKind::Message) {
      ASSERT_EQ(event->message.body, std::to_string(received++));
    }
    (void)connection->receive(1).value();
    if (sent < 200 && connection->send(kListener, {0, std::to_string(sent)}).ok()) ++sent;
  }
}

TEST_P(TransportContract, closing_without_a_peer_does_not_hang) {
  if (GetParam() == Over::Tcp) endpoint_ = "tcp://127.0.0.1:1";
  auto connection = connect_here();
  ASSERT_TRUE(connection->send(kListener, {1, "nobody"}).ok());
  const SteadyMs start = clock_.now_ms();
  EXPECT_FALSE(connection->close(100).value());
  EXPECT_LT(clock_.now_ms() - start, 1'000);
}

TEST_P(TransportContract, a_restarted_listener_is_a_new_peer_and_the_unconfirmed_come_back) {
  auto listener = listen_here();
  auto connection = connect_here();
  (void)join(*listener, *connection);
  listener.reset();
  ASSERT_TRUE(connection->send(kListener, {3, "into the void"}).ok());
  listener = listen_here();
  bool lost = false, handed_back = false, joined = false;
  for (int round = 0; round < 5'000 && !joined; ++round) {
    (void)listener->receive(1).value();
    auto event = connection->receive(1).value();
    if (!event) continue;
    if (event->kind == EventKind::PeerLost) {
      lost = true;
      for (const Message& message : event->unconfirmed) handed_back = handed_back || message.body == "into the void";
    }
    joined = event->kind == EventKind::PeerJoined && lost;
  }
  EXPECT_TRUE(lost);
  EXPECT_TRUE(joined);
  // Or the goodbye came first, and the message went to the new listener.
  if (!handed_back) {
    EXPECT_TRUE(connection->flush(0).ok());
  }
}

std::string name_of(const testing::TestParamInfo<Over>& which) {
  switch (which.param) {
    case Over::Ipc: return "ipc";
    case Over::Tcp: return "tcp";
    case Over::Loopback: return "loopback";
    case Over::Lossy: return "lossy";
  }
  return "unknown";
}

INSTANTIATE_TEST_SUITE_P(Over, TransportContract, testing::Values(Over::Ipc, Over::Tcp, Over::Loopback, Over::Lossy), name_of);

/// Silence and strangers, over loopback and a clock that moves when told to.
class SessionTest : public testing::Test {
 protected:
  SessionTest() { log_.add_sink(make_memory_log_sink(log_lines_)); }

  std::unique_ptr<Transport> listener() { return listen_in_process(network_, "x", options_, clock_, log_).value(); }
  std::unique_ptr<Transport> connection() { return connect_in_process(network_, "x", options_, clock_, log_).value(); }
  void exchange(Transport& a, Transport& b) {
    for (int i = 0; i < 4; ++i) {
      while (auto event = a.receive(0).value()) events_a_.push_back(std::move(*event));
      while (auto event = b.receive(0).value()) events_b_.push_back(std::move(*event));
    }
  }

  ManualClock clock_;
  std::shared_ptr<LogMemory> log_lines_ = std::make_shared<LogMemory>();
  Log log_{LogLevel::Debug};
  TransportOptions options_;
  std::shared_ptr<LoopbackNetwork> network_ = make_loopback_network();
  std::vector<Event> events_a_, events_b_;
};

TEST_F(SessionTest, a_silent_peer_is_lost_after_the_timeout_with_what_it_did_not_confirm) {
  auto a = listener();
  auto b = connection();
  exchange(*a, *b);
  ASSERT_EQ(events_a_.size(), 1u);
  ASSERT_TRUE(a->send(1, {1, "never read"}).ok());
  clock_.advance(options_.peer_timeout_ms - 1);
  EXPECT_FALSE(a->receive(0).value().has_value());
  clock_.advance(1);
  auto lost = a->receive(0).value();
  ASSERT_TRUE(lost && lost->kind == EventKind::PeerLost);
  EXPECT_EQ(lost->unconfirmed, (std::vector<Message>{{1, "never read"}}));
  EXPECT_NE(lost->reason.find("peer_timeout_ms = 30000"), std::string::npos);
  EXPECT_FALSE(a->send(1, {1, ""}).ok());
}

TEST_F(SessionTest, heartbeats_keep_idle_peers) {
  auto a = listener();
  auto b = connection();
  for (int i = 0; i < 200; ++i) {
    exchange(*a, *b);
    clock_.advance(1'000);
  }
  EXPECT_EQ(events_a_.size(), 1u);
  EXPECT_EQ(events_b_.size(), 1u);
  EXPECT_LE(a->counters().frames_sent, 205u);
}

TEST_F(SessionTest, a_peer_that_was_given_up_comes_back_as_a_new_one) {
  auto a = listener();
  auto b = connection();
  exchange(*a, *b);
  clock_.advance(options_.peer_timeout_ms);
  EXPECT_EQ(a->receive(0).value()->kind, EventKind::PeerLost);
  ASSERT_TRUE(b->send(kListener, {1, "late"}).ok());
  for (int i = 0; i < 20; ++i) {
    exchange(*a, *b);
    clock_.advance(10);
  }
  ASSERT_EQ(events_b_.size(), 3u);
  EXPECT_EQ(events_b_[1].kind, EventKind::PeerLost);
  EXPECT_EQ(events_b_[2].kind, EventKind::PeerJoined);
  EXPECT_EQ(events_a_.back().kind, EventKind::PeerJoined);
  EXPECT_EQ(events_a_.back().peer, 2u);
}

TEST_F(SessionTest, a_listener_takes_no_more_peers_than_its_limit) {
  options_.max_peers = 2;
  auto a = listener();
  auto b = connection();
  auto c = connection();
  auto d = connection();
  for (int i = 0; i < 5; ++i) {
    exchange(*a, *b);
    exchange(*c, *d);
    clock_.advance(1);
  }
  EXPECT_TRUE(log_lines_->contains("max_peers is reached"));
  b.reset();
  for (int i = 0; i < 40; ++i) {
    exchange(*a, *c);
    exchange(*d, *c);
    clock_.advance(100);
  }
  std::size_t joined = 0;
  for (const Event& event : events_a_) joined += event.kind == EventKind::PeerJoined && event.peer != kListener ? 1 : 0;
  EXPECT_EQ(joined, 3u) << "the third gets in when the first has left";
}

TEST_F(SessionTest, foreign_frames_are_counted_logged_and_disturb_nobody) {
  auto a = listener();
  auto b = connection();
  exchange(*a, *b);
  auto stranger = make_loopback_connection(network_, "x");
  Random random(21);
  for (int i = 0; i < 1000; ++i) {
    HeaderBytes head;
    for (char& byte : head) byte = static_cast<char>(random.next());
    (void)stranger->send("", head, "garbage");
    if (i % 100 == 0) {
      ASSERT_TRUE(b->send(kListener, {1, std::to_string(i)}).ok());
    }
    if (i % 50 == 0) exchange(*a, *b);
  }
  FrameHeader unknown;
  unknown.session = 77;
  unknown.id = 1;
  (void)stranger->send("", encode_frame_header(unknown, 0, 0x2d06800538d394c2u), "");
  exchange(*a, *b);
  EXPECT_EQ(a->counters().bad_frames, 1000u);
  EXPECT_EQ(a->counters().unknown_sessions, 1u);
  std::size_t warnings = 0;
  for (const auto& line : log_lines_->lines()) warnings += line.find("dropped a bad frame") != std::string::npos ? 1 : 0;
  EXPECT_EQ(warnings, 10u) << "1, 2, 4 ... 512";
  ASSERT_EQ(events_a_.size(), 11u) << "joined and ten messages";
  Packet packet;
  ASSERT_TRUE(stranger->receive(packet).value());
  FrameHeader answer;
  ASSERT_FALSE(decode_frame(packet.head_bytes(), packet.body, answer).has_value());
  EXPECT_EQ(answer.type, FrameType::Reset);
}

TEST_F(SessionTest, an_impostor_that_breaks_the_protocol_costs_only_its_session) {
  auto a = listener();
  auto raw = make_loopback_connection(network_, "x");
  const auto frame = [&](FrameType type, std::uint32_t id, std::uint32_t ack) {
    FrameHeader header;
    header.type = type;
    header.session = 5;
    header.id = id;
    header.ack = ack;
    EXPECT_EQ(raw->send("", encode_frame_header(header, 0, 0x2d06800538d394c2u), ""), SendOutcome::Sent);
  };
  frame(FrameType::Open, 0, 0);
  frame(FrameType::Ack, 0, 99);
  frame(FrameType::Open, 0, 0);
  EXPECT_EQ(a->receive(0).value()->kind, EventKind::PeerJoined);
  auto lost = a->receive(0).value();
  ASSERT_TRUE(lost && lost->kind == EventKind::PeerLost);
  EXPECT_FALSE(a->receive(0).value().has_value()) << "a late copy of the Open does not bring the session back";
}

TEST_F(SessionTest, two_listeners_of_one_name_are_refused) {
  auto a = listener();
  EXPECT_FALSE(listen_in_process(network_, "x", options_, clock_, log_).ok());
  a.reset();
  EXPECT_TRUE(listen_in_process(network_, "x", options_, clock_, log_).ok());
}

}  // namespace
}  // namespace sinter::net

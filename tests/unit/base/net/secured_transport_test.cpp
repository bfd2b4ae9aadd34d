// A listener off the record of its list lets nobody in: wrong keys, no keys, revoked keys, plain ZMTP, garbage, silence, replays, oversized
// frames. A peer with a good key talks all the while and must not notice.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "base/net/transport.hpp"
#include "base/random.hpp"
#include "tests/unit/base/net/raw_tcp.hpp"

namespace sinter::net {
namespace {

TEST(SocketSecurity, knows_which_endpoints_stay_on_this_host) {
  for (const char* here : {"ipc:///tmp/x", "tcp://127.0.0.1:5000", "tcp://127.9.8.7:*", "tcp://[::1]:5000"})
    EXPECT_TRUE(stays_on_this_host(here)) << here;
  for (const char* away :
       {"tcp://*:5000", "tcp://0.0.0.0:*", "tcp://10.0.0.1:5", "tcp://[::]:5", "tcp://eth0:5", "tcp://lo:5", "tcp://localhost:5",
        "tcp://127.0.0.1.example.org:5", "tcp://127.0.0.1:0;10.0.0.1:5", "tcp://127.1:5", "tcp://127.0.0.1", "udp://127.0.0.1:5", ""})
    EXPECT_FALSE(stays_on_this_host(away)) << away;
}

class SecuredTransportTest : public testing::Test {
 protected:
  void SetUp() override {
    log_.add_sink(make_memory_log_sink(log_lines_));
    allowed_->allow(good_->public_key);
    options_.heartbeat_ms = 100;
    options_.resend_ms = 100;
    options_.max_resend_ms = 400;
    options_.max_message_bytes = 10'000;
  }
  void TearDown() override { stop_listener(); }

  static std::shared_ptr<const KeyPair> new_pair() { return std::make_shared<KeyPair>(make_key_pair()); }

  /// Begins a listener on a thread of its own that answers every message with its body, and notes what happens.
  void start_listener(const std::string& endpoint = "tcp://127.0.0.1:*") {
    TransportOptions options = options_;
    options.security = SocketSecurity::for_listener(tracker_, allowed_);
    listener_ = listen(endpoint, options, clock_, log_).value();
    endpoint_ = listener_->endpoint();
    server_ = std::thread([this] { serve(); });
  }
  void stop_listener() {
    if (!server_.joinable()) return;
    stop_ = true;
    listener_->wake();
    server_.join();
    listener_.reset();
  }
  void serve() {
    while (!stop_) {
      const auto event = listener_->receive(-1);
      ASSERT_TRUE(event.ok()) << event.error().to_string();
      const std::lock_guard lock(mutex_);
      counters_ = listener_->counters();
      if (!*event) continue;
      if ((*event)->kind == EventKind::PeerJoined) joined_.emplace((*event)->peer, (*event)->key);
      if ((*event)->kind == EventKind::PeerLost) lost_.emplace((*event)->peer, (*event)->reason);
      if ((*event)->kind != EventKind::Message) continue;
      ++messages_[(*event)->peer];
      (void)listener_->send((*event)->peer, (*event)->message);
    }
  }
  TransportCounters counters() {
    listener_->wake();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::lock_guard lock(mutex_);
    return counters_;
  }
  std::size_t lost_peers() {
    const std::lock_guard lock(mutex_);
    return lost_.size();
  }
  std::size_t joined_peers() {
    const std::lock_guard lock(mutex_);
    return joined_.size();
  }

  std::unique_ptr<Transport> connect_as(const std::shared_ptr<const KeyPair>& pair) { return connect_as(pair, tracker_->public_key); }
  std::unique_ptr<Transport> connect_as(const std::shared_ptr<const KeyPair>& pair, const PublicKey& listener_key) {
    TransportOptions options = options_;
    options.security = SocketSecurity::for_connection(pair, listener_key);
    return connect(endpoint_, options, clock_, log_).value();
  }
  /// Whether a message comes back within `timeout_ms`.
  bool answers(Transport& connection, const std::string& body, SteadyMs timeout_ms) {
    if (!connection.send(kListener, {1, body}).ok()) return false;
    const SteadyMs deadline = clock_.now_ms() + timeout_ms;
    while (clock_.now_ms() < deadline) {
      auto event = connection.receive(20).value();
      if (event && event->kind == EventKind::Message && event->message.body == body) return true;
    }
    return false;
  }

  /// A good peer on a thread of its own: asks and asks, and measures the longest wait.
  class Undisturbed {
   public:
    explicit Undisturbed(SecuredTransportTest& test) : thread_([this, &test] { run(test); }) {
      while (rounds_ == 0) std::this_thread::yield();
    }
    /// Ends it and says how long it waited at most.
    std::int64_t longest_ms() {
      stop_ = true;
      if (thread_.joinable()) thread_.join();
      return longest_ms_;
    }
    ~Undisturbed() { (void)longest_ms(); }
    int rounds() const { return rounds_; }

   private:
    void run(SecuredTransportTest& test) {
      const auto connection = test.connect_as(test.good_);
      EXPECT_TRUE(test.answers(*connection, "first", 10'000));
      rounds_ = 1;
      while (!stop_) {
        const SteadyMs before = test.clock_.now_ms();
        EXPECT_TRUE(test.answers(*connection, std::to_string(rounds_), 10'000));
        longest_ms_ = std::max(longest_ms_, test.clock_.now_ms() - before);
        ++rounds_;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    std::atomic<bool> stop_{false};
    std::atomic<int> rounds_{0};
    std::int64_t longest_ms_ = 0;
    std::thread thread_;
  };

  SteadyClock clock_;
  std::shared_ptr<LogMemory> log_lines_ = std::make_shared<LogMemory>();
  Log log_{LogLevel::Debug};
  TransportOptions options_;
  std::shared_ptr<const KeyPair> tracker_ = new_pair();
  std::shared_ptr<const KeyPair> good_ = new_pair();
  std::shared_ptr<AllowedKeys> allowed_ = std::make_shared<AllowedKeys>();
  std::string endpoint_;
  std::unique_ptr<Transport> listener_;
  std::thread server_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  TransportCounters counters_;  // guarded by mutex_, as the next
  std::map<PeerId, std::optional<PublicKey>> joined_;
  std::map<PeerId, std::string> lost_;
  std::map<PeerId, int> messages_;
};

TEST_F(SecuredTransportTest, off_loopback_without_keys_is_refused) {
  for (const char* endpoint : {"tcp://*:*", "tcp://0.0.0.0:*"}) {
    const auto refused = listen(endpoint, options_, clock_, log_);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().fault(), Fault::User);
    EXPECT_NE(refused.error().message().find("has no keys"), std::string::npos);
  }
  EXPECT_FALSE(connect("tcp://192.0.2.1:5000", options_, clock_, log_).ok());
  start_listener("tcp://0.0.0.0:*");
  endpoint_ = "tcp://127.0.0.1:" + std::to_string(port_of(endpoint_));
  EXPECT_TRUE(answers(*connect_as(good_), "with keys it may", 5'000));
}

TEST_F(SecuredTransportTest, a_peer_joins_with_its_key_and_its_listener_is_known) {
  start_listener();
  const auto connection = connect_as(good_);
  const auto joined = connection->receive(5'000).value();
  ASSERT_TRUE(joined && joined->kind == EventKind::PeerJoined);
  EXPECT_EQ(joined->key, tracker_->public_key);
  EXPECT_TRUE(answers(*connection, std::string(10'000, 'x'), 5'000));
  const std::lock_guard lock(mutex_);
  ASSERT_EQ(joined_.size(), 1u);
  EXPECT_EQ(joined_.begin()->second, good_->public_key);
}

TEST_F(SecuredTransportTest, works_over_a_socket_file) {
  std::string directory = testing::TempDir() + "sinter-curve-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  start_listener("ipc://" + directory + "/socket");
  EXPECT_TRUE(answers(*connect_as(good_), "x", 5'000));
  EXPECT_FALSE(answers(*connect_as(new_pair()), "x", 300));
  stop_listener();
  EXPECT_TRUE(make_posix_file_system()->remove_all(directory).ok());
}

TEST_F(SecuredTransportTest, unknown_keys_wrong_listener_keys_and_no_keys_get_nothing) {
  start_listener();
  Undisturbed good(*this);
  const auto unknown = connect_as(new_pair());
  const auto wrong_listener = connect_as(good_, new_pair()->public_key);
  const auto plain = connect(endpoint_, options_, clock_, log_).value();
  EXPECT_FALSE(answers(*unknown, "x", 500));
  EXPECT_FALSE(answers(*wrong_listener, "x", 500));
  EXPECT_FALSE(answers(*plain, "x", 500));
  const TransportCounters seen = counters();
  EXPECT_GE(seen.strangers.refused_keys, 1u);
  EXPECT_GE(seen.strangers.broken_handshakes, 2u);
  EXPECT_EQ(seen.strangers.last_address, "127.0.0.1");
  EXPECT_EQ(seen.bad_frames, 0u) << "nothing of them came as far as our frames";
  EXPECT_GE(unknown->counters().refusals, 1u) << "and who was refused knows it";
  EXPECT_EQ(wrong_listener->counters().refusals, 0u);
  EXPECT_EQ(joined_peers(), 1u);
  EXPECT_EQ(lost_peers(), 0u);
  EXPECT_LT(good.longest_ms(), 1'000);
  EXPECT_TRUE(log_lines_->contains("somebody was not let in"));
  EXPECT_TRUE(log_lines_->contains("the listener refuses our key"));
  for (const std::string& line : log_lines_->lines()) EXPECT_EQ(line.find("sinter-secret-"), std::string::npos) << line;
}

TEST_F(SecuredTransportTest, a_key_that_is_allowed_later_gets_in_without_a_new_start) {
  start_listener();
  const auto late = new_pair();
  const auto connection = connect_as(late);
  EXPECT_FALSE(answers(*connection, "too early", 600));
  EXPECT_GE(connection->counters().refusals, 1u);
  allowed_->allow(late->public_key);
  EXPECT_TRUE(answers(*connection, "now", 5'000));
}

TEST_F(SecuredTransportTest, a_revoked_key_is_cut_off_and_others_lose_nothing) {
  start_listener();
  const auto bad = new_pair();
  allowed_->allow(bad->public_key);
  const auto connection = connect_as(bad);
  ASSERT_TRUE(answers(*connection, "still trusted", 5'000));
  Undisturbed good(*this);
  allowed_->revoke(bad->public_key);
  EXPECT_FALSE(answers(*connection, "not any more", 1'000));
  {
    const std::lock_guard lock(mutex_);
    ASSERT_EQ(lost_.size(), 1u);
    EXPECT_EQ(joined_.at(lost_.begin()->first), bad->public_key);
    EXPECT_EQ(lost_.begin()->second, "its key is not allowed any more");
    EXPECT_EQ(messages_.at(lost_.begin()->first), 1);
  }
  EXPECT_GE(connection->counters().refusals, 1u) << "the connection itself was cut, and the new one refused";
  const int rounds = good.rounds();
  while (good.rounds() < rounds + 50) std::this_thread::yield();
  EXPECT_LT(good.longest_ms(), 2'000);
  EXPECT_EQ(joined_peers(), 2u) << "the good peer's session went on over a new connection";
}

TEST_F(SecuredTransportTest, a_removed_key_ends_without_cutting_others) {
  start_listener();
  const auto other = new_pair();
  allowed_->allow(other->public_key);
  const auto connection = connect_as(other);
  ASSERT_TRUE(answers(*connection, "x", 5'000));
  allowed_->remove(other->public_key);
  EXPECT_FALSE(answers(*connection, "y", 500));
  EXPECT_EQ(lost_peers(), 1u);
  EXPECT_FALSE(log_lines_->contains("cut every connection"));
  EXPECT_GE(counters().bad_frames, 1u) << "it still has its connection, and what it sends there is dropped and counted";
}

TEST_F(SecuredTransportTest, nobody_can_use_the_session_of_another_key) {
  // Two allowed keys; the second one knows the session of the first and speaks in its name, with well-made frames.
  options_.session_seed = 77;  // both connections choose the same session number
  start_listener();
  const auto thief = new_pair();
  allowed_->allow(thief->public_key);
  const auto owner = connect_as(good_);
  ASSERT_TRUE(answers(*owner, "mine", 5'000));
  const auto connection = connect_as(thief);
  EXPECT_FALSE(answers(*connection, "stolen", 500));
  EXPECT_GE(counters().bad_frames, 1u);
  EXPECT_TRUE(log_lines_->contains("the session belongs to another key"));
  EXPECT_TRUE(answers(*owner, "still mine", 5'000));
  EXPECT_EQ(joined_peers(), 1u);
}

TEST_F(SecuredTransportTest, garbage_and_plain_protocols_disturb_nobody) {
  start_listener();
  Undisturbed good(*this);
  const std::uint64_t seed = 5;
  Random random(seed);
  // The greeting of ZMTP 3.1 up to its mechanism, so that some garbage reaches the handshake.
  const auto greeting = [](std::string_view mechanism) {
    std::string bytes("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01", 12);
    bytes.append(mechanism).append(20 - mechanism.size(), '\0').append(32, '\0');
    return bytes;
  };
  for (int i = 0; i < 200; ++i) {
    RawConnection stranger(port_of(endpoint_));
    ASSERT_TRUE(stranger.is_open());
    std::string noise(random.below(400), '\0');
    for (char& byte : noise) byte = static_cast<char>(random.next());
    switch (i % 5) {
      case 0: stranger.send("GET / HTTP/1.1\r\nHost: tracker\r\n\r\n"); break;
      case 1: stranger.send(noise); break;
      case 2: stranger.send(greeting("NULL") + std::string("\x04\x29\x05READY\x0bSocket-Type\0\0\0\x06" "DEALER", 30)); break;
      case 3: stranger.send(greeting("CURVE") + noise); break;
      case 4: stranger.send(greeting("CURVE") + std::string("\x06\xff\xff\xff\xff\xff\xff\xff\xff", 9)); break;  // a command of 2^64 bytes
    }
    if (i % 3 == 0) (void)stranger.receive(2);
  }
  EXPECT_GE(counters().strangers.broken_handshakes, 40u);
  EXPECT_EQ(counters().bad_frames, 0u);
  EXPECT_EQ(lost_peers(), 0u);
  EXPECT_LT(good.longest_ms(), 1'000) << "seed " << seed;
}

TEST_F(SecuredTransportTest, four_hundred_silent_connections_disturb_nobody) {
  start_listener();
  Undisturbed good(*this);
  std::vector<RawConnection> silent;
  for (int i = 0; i < 400; ++i) silent.emplace_back(port_of(endpoint_));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto newcomer = connect_as(good_);
  EXPECT_TRUE(answers(*newcomer, "between them", 5'000));
  std::this_thread::sleep_for(std::chrono::milliseconds(2'500));
  int still_open = 0;
  for (RawConnection& connection : silent) {
    while (connection.is_open() && !connection.receive(0).empty()) {  // its greeting, then the end
    }
    still_open += connection.is_open() ? 1 : 0;
  }
  EXPECT_EQ(still_open, 0) << "the handshake has two seconds";
  EXPECT_EQ(lost_peers(), 0u);
  EXPECT_LT(good.longest_ms(), 1'000);
}

TEST_F(SecuredTransportTest, recorded_bytes_replayed_give_nothing) {
  start_listener();
  // A relay between a good peer and the listener writes down what the peer sends.
  RawListener relay;
  std::string recorded;
  std::atomic<bool> relay_stop{false};
  const int port = port_of(endpoint_);
  std::thread relay_thread([&] {
    RawConnection from = relay.accept();
    RawConnection to(port);
    while (!relay_stop && from.is_open() && to.is_open()) {
      const std::string up = from.receive(2);
      recorded += up;
      if (!up.empty()) to.send(up);
      const std::string down = to.receive(2);
      if (!down.empty()) from.send(down);
    }
  });
  endpoint_ = "tcp://127.0.0.1:" + std::to_string(relay.port());
  auto connection = connect_as(good_);
  EXPECT_TRUE(answers(*connection, "recorded once", 5'000));
  relay_stop = true;
  relay_thread.join();
  connection.reset();
  endpoint_ = "tcp://127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(recorded.find("recorded once"), std::string::npos) << "the wire carries no plain text";
  ASSERT_GT(recorded.size(), 500u);
  Undisturbed good(*this);
  const auto messages = [&] {
    const std::lock_guard lock(mutex_);
    return messages_.begin()->second;
  };
  const int before = messages();
  for (int i = 0; i < 20; ++i) {
    RawConnection replay(port);
    // In pieces as well, so that the listener answers its part of the handshake in between.
    for (std::size_t at = 0; at < recorded.size(); at += i % 2 == 0 ? recorded.size() : 64) {
      replay.send(std::string_view(recorded).substr(at, i % 2 == 0 ? recorded.size() : 64));
      if (i % 2 != 0) (void)replay.receive(1);
    }
    (void)replay.receive(20);
  }
  EXPECT_GE(counters().strangers.broken_handshakes, 10u);
  EXPECT_EQ(messages(), before) << "no replayed message was delivered";
  EXPECT_EQ(joined_peers(), 2u) << "the recorded peer and the undisturbed one";
  EXPECT_EQ(counters().bad_frames, 0u);
}

TEST_F(SecuredTransportTest, an_oversized_frame_of_a_good_key_costs_its_own_connection) {
  start_listener();
  Undisturbed good(*this);
  TransportOptions loose = options_;
  loose.max_message_bytes = 10'000'000;
  const auto rude_key = new_pair();
  allowed_->allow(rude_key->public_key);
  loose.security = SocketSecurity::for_connection(rude_key, tracker_->public_key);
  const auto rude = connect(endpoint_, loose, clock_, log_).value();
  EXPECT_FALSE(answers(*rude, std::string(5'000'000, 'x'), 1'000));
  EXPECT_LT(good.longest_ms(), 1'000);
}

TEST_F(SecuredTransportTest, a_listener_that_starts_again_knows_its_peers) {
  start_listener();
  const auto connection = connect_as(good_);
  ASSERT_TRUE(answers(*connection, "one", 5'000));
  const std::string endpoint = endpoint_;
  stop_listener();
  stop_ = false;
  start_listener(endpoint);
  int tries = 1;
  while (tries < 30 && !answers(*connection, "two", 300)) ++tries;
  EXPECT_LT(tries, 30) << "what falls into the old session is handed back, and not answered";
}

}  // namespace
}  // namespace sinter::net

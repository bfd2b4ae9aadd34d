// Joining over real sockets: the holder of a token gets in and nobody else does; forged, used, expired and mistyped tokens.
#include "framework/access/join_handshake.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "base/net/transport.hpp"
#include "base/random.hpp"
#include "framework/access/message_gate.hpp"
#include "tests/unit/access/access_keys.hpp"

namespace sinter {
namespace {

constexpr std::uint16_t kWorkKind = 1;

class JoinHandshakeTest : public testing::Test {
 protected:
  void SetUp() override {
    log_.add_sink(make_memory_log_sink(log_lines_));
    ASSERT_TRUE(files_->make_directories("/access").ok());
    keeper_ = Gatekeeper::open(*files_, "/access/list", now_, log_).value();
    net::TransportOptions options;
    options.heartbeat_ms = 50;
    options.max_message_bytes = 100'000;
    options.security = net::SocketSecurity::for_listener(tracker_, keeper_->allowed());
    listener_ = net::listen("tcp://127.0.0.1:*", options, clock_, log_).value();
    endpoint_ = listener_->endpoint();
    server_ = std::thread([this] { serve(); });
  }
  void TearDown() override {
    stop_ = true;
    listener_->wake();
    server_.join();
  }

  /// What a tracker does with its listener: rights by key, the gate before each message.
  void serve() {
    MessageGate gate({{kJoinKind, "Join", {AccessRole::Join}, kMaxJoinBytes, false}, {kWorkKind, "Work", {AccessRole::Node}, 100, false}},
                     log_);
    std::map<net::PeerId, net::PublicKey> keys;
    while (!stop_) {
      const auto event = listener_->receive(20);
      ASSERT_TRUE(event.ok());
      const std::lock_guard lock(mutex_);
      keeper_->expire(now_);
      refused_ = gate.refused();
      if (!*event) continue;
      if ((*event)->kind == net::EventKind::PeerJoined) keys.emplace((*event)->peer, (*event)->key.value());
      if ((*event)->kind != net::EventKind::Message) continue;
      const net::PublicKey& key = keys.at((*event)->peer);
      const auto grant = keeper_->grant_of(key, now_);
      if (!grant || !gate.admits(key, *grant, (*event)->message)) continue;
      const net::Message answer =
          (*event)->message.kind == kJoinKind ? answer_join(*keeper_, key, (*event)->message, now_) : net::Message{9, "done"};
      (void)listener_->send((*event)->peer, answer);
    }
  }

  std::string issue(const TokenTerms& terms = {}) {
    const std::lock_guard lock(mutex_);
    return keeper_->issue_token(tracker_->public_key, terms, now_).value();
  }
  Result<Grant> join(const std::string& token, const net::KeyPair& own, const std::string& name, std::int64_t timeout_ms = 5'000) {
    SINTER_ASSIGN(const JoinToken parsed, parse_join_token(token));
    return join_cluster({endpoint_, parsed, own.public_key, name, timeout_ms}, clock_, log_);
  }
  /// Whether a Work message of this key is answered.
  bool works(const net::KeyPair& pair) {
    net::TransportOptions options;
    options.resend_ms = 100;
    options.security = net::SocketSecurity::for_connection(std::make_shared<net::KeyPair>(pair), tracker_->public_key);
    const auto connection = net::connect(endpoint_, options, clock_, log_).value();
    (void)connection->send(net::kListener, {kWorkKind, "x"});
    const SteadyMs deadline_ms = clock_.now_ms() + 1'000;
    while (clock_.now_ms() < deadline_ms) {
      const auto event = connection->receive(20).value();
      if (event && event->kind == net::EventKind::Message) return event->message.body == "done";
      if (connection->counters().refusals > 0) return false;
    }
    return false;
  }
  static std::string sentence(const Result<Grant>& result) { return result.ok() ? "it joined" : result.error().to_string(); }

  SteadyClock clock_;
  Timestamp now_{1'800'000'000'000'000};  // guarded by mutex_ once the server runs, as keeper_
  std::shared_ptr<LogMemory> log_lines_ = std::make_shared<LogMemory>();
  Log log_{LogLevel::Debug};
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
  std::shared_ptr<const net::KeyPair> tracker_ = std::make_shared<net::KeyPair>(net::make_key_pair());
  std::unique_ptr<Gatekeeper> keeper_;
  std::unique_ptr<net::Transport> listener_;
  std::string endpoint_;
  std::thread server_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::uint64_t refused_ = 0;
};

TEST_F(JoinHandshakeTest, a_token_makes_a_member_that_works) {
  const net::KeyPair own = net::make_key_pair();
  EXPECT_FALSE(works(own));
  const std::string token = issue();
  const auto granted = join(token, own, "lab-1");
  ASSERT_TRUE(granted.ok()) << sentence(granted);
  EXPECT_EQ(*granted, (Grant{AccessRole::Node, false}));
  EXPECT_TRUE(works(own));
  EXPECT_TRUE(join(token, own, "lab-1").ok()) << "asking again does no harm";
}

TEST_F(JoinHandshakeTest, a_used_token_is_refused_with_the_name_of_who_used_it) {
  const std::string token = issue();
  ASSERT_TRUE(join(token, net::make_key_pair(), "lab-1").ok());
  const net::KeyPair second = net::make_key_pair();
  const auto refused = join(token, second, "lab-2");
  EXPECT_NE(sentence(refused).find("was used by 'lab-1'"), std::string::npos) << sentence(refused);
  EXPECT_FALSE(works(second));
}

TEST_F(JoinHandshakeTest, expired_and_revoked_tokens_do_not_get_as_far_as_a_message) {
  const std::string expired = issue({{AccessRole::Node, false}, 1'000, 1, ""});
  const std::string revoked = issue();
  {
    const std::lock_guard lock(mutex_);
    now_.micros += 1'000'000;
    keeper_->expire(now_);
    ASSERT_TRUE(keeper_->revoke_token(token_id(net::key_pair_of(parse_join_token(revoked).value().secret).public_key)).ok());
  }
  for (const std::string& token : {expired, revoked}) {
    const SteadyMs before_ms = clock_.now_ms();
    const auto refused = join(token, net::make_key_pair(), "lab-1");
    EXPECT_NE(sentence(refused).find("it has expired, or was revoked"), std::string::npos) << sentence(refused);
    EXPECT_EQ(refused.error().fault(), Fault::User);
    EXPECT_LT(clock_.now_ms() - before_ms, 2'000) << "said at once, not after a timeout";
  }
}

TEST_F(JoinHandshakeTest, forged_tokens_and_tokens_of_other_trackers_get_nothing) {
  const std::string forged = join_token_text({tracker_->public_key, net::make_key_pair().secret_key});
  EXPECT_NE(sentence(join(forged, net::make_key_pair(), "lab-1")).find("refuses this join token"), std::string::npos);
  const std::string good = issue();
  const std::string elsewhere = join_token_text({key_number(7), parse_join_token(good).value().secret});
  const auto silent = join(elsewhere, net::make_key_pair(), "lab-1", 500);
  EXPECT_NE(sentence(silent).find("did not answer for 500 ms"), std::string::npos) << sentence(silent);
  EXPECT_FALSE(log_lines_->contains(good.substr(good.rfind('-') + 1)));
}

TEST_F(JoinHandshakeTest, the_holder_of_a_token_can_do_nothing_but_join) {
  const std::string token = issue();
  EXPECT_FALSE(works(net::key_pair_of(parse_join_token(token).value().secret)));
  const std::lock_guard lock(mutex_);
  EXPECT_TRUE(log_lines_->contains("not a message of this role"));
}

TEST_F(JoinHandshakeTest, a_taken_name_and_a_bad_one_are_said) {
  ASSERT_TRUE(join(issue(), net::make_key_pair(), "lab-1").ok());
  const std::string token = issue();
  EXPECT_NE(sentence(join(token, net::make_key_pair(), "lab-1")).find("belongs to another key"), std::string::npos);
  EXPECT_NE(sentence(join(token, net::make_key_pair(), "../lab")).find("a name has"), std::string::npos);
  EXPECT_TRUE(join(token, net::make_key_pair(), "lab-2").ok()) << "the token is still good";
}

TEST_F(JoinHandshakeTest, twenty_hosts_race_for_five_uses) {
  const std::string token = issue({{AccessRole::Node, false}, 60'000, 5, ""});
  std::atomic<int> joined{0};
  std::vector<std::thread> hosts;
  for (int i = 0; i < 20; ++i)
    hosts.emplace_back([&, i] { joined += join(token, net::make_key_pair(), "lab-" + std::to_string(i), 20'000).ok() ? 1 : 0; });
  for (std::thread& host : hosts) host.join();
  EXPECT_EQ(joined, 5);
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(keeper_->desk().members().size(), 5u);
}

TEST(JoinMessages, read_back_and_survive_damage) {
  const JoinRequest request{kJoinVersion, key_number(1), "lab-1"};
  EXPECT_EQ(decode_join_request(encode(request)).value(), request);
  for (const JoinAnswer& answer : {JoinAnswer{Grant{AccessRole::Submit, true}, "", ""}, JoinAnswer{std::nullopt, "no", "do"}})
    EXPECT_EQ(decode_join_answer(encode(answer)).value(), answer);
  EXPECT_FALSE(decode_join_answer(encode(JoinAnswer{})).ok()) << "neither a grant nor a reason";
  EXPECT_NE(decode_join_request(encode(JoinRequest{7, key_number(1), "lab-1"})).error().to_string().find("version 7"), std::string::npos);
  EXPECT_FALSE(decode_join_request(encode(JoinRequest{kJoinVersion, key_number(1), std::string(5'000, 'x')})).ok());
  const std::uint64_t seed = 11;
  Random random(seed);
  for (int i = 0; i < 5'000; ++i) {
    std::string body = encode(request);
    body[static_cast<std::size_t>(random.below(body.size()))] = static_cast<char>(random.next());
    if (random.chance(0.3)) body.resize(static_cast<std::size_t>(random.below(body.size())));
    const auto decoded = decode_join_request(body);
    (void)decode_join_answer(body);
    if (!decoded.ok()) continue;
    EXPECT_EQ(decode_join_request(encode(*decoded)).value(), *decoded) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sinter

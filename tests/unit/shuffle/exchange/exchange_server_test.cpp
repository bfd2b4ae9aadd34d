// A server of the exchange against peers of every kind: garbage, floods, peers that take nothing; others are served meanwhile.
#include "shuffle/exchange/exchange_server.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "tests/unit/shuffle/exchange/exchange_hosts.hpp"

namespace sinter::testing {
namespace {

/// A peer that says what it likes.
class RawPeer {
 public:
  explicit RawPeer(std::string endpoint)
      : endpoint_(std::move(endpoint)), socket_(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes).value()) {
    EXPECT_TRUE(socket_->connect(endpoint_).ok());
  }
  void say(std::string bytes) {
    const auto owner = std::make_shared<std::string>(std::move(bytes));
    while (socket_->send(endpoint_, *owner, owner) == net::SendOutcome::Full) ::usleep(1'000);
  }
  std::optional<ExchangeAnswer> hear(std::int64_t timeout_ms) {
    const SteadyClock clock;
    for (const SteadyMs end = clock.now_ms() + timeout_ms; clock.now_ms() < end;) {
      if (socket_->receive(message_).value()) return decode_exchange_answer(message_.bytes);
      (void)socket_->wait(10);
    }
    return std::nullopt;
  }

 private:
  std::string endpoint_;
  std::unique_ptr<net::BulkConnector> socket_;
  net::BulkMessage message_;
};

ExchangeRequest whole(std::uint64_t id, const std::string& name, std::uint64_t size) { return {id, {{name, false, 0, size, 0}}}; }

class ExchangeServerTest : public ExchangeHosts {};

TEST_F(ExchangeServerTest, pieces_of_many_files_come_in_one_answer) {
  put("a", "alpha");
  put("b", "beta");
  serve();
  RawPeer peer(endpoint_);
  peer.say(encode_exchange_request({5,
                                    {{"a", false, 1, 3, 0},
                                     {"b", true, 0, 2, 0},
                                     {"missing", false, 0, 9, 0},
                                     {"a", false, 4, 9, 0},
                                     {"a", false, 99, 9, 0},
                                     {"secret/key", false, 0, 9, 0},
                                     {"b", false, 0, 4, 12345},
                                     {"b", true, 0, 100, 0}}}));
  const auto answer = peer.hear(5'000);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->id, 5u);
  EXPECT_EQ(answer->data, "lphtaabeta");
  ASSERT_EQ(answer->pieces.size(), 8u);
  EXPECT_EQ(answer->pieces[0].file_bytes, 5u);
  EXPECT_EQ(answer->pieces[2].status, PieceStatus::Unknown);
  EXPECT_EQ(answer->pieces[4].size_bytes, 0u);
  EXPECT_EQ(answer->pieces[4].status, PieceStatus::Good);
  EXPECT_EQ(answer->pieces[5].status, PieceStatus::Unknown);
  EXPECT_EQ(answer->pieces[6].status, PieceStatus::Changed);
  EXPECT_EQ(server_->counters().failed_pieces, 3u);
}

TEST_F(ExchangeServerTest, who_asks_for_it_gets_compressed_what_shrinks) {
  Random random(22);
  put("text", std::string(300'000, 't'));
  put("noise", random_bytes(random, 300'000));
  serve();
  RawPeer peer(endpoint_);
  for (const ExchangeCodec codec : {ExchangeCodec::None, ExchangeCodec::Lz4, ExchangeCodec::Zstd}) {
    peer.say(encode_exchange_request({5, {{"text", false, 0, 300'000, 0}}, codec}));
    const auto text = peer.hear(5'000);
    ASSERT_TRUE(text.has_value());
    EXPECT_TRUE(text->data == std::string(300'000, 't'));
    EXPECT_EQ(text->carried_bytes < 5'000u, codec != ExchangeCodec::None) << text->carried_bytes;
    peer.say(encode_exchange_request({6, {{"noise", false, 0, 300'000, 0}}, codec}));
    const auto noise = peer.hear(5'000);
    ASSERT_TRUE(noise.has_value());
    EXPECT_EQ(noise->carried_bytes, 300'000u);
    peer.say(encode_exchange_request({7, {{"missing", false, 0, 300'000, 0}}, codec}));
    EXPECT_TRUE(peer.hear(5'000).has_value());
  }
}

TEST_F(ExchangeServerTest, garbage_is_counted_and_disturbs_nobody) {
  const std::uint64_t seed = 21;
  SCOPED_TRACE(seed);
  Random random(seed);
  const std::string content = random_bytes(random, 3 * kMiB);
  put("file", content);
  serve();
  const auto good = client();
  const auto file = good->open(endpoint_, "file");
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  RawPeer peer(endpoint_);
  const std::string request = encode_exchange_request(whole(1, "file", 10));
  for (int i = 0; i < 300; ++i) {
    std::string bad = i % 3 == 0 ? random_bytes(random, random.below(200)) : request;
    if (i % 3 == 1) bad[static_cast<std::size_t>(random.below(bad.size()))] ^= 1;
    if (i % 3 == 2) bad.resize(static_cast<std::size_t>(random.below(bad.size())));
    peer.say(std::move(bad));
  }
  EXPECT_EQ(read_all(**file, 100'000), content);
  EXPECT_TRUE(eventually([&] { return server_->counters().bad_messages == 300; })) << server_->counters().bad_messages;
  peer.say(request);
  EXPECT_TRUE(peer.hear(5'000).has_value());  // who spoke nonsense may still speak sense
  EXPECT_TRUE(log_lines_->contains("is no request"));
}

TEST_F(ExchangeServerTest, an_oversized_message_costs_its_sender_the_connection) {
  put("file", "content");
  serve();
  RawPeer bad(endpoint_);
  bad.say(std::string(kMaxExchangeRequestBytes + 1, 'x'));
  EXPECT_FALSE(bad.hear(200).has_value());
  EXPECT_EQ(server_->counters().requests + server_->counters().bad_messages, 0u);
  EXPECT_TRUE(client()->open(endpoint_, "file").ok());
}

TEST_F(ExchangeServerTest, a_flood_is_told_to_come_later) {
  put("file", std::string(2 * kMiB, 'f'));
  ExchangeServerOptions options;
  options.max_waiting_requests = 4;
  options.client_bytes = 1;  // one frame at a time
  serve(options);
  RawPeer peer(endpoint_);
  for (std::uint64_t id = 1; id <= 100; ++id) peer.say(encode_exchange_request(whole(id, "file", 2 * kMiB)));
  std::uint64_t busy = 0;
  std::uint64_t served = 0;
  while (const auto answer = peer.hear(500)) ++(answer->busy ? busy : served);
  EXPECT_EQ(busy + served, 100u);
  EXPECT_GT(busy, 0u);
  EXPECT_GE(served, 4u);
  EXPECT_EQ(server_->counters().busy_answers, busy);
}

/// A listener whose peers take what was sent when the test says so: what was not taken is still on its way.
class HeldListener final : public net::BulkSocket {
 public:
  net::SendOutcome send(const std::string& route, std::string_view bytes, std::shared_ptr<const void> owner) override {
    const std::lock_guard lock(mutex_);
    held_[route].push_back({bytes.size(), std::move(owner)});
    return net::SendOutcome::Sent;
  }
  Result<bool> receive(net::BulkMessage& message) override {
    const std::lock_guard lock(mutex_);
    if (incoming_.empty()) return false;
    message = std::move(incoming_.front());
    incoming_.pop_front();
    return true;
  }
  Status wait(std::int64_t /*timeout_ms*/) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return std::exchange(woken_, false); });
    return {};
  }
  void wake() override {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_one();
  }
  void close() override {}
  const std::string& endpoint() const override { return endpoint_; }

  void ask(const std::string& route, const ExchangeRequest& request) {
    const auto bytes = std::make_shared<std::string>(encode_exchange_request(request));
    {
      const std::lock_guard lock(mutex_);
      incoming_.push_back({route, *bytes, bytes, {}});
    }
    wake();
  }
  std::size_t held_bytes(const std::string& route = "") {
    const std::lock_guard lock(mutex_);
    std::size_t bytes = 0;
    for (const auto& [to, frames] : held_) {
      for (const auto& frame : frames) bytes += route.empty() || route == to ? frame.first : 0;
    }
    return bytes;
  }
  void take_all(const std::string& route) {
    std::vector<std::pair<std::size_t, std::shared_ptr<const void>>> taken;  // dropped without the lock: owners wake us
    const std::lock_guard lock(mutex_);
    taken.swap(held_[route]);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::deque<net::BulkMessage> incoming_;
  std::map<std::string, std::vector<std::pair<std::size_t, std::shared_ptr<const void>>>> held_;
  std::string endpoint_ = "held";
};

class HeldPeersTest : public ExchangeHosts {
 protected:
  static constexpr std::size_t kFrame = 2 * kMiB + exchange_data_offset(1);

  void SetUp() override {
    put("file", std::string(2 * kMiB, 'f'));
    auto socket = std::make_unique<HeldListener>();
    socket_ = socket.get();
    ExchangeServerOptions options;
    options.client_bytes = 3 * kFrame;
    options.total_bytes = 16 * kFrame;
    server_ = ExchangeServer::start(
        std::move(socket), *files_, [](const std::string& name) { return resolve(name); }, options, clock_, log_);
  }
  void TearDown() override {
    for (int peer = 0; peer < 40; ++peer) socket_->take_all("peer-" + std::to_string(peer));
    server_.reset();
  }
  void ask(int peer, int requests) {
    for (int i = 0; i < requests; ++i) {
      socket_->ask("peer-" + std::to_string(peer), whole(static_cast<std::uint64_t>(i), "file", 2 * kMiB));
      ++asked_;
    }
  }
  /// Every request was looked at, and so many frames are out, and no more follow.
  void expect_held(std::size_t frames) {
    EXPECT_TRUE(eventually([&] { return server_->counters().requests == asked_ && socket_->held_bytes() >= frames * kFrame; }));
    ::usleep(50'000);
    EXPECT_EQ(socket_->held_bytes(), frames * kFrame);
  }

  HeldListener* socket_ = nullptr;
  std::uint64_t asked_ = 0;
};

TEST_F(HeldPeersTest, one_that_takes_nothing_holds_its_limit_and_goes_on_when_it_takes) {
  ask(0, 10);
  expect_held(3);
  socket_->take_all("peer-0");
  EXPECT_TRUE(eventually([&] { return socket_->held_bytes() == 3 * kFrame; }));
  EXPECT_EQ(server_->counters().frames, 6u);
}

TEST_F(HeldPeersTest, those_that_take_nothing_share_a_half_and_others_are_served) {
  for (int peer = 0; peer < 5; ++peer) ask(peer, 10);
  expect_held(8);
  for (int i = 0; i < 20; ++i) {
    ask(9, 1);
    ASSERT_TRUE(eventually([&] { return socket_->held_bytes("peer-9") == kFrame; }));
    socket_->take_all("peer-9");
  }
  EXPECT_EQ(server_->counters().peak_bytes, 9 * kFrame);
}

TEST_F(HeldPeersTest, any_number_of_them_holds_the_total) {
  for (int peer = 0; peer < 40; ++peer) ask(peer, 2);
  expect_held(16);
  // Who came first may have one or two.
  int holder = 0;
  while (socket_->held_bytes("peer-" + std::to_string(holder)) == 0) ASSERT_LT(++holder, 40);
  const std::uint64_t taken = socket_->held_bytes("peer-" + std::to_string(holder)) / kFrame;
  socket_->take_all("peer-" + std::to_string(holder));
  EXPECT_TRUE(eventually([&] { return socket_->held_bytes() == 16 * kFrame && server_->counters().frames == 16 + taken; }));
}

TEST_F(ExchangeServerTest, stops_while_clients_wait) {
  put("file", std::string(2 * kMiB, 'f'));
  serve();
  RawPeer lazy(endpoint_);
  for (std::uint64_t id = 1; id < 60; ++id) lazy.say(encode_exchange_request(whole(id, "file", 2 * kMiB)));
  EXPECT_TRUE(eventually([&] { return server_->counters().requests > 10; }));
  server_.reset();  // returns, and sanitizers find no frame left
}

}  // namespace
}  // namespace sinter::testing

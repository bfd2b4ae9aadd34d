// Bulk sockets over real loopback connections: bytes are not copied, owners are dropped, many listeners are one connector's, limits hold.
#include "base/net/bulk_socket.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/clock.hpp"

namespace sinter::net {
namespace {

constexpr const char* kAnyPort = "tcp://127.0.0.1:*";
constexpr std::uint64_t kLimit = 4 << 20;

/// Tells when the last holder has let go.
std::shared_ptr<std::string> owned(std::string bytes, std::atomic<int>& dropped) {
  return {new std::string(std::move(bytes)), [&dropped](std::string* text) {
            delete text;
            ++dropped;
          }};
}

bool receive_within(BulkSocket& socket, BulkMessage& message, SteadyMs timeout_ms = 5'000) {
  const SteadyClock clock;
  for (const SteadyMs end = clock.now_ms() + timeout_ms; clock.now_ms() < end;) {
    if (socket.receive(message).value()) return true;
    EXPECT_TRUE(socket.wait(20).ok());
  }
  return false;
}

TEST(BulkSocket, carries_large_messages_both_ways_and_drops_owners) {
  const auto listener = make_zmq_bulk_listener(kAnyPort, kLimit).value();
  const auto connector = make_zmq_bulk_connector(kLimit).value();
  const std::string endpoint = listener->endpoint();
  ASSERT_TRUE(connector->connect(endpoint).ok());
  ASSERT_TRUE(connector->connect(endpoint).ok());  // again: the same connection
  std::atomic<int> dropped = 0;
  const std::string large(3 << 20, 'z');
  BulkMessage message;
  {
    const auto request = owned("give", dropped);
    ASSERT_EQ(connector->send(endpoint, *request, request), SendOutcome::Sent);
  }
  ASSERT_TRUE(receive_within(*listener, message));
  EXPECT_EQ(message.bytes, "give");
  {
    const auto answer = owned(large, dropped);
    ASSERT_EQ(listener->send(message.route, *answer, answer), SendOutcome::Sent);
  }
  ASSERT_TRUE(receive_within(*connector, message));
  EXPECT_TRUE(message.bytes == large);
  EXPECT_EQ(message.route, endpoint);
  EXPECT_FALSE(receive_within(*listener, message, 50));
  EXPECT_EQ(dropped, 2);
}

TEST(BulkSocket, what_was_received_outlives_its_socket) {
  auto listener = make_zmq_bulk_listener(kAnyPort, kLimit).value();
  auto connector = make_zmq_bulk_connector(kLimit).value();
  ASSERT_TRUE(connector->connect(listener->endpoint()).ok());
  const auto request = std::make_shared<std::string>(1 << 20, 'q');
  ASSERT_EQ(connector->send(listener->endpoint(), *request, request), SendOutcome::Sent);
  BulkMessage message;
  ASSERT_TRUE(receive_within(*listener, message));
  listener.reset();
  connector.reset();
  EXPECT_TRUE(message.bytes == *request);
}

TEST(BulkSocket, one_connector_has_many_listeners) {
  const auto a = make_zmq_bulk_listener(kAnyPort, kLimit).value();
  const auto b = make_zmq_bulk_listener(kAnyPort, kLimit).value();
  const auto connector = make_zmq_bulk_connector(kLimit).value();
  std::set<std::string> answered;
  BulkMessage message;
  for (const auto& listener : {a.get(), b.get()}) {
    ASSERT_TRUE(connector->connect(listener->endpoint()).ok());
    const auto request = std::make_shared<std::string>("hello");
    ASSERT_EQ(connector->send(listener->endpoint(), *request, request), SendOutcome::Sent);
    ASSERT_TRUE(receive_within(*listener, message));
    const auto answer = std::make_shared<std::string>(listener->endpoint());
    ASSERT_EQ(listener->send(message.route, *answer, answer), SendOutcome::Sent);
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(receive_within(*connector, message));
    EXPECT_EQ(message.bytes, message.route);
    answered.insert(message.route);
  }
  EXPECT_EQ(answered.size(), 2u);
  connector->disconnect(a->endpoint());
  const auto request = std::make_shared<std::string>("hello");
  EXPECT_EQ(connector->send(a->endpoint(), *request, request), SendOutcome::Gone);
}

TEST(BulkSocket, a_full_pipe_and_an_unknown_route_are_told_and_owners_dropped) {
  const auto listener = make_zmq_bulk_listener(kAnyPort, kLimit).value();
  const auto connector = make_zmq_bulk_connector(kLimit).value();
  std::atomic<int> dropped = 0;
  {
    const auto bytes = owned("x", dropped);
    EXPECT_EQ(listener->send("nobody", *bytes, bytes), SendOutcome::Gone);
  }
  EXPECT_EQ(dropped, 1);
  ASSERT_TRUE(connector->connect("tcp://127.0.0.1:1").ok());  // nobody listens there
  SendOutcome outcome = SendOutcome::Sent;
  int sent = 0;
  for (; outcome == SendOutcome::Sent; ++sent) {
    const auto bytes = owned("x", dropped);
    outcome = connector->send("tcp://127.0.0.1:1", *bytes, bytes);
    ASSERT_LE(sent, 2 * kBulkPipeMessages);
  }
  EXPECT_EQ(outcome, SendOutcome::Full);
  connector->close();
  EXPECT_EQ(dropped, 1 + sent);
}

TEST(BulkSocket, a_message_above_the_limit_does_not_arrive) {
  const auto listener = make_zmq_bulk_listener(kAnyPort, 1'000).value();
  const auto connector = make_zmq_bulk_connector(kLimit).value();
  ASSERT_TRUE(connector->connect(listener->endpoint()).ok());
  const auto large = std::make_shared<std::string>(1'001, 'x');
  ASSERT_EQ(connector->send(listener->endpoint(), *large, large), SendOutcome::Sent);
  BulkMessage message;
  EXPECT_FALSE(receive_within(*listener, message, 200));
}

TEST(BulkSocket, is_woken_from_another_thread) {
  const auto connector = make_zmq_bulk_connector(kLimit).value();
  std::thread other([&] { connector->wake(); });
  EXPECT_TRUE(connector->wait(-1).ok());  // would hang
  other.join();
}

TEST(BulkSocket, malformed_endpoints_are_refused) {
  EXPECT_FALSE(make_zmq_bulk_listener("nonsense", kLimit).ok());
  const auto connector = make_zmq_bulk_connector(kLimit).value();
  EXPECT_FALSE(connector->connect("udp://127.0.0.1:1").ok());
  EXPECT_FALSE(connector->connect("ipc://@abstract").ok());
}

}  // namespace
}  // namespace sinter::net

// What only real sockets can show: other programs at our port, oversized packets, killed and stopped processes, and the round trip.
#include "base/net/zmq_socket.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/file_system.hpp"
#include "base/net/transport.hpp"
#include "base/random.hpp"

namespace sinter::net {
namespace {

class ZmqTransportTest : public testing::Test {
 protected:
  void SetUp() override {
    log_.add_sink(make_memory_log_sink(log_lines_));
    directory_ = testing::TempDir() + "sinter-zmq-XXXXXX";
    ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
    ipc_ = "ipc://" + directory_ + "/socket";
  }
  void TearDown() override { EXPECT_TRUE(make_posix_file_system()->remove_all(directory_).ok()); }

  /// The next event of this kind, or a failure after ten seconds.
  Event wait_for(Transport& transport, EventKind kind) {
    const SteadyMs deadline = clock_.now_ms() + 10'000;
    while (clock_.now_ms() < deadline) {
      auto event = transport.receive(100).value();
      if (event && event->kind == kind) return std::move(*event);
    }
    ADD_FAILURE() << "no event of kind " << static_cast<int>(kind);
    return {};
  }

  /// Runs `body` in a child process that was forked before this process touched ZeroMQ.
  template <class Body>
  pid_t fork_child(Body body) {
    const pid_t child = ::fork();
    if (child == 0) {
      body();
      ::_exit(0);
    }
    return child;
  }
  /// Like fork_child(), but the child waits for SIGCONT before it begins.
  template <class Body>
  pid_t fork_stopped_child(Body body) {
    const pid_t child = fork_child([&] {
      ::raise(SIGSTOP);
      body();
    });
    int status = 0;
    // A SIGCONT that came before it had stopped would be lost.
    EXPECT_EQ(::waitpid(child, &status, WUNTRACED), child);
    EXPECT_TRUE(WIFSTOPPED(status));
    return child;
  }
  void kill_and_reap(pid_t child) {
    ::kill(child, SIGKILL);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
  }

  SteadyClock clock_;
  std::shared_ptr<LogMemory> log_lines_ = std::make_shared<LogMemory>();
  Log log_{LogLevel::Debug};
  TransportOptions options_;
  std::string directory_;
  std::string ipc_;
};

TEST_F(ZmqTransportTest, bad_endpoints_are_refused_with_a_reason) {
  EXPECT_EQ(listen("http://x", options_, clock_, log_).error().fault(), Fault::User);
  EXPECT_EQ(listen("ipc://@abstract", options_, clock_, log_).error().fault(), Fault::User);
  auto too_long = listen("ipc:///tmp/" + std::string(200, 'x'), options_, clock_, log_);
  ASSERT_FALSE(too_long.ok());
  EXPECT_NE(too_long.error().message().find("at most 107"), std::string::npos);
  EXPECT_FALSE(listen("ipc:///no/such/directory/socket", options_, clock_, log_).ok());
  EXPECT_FALSE(listen("tcp://nonsense", options_, clock_, log_).ok());
  auto first = listen("tcp://127.0.0.1:*", options_, clock_, log_).value();
  auto second = listen(first->endpoint(), options_, clock_, log_);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message().find("in use"), std::string::npos) << second.error().message();
}

TEST_F(ZmqTransportTest, other_programs_at_our_port_disturb_nobody) {
  auto listener = listen("tcp://127.0.0.1:*", options_, clock_, log_).value();
  auto connection = connect(listener->endpoint(), options_, clock_, log_).value();
  const int port = std::stoi(listener->endpoint().substr(listener->endpoint().rfind(':') + 1));
  Random random(31);
  for (int i = 0; i < 20; ++i) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    std::string garbage = i % 2 == 0 ? "GET / HTTP/1.1\r\n\r\n" : std::string(200, '\0');
    if (i % 2 != 0)
      for (char& byte : garbage) byte = static_cast<char>(random.next());
    (void)::send(descriptor, garbage.data(), garbage.size(), MSG_NOSIGNAL);
    ::close(descriptor);
  }
  std::thread driver([&] {
    EXPECT_TRUE(connection->send(kListener, {1, "still here"}).ok());
    EXPECT_TRUE(connection->flush(5'000).value());
  });
  EXPECT_EQ(wait_for(*listener, EventKind::Message).message.body, "still here");
  (void)listener->receive(200);
  driver.join();
}

TEST_F(ZmqTransportTest, an_oversized_packet_drops_its_connection_only) {
  options_.max_message_bytes = 1000;
  auto listener = listen(ipc_, options_, clock_, log_).value();
  TransportOptions loose = options_;
  loose.max_message_bytes = 1'000'000;
  auto rude = connect(ipc_, loose, clock_, log_).value();
  auto polite = connect(ipc_, options_, clock_, log_).value();
  ASSERT_TRUE(rude->send(kListener, {1, std::string(5000, 'x')}).ok());
  ASSERT_TRUE(polite->send(kListener, {2, "small"}).ok());
  const SteadyMs deadline = clock_.now_ms() + 500;
  bool got_small = false;
  while (clock_.now_ms() < deadline) {
    (void)rude->receive(1).value();
    (void)polite->receive(1).value();
    auto event = listener->receive(1).value();
    if (!event || event->kind != EventKind::Message) continue;
    EXPECT_EQ(event->message, (Message{2, "small"}));
    got_small = true;
  }
  EXPECT_TRUE(got_small);
}

TEST_F(ZmqTransportTest, a_killed_process_is_lost_and_its_successor_is_a_new_peer) {
  options_.peer_timeout_ms = 500;
  options_.heartbeat_ms = 100;
  const auto life = [&] {
    auto connection = connect(ipc_, options_, clock_, log_).value();
    (void)connection->send(kListener, {1, "alive"});
    while (true) (void)connection->receive(-1);
  };
  const pid_t first = fork_child(life);
  const pid_t second = fork_stopped_child(life);
  auto listener = listen(ipc_, options_, clock_, log_).value();
  EXPECT_EQ(wait_for(*listener, EventKind::PeerJoined).peer, 1u);
  EXPECT_EQ(wait_for(*listener, EventKind::Message).message.body, "alive");
  kill_and_reap(first);
  ASSERT_TRUE(listener->send(1, {1, "too late"}).ok()) << "nobody knows yet";
  const Event lost = wait_for(*listener, EventKind::PeerLost);
  EXPECT_EQ(lost.peer, 1u);
  EXPECT_EQ(lost.unconfirmed.size(), 1u);
  ::kill(second, SIGCONT);
  EXPECT_EQ(wait_for(*listener, EventKind::PeerJoined).peer, 2u);
  EXPECT_EQ(wait_for(*listener, EventKind::Message).peer, 2u);
  kill_and_reap(second);
}

TEST_F(ZmqTransportTest, messages_to_a_stopped_process_arrive_when_it_goes_on) {
  options_.resend_ms = 50;
  const pid_t child = fork_child([&] {
    auto connection = connect(ipc_, options_, clock_, log_).value();
    (void)connection->send(kListener, {0, "ready"});
    while (true) {
      auto event = connection->receive(-1);
      if (event.ok() && *event && (*event)->kind == EventKind::Message) (void)connection->send(kListener, std::move((*event)->message));
    }
  });
  auto listener = listen(ipc_, options_, clock_, log_).value();
  EXPECT_EQ(wait_for(*listener, EventKind::Message).message.body, "ready");
  ::kill(child, SIGSTOP);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(listener->send(1, {1, std::to_string(i)}).ok());
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(listener->receive(10).value().has_value());
  ::kill(child, SIGCONT);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(wait_for(*listener, EventKind::Message).message.body, std::to_string(i));
  kill_and_reap(child);
}

TEST_F(ZmqTransportTest, a_killed_listener_and_its_successor) {
  options_.peer_timeout_ms = 2'000;
  options_.resend_ms = 50;
  const auto serve = [&] {
    auto listener = listen(ipc_, options_, clock_, log_).value();
    while (true) {
      auto event = listener->receive(-1);
      if (event.ok() && *event && (*event)->kind == EventKind::Message) (void)listener->send((*event)->peer, std::move((*event)->message));
    }
  };
  const pid_t first = fork_child(serve);
  const pid_t second = fork_stopped_child(serve);
  auto connection = connect(ipc_, options_, clock_, log_).value();
  ASSERT_TRUE(connection->send(kListener, {1, "one"}).ok());
  EXPECT_EQ(wait_for(*connection, EventKind::Message).message.body, "one");
  kill_and_reap(first);
  ASSERT_TRUE(connection->send(kListener, {1, "two"}).ok());
  ::kill(second, SIGCONT);
  const Event lost = wait_for(*connection, EventKind::PeerLost);
  ASSERT_EQ(lost.unconfirmed.size(), 1u);
  EXPECT_EQ(lost.unconfirmed[0].body, "two");
  (void)wait_for(*connection, EventKind::PeerJoined);
  ASSERT_TRUE(connection->send(kListener, {1, "two again"}).ok());
  EXPECT_EQ(wait_for(*connection, EventKind::Message).message.body, "two again");
  kill_and_reap(second);
}

TEST_F(ZmqTransportTest, a_round_trip_takes_microseconds_not_milliseconds) {
  const pid_t child = fork_child([&] {
    auto listener = listen(ipc_, options_, clock_, log_).value();
    while (true) {
      auto event = listener->receive(-1);
      if (event.ok() && *event && (*event)->kind == EventKind::Message) (void)listener->send((*event)->peer, std::move((*event)->message));
    }
  });
  auto connection = connect(ipc_, options_, clock_, log_).value();
  constexpr int kRounds = 2000;
  std::vector<double> micros;
  for (int i = 0; i < kRounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(connection->send(kListener, {1, std::string(64, 'x')}).ok());
    (void)wait_for(*connection, EventKind::Message);
    micros.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(micros.begin(), micros.end());
  RecordProperty("median_micros", std::to_string(micros[kRounds / 2]));
  std::printf("ipc round trip of 64 bytes: median %.0f us, p99 %.0f us\n", micros[kRounds / 2], micros[kRounds * 99 / 100]);
  EXPECT_LT(micros[kRounds / 2], 5'000) << "a sleeping loop somewhere";
  const auto counters = connection->counters();
  EXPECT_LT(counters.frames_sent, kRounds * 11 / 10 + 50) << "acknowledgements ride on the next request";
  kill_and_reap(child);
}

}  // namespace
}  // namespace sinter::net

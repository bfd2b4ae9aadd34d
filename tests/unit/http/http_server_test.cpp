// The HTTP server on a real socket: good requests, and peers that want to do it harm.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <thread>

#include "base/random.hpp"
#include "framework/http/http_server.hpp"

namespace sinter {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// A plain connection.
class Connection {
 public:
  explicit Connection(const std::string& address) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return connected_; }
  /// False: the other end has closed.
  bool send(const std::string& bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  /// Everything until the other end closes, or as much as contains `until`.
  std::string receive(const std::string& until = "") {
    std::string all;
    char some[4096];
    while (until.empty() || all.find(until) == std::string::npos) {
      pollfd ready{socket_, POLLIN, 0};
      if (::poll(&ready, 1, 30'000) <= 0) return all + " (and then nothing for 30 s)";
      const ssize_t got = ::recv(socket_, some, sizeof(some), 0);
      if (got <= 0) return all;
      all.append(some, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  int socket_ = -1;
  bool connected_ = false;
};

class HttpServerTest : public ::testing::Test {
 protected:
  /// Answers with the target, "slow" ones when `release_` is set.
  void serve(std::int64_t timeout_ms = kHttpTimeoutMs) {
    auto started = HttpServer::start({"127.0.0.1:0", log_, timeout_ms}, [this](const std::string& target, HttpServer::Reply reply) {
      if (target != "/slow") return reply({200, "text/plain", "you asked for " + target + "\n"});
      waiting_.set_value(std::move(reply));
    });
    ASSERT_TRUE(started.ok()) << started.error().to_string();
    server_ = std::move(*started);
  }
  std::string ask(const std::string& request) {
    Connection connection(server_->address());
    connection.send(request);
    return connection.receive();
  }
  std::string get(const std::string& target) { return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); }

  Log log_{LogLevel::Error};
  std::promise<HttpServer::Reply> waiting_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, a_get_is_answered_and_a_head_without_its_body) {
  serve();
  const std::string answer = get("/v1/jobs?limit=5");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nyou asked for /v1/jobs?limit=5\n"));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store\r\n"));
  const std::string head = ask("HEAD /v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 23\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, one_connection_asks_often_also_without_waiting) {
  serve();
  Connection connection(server_->address());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  ASSERT_TRUE(connection.send(requests));
  const std::string answers = connection.receive("/19\n");
  for (int i = 0; i < 20; ++i) EXPECT_THAT(answers, HasSubstr("you asked for /" + std::to_string(i) + "\n"));
}

TEST_F(HttpServerTest, nothing_but_looking_is_allowed) {
  serve();
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
    EXPECT_THAT(ask(method + " /v1/jobs HTTP/1.1\r\nHost: localhost\r\n\r\n"), HasSubstr("HTTP/1.1 405 ")) << method;
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"), HasSubstr("HTTP/1.1 4"));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"), HasSubstr("HTTP/1.1 4"));
}

TEST_F(HttpServerTest, a_page_of_the_web_whose_name_was_made_to_mean_this_host_reads_nothing) {
  serve();
  for (const std::string host : {"evil.example", "evil.example:7078", "127.0.0.1.evil.example", ""})
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 403 ")) << host;
  for (const std::string host : {"localhost:7078", "127.0.0.1", "127.0.0.1:1", "[::1]:7078"})
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 200 ")) << host;
}

TEST_F(HttpServerTest, garbage_and_giants_are_refused) {
  serve();
  EXPECT_THAT(ask("nonsense\r\n\r\n"), HasSubstr("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET / HTTP/9.9\r\n\r\n"), HasSubstr("HTTP/1.1 400 "));
  EXPECT_THAT(get("/" + std::string(2'000, 'x')), HasSubstr("HTTP/1.1 414 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(1u << 20, 'x') + "\r\n\r\n"),
              ::testing::Not(HasSubstr("200 OK")));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n"), HasSubstr("HTTP/1.1 431 "));
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    std::string bytes = round % 2 == 0 ? "GET /" : "";
    const std::uint64_t size = random.below(300);
    for (std::uint64_t i = 0; i < size; ++i) bytes += static_cast<char>(random.below(256));
    Connection connection(server_->address());
    connection.send(bytes + "\r\n\r\n");
  }
  EXPECT_THAT(get("/still-there"), EndsWith("you asked for /still-there\n"));
}

TEST_F(HttpServerTest, who_sends_slowly_or_nothing_is_thrown_out_in_time) {
  serve(300);
  Connection silent(server_->address());
  Connection slow(server_->address());
  const auto began = std::chrono::steady_clock::now();
  std::thread drip([&] {
    // A byte now and then is no progress: the deadline is of the whole request.
    for (int i = 0; i < 600 && slow.send("G"); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  EXPECT_THAT(silent.receive(), IsEmpty());
  drip.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(25));
}

TEST_F(HttpServerTest, no_more_connections_than_there_are_places_and_places_come_back) {
  serve(500);
  {
    std::vector<std::unique_ptr<Connection>> crowd;
    for (std::size_t i = 0; i < 4 * kMaxHttpConnections; ++i) crowd.push_back(std::make_unique<Connection>(server_->address()));
    // The last ones are closed at once, long before anybody's time is over.
    EXPECT_THAT(crowd.back()->receive(), IsEmpty());
  }
  // Those that went free their places; a try may still find the crowd's.
  std::string answer;
  for (int i = 0; i < 1'000 && answer.empty(); ++i) {
    answer = get("/again");
    if (answer.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_THAT(answer, EndsWith("you asked for /again\n"));
}

TEST_F(HttpServerTest, an_answer_may_come_later_from_another_thread_and_twice) {
  serve();
  Connection connection(server_->address());
  connection.send("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const HttpServer::Reply reply = waiting_.get_future().get();
  std::thread([&] {
    reply({200, "text/plain", "late\n"});
    reply({200, "text/plain", "later\n"});
  }).join();
  EXPECT_THAT(connection.receive(), EndsWith("\r\n\r\nlate\n"));
}

TEST_F(HttpServerTest, an_answer_after_the_end_of_its_client_or_of_the_server_is_nobodys) {
  serve();
  auto connection = std::make_unique<Connection>(server_->address());
  connection->send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const HttpServer::Reply reply = waiting_.get_future().get();
  connection.reset();
  reply({200, "text/plain", "nobody hears\n"});
  EXPECT_THAT(get("/x"), EndsWith("you asked for /x\n"));
  server_.reset();
  reply({200, "text/plain", "nobody is there\n"});
}

TEST_F(HttpServerTest, an_address_that_is_none_or_taken_is_an_error_that_says_so) {
  serve();
  const auto handler = [](const std::string&, const HttpServer::Reply&) {};
  for (const std::string address : {"", "7078", "localhost:7078", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x", "1.2.3:5"})
    EXPECT_THAT(HttpServer::start({address, log_}, handler).error().message(), HasSubstr("is no address to serve HTTP at")) << address;
  EXPECT_THAT(HttpServer::start({server_->address(), log_}, handler).error().message(), HasSubstr("cannot serve HTTP at 127.0.0.1:"));
}

}  // namespace
}  // namespace sinter

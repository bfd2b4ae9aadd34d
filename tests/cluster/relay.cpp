// Relay over poll(). See the header for threads.
#include "tests/cluster/relay.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sinter::testing {
namespace {

constexpr int kLookMs = 20;

sockaddr_in at_port(int port) {
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(static_cast<std::uint16_t>(port));
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return there;
}

}  // namespace

Socket connect_to(int port) {
  Socket socket = std::make_unique<Descriptor>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in there = at_port(port);
  if (::connect(socket->number(), reinterpret_cast<const sockaddr*>(&there), sizeof(there)) == 0) return socket;
  return std::make_unique<Descriptor>(-1);
}

void say(const Descriptor& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // thrown out
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

Relay::Relay(int to) : to_(to), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in here = at_port(0);
  socklen_t size = sizeof(here);
  EXPECT_EQ(::bind(listener_.number(), reinterpret_cast<const sockaddr*>(&here), size), 0);
  EXPECT_EQ(::listen(listener_.number(), 8), 0);
  EXPECT_EQ(::getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&here), &size), 0);
  port_ = ntohs(here.sin_port);
  thread_ = std::thread([this] { pass_on(); });
}

std::vector<std::string> Relay::recorded() {
  end();
  std::vector<std::string> texts;
  for (const Line& line : lines_) texts.push_back(line.said);
  return texts;
}

void Relay::end() {
  ended_ = true;
  if (thread_.joinable()) thread_.join();
}

void Relay::pass_on() {
  while (!ended_.load()) {
    std::vector<pollfd> polled{{listener_.number(), POLLIN, 0}};
    for (Line& line : lines_) {
      if (line.withheld && answered_bytes_.load() == SIZE_MAX) hang_up(line);
      polled.push_back({line.client->number(), POLLIN, 0});
      polled.push_back({line.there->number(), POLLIN, 0});
    }
    if (::poll(polled.data(), polled.size(), kLookMs) <= 0) continue;
    for (std::size_t i = 1; i < polled.size(); ++i)
      if (polled[i].revents != 0) read_from(lines_[(i - 1) / 2], i % 2 == 1);
    if (polled[0].revents == 0) continue;
    lines_.push_back({std::make_unique<Descriptor>(::accept(listener_.number(), nullptr, nullptr)), connect_to(to_), {}});
    if (lines_.back().there->number() < 0) hang_up(lines_.back());
  }
}

void Relay::read_from(Line& line, bool client) {
  char buffer[65'536];
  const ssize_t size = ::read(client ? line.client->number() : line.there->number(), buffer, sizeof(buffer));
  if (size <= 0) return hang_up(line);
  const std::string_view bytes(buffer, static_cast<std::size_t>(size));
  // Before it is passed on: what answers this comes later.
  if (client) line.said += bytes;
  if (line.said.size() > answered_bytes_.load()) line.withheld = true;
  if (client || !line.withheld) say(client ? *line.there : *line.client, bytes);
}

/// Polled no more.
void Relay::hang_up(Line& line) {
  line.client = std::make_unique<Descriptor>(-1);
  line.there = std::make_unique<Descriptor>(-1);
}

}  // namespace sinter::testing

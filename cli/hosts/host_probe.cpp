// Sockets of the system's, as nothing is said over them. One thread.
#include "cli/hosts/host_probe.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>

#include "base/descriptor.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "framework/cluster/message_kinds.hpp"
#include "framework/runtime/host_share.hpp"

namespace sinter::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A tracker's place is held open for so long; who is to come to it tries for so long.
constexpr milliseconds kAwait(10'000);
constexpr milliseconds kReach(8'000);
constexpr milliseconds kTryAgain(100);

constexpr std::string_view kFirstLine = "sinter-probe 1";

/// Runs `act` with the first address that "host:port" has; returns its problem.
std::string with_address(const std::string& place, bool passive, const std::function<std::string(const addrinfo&)>& act) {
  const std::size_t colon = place.rfind(':');
  if (colon == std::string::npos) return "'" + place + "' has no port";
  std::string host = place.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = passive ? AI_PASSIVE : 0;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), place.substr(colon + 1).c_str(), &wanted, &found);
  if (failed != 0) return "'" + host + "' cannot be found: " + ::gai_strerror(failed);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  return act(*found);
}

std::string listen_at(const addrinfo& address, const std::string& place, std::uint32_t await) {
  const Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (::bind(socket.number(), address.ai_addr, address.ai_addrlen) != 0 || ::listen(socket.number(), SOMAXCONN) != 0)
    return "cannot listen on " + place + ": " + std::strerror(errno);
  const auto deadline = steady_clock::now() + kAwait;
  for (std::uint32_t came = 0; came < await;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    pollfd polled{socket.number(), POLLIN, 0};
    if (left <= 0 || ::poll(&polled, 1, static_cast<int>(left)) <= 0) break;  // those who did not come say so themselves
    const Descriptor peer(::accept4(socket.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (peer.number() >= 0) ++came;
  }
  return "";
}

std::string try_to_connect(const addrinfo& address, milliseconds patience) {
  const Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(socket.number(), address.ai_addr, address.ai_addrlen) == 0) return "";
  if (errno != EINPROGRESS) return std::strerror(errno);
  pollfd polled{socket.number(), POLLOUT, 0};
  if (::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) return "no answer";
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "" : std::strerror(error);
}

std::string reach(const addrinfo& address, const std::string& place) {
  const auto deadline = steady_clock::now() + kReach;
  std::string problem;
  do {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    problem = try_to_connect(address, left);
    if (problem.empty()) return "";
    std::this_thread::sleep_for(kTryAgain);
  } while (steady_clock::now() < deadline);
  return "cannot reach " + place + ": " + problem;
}

void look_at_scratch(const std::string& wanted, ProbeAnswer& answer) {
  const char* named = std::getenv("TMPDIR");
  const std::string scratch = !wanted.empty() ? wanted : named != nullptr && named[0] != 0 ? named : "/tmp";
  const auto files = make_posix_file_system();
  const Status made = files->make_directories(scratch);
  if (!made.ok()) answer.scratch_problem = made.error().message();
  else if (::access(scratch.c_str(), W_OK | X_OK) != 0)
    answer.scratch_problem = "cannot write to '" + scratch + "': " + std::strerror(errno);
  if (!answer.scratch_problem.empty()) return;
  const Result<std::uint64_t> free = files->free_bytes(scratch);
  if (free.ok()) answer.scratch_free_bytes = *free;
  else answer.scratch_problem = free.error().message();
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

}  // namespace

ProbeAnswer probe_host(const ProbeRequest& request, const std::string& version) {
  ProbeAnswer answer;
  answer.version = version;
  answer.protocol = cluster::kClusterProtocolVersion;
  answer.time_us = Log::system_time().micros;
  answer.processors = host_processors();
  answer.memory_bytes = host_memory_bytes();
  look_at_scratch(request.scratch, answer);
  const auto files = make_posix_file_system();
  for (const std::string& directory : request.shared)
    if (!files->exists(directory + "/" + request.mark)) answer.unseen.push_back(directory);
  if (!request.listen.empty())
    answer.listen_problem = with_address(request.listen, true, [&](const addrinfo& address) {
      return listen_at(address, request.listen, request.await);
    });
  if (!request.reach.empty())
    answer.reach_problem = with_address(request.reach, false, [&](const addrinfo& address) { return reach(address, request.reach); });
  return answer;
}

std::string probe_text(const ProbeAnswer& answer) {
  std::string text(kFirstLine);
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) text.append("\n").append(key).append(" ").append(one_line(value));
  };
  add("version", answer.version);
  add("protocol", std::to_string(answer.protocol));
  add("time_us", std::to_string(answer.time_us));
  add("processors", std::to_string(answer.processors));
  add("memory_bytes", std::to_string(answer.memory_bytes));
  add("scratch_free_bytes", std::to_string(answer.scratch_free_bytes));
  add("scratch_problem", answer.scratch_problem);
  for (const std::string& directory : answer.unseen) add("unseen", directory);
  add("listen_problem", answer.listen_problem);
  add("reach_problem", answer.reach_problem);
  return text + "\n";
}

Result<ProbeAnswer> parse_probe(std::string_view text) {
  ProbeAnswer answer;
  const std::map<std::string_view, std::string*> texts{{"version", &answer.version},
                                                       {"scratch_problem", &answer.scratch_problem},
                                                       {"listen_problem", &answer.listen_problem},
                                                       {"reach_problem", &answer.reach_problem}};
  const std::map<std::string_view, std::uint64_t*> numbers{{"protocol", &answer.protocol},
                                                           {"processors", &answer.processors},
                                                           {"memory_bytes", &answer.memory_bytes},
                                                           {"scratch_free_bytes", &answer.scratch_free_bytes}};
  // A login shell may have said something first.
  const std::size_t begin = text.find(kFirstLine);
  if (begin == std::string_view::npos)
    return environment_error("the answer is none of `sinter probe`: " + std::string(text.substr(0, 200)));
  text.remove_prefix(begin);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view key = line.substr(0, line.find(' '));
    const std::string_view value = line.substr(std::min(key.size() + 1, line.size()));
    if (const auto found = texts.find(key); found != texts.end()) *found->second = value;
    if (key == "unseen") answer.unseen.emplace_back(value);
    const auto number = numbers.find(key);
    if (number == numbers.end() && key != "time_us") continue;
    const auto parsed = key == "time_us" ? std::from_chars(value.data(), value.data() + value.size(), answer.time_us)
                                         : std::from_chars(value.data(), value.data() + value.size(), *number->second);
    if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size())
      return environment_error("`sinter probe` said '" + std::string(line) + "'");
  }
  return answer;
}

}  // namespace sinter::cli

// Lines of a host file. Any thread.
#include "cli/hosts/host_list.hpp"

#include <algorithm>
#include <charconv>

#include "framework/access/join_desk.hpp"
#include "framework/cluster/message_kinds.hpp"

namespace sinter::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  line = line.substr(0, std::min(line.find('#'), line.size()));
  while (true) {
    const std::size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

Status take_setting(std::string_view word, HostLine& host) {
  const std::size_t equals = word.find('=');
  const std::string_view key = word.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? "" : word.substr(equals + 1);
  if (value.empty() || (key != "name" && key != "address" && key != "slots" && key != "scratch" && key != "native"))
    return user_error("behind the host stand name=, address=, slots=, scratch= or native=, not '" + std::string(word) + "'");
  if (key == "name") host.name = value;
  if (key == "address") host.address = value;
  if (key == "scratch") {
    if (value.front() != '/') return user_error("scratch= is a path from the root, not '" + std::string(value) + "'");
    host.scratch = value;
  }
  if (key == "native") {
    if (value != "yes" && value != "no") return user_error("native= is yes or no, not '" + std::string(value) + "'");
    host.native = value == "yes";
  }
  if (key == "slots") {
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), host.slots);
    if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size() || host.slots < 1 || host.slots > cluster::kMaxSlotsPerNode)
      return user_error("slots= is 1 to " + std::to_string(cluster::kMaxSlotsPerNode) + " (kMaxSlotsPerNode), not '" + std::string(value) +
                        "'");
  }
  return {};
}

Result<HostLine> parse_line(const std::vector<std::string_view>& words) {
  HostLine host;
  host.ssh = words.front();
  // Else ssh would take it for an option.
  if (host.ssh.front() == '-') return user_error("a host does not begin with '-'");
  host.name = host.ssh.substr(host.ssh.rfind('@') + 1);
  for (std::size_t i = 1; i < words.size(); ++i) SINTER_TRY(take_setting(words[i], host));
  const Status good = check_member_name(host.name);
  if (!good.ok()) return user_error(good.error().message() + ", and so has a node's").with_hint("Give it one with name=");
  return host;
}

}  // namespace

Result<std::vector<HostLine>> parse_host_list(std::string_view text) {
  std::vector<HostLine> hosts;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::vector<std::string_view> words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty()) continue;
    const std::string where = "in line " + std::to_string(number) + " of the hosts";
    auto host = parse_line(words);
    if (!host.ok()) return std::move(host).with_context(where).error();
    const bool taken = std::any_of(hosts.begin(), hosts.end(), [&](const HostLine& other) { return other.name == host->name; });
    if (taken) return user_error("'" + host->name + "' is named twice").with_hint("Tell them apart with name=").with_context(where);
    hosts.push_back(std::move(*host));
    if (hosts.size() > kMaxListedHosts)
      return user_error("there are more than " + std::to_string(kMaxListedHosts) + " hosts (kMaxListedHosts)");
  }
  if (hosts.empty()) return user_error("no host is named").with_hint("Write one a line, as you would give it to ssh");
  return hosts;
}

}  // namespace sinter::cli

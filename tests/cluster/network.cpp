// Network over unshare(), `ip`, `tc` and `nft`. A host h has the address 10.77.h.2, the router 10.77.h.1 beside it.
#include "tests/cluster/network.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "tests/support/command.hpp"

namespace sinter::testing {
namespace {

constexpr const char* kOwnNetwork = "/proc/thread-self/ns/net";

/// A new network namespace, of which this thread keeps no more than the descriptor; -1 with errno.
int make_namespace() {
  const int own = ::open(kOwnNetwork, O_RDONLY | O_CLOEXEC);
  if (own < 0) return -1;
  int made = -1;
  if (::unshare(CLONE_NEWNET) == 0) {
    made = ::open(kOwnNetwork, O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(::setns(own, CLONE_NEWNET), 0) << "the test cannot go back to its own network: " << std::strerror(errno);
  }
  const int error = errno;
  ::close(own);
  errno = error;
  return made;
}

std::string path_of(int descriptor) { return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor); }

std::vector<std::string> inside(int descriptor, std::vector<std::string> words) {
  words.insert(words.begin(), {"nsenter", "--net=" + path_of(descriptor), "--"});
  return words;
}

CommandResult execute(const std::vector<std::string>& words) { return run_command(words, 10); }

void must(const std::vector<std::string>& words) {
  const CommandResult done = execute(words);
  std::string text;
  for (const std::string& word : words) text += word + " ";
  EXPECT_EQ(done.exit_code, 0) << text << ": " << done.out << done.err;
}

std::string link_of(int host) { return "h" + std::to_string(host); }
std::string tunnel_of(int host) { return "d" + std::to_string(host); }
/// The router's ends of both, in a rule.
std::string links_of(int host) { return "{ " + link_of(host) + ", " + tunnel_of(host) + " }"; }

/// The router's end of a host's link, and the tools that faults need; why not, or nothing.
std::string try_everything() {
  const int one = make_namespace();
  if (one < 0) return std::string("network namespaces are not permitted: ") + std::strerror(errno);
  std::string reason;
  const auto needs = [&](const std::vector<std::string>& words, const std::string& what) {
    if (!reason.empty()) return;
    const CommandResult done = execute(inside(one, words));
    if (done.exit_code != 0) reason = what + " does not work here: " + done.out + done.err;
  };
  needs({"ip", "link", "add", "h0", "type", "veth", "peer", "name", "h1"}, "veth (package iproute2)");
  needs({"tc", "qdisc", "add", "dev", "h0", "root", "tbf", "rate", "1mbit", "burst", "64kb", "latency", "50ms"}, "tc tbf");
  needs({"nft", "add table inet faults; add chain inet faults forward { type filter hook forward priority 0; };"
                " add rule inet faults forward iifname h0 numgen random mod 100 < 10 drop;"
                " add rule inet faults forward iifname h0 meta l4proto tcp reject with tcp reset"},
        "nft (package nftables)");
  needs({"ip", "tuntap", "add", "dev", "d0", "mode", "tun"}, "a tunnel device (/dev/net/tun)");
  ::close(one);
  return reason;
}

}  // namespace

std::string Network::missing() {
  static const std::string reason = ::geteuid() != 0 ? "hosts of their own need root" : try_everything();
  return reason;
}

Network::Network(int hosts) : own_(::open(kOwnNetwork, O_RDONLY | O_CLOEXEC)), router_(make_namespace()) {
  must(in_router({"ip", "link", "set", "lo", "up"}));
  must(in_router({"sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"}));
  must(in_router({"nft", "add table inet faults; add chain inet faults forward { type filter hook forward priority 0; }"}));
  for (int host = 0; host < hosts; ++host) {
    hosts_.push_back(make_namespace());
    const std::string subnet = "10.77." + std::to_string(host) + ".";
    must(in_router({"ip", "link", "add", link_of(host), "type", "veth", "peer", "name", "eth0", "netns", path_of(hosts_.back())}));
    must(in_router({"ip", "address", "add", subnet + "1/24", "dev", link_of(host)}));
    must(in_router({"ip", "link", "set", link_of(host), "up"}));
    must(on(host, {"ip", "link", "set", "lo", "up"}));
    must(on(host, {"ip", "address", "add", subnet + "2/24", "dev", "eth0"}));
    must(on(host, {"ip", "link", "set", "eth0", "up"}));
    must(on(host, {"ip", "route", "add", "default", "via", subnet + "1"}));
  }
}

Network::~Network() {
  for (const int host : hosts_) ::close(host);
  ::close(router_);
  ::close(own_);
}

void Network::enter(int host) const {
  EXPECT_EQ(::setns(hosts_[static_cast<std::size_t>(host)], CLONE_NEWNET), 0) << std::strerror(errno);
}

void Network::leave() const { EXPECT_EQ(::setns(own_, CLONE_NEWNET), 0) << std::strerror(errno); }

std::string Network::address(int host) const { return "10.77." + std::to_string(host) + ".2"; }

std::vector<std::string> Network::on(int host, std::vector<std::string> words) const {
  return inside(hosts_[static_cast<std::size_t>(host)], std::move(words));
}

std::vector<std::string> Network::in_router(std::vector<std::string> words) const { return inside(router_, std::move(words)); }

int Network::cut(int from, int to) { return add({"iifname " + links_of(from) + " oifname " + links_of(to) + " drop"}); }

int Network::cut_off(int host) { return add({"iifname " + links_of(host) + " drop", "oifname " + links_of(host) + " drop"}); }

int Network::lose(int host, int percent) {
  const std::string dice = " numgen random mod 100 < " + std::to_string(percent) + " drop";
  return add({"iifname " + links_of(host) + dice, "oifname " + links_of(host) + dice});
}

int Network::reset(int host) {
  const std::string answer = " meta l4proto tcp reject with tcp reset";
  return add({"iifname " + links_of(host) + answer, "oifname " + links_of(host) + answer});
}

/// Addresses stay as they are, only the way changes: connections live on.
int Network::delay(int host, const Delay& delay) {
  const int number = next_fault_++;
  if (delayed_.contains(host)) return number;
  const std::string name = tunnel_of(host);
  int ends[2] = {-1, -1};
  for (int end = 0; end < 2; ++end) {
    const int there = end == 0 ? router_ : hosts_[static_cast<std::size_t>(host)];
    EXPECT_EQ(::setns(there, CLONE_NEWNET), 0) << std::strerror(errno);
    ends[end] = make_tunnel(name.c_str());
    EXPECT_GE(ends[end], 0) << "no tunnel device can be made: " << std::strerror(errno);
    leave();
  }
  must(in_router({"ip", "link", "set", name, "up"}));
  must(on(host, {"ip", "link", "set", name, "up"}));
  delayed_[host] = {number, std::make_unique<SlowLink>(ends[0], ends[1], delay, static_cast<std::uint64_t>(number))};
  must(in_router({"ip", "route", "replace", address(host) + "/32", "dev", name}));
  must(on(host, {"ip", "route", "replace", "default", "dev", name, "src", address(host)}));
  return number;
}

void Network::undelay(int host) {
  must(on(host, {"ip", "route", "replace", "default", "via", "10.77." + std::to_string(host) + ".1"}));
  delayed_.erase(host);  // the router's route goes with its device
}

void Network::mend(int fault) {
  const auto delayed = std::find_if(delayed_.begin(), delayed_.end(), [fault](const auto& one) { return one.second.fault == fault; });
  if (delayed != delayed_.end()) return undelay(delayed->first);
  std::erase_if(faults_, [fault](const Fault& one) { return one.number == fault; });
  apply();
}

int Network::add(std::vector<std::string> rules) {
  faults_.push_back({next_fault_++, std::move(rules)});
  apply();
  return faults_.back().number;
}

/// In one transaction, so that no packet slips through.
void Network::apply() const {
  std::string text = "flush chain inet faults forward;";
  for (const Fault& fault : faults_)
    for (const std::string& rule : fault.rules) text += " add rule inet faults forward " + rule + ";";
  must(in_router({"nft", text}));
}

void Network::limit(int host, int megabits) {
  if (megabits == 0 && limited_.erase(host) == 0) return;
  if (megabits != 0) limited_.insert(host);
  const auto words = [&](const std::string& device) -> std::vector<std::string> {
    if (megabits == 0) return {"tc", "qdisc", "del", "dev", device, "root"};
    return {"tc",   "qdisc", "replace", "dev",    device, "root", "tbf", "rate", std::to_string(megabits) + "mbit", "burst", "256kb",
            "latency", "50ms"};
  };
  must(on(host, words("eth0")));
  must(in_router(words(link_of(host))));
}

std::vector<pid_t> Network::processes() const {
  std::vector<std::string> links;
  for (const int host : hosts_) {
    struct stat of {};
    if (::fstat(host, &of) == 0) links.push_back("net:[" + std::to_string(of.st_ino) + "]");
  }
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code gone;
    const std::string link = std::filesystem::read_symlink(entry.path() / "ns/net", gone);
    if (!gone && std::find(links.begin(), links.end(), link) != links.end()) found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

void use_private_mounts() {
  EXPECT_EQ(::unshare(CLONE_NEWNS), 0) << std::strerror(errno);
  EXPECT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
}

}  // namespace sinter::testing

// SshHosts: real ssh, real processes. One thread.
#include "tests/cluster/ssh_hosts.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace sinter::testing {
namespace {

const std::string kSshd = "/usr/sbin/sshd";

/// Ports that nobody has at this moment.
std::vector<int> free_ports(int count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (int i = 0; i < count; ++i) {
    const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(one, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(one, reinterpret_cast<sockaddr*>(&address), &size), 0);
    sockets.push_back(one);
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int one : sockets) ::close(one);
  return ports;
}

std::string user_name() {
  const CommandResult said = run_command({"id", "-un"});
  return said.out.substr(0, said.out.find('\n'));
}

}  // namespace

std::string SshHosts::obstacle() {
  if (::access(kSshd.c_str(), X_OK) != 0) return "there is no sshd here (apt-get install openssh-server)";
  std::error_code failed;
  if (::geteuid() == 0) std::filesystem::create_directories("/run/sshd", failed);
  return failed ? "sshd needs /run/sshd, which cannot be made: " + failed.message() : "";
}

SshHosts::SshHosts(int count) : count_(count) {
  ::setenv("SINTER_HOME", (directory_ / "client").c_str(), 1);
  const std::string key = directory_ / "key";
  EXPECT_EQ(run_command({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key}).exit_code, 0);
  const std::vector<int> ports = free_ports(count + 1);
  tracker_port_ = ports[static_cast<std::size_t>(count)];
  std::string server = "HostKey " + key + "\nAuthorizedKeysFile " + key +
                       ".pub\nPidFile none\nStrictModes no\nUsePAM no\nListenAddress 127.0.0.1\n" +
                       "MaxStartups 100\nPasswordAuthentication no\nPermitRootLogin yes\n";
  std::string client = "IdentityFile " + key +
                       "\nIdentitiesOnly yes\nUserKnownHostsFile /dev/null\nStrictHostKeyChecking no\nLogLevel ERROR\nUser " + user_name() +
                       "\n";
  for (int i = 0; i < count; ++i) server += "Port " + std::to_string(ports[static_cast<std::size_t>(i)]) + "\n";
  for (int i = 0; i < count; ++i) {
    const std::string port = std::to_string(ports[static_cast<std::size_t>(i)]);
    const std::string name = "lab-" + std::to_string(i + 1);
    std::filesystem::create_directories(home(i));
    server += "Match LocalPort " + port + "\n  SetEnv HOME=" + home(i) + "\n";
    client += "Host " + name + "\n  HostName 127.0.0.1\n  Port " + port + "\n";
    hosts.push_back(name + " slots=1 scratch=" + directory_ / ("scratch-" + std::to_string(i)));
  }
  directory_.write("ssh_config", client);
  sshd_ = std::make_unique<BackgroundCommand>(
      std::vector<std::string>{kSshd, "-D", "-e", "-f", directory_.write("sshd_config", server)}, directory_ / "sshd.log");
  const std::string last = "lab-" + std::to_string(count);
  EXPECT_TRUE(wait_until([&] { return run_command({"ssh", "-F", directory_ / "ssh_config", last, "true"}).exit_code == 0; }, 20))
      << read_whole_file(directory_ / "sshd.log");
}

SshHosts::~SshHosts() {
  for (const pid_t process : processes()) {
    std::ifstream file("/proc/" + std::to_string(process) + "/cmdline");
    const std::string words((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (words.find(directory_.path().string()) != std::string::npos) ::kill(process, SIGKILL);
  }
}

CommandResult SshHosts::sinter(std::vector<std::string> words) {
  words.insert(words.begin(), std::string(SINTER_BIN_DIR) + "/sinter");
  return run_command(words, 120);
}

CommandResult SshHosts::cluster(const std::string& verb, const std::vector<std::string>& words) {
  std::string text = "# the lab\n\n";
  for (const std::string& host : hosts) text += host + "\n";
  std::vector<std::string> all{"cluster", verb, "--hosts", directory_.write("hosts.txt", text), "--ssh-config", directory_ / "ssh_config",
                               "--listen", "0.0.0.0:" + std::to_string(tracker_port_)};
  const bool own_program = std::find(words.begin(), words.end(), "--command") != words.end();
  if (!own_program) all.insert(all.end(), {"--command", std::string(SINTER_BIN_DIR) + "/sinter"});
  all.insert(all.end(), words.begin(), words.end());
  return sinter(all);
}

std::vector<pid_t> SshHosts::processes() const {
  std::vector<pid_t> found;
  for (int i = 0; i < count_; ++i) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(base(i), none)) {
      if (entry.path().extension() != ".pid") continue;
      const pid_t process = std::atoi(read_whole_file(entry.path()).c_str());
      if (process > 0 && is_alive(process)) found.push_back(process);
    }
  }
  return found;
}

}  // namespace sinter::testing

// SshHosts: one sshd on loopback that is several hosts: each has a port, a name in a configuration of ssh, and a home directory. One
// thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/command.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::testing {

class SshHosts {
 public:
  /// Why there can be none on this machine; empty when there can.
  static std::string obstacle();

  /// lab-1 to lab-N.
  explicit SshHosts(int count);
  /// Ends what `sinter cluster up` left behind.
  ~SshHosts();

  /// `sinter cluster VERB --hosts FILE` with the file below and more words.
  CommandResult cluster(const std::string& verb, const std::vector<std::string>& words = {});
  CommandResult sinter(std::vector<std::string> words);
  /// Lines of the file of hosts; at first all, with one slot and scratch space of their own.
  std::vector<std::string> hosts;
  /// Of the tracker on lab-1.
  std::string address() const { return "127.0.0.1:" + std::to_string(tracker_port_); }
  int tracker_port() const { return tracker_port_; }
  std::string home(int host) const { return directory_ / ("home-" + std::to_string(host)); }
  /// Directory of what runs on a host.
  std::string base(int host) const { return home(host) + "/.sinter/cluster/127.0.0.1_" + std::to_string(tracker_port_); }
  /// Process ids in the files there.
  std::vector<pid_t> processes() const;
  TemporaryDirectory& directory() { return directory_; }

 private:
  TemporaryDirectory directory_;
  int count_;
  int tracker_port_ = 0;
  std::unique_ptr<BackgroundCommand> sshd_;
};

}  // namespace sinter::testing

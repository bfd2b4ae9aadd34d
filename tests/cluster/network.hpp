// Network: hosts of a cluster's tests, each a network namespace with an address of its own, around a router on which links are cut, made
// lossy or slow. Linux, as root. One thread.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/cluster/slow_link.hpp"

namespace sinter::testing {

/// Nothing of it has a name that others could meet, and it goes with the test's process and the processes in it: namespaces are held by
/// descriptors only.
class Network {
 public:
  /// Why this machine has none: a right, a program or a part of the kernel. Empty: it has.
  static std::string missing();

  /// Hosts 0 to hosts - 1, every one reaches every other one.
  explicit Network(int hosts);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  int hosts() const { return static_cast<int>(hosts_.size()); }
  std::string address(int host) const;
  /// These words as a command that runs on the host, in the process that is started for them.
  std::vector<std::string> on(int host, std::vector<std::string> words) const;

  /// This thread, and those that it starts, are on the host until leave().
  void enter(int host) const;
  void leave() const;

  // Each fault is taken back by its number.
  /// What `from` sends to `to` is dropped.
  int cut(int from, int to);
  /// The host's cable is out.
  int cut_off(int host);
  /// So many of a hundred packets from and to the host get lost.
  int lose(int host, int percent);
  /// TCP connections from and to the host are broken by a reset.
  int reset(int host);
  /// Packets from and to the host take their time, each way. A host that is delayed already stays as it is.
  int delay(int host, const Delay& delay);
  void mend(int fault);
  /// From and to the host flow so many megabits a second; 0: as many as can.
  void limit(int host, int megabits);

  /// Processes whose network is that of one of the hosts.
  std::vector<pid_t> processes() const;

 private:
  struct Fault {
    int number = 0;
    std::vector<std::string> rules;
  };
  struct Delayed {
    int fault = 0;
    std::unique_ptr<SlowLink> link;
  };
  int add(std::vector<std::string> rules);
  void apply() const;
  void undelay(int host);
  std::vector<std::string> in_router(std::vector<std::string> words) const;

  int own_ = -1;            // descriptors of namespaces: the test's, the router's, the hosts'
  int router_ = -1;
  std::vector<int> hosts_;
  std::vector<Fault> faults_;
  std::set<int> limited_;
  std::map<int, Delayed> delayed_;  // by host
  int next_fault_ = 0;
};

/// What is mounted from now on is seen by this test and its children only, and goes with them.
void use_private_mounts();

}  // namespace sinter::testing

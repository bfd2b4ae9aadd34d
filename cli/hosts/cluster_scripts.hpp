// What is done on the hosts of a cluster, as scripts for `sh`. Processes that were started are known by files in ~/.sinter/cluster/ there.
// Stateless; any thread.
#pragma once

#include <string>
#include <vector>

#include "cli/hosts/host_list.hpp"
#include "cli/hosts/host_probe.hpp"
#include "cli/hosts/ssh.hpp"

namespace sinter::cli {

struct ClusterPlan {
  std::vector<HostLine> hosts;   ///< with a node each
  HostLine tracker;              ///< one of them or another one
  std::string listen;            ///< "0.0.0.0:7077"
  std::string address;           ///< "10.0.0.1:7077": the tracker's, for others
  std::string command = "sinter";
  std::string copied_hash;       ///< when the program was brought along: of its bytes
  std::vector<std::string> shared;
  SshOptions ssh;
  std::size_t parallel = 8;
};

/// "tracker", "node-NAME": what a process is called in the files of its host.
std::string process_of_node(const HostLine& host);
inline constexpr const char* kTrackerProcess = "tracker";

/// "$HOME/.sinter/bin/sinter-HASH", for double quotes.
std::string copied_program(const std::string& hash);

/// Where a tracker that listens there is found on its own host.
std::string address_on_its_host(const std::string& listen);

std::string probe_script(const ClusterPlan& plan, const ProbeRequest& request);
/// Starts the tracker when it does not run; prints "node TOKEN" and "submit TOKEN".
std::string tracker_script(const ClusterPlan& plan);
/// Starts the node when it does not run, and ends when it has joined. Prints "started" or "runs already".
std::string node_script(const ClusterPlan& plan, const HostLine& host, const std::string& token);
/// Prints a line "PROCESS PID" for each of them that runs.
std::string status_script(const ClusterPlan& plan, const std::vector<std::string>& processes);
/// Tells it to end, a tracker to pause its jobs; ends it by force when it takes too long. Prints how.
std::string stop_script(const ClusterPlan& plan, const std::string& process);
/// Prints "there" when this program was brought along before.
std::string has_copy_script(const std::string& hash);
/// Behind send_file() to copied_program() + ".part".
std::string take_copy_script(const std::string& hash);

}  // namespace sinter::cli

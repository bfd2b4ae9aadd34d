// A cluster on the hosts of a list, over ssh: looked at, started, asked after, stopped. Each function blocks its thread, and may be called
// again: what is done already is left as it is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/hosts/cluster_scripts.hpp"
#include "cli/hosts/host_report.hpp"

namespace sinter::cli {

struct ClusterRequest {
  std::string hosts_text;
  std::string tracker;  // name of a host of the list, or another one; empty: the first
  std::string listen = "0.0.0.0:7077";
  std::string command = "sinter";
  bool copy = false;    // bring our own program along
  std::vector<std::string> shared;
  std::string ssh_config;
  std::size_t parallel = 8;
};

/// Whose doing a line is, and what it says; from any thread, one at a time.
using Say = std::function<void(const std::string& who, const std::string& what)>;

/// Errors (the user's): the list, the tracker's name; and what ssh does not know.
Result<ClusterPlan> plan_cluster(const ClusterRequest& request);

/// Brings our program to every host that does not have it. For requests with `copy`, before anything else.
Status copy_program(const ClusterPlan& plan, const Say& say);

/// In the order of the list, the tracker's host first. Errors: a shared directory that this host does not see.
Result<std::vector<HostReport>> check_hosts(const ClusterPlan& plan);

/// Returns a join token for who may submit jobs: a secret. Errors: the tracker did not start, or nodes did not, after all were tried.
Result<std::string> start_cluster(const ClusterPlan& plan, const Say& say);

/// A line for each process; whether all run.
Result<bool> show_cluster(const ClusterPlan& plan, const Say& say);

/// Nodes first. Errors: those that cannot be reached or do not end, after all were tried.
Status stop_cluster(const ClusterPlan& plan, const Say& say);

}  // namespace sinter::cli

// `sinter cluster`: tracker and nodes on hosts that are reached by ssh, and `sinter probe`, which looks at a host for it. One thread, and
// some for calls of ssh.
#include <unistd.h>

#include <cstdlib>

#include "cli/cluster_commands.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/hosts/cluster_hosts.hpp"
#include "framework/cluster/cluster_client.hpp"

namespace sinter::cli {
namespace {

constexpr std::uint64_t kMaxHostFileBytes = 1u << 20;

Result<ClusterPlan> plan_of(const SetupArguments& arguments) {
  const auto files = make_posix_file_system();
  ClusterRequest request;
  SINTER_ASSIGN(request.hosts_text, read_file(*files, arguments.hosts_file, kMaxHostFileBytes));
  request.tracker = arguments.tracker;
  request.listen = arguments.listen;
  request.command = arguments.command;
  request.copy = arguments.copy;
  request.shared = arguments.shared;
  request.ssh_config = arguments.ssh_config;
  request.parallel = arguments.parallel;
  auto plan = plan_cluster(request);
  if (!plan.ok()) return std::move(plan).with_context("in '" + arguments.hosts_file + "'");
  return plan;
}

/// Whether every host may take part.
Result<bool> check(const ClusterPlan& plan, const Console& console) {
  SINTER_ASSIGN(const std::vector<HostReport> reports, check_hosts(plan));
  console.data(report_table(reports, SINTER_VERSION));
  bool good = true;
  for (const HostReport& report : reports)
    for (const std::string& problem : problems_of(report, SINTER_VERSION)) {
      good = false;
      console.error_text(report.name + ": " + problem);
    }
  return good;
}

/// From now on this user may run jobs there from this host.
Status get_known(const ClusterPlan& plan, const std::string& token) {
  const SteadyClock clock;
  Log log(LogLevel::Error);
  log.add_sink(make_stderr_log_sink());
  SINTER_TRY(identity_for(plan.address).join(token, own_name(), std::nullopt, clock, log));
  return {};
}

Status drain(const ClusterPlan& plan, const std::string& host, const Say& say) {
  if (host.empty()) return user_error("which host? sinter cluster drain HOST --hosts FILE");
  const SteadyClock clock;
  Log log(LogLevel::Error);
  log.add_sink(make_stderr_log_sink());
  SINTER_ASSIGN(net::SocketSecurity security, identity_for(plan.address).security(AccessRole::Submit));
  SINTER_TRY(cluster::drain_node({cluster::endpoint_of(plan.address), std::move(security), clock, log}, host));
  say(host, "takes no more work, and leaves when no job needs it");
  return {};
}

Result<bool> carry_out(const SetupArguments& arguments, const Console& console) {
  const Say say = [&](const std::string& who, const std::string& what) { console.note(who + ": " + what); };
  SINTER_ASSIGN(const ClusterPlan plan, plan_of(arguments));
  if (arguments.verb == "down") {
    SINTER_TRY(stop_cluster(plan, say));
    return true;
  }
  if (arguments.verb == "drain") {
    SINTER_TRY(drain(plan, arguments.host, say));
    return true;
  }
  if (arguments.verb == "status") return show_cluster(plan, say);
  if (arguments.copy) SINTER_TRY(copy_program(plan, say));
  SINTER_ASSIGN(const bool good, check(plan, console));
  if (!good || arguments.verb == "check") return good;
  SINTER_ASSIGN(const std::string token, start_cluster(plan, say));
  SINTER_TRY(get_known(plan, token).with_context("while getting to know the tracker at " + plan.address));
  console.note("to run: sinter run job.yaml --cluster " + plan.address);
  return true;
}

}  // namespace

int cluster_command(const SetupArguments& arguments, const Console& console) {
  const Result<bool> done = carry_out(arguments, console);
  if (done.ok()) return *done ? kOk : kRunFailed;
  console.error(done.error());
  return kRunFailed;
}

int probe_command(const ProbeArguments& arguments, const Console& console) {
  const ProbeRequest request{arguments.scratch, arguments.shared, arguments.mark, arguments.listen, arguments.await, arguments.reach};
  console.data(probe_text(probe_host(request, SINTER_VERSION)));
  return kOk;
}

}  // namespace sinter::cli

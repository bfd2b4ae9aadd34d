// Scripts in parallel, and what becomes of them. See the header for threads.
#include "cli/hosts/cluster_hosts.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "base/file_system.hpp"
#include "base/log.hpp"
#include "cli/hosts/program_run.hpp"

namespace sinter::cli {
namespace {

constexpr std::uint64_t kMaxProgramBytes = 1u << 30;
/// A program takes its time over a slow line.
constexpr std::int64_t kCopyTimeoutMs = 600'000;

/// Our own program.
Result<std::string> program_path() {
  std::error_code failed;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return environment_error("cannot find this program: " + failed.message());
  return path.string();
}

Result<std::string> hash_of(const std::string& path) {
  SINTER_ASSIGN(const ProgramResult result, run_program({"sha256sum", path}, "", kCopyTimeoutMs));
  constexpr std::size_t kHexDigits = 64;
  if (result.exit_code != 0 || result.out.size() < kHexDigits) return environment_error("sha256sum fails: " + result.err);
  return result.out.substr(0, kHexDigits);
}

/// Hosts with a process of ours, the tracker's first.
std::vector<HostLine> all_hosts(const ClusterPlan& plan) {
  std::vector<HostLine> all{plan.tracker};
  for (const HostLine& host : plan.hosts)
    if (host.name != plan.tracker.name) all.push_back(host);
  return all;
}

bool is_node(const ClusterPlan& plan, const HostLine& host) {
  return std::any_of(plan.hosts.begin(), plan.hosts.end(), [&](const HostLine& one) { return one.name == host.name; });
}

/// `act` on every host at once; says what came of each, and counts failures.
template <class Act>
std::size_t on_each(const ClusterPlan& plan, const std::vector<HostLine>& hosts, const Say& say, Act act) {
  std::mutex mutex;
  std::size_t failures = 0;
  in_parallel(hosts.size(), plan.parallel, [&](std::size_t i) {
    const Result<std::string> said = act(hosts[i]);
    const std::lock_guard lock(mutex);
    if (!said.ok()) ++failures;
    const std::string what = said.ok() ? *said : said.error().to_string();
    if (!what.empty()) say(hosts[i].name, what);
  });
  return failures;
}

Status all_done(std::size_t failures, std::size_t hosts, const std::string& what) {
  if (failures == 0) return {};
  return environment_error(std::to_string(failures) + " of " + std::to_string(hosts) + " hosts " + what + ": see above", false);
}

std::string without_end(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// "TOKEN" of the line "name TOKEN".
std::string value_of(const std::string& text, const std::string& name) {
  const std::size_t at = ("\n" + text).find("\n" + name + " ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

/// The mark that hosts look for in shared directories; gone with the object.
class Marks {
 public:
  Marks() : name_(".sinter-check-" + std::to_string(::getpid()) + "-" + std::to_string(Log::system_time().micros)) {}
  ~Marks() {
    for (const std::string& path : made_) (void)files_->remove(path);  // an empty file that says what it is
  }
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;

  Status put(const std::string& directory) {
    const std::string path = directory + "/" + name_;
    Status written = write_file(*files_, path, "");
    if (!written.ok()) return std::move(written).with_context("while leaving a mark for other hosts to see");
    made_.push_back(path);
    return {};
  }
  const std::string& name() const { return name_; }

 private:
  std::unique_ptr<FileSystem> files_ = make_posix_file_system();
  std::string name_;
  std::vector<std::string> made_;
};

}  // namespace

Result<ClusterPlan> plan_cluster(const ClusterRequest& request) {
  ClusterPlan plan;
  SINTER_ASSIGN(plan.hosts, parse_host_list(request.hosts_text));
  plan.ssh.config = request.ssh_config;
  plan.parallel = std::max<std::size_t>(request.parallel, 1);
  plan.command = request.command;
  plan.shared = request.shared;
  plan.listen = request.listen;
  if (plan.listen.find(':') == std::string::npos) plan.listen += ":7077";
  if (plan.listen.starts_with("*:")) plan.listen.replace(0, 1, "0.0.0.0");
  plan.tracker = plan.hosts.front();
  if (!request.tracker.empty()) {
    const auto named = std::find_if(plan.hosts.begin(), plan.hosts.end(), [&](const HostLine& host) {
      return host.name == request.tracker || host.ssh == request.tracker;
    });
    if (named != plan.hosts.end()) {
      plan.tracker = *named;
    } else {
      SINTER_ASSIGN(std::vector<HostLine> other, parse_host_list(request.tracker));
      plan.tracker = std::move(other.front());
    }
  }
  std::string address = plan.tracker.address;
  if (address.empty()) {
    SINTER_ASSIGN(address, network_name(plan.ssh, plan.tracker.ssh));
  }
  plan.address = address + plan.listen.substr(plan.listen.rfind(':'));
  if (request.copy) {
    SINTER_ASSIGN(const std::string program, program_path());
    SINTER_ASSIGN(plan.copied_hash, hash_of(program));
  }
  return plan;
}

Status copy_program(const ClusterPlan& plan, const Say& say) {
  SINTER_ASSIGN(const std::string path, program_path());
  SINTER_ASSIGN(const std::string bytes, read_file(*make_posix_file_system(), path, kMaxProgramBytes));
  const std::vector<HostLine> hosts = all_hosts(plan);
  SshOptions patient = plan.ssh;
  patient.timeout_ms = kCopyTimeoutMs;
  const std::size_t failures = on_each(plan, hosts, say, [&](const HostLine& host) -> Result<std::string> {
    SINTER_ASSIGN(const std::string there, run_script(plan.ssh, host.ssh, has_copy_script(plan.copied_hash)));
    if (without_end(there) == "there") return std::string();
    SINTER_TRY(send_file(patient, host.ssh, copied_program(plan.copied_hash) + ".part", bytes));
    SINTER_TRY(run_script(patient, host.ssh, take_copy_script(plan.copied_hash)));
    return std::string("has this program now");
  });
  return all_done(failures, hosts.size(), "did not get this program");
}

Result<std::vector<HostReport>> check_hosts(const ClusterPlan& plan) {
  Marks marks;
  for (const std::string& directory : plan.shared) SINTER_TRY(marks.put(directory));
  const std::vector<HostLine> hosts = all_hosts(plan);
  std::vector<HostReport> reports(hosts.size());
  // The tracker's host is the first and waits for the others, so it takes a place of its own.
  in_parallel(hosts.size(), plan.parallel + 1, [&](std::size_t i) {
    ProbeRequest request{hosts[i].scratch, plan.shared, marks.name(), "", 0, ""};
    if (i == 0) {
      request.listen = plan.listen;
      request.await = static_cast<std::uint32_t>(hosts.size() - 1);
    } else {
      request.reach = plan.address;
    }
    HostReport& report = reports[i];
    report.name = hosts[i].name;
    report.asked_us = Log::system_time().micros;
    const Result<std::string> said = run_script(plan.ssh, hosts[i].ssh, probe_script(plan, request));
    report.answered_us = Log::system_time().micros;
    Result<ProbeAnswer> answer = said.ok() ? parse_probe(*said) : Result<ProbeAnswer>(said.error());
    if (answer.ok()) report.probe = std::move(*answer);
    else report.ssh_problem = answer.error().to_string();
  });
  return reports;
}

Result<std::string> start_cluster(const ClusterPlan& plan, const Say& say) {
  auto started = run_script(plan.ssh, plan.tracker.ssh, tracker_script(plan));
  if (!started.ok()) return std::move(started).with_context("while starting the tracker").error();
  const std::string node_token = value_of(*started, "node");
  std::string submit_token = value_of(*started, "submit");
  if (node_token.empty() || submit_token.empty())
    return environment_error("the tracker on '" + plan.tracker.name + "' made no tokens", false);
  say(plan.tracker.name, "the tracker listens on " + plan.address);
  const std::size_t failures = on_each(plan, plan.hosts, say, [&](const HostLine& host) -> Result<std::string> {
    SINTER_ASSIGN(const std::string said, run_script(plan.ssh, host.ssh, node_script(plan, host, node_token)));
    return "node " + without_end(said);
  });
  SINTER_TRY(all_done(failures, plan.hosts.size(), "have no node"));
  return submit_token;
}

Result<bool> show_cluster(const ClusterPlan& plan, const Say& say) {
  const std::vector<HostLine> hosts = all_hosts(plan);
  std::mutex mutex;
  bool all_run = true;
  const std::size_t failures = on_each(plan, hosts, say, [&](const HostLine& host) -> Result<std::string> {
    std::vector<std::string> processes;
    if (host.name == plan.tracker.name) processes.emplace_back(kTrackerProcess);
    if (is_node(plan, host)) processes.push_back(process_of_node(host));
    SINTER_ASSIGN(const std::string said, run_script(plan.ssh, host.ssh, status_script(plan, processes)));
    std::string text;
    for (const std::string& process : processes) {
      const std::string pid = value_of(said, process);
      const std::string what = process == kTrackerProcess ? "tracker" : "node";
      text += (text.empty() ? "" : ", ") + what + (pid.empty() ? " does not run" : " runs (process " + pid + ")");
      const std::lock_guard lock(mutex);
      all_run = all_run && !pid.empty();
    }
    return text;
  });
  return all_run && failures == 0;
}

Status stop_cluster(const ClusterPlan& plan, const Say& say) {
  std::size_t failures = on_each(plan, plan.hosts, say, [&](const HostLine& host) -> Result<std::string> {
    SINTER_ASSIGN(const std::string said, run_script(plan.ssh, host.ssh, stop_script(plan, process_of_node(host))));
    return "node " + without_end(said);
  });
  failures += on_each(plan, {plan.tracker}, say, [&](const HostLine& host) -> Result<std::string> {
    SINTER_ASSIGN(const std::string said, run_script(plan.ssh, host.ssh, stop_script(plan, kTrackerProcess)));
    return "tracker " + without_end(said);
  });
  return all_done(failures, plan.hosts.size() + 1, "did not stop what ran there");
}

}  // namespace sinter::cli

// `sinter tracker`, `sinter node`, `sinter job`: the processes of a cluster and a look at its jobs. One thread each, and those of their
// jobs.
#include "cli/cluster_commands.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "framework/cluster/cluster_client.hpp"
#include "framework/cluster/cluster_tracker.hpp"
#include "framework/cluster/node.hpp"
#include "framework/plan/plan.hpp"
#include "framework/runtime/signal_watcher.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {
namespace {

constexpr std::string_view kDefaultPort = "7077";

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 && name[0] != 0 ? name : "node";
}

std::string temporary_directory() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && named[0] != 0 ? named : "/tmp";
}

/// Different for each start of a node; no secret.
std::uint64_t draw_identity() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

LogLevel log_level(const Console& console) { return console.quiet() ? LogLevel::Error : LogLevel::Info; }

int ended(const Status& status, const Console& console) {
  if (status.ok()) return kOk;
  console.error(status.error());
  return kRunFailed;
}

std::string state_text(cluster::RunState state) {
  switch (state) {
    case cluster::RunState::Running: return "running";
    case cluster::RunState::Done: return "done";
    case cluster::RunState::Failed: return "failed";
    case cluster::RunState::Cancelled: return "cancelled";
  }
  return "";
}

std::string text_of(const cluster::RunLine& line) {
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%.1f s", static_cast<double>(line.elapsed_ms) / 1000);
  std::string text = std::to_string(line.run) + "  " + state_text(line.state) + "  " + seconds + "  " + line.name;
  if (line.state == cluster::RunState::Running && line.tasks_total > 0)
    text += "  " + line.stage + " " + std::to_string(line.tasks_done) + "/" + std::to_string(line.tasks_total);
  if (!line.error.empty()) text += "  " + line.error;
  return text + "\n";
}

Result<std::string> job_text(const JobVerbArguments& arguments, const cluster::ClientOptions& options) {
  std::string text;
  if (arguments.verb == "nodes") {
    SINTER_ASSIGN(const std::vector<cluster::NodeLine> nodes, cluster::list_nodes(options));
    for (const cluster::NodeLine& node : nodes)
      text += std::to_string(node.node) + "  " + node.name + "  " + std::to_string(node.busy) + " of " + counted(node.slots, "slot") +
              " busy  " + format_bytes(node.memory_bytes) + "\n";
    return text.empty() ? "no nodes\n" : text;
  }
  if (arguments.verb == "cancel") {
    SINTER_ASSIGN(const cluster::RunLine line, cluster::cancel_on_cluster(options, arguments.run));
    return text_of(line);
  }
  SINTER_ASSIGN(const std::vector<cluster::RunLine> runs, cluster::list_runs(options));
  for (const cluster::RunLine& line : runs) text += text_of(line);
  return text.empty() ? "no jobs\n" : text;
}

}  // namespace

std::string cluster_endpoint(const std::string& address) {
  if (address.find("://") != std::string::npos) return address;
  return "tcp://" + address + (address.find(':') == std::string::npos ? ":" + std::string(kDefaultPort) : "");
}

int tracker_command(const TrackerArguments& arguments, const Console& console) {
  const SignalWatcher signals;
  const auto files = make_posix_file_system();
  const SteadyClock clock;
  Log log(log_level(console));
  log.add_sink(make_stderr_log_sink());
  const auto on_listening = [&](const std::string& endpoint) {
    const std::string address = endpoint.substr(endpoint.find("://") + 3);
    console.note("the tracker listens on " + address + "\nto join:   sinter node " + address +
                 "\nto run:    sinter run job.yaml --cluster " + address + "\nits data:  " + absolute(arguments.data_directory));
  };
  const cluster::TrackerOptions options{
      .listen = cluster_endpoint(arguments.listen),
      .data_directory = absolute(arguments.data_directory),
      .host = cluster::host_identity(),
      .factory = [](FileSystem& of, const JobPayload& payload) { return fusion::make_fusion_job(of, payload); },
      .files = *files,
      .clock = clock,
      .log = log,
      .stop = signals.cancelled(),
      .pause = [&] { return signals.signal() == SIGTERM; },
      .on_listening = on_listening};
  return ended(cluster::run_tracker(options), console);
}

int node_command(const NodeArguments& arguments, const Console& console) {
  const SignalWatcher signals;
  const auto files = make_posix_file_system();
  const SteadyClock clock;
  Log log(log_level(console));
  log.add_sink(make_stderr_log_sink());
  cluster::NodeOptions options{.tracker = cluster_endpoint(arguments.tracker),
                               .name = arguments.name.empty() ? host_name() : arguments.name,
                               .host = arguments.host.empty() ? cluster::host_identity() : arguments.host,
                               .slots = arguments.slots == 0 ? std::max(1u, std::thread::hardware_concurrency()) : arguments.slots,
                               .memory_bytes = cluster::machine_memory_bytes(),
                               .scratch_directory = absolute(arguments.scratch_directory.empty() ? temporary_directory()
                                                                                                 : arguments.scratch_directory),
                               .identity = draw_identity(),
                               .worker = {"/proc/self/exe", {"worker"}},
                               .files = *files,
                               .clock = clock,
                               .log = log,
                               .stop = signals.cancelled()};
  options.on_joined = [&] { console.note("joined the tracker at " + arguments.tracker + " with " + counted(options.slots, "slot")); };
  return ended(cluster::run_node(options), console);
}

int job_command(const JobVerbArguments& arguments, const Console& console) {
  const SteadyClock clock;
  Log log(LogLevel::Error);
  log.add_sink(make_stderr_log_sink());
  const cluster::ClientOptions options{cluster_endpoint(arguments.cluster), clock, log};
  const Result<std::string> text = job_text(arguments, options);
  if (!text.ok()) return ended(text.error(), console);
  console.data(*text);
  return kOk;
}

}  // namespace sinter::cli

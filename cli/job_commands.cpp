// `sinter job VERB`: looks at the jobs of a cluster, ends one or one of its tasks. One thread.
#include <signal.h>

#include <functional>
#include <optional>
#include <thread>

#include "cli/cluster_commands.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress.hpp"
#include "cli/status_text.hpp"
#include "framework/cluster/shipped_run.hpp"
#include "framework/cluster/status_client.hpp"
#include "framework/cluster/status_path.hpp"
#include "framework/io/json_writer.hpp"
#include "framework/plan/plan.hpp"
#include "framework/runtime/signal_watcher.hpp"

namespace sinter::cli {
namespace {

constexpr std::int64_t kWatchMs = 300;
/// A tracker that is restarted comes back within this.
constexpr SteadyMs kTrackerReturnMs = 60'000;

int failed(const Error& error, const Console& console) {
  console.error(error);
  return kRunFailed;
}

/// The pages of a list, one after the other, from `first` on; `each` sees each.
Status for_each_page(cluster::StatusClient& client, const std::string& path, const std::function<void(const JsonDocument&)>& each) {
  std::string from;
  while (true) {
    SINTER_ASSIGN(const JsonDocument page, client.json(path + "?limit=" + std::to_string(cluster::kMaxPageEntries) + from));
    each(page);
    if (page["next"].is_null()) return {};
    from = "&from=" + page["next"].text();
  }
}

std::string job_path(const JobVerbArguments& arguments) { return "/v1/jobs/" + std::to_string(arguments.run); }

/// What a verb without effects reads.
std::string path_of(const JobVerbArguments& arguments) {
  if (arguments.verb == "list") return "/v1/jobs";
  if (arguments.verb == "nodes") return "/v1/nodes";
  if (arguments.verb == "status") return job_path(arguments);
  return job_path(arguments) + "/" + arguments.verb + (arguments.verb == "logs" && !arguments.what.empty() ? "/" + arguments.what : "");
}

/// One page as it is, for scripts.
Result<std::string> page_json(cluster::StatusClient& client, const JobVerbArguments& arguments) {
  std::string path = path_of(arguments);
  if (arguments.verb != "status") {
    path += "?limit=" + std::to_string(arguments.limit);
    if (arguments.from) path += "&from=" + std::to_string(*arguments.from);
  }
  return client.page(path);
}

/// Everything, for people.
Status print_pages(cluster::StatusClient& client, const JobVerbArguments& arguments, const Console& console) {
  if (arguments.verb == "status") {
    SINTER_ASSIGN(const JsonDocument job, client.json(path_of(arguments)));
    console.data(printable(job_status(job)));
    return {};
  }
  bool any = false;
  const auto print = [&](const std::string& text) {
    any = true;
    console.data(printable(text));
  };
  SINTER_TRY(for_each_page(client, path_of(arguments), [&](const JsonDocument& page) {
    for (const JsonDocument& job : page["jobs"].items()) print(job_line(job));
    for (const JsonDocument& node : page["nodes"].items()) print(node_line(node));
    for (const auto& [name, count] : page["counters"].members()) print(name + "  " + count.text() + "\n");
    if (!any && page["dropped"].number() > 0 && arguments.verb == "history")
      console.note("the oldest " + page["dropped"].text() + " events are kept no more");
    if (!any && page["dropped"].number() > 0 && arguments.verb == "logs")
      console.note(page["dropped"].text() + " logs are kept no more; all are beside the job's output");
    for (const JsonDocument& event : page["events"].items()) print(event_line(event));
    for (const JsonDocument& log : page["logs"].items()) print(log["attempt"].text() + "  " + log["bytes"].text() + " bytes\n");
    for (const JsonDocument& line : page["lines"].items()) print(line.text() + "\n");
  }));
  if (any) return {};
  if (arguments.verb == "list") console.data("no jobs\n");
  else if (arguments.verb == "nodes") console.data("no nodes\n");
  else console.note("there is nothing (yet)");
  return {};
}

/// Progress until the end, and the job's exit code; Ctrl-C ends the watching, not the job.
int watch(cluster::StatusClient& client, const JobVerbArguments& arguments, const SignalWatcher& signals, const Console& console) {
  const SteadyClock clock;
  ProgressView view("auto", console);
  bool seen = false;
  SteadyMs heard_ms = clock.now_ms();
  while (true) {
    if (signals.cancelled().load()) {
      view.clear();
      return signals.signal() == SIGTERM ? kTerminated : kInterrupted;
    }
    const Result<JsonDocument> job = client.json(job_path(arguments));
    if (!job.ok()) {
      const bool waits = seen && job.error().fault() == Fault::Environment && clock.now_ms() - heard_ms < kTrackerReturnMs;
      if (waits) continue;
      view.clear();
      return failed(job.error(), console);
    }
    seen = true;
    heard_ms = clock.now_ms();
    const std::string& state = (*job)["state"].text();
    if (has_not_ended(*job)) {
      view.update(job_progress(*job));
      std::this_thread::sleep_for(std::chrono::milliseconds(kWatchMs));
      continue;
    }
    view.clear();
    std::string text = printable(job_status(*job));
    text.pop_back();  // note() ends the line
    console.note(text);
    if (state == "done") return kOk;
    return state == "cancelled" ? kCancelled : kRunFailed;
  }
}

int kill_task(cluster::StatusClient& client, const JobVerbArguments& arguments, const Console& console) {
  const Result<std::uint32_t> ended = client.kill_task(arguments.run, arguments.what);
  if (!ended.ok()) return failed(ended.error(), console);
  if (console.json()) console.data("{\"attempts\":" + std::to_string(*ended) + "}\n");
  else
    console.data(std::to_string(*ended) + (*ended == 1 ? " attempt" : " attempts") + " of " + arguments.what +
                 " ended; the task is made again\n");
  return kOk;
}

/// The results of a detached job whose files were shipped.
int fetch(const cluster::ClientOptions& options, const JobVerbArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  const Result<JobReport> report = cluster::fetch_shipped(options, *files, arguments.run, ticket_directory_for(arguments.cluster));
  if (!report.ok()) return failed(report.error(), console);
  JsonWriter json;
  json.begin_object().key("outputs").begin_array();
  for (const OutputFileReport& file : report->outputs) {
    json.begin_object().member("path", file.path).member("bytes", file.bytes).end_object();
    if (!console.json()) console.data(file.path + " (" + format_bytes(file.bytes) + ")\n");
  }
  json.end_array().end_object();
  if (console.json()) console.data(json.text() + "\n");
  return kOk;
}

/// Whether the verb has the words it needs and no others; else the usage error.
std::string missing(const JobVerbArguments& arguments) {
  const bool of_cluster = arguments.verb == "list" || arguments.verb == "nodes";
  if (!of_cluster && arguments.run == 0)
    return "'sinter job " + arguments.verb + "' needs the number of a job ('sinter job list' shows them)";
  if (of_cluster && arguments.run != 0) return "'sinter job " + arguments.verb + "' takes no job";
  if (arguments.verb == "kill-task" && arguments.what.empty()) return "'sinter job kill-task' needs a task, such as map-3";
  if (!arguments.what.empty() && arguments.verb != "kill-task" && arguments.verb != "logs")
    return "'sinter job " + arguments.verb + "' takes no '" + arguments.what + "'";
  return "";
}

}  // namespace

int job_command(const JobVerbArguments& arguments, const Console& console) {
  if (const std::string problem = missing(arguments); !problem.empty()) {
    console.error_text(problem);
    return kUsage;
  }
  std::optional<SignalWatcher> signals;  // before any thread of the connection
  if (arguments.verb == "watch") signals.emplace();
  const SteadyClock clock;
  Log log(LogLevel::Error);
  log.add_sink(make_stderr_log_sink());
  Result<net::SocketSecurity> security = identity_for(arguments.cluster).security(AccessRole::Submit);
  if (!security.ok()) return failed(security.error(), console);
  const cluster::ClientOptions options{cluster::endpoint_of(arguments.cluster), std::move(*security), clock, log};
  if (arguments.verb == "fetch") return fetch(options, arguments, console);
  if (arguments.verb == "cancel") {
    const Result<cluster::RunLine> line = cluster::cancel_on_cluster(options, arguments.run);
    if (!line.ok()) return failed(line.error(), console);
  }
  const Result<std::unique_ptr<cluster::StatusClient>> client = cluster::StatusClient::open(options);
  if (!client.ok()) return failed(client.error(), console);
  if (arguments.verb == "watch") return watch(**client, arguments, *signals, console);
  if (arguments.verb == "kill-task") return kill_task(**client, arguments, console);
  JobVerbArguments shown = arguments;
  if (shown.verb == "cancel") shown.verb = "status";
  if (!console.json()) {
    const Status printed = print_pages(**client, shown, console);
    return printed.ok() ? kOk : failed(printed.error(), console);
  }
  const Result<std::string> page = page_json(**client, shown);
  if (!page.ok()) return failed(page.error(), console);
  console.data(*page);
  return kOk;
}

}  // namespace sinter::cli

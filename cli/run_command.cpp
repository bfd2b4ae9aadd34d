// `sinter run`: a job from its file to its published output. One thread.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "cli/cluster_commands.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/job_loading.hpp"
#include "cli/progress.hpp"
#include "cli/run_summary.hpp"
#include "framework/cluster/client_connection.hpp"
#include "framework/cluster/cluster_client.hpp"
#include "framework/cluster/seen_files.hpp"
#include "framework/cluster/shipped_run.hpp"
#include "framework/runtime/foreground_task.hpp"
#include "framework/runtime/signal_watcher.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {
namespace {

int code_of(const Error& error, const SignalWatcher& signals) {
  if (!was_cancelled(error)) return kRunFailed;
  if (signals.signal() == SIGINT) return kInterrupted;
  return signals.signal() == SIGTERM ? kTerminated : kCancelled;
}

/// What to type to run the same job again: shortcuts are spelled as the settings they stand for.
std::string command_again(const RunArguments& arguments) {
  std::vector<std::string> words{program_invocation_name, "run", arguments.job.job_path};
  for (const std::string& setting : arguments.job.overrides) {
    words.emplace_back("--set");
    words.push_back(setting);
  }
  return shell_command(words);
}

/// `--task`: one attempt in the foreground; what became of it, for people.
Status run_task(const JobDefinition& definition, const JobPayload& payload, const RunOptions& options, const std::string& task,
                const Console& console) {
  const auto begins = [&console](const ForegroundTask& begun) {
    console.note("running " + begun.task + " (" + begun.input + ") in process " + std::to_string(::getpid()));
  };
  SINTER_ASSIGN(const ForegroundTask ended, run_foreground_task(definition, payload, options, task, begins));
  console.note(ended.task + " ended well and wrote nothing: " + std::to_string(ended.progress.rows) + " rows read, " +
               std::to_string(ended.progress.rejected) + " rejected");
  return {};
}

/// What became of the job's files, for people.
std::string describe(const cluster::SentFiles& sent) {
  return "shipped: " + counted(sent.files, "file") + " of " + format_bytes(sent.bytes) +
         (sent.sent_bytes < sent.bytes ? " (" + format_bytes(sent.sent_bytes) + " sent, the tracker had the others)" : "");
}

/// Whether the files must travel: as was said, or because somebody there does not see them.
Result<bool> must_ship(FileSystem& files, cluster::ClientConnection& tracker, const std::string& directory, const fusion::JobFile& job,
                       const std::vector<InputFile>& found, const RunArguments& arguments, const Console& console) {
  if (arguments.files != "auto") return arguments.files == "shipped";
  // A plugin is read where it is.
  if (!job.plugins.empty()) return false;
  std::vector<std::string> inputs;
  for (const InputFile& file : found) inputs.push_back(file.path);
  SINTER_ASSIGN(const cluster::FilesSeen seen, cluster::look_for_files(tracker, files, directory, inputs, job.output_path));
  if (!seen.missing.empty()) console.note(seen.by + " does not see " + seen.missing);
  return !seen.missing.empty();
}

/// With the files it reads, and back with what it leaves. Nothing to report: it was detached.
Result<std::optional<JobReport>> run_shipped_there(FileSystem& files, const cluster::ClientOptions& options,
                                                   cluster::ClientConnection& tracker, cluster::Submit submit,
                                                   const std::shared_ptr<const fusion::JobFile>& job, const std::vector<InputFile>& found,
                                                   const RunArguments& arguments, const Console& console, std::string& placement) {
  SINTER_ASSIGN(const JobDefinition definition, fusion::make_fusion_job(job));
  const std::string directory = submit.working_directory;
  cluster::ShippedRun run{std::move(submit), {}, cluster::targets_of(definition, directory, arguments.force), files};
  for (const InputFile& file : found) run.inputs.push_back(file.path);
  run.on_sending = [&](const cluster::SentFiles& all) {
    console.note("sending " + counted(all.files, "file") + " (" + format_bytes(all.bytes) + ") to " + arguments.cluster);
  };
  cluster::SentFiles sent;
  if (arguments.detach) {
    SINTER_ASSIGN(const cluster::RunId number,
                  cluster::submit_shipped(tracker, std::move(run), sent, ticket_directory_for(arguments.cluster)));
    console.note("job " + std::to_string(number) + " runs on " + arguments.cluster + "; its results wait there for a day after its end: " +
                 shell_command({"sinter", "job", "fetch", std::to_string(number), "--cluster", arguments.cluster}));
    return std::optional<JobReport>();
  }
  ProgressView view(arguments.progress, console);
  Result<JobReport> report =
      cluster::run_shipped(options, tracker, std::move(run), sent, [&view](const JobProgress& progress) { view.update(progress); });
  view.clear();
  if (!report.ok()) return report.error();
  placement = describe(sent);
  return std::optional<JobReport>(std::move(report).value());
}

/// The same job on a cluster: the tracker makes the definition again from what is sent.
Result<std::optional<JobReport>> run_there(FileSystem& files, const std::shared_ptr<const fusion::JobFile>& job,
                                           const std::vector<InputFile>& found, const RunArguments& arguments, const Console& console,
                                           const SignalWatcher& signals, std::string& placement) {
  const SteadyClock clock;
  Log log(console.quiet() ? LogLevel::Error : LogLevel::Warning);
  log.add_sink(make_stderr_log_sink());
  SINTER_ASSIGN(net::SocketSecurity security, identity_for(arguments.cluster).security(AccessRole::Submit));
  const cluster::ClientOptions options{cluster::endpoint_of(arguments.cluster), std::move(security), clock, log, &signals.cancelled()};
  JobPayload payload = fusion::make_payload(*job);
  cluster::Submit submit;
  submit.payload_kind = std::move(payload.kind);
  submit.payload = std::move(payload.body);
  submit.working_directory = std::filesystem::current_path().string();
  submit.overwrite = arguments.force;
  submit.priority = arguments.priority;
  submit.speculation = arguments.speculation;
  cluster::ClientConnection tracker(options);
  SINTER_TRY(tracker.open());
  SINTER_ASSIGN(const bool ships, must_ship(files, tracker, submit.working_directory, *job, found, arguments, console));
  if (ships)
    return run_shipped_there(files, options, tracker, std::move(submit), job, found, arguments, console, placement);
  placement = "on shared paths";
  if (arguments.detach) {
    SINTER_ASSIGN(const cluster::RunId run, cluster::submit_to_cluster(tracker, std::move(submit)));
    console.note("job " + std::to_string(run) + " runs on " + arguments.cluster);
    return std::optional<JobReport>();
  }
  ProgressView view(arguments.progress, console);
  Result<JobReport> report =
      cluster::run_on_cluster(tracker, std::move(submit), [&view](const JobProgress& progress) { view.update(progress); });
  view.clear();
  if (!report.ok()) return report.error();
  return std::optional<JobReport>(std::move(report).value());
}

/// Nothing to report: only one task was run.
Result<std::optional<JobReport>> run_here(FileSystem& files, const std::shared_ptr<const fusion::JobFile>& job,
                                          std::vector<InputFile> found, const RunArguments& arguments, const Console& console,
                                          const SignalWatcher& signals) {
  SINTER_ASSIGN(JobDefinition definition, fusion::make_fusion_job(job));
  definition.input_files = std::move(found);
  definition.overwrite = arguments.force;
  const SteadyClock clock;
  Log log(console.quiet() ? LogLevel::Error : LogLevel::Warning);
  log.add_sink(make_stderr_log_sink());
  ProgressView view(arguments.progress, console);
  const JobFactory factory = [&files](const JobPayload& payload) {
    return fusion::make_fusion_job(files, payload, fusion::load_plugins(files));
  };
  RunOptions options{.worker = {"/proc/self/exe", {"worker"}},
                     .factory = factory,
                     .files = files,
                     .clock = clock,
                     .log = log,
                     .on_progress = [&view](const JobProgress& progress) { view.update(progress); }};
  options.cancel = &signals.cancelled();
  options.cores = std::max(1u, std::thread::hardware_concurrency());
  options.rerun_command = command_again(arguments);
  if (!arguments.task.empty()) {
    SINTER_TRY(run_task(definition, fusion::make_payload(*job), options, arguments.task, console));
    return std::optional<JobReport>();
  }
  Result<JobReport> report = run_job(definition, fusion::make_payload(*job), options);
  view.clear();
  if (!report.ok()) return report.error();
  return std::optional<JobReport>(std::move(report).value());
}

/// Compares with the truth, when the job names one.
Result<std::optional<fusion::QualityReport>> judge(FileSystem& files, const fusion::JobFile& job, const JobReport& report) {
  if (!job.gold) return std::optional<fusion::QualityReport>();
  std::vector<std::string> paths;
  for (const OutputFileReport& file : report.outputs) paths.push_back(file.path);
  SINTER_ASSIGN(fusion::QualityReport quality, fusion::compare_with_gold(files, job, paths));
  return std::optional<fusion::QualityReport>(std::move(quality));
}

}  // namespace

int run_command(const RunArguments& arguments, const Console& console) {
  const SignalWatcher signals;
  const auto files = make_posix_file_system();
  int code = kOk;
  const std::shared_ptr<const fusion::JobFile> job = load_job_file(*files, arguments.job, console, code);
  if (job == nullptr) return code;
  auto found = find_job_files(*files, *job, HeaderDepth::FirstFiles, console);
  if (!found) return kBadJobFile;
  std::string placement;
  const auto ended = arguments.cluster.empty() ? run_here(*files, job, std::move(*found), arguments, console, signals)
                                               : run_there(*files, job, *found, arguments, console, signals, placement);
  if (!ended.ok()) {
    console.error(ended.error());
    return code_of(ended.error(), signals);
  }
  if (!*ended) return kOk;
  const JobReport& report = **ended;
  const auto quality = judge(*files, *job, report);
  if (!quality.ok()) {
    console.error(quality.error());
    return kRunFailed;
  }
  const RowBalance balance = row_balance(report.counters);
  const double rejected_share = balance.read == 0 ? 0 : static_cast<double>(balance.rejected) / static_cast<double>(balance.read);
  const std::vector<fusion::CheckOutcome> checks = fusion::judge_checks(*job, *quality ? &**quality : nullptr, rejected_share);
  const RunSummary summary{*job, report, *quality, checks, placement};
  if (console.json()) console.data(summary_json(summary));
  std::string text = summary_text(summary, console);
  text.pop_back();  // note() ends the line
  console.note(text);
  for (const fusion::CheckOutcome& outcome : checks) {
    if (console.quiet() && !outcome.passed && outcome.check.severity == fusion::Severity::Error) console.error_text(outcome.text);
  }
  return summary.quality_failed() ? kQualityFailed : kOk;
}

}  // namespace sinter::cli

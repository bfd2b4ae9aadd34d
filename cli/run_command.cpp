// `sinter run`: a job from its file to its published output. One thread.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "cli/cluster_commands.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/job_loading.hpp"
#include "cli/plugin_code.hpp"
#include "cli/progress.hpp"
#include "cli/run_summary.hpp"
#include "framework/cluster/client_job.hpp"
#include "framework/runtime/foreground_task.hpp"
#include "framework/runtime/host_share.hpp"
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

/// The same job on a cluster: the tracker makes the definition again from what is sent, or, when it has plugins, takes what is made here.
Result<std::optional<JobReport>> run_there(FileSystem& files, const std::shared_ptr<const fusion::JobFile>& job,
                                           std::vector<InputFile> found, const RunArguments& arguments, const Console& console,
                                           const SignalWatcher& signals, std::string& placement) {
  const SteadyClock clock;
  Log log(console.quiet() ? LogLevel::Error : LogLevel::Warning);
  log.add_sink(make_stderr_log_sink());
  SINTER_ASSIGN(net::SocketSecurity security, identity_for(arguments.cluster).security(AccessRole::Submit));
  const cluster::ClientOptions options{cluster::endpoint_of(arguments.cluster), std::move(security), clock, log, &signals.cancelled()};
  SINTER_ASSIGN(JobDefinition definition, fusion::make_fusion_job(job));
  definition.input_files = std::move(found);
  ProgressView view(arguments.progress, console);
  cluster::ClientJob there{.definition = definition,
                           .payload = fusion::make_payload(*job),
                           .code = {},
                           .files = files,
                           .working_directory = std::filesystem::current_path().string(),
                           .overwrite = arguments.force,
                           .priority = arguments.priority,
                           .speculation = arguments.speculation,
                           .placement = arguments.files,
                           .detach = arguments.detach,
                           .cluster = arguments.cluster,
                           .ticket_directory = ticket_directory_for(arguments.cluster),
                           .sinter_version = SINTER_VERSION,
                           .submission = cluster::draw_identity(),
                           .note = [&console](const std::string& text) { console.note(text); },
                           .on_progress = [&view](const JobProgress& progress) { view.update(progress); }};
  if (!job->plugins.empty()) there.code.emplace().files = code_of_plugins(*job);
  Result<cluster::ClientOutcome> outcome = cluster::run_client_job(options, std::move(there));
  view.clear();
  if (!outcome.ok()) return outcome.error();
  placement = std::move(outcome->placement);
  return std::move(outcome->report);
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
  options.cores = host_processors();
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
                                               : run_there(*files, job, std::move(*found), arguments, console, signals, placement);
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

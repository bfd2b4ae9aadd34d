// job_main: arguments, worker mode, one run, check or explain, its summary. See framework/api/job_main.hpp. One thread.
#include "framework/api/job_main.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/checksum.hpp"
#include "base/parse_size.hpp"
#include "framework/api/job_draft.hpp"
#include "framework/api/parameter.hpp"
#include "framework/cluster/client_job.hpp"
#include "framework/cluster/identity.hpp"
#include "framework/io/committed_output.hpp"
#include "framework/plan/plan.hpp"
#include "framework/program/own_code.hpp"
#include "framework/runtime/attempt.hpp"
#include "framework/runtime/foreground_task.hpp"
#include "framework/runtime/host_share.hpp"
#include "framework/runtime/run_job.hpp"
#include "framework/runtime/signal_watcher.hpp"
#include "framework/runtime/worker.hpp"

namespace sinter {
namespace {

/// As in docs/command.md.
enum ExitCode : int { kOk = 0, kRunFailed = 1, kUsage = 2, kInterrupted = 130, kTerminated = 143 };

enum class Verb { Run, Check, Explain };

constexpr std::string_view kWorkerWord = "worker";
constexpr std::string_view kMemoryGroup = "--memory-group=";
constexpr std::uint64_t kMaxExecutableBytes = 4 * kGiB;

/// Those with a value.
constexpr std::string_view kOptions[] = {"--workers", "--memory", "--split", "--timeout", "--output", "--param", "--task",
                                           "--cluster", "--files", "--priority"};

struct CommandLine {
  Verb verb = Verb::Run;
  std::vector<std::string> arguments;
  std::vector<std::string> parameters;  // "NAME=VALUE"
  std::optional<std::uint32_t> workers;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> split_bytes;
  std::optional<std::int64_t> timeout_ms;
  std::string task;                     // run this one only, in the foreground
  std::vector<std::string> outputs;     // "PATH" or "NAME=PATH"
  bool force = false;
  bool in_process = false;
  bool quarantine = false;
  std::string cluster;                  // the tracker that runs it; empty: this machine
  std::string placement = "auto";       // of files, see ClientJob
  std::int32_t priority = 0;
  bool detach = false;
  bool speculation = true;
  bool help = false;
};

std::string usage_line(const JobProgram& program) {
  std::string text = "usage: " + program.name;
  for (const std::string& argument : program.arguments) text += " " + argument;
  return text + " [options]";
}

std::string usage(const JobProgram& program) {
  return usage_line(program) +
         "\n"
         "       " + program.name + " check | explain ...: find what is wrong before anything runs; show the plan\n"
         "  --workers N     worker processes (default: one per core)\n"
         "  --memory SIZE   memory per worker, such as 256MiB\n"
         "  --split SIZE    input per map task (default: from the size of the input)\n"
         "  --timeout SECS  time that a task may take without progress (default: 600)\n"
         "  --output PATH   write here; a path that ends in / is a directory of parts. NAME=PATH: the side output of that name\n"
         "  --param NAME=VALUE\n"
         "                  set a parameter of the job\n"
         "  --force         replace the output\n"
         "  --quarantine    records at which a map function crashes, hangs or throws go to the rejects; else they fail the job\n"
         "  --in-process    threads instead of worker processes, for debuggers\n"
         "  --task NAME     run one attempt of this task (map-3, step1-0, reduce-7) in the foreground, and write nothing\n"
         "  --cluster HOST[:PORT]\n"
         "                  run on the nodes of the tracker there, with this program; the rest is about that:\n"
         "  --files HOW     shared: nodes see the files under their paths; shipped: they are sent; auto (default)\n"
         "  --detach        leave the job to the tracker: `sinter job list` and `sinter job fetch`\n"
         "  --priority N    jobs of higher ones get slots first (0)\n"
         "  --no-speculation\n"
         "                  no second attempts at slow tasks\n"
         "  --help          this text\n";
}

Result<std::uint32_t> parse_workers(const std::string& text) {
  std::uint32_t count = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && count > 0) return count;
  return user_error("--workers needs a whole number above 0, not '" + text + "'");
}

Result<std::int64_t> parse_timeout(const std::string& text) {
  const std::optional<double> seconds = parse_parameter<double>(text);
  if (seconds && *seconds >= 0.001 && *seconds <= 1e9) return static_cast<std::int64_t>(*seconds * 1000);
  return user_error("--timeout needs a number of seconds above 0, not '" + text + "'");
}

Status set_cluster_option(CommandLine& line, const std::string& name, const std::string& value) {
  if (name == "--cluster") {
    line.cluster = value;
  } else if (name == "--files") {
    if (value != "auto" && value != "shared" && value != "shipped")
      return user_error("--files is auto, shared or shipped, not '" + value + "'");
    line.placement = value;
  } else {
    const std::optional<std::int32_t> priority = parse_parameter<std::int32_t>(value);
    if (!priority) return user_error("--priority needs a whole number, not '" + value + "'");
    line.priority = *priority;
  }
  return {};
}

Status set_option(CommandLine& line, const std::string& name, const std::string& value) {
  if (name == "--cluster" || name == "--files" || name == "--priority") return set_cluster_option(line, name, value);
  if (name == "--workers") {
    SINTER_ASSIGN(line.workers, parse_workers(value));
  } else if (name == "--memory") {
    SINTER_ASSIGN(line.memory_bytes, parse_size(value));
  } else if (name == "--split") {
    SINTER_ASSIGN(line.split_bytes, parse_size(value));
  } else if (name == "--timeout") {
    SINTER_ASSIGN(line.timeout_ms, parse_timeout(value));
  } else if (name == "--task") {
    line.task = value;
  } else if (name == "--param") {
    line.parameters.push_back(value);
  } else {
    line.outputs.push_back(value);
  }
  return {};
}

/// A verb before the arguments; a program that takes arguments may have one that is called so.
void take_verb(const JobProgram& program, CommandLine& line) {
  if (line.arguments.size() != program.arguments.size() + 1) return;
  const std::string& word = line.arguments.front();
  if (word == "check") line.verb = Verb::Check;
  else if (word == "explain") line.verb = Verb::Explain;
  else if (word != "run") return;
  line.arguments.erase(line.arguments.begin());
}

/// Those without a value.
bool set_flag(CommandLine& line, const std::string& word) {
  if (word == "--force") line.force = true;
  else if (word == "--in-process") line.in_process = true;
  else if (word == "--quarantine") line.quarantine = true;
  else if (word == "--detach") line.detach = true;
  else if (word == "--no-speculation") line.speculation = false;
  else if (word == "--help") line.help = true;
  else return false;
  return true;
}

Status check_options(const CommandLine& line) {
  if (line.cluster.empty() && line.detach) return user_error("--detach leaves a job to a tracker: --cluster says which");
  if (!line.cluster.empty() && (line.in_process || !line.task.empty()))
    return user_error("--in-process and --task are of this machine, without --cluster");
  return {};
}

/// Options as `--name value` or `--name=value`.
Result<CommandLine> parse_command_line(const JobProgram& program, const std::vector<std::string>& words) {
  CommandLine line;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!word.starts_with("--")) {
      line.arguments.push_back(word);
    } else if (set_flag(line, word)) {
      continue;
    } else if (std::find(std::begin(kOptions), std::end(kOptions), name) == std::end(kOptions)) {
      return user_error("unknown option '" + word + "'");
    } else if (equals != std::string::npos) {
      SINTER_TRY(set_option(line, name, word.substr(equals + 1)));
    } else if (i + 1 < words.size()) {
      SINTER_TRY(set_option(line, name, words[++i]));
    } else {
      return user_error("option '" + word + "' needs a value");
    }
  }
  take_verb(program, line);
  SINTER_TRY(check_options(line));
  if (line.help || line.arguments.size() == program.arguments.size()) return line;
  if (line.arguments.size() < program.arguments.size()) return user_error(program.arguments[line.arguments.size()] + " is missing");
  return user_error("unexpected argument '" + line.arguments[program.arguments.size()] + "'");
}

/// NAME=PATH is a side output's when the job has one of that name.
void set_output(JobDefinition& job, const std::string& output) {
  const std::size_t equals = output.find('=');
  for (SideOutputDeclaration& side : job.side_outputs) {
    if (equals == std::string::npos || output.compare(0, equals, side.name) != 0) continue;
    side.output.path = output.substr(equals + 1);
    return;
  }
  job.output.path = output;
}

Result<JobDefinition> make_job(const JobProgram& program, const CommandLine& line) {
  SINTER_ASSIGN(JobDefinition job, program.make_job(line.arguments));
  for (const std::string& parameter : line.parameters) SINTER_TRY(set_parameter(job.parameters, parameter));
  if (line.workers) job.execution.workers = *line.workers;
  if (line.split_bytes) job.execution.split_bytes = *line.split_bytes;
  if (line.timeout_ms) job.execution.task_timeout_ms = *line.timeout_ms;
  if (line.memory_bytes) job.execution.memory_bytes = *line.memory_bytes;
  for (const std::string& output : line.outputs) set_output(job, output);
  if (line.force) job.overwrite = true;
  if (line.in_process) job.execution.in_process = true;
  if (line.quarantine) job.execution.on_bad_record = OnBadRecord::Quarantine;
  return job;
}

/// What the job means is in its machine code, so that is what its hash is of.
Result<std::string> hash_of_program(FileSystem& files, const std::vector<std::string>& arguments,
                                    const std::vector<ParameterDeclaration>& parameters) {
  SINTER_ASSIGN(const std::string code, read_file(files, std::string(kOwnExecutable), kMaxExecutableBytes));
  std::uint64_t hash = checksum64(code);
  for (const std::string& argument : arguments) hash = hash64(argument, hash);
  for (const ParameterDeclaration& parameter : parameters) hash = hash64(parameter.value, hash64(parameter.name, hash));
  return checksum_text(hash);
}

std::uint64_t count(const Counters& counters, std::string_view name) {
  const auto found = counters.find(std::string(name));
  return found == counters.end() ? 0 : found->second;
}

void print_summary(const std::string& name, const JobReport& report, const std::string& placement) {
  const std::uint64_t rejected = count(report.counters, kRowsRejectedCounter);
  std::string text = "ok  " + name + "  " + std::to_string(report.input_files) + (report.input_files == 1 ? " file" : " files");
  // A job of sorted pairs reads no rows.
  if (report.counters.contains(std::string(kRowsReadCounter)))
    text += ", " + std::to_string(count(report.counters, kRowsReadCounter)) + " rows";
  if (rejected > 0) text += " (" + std::to_string(rejected) + " rejected, see " + report.rejects.path + ")";
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), " in %.2f s, ", static_cast<double>(report.total_ms) / 1000);
  text += seconds + std::to_string(report.workers) + (report.workers == 1 ? " worker\n" : " workers\n");
  if (!placement.empty()) text += "  files     " + placement + "\n";
  if (report.rounds > 0) text += "  rounds    " + std::to_string(report.rounds) + "\n";
  if (report.failed_attempts > 0) {
    text += "  attempts  " + std::to_string(report.failed_attempts) + " failed and were repeated, " + std::to_string(report.lost_workers) +
            " workers lost\n";
  }
  for (const auto& [counter, value] : report.counters)
    if (counter != kRowsReadCounter && counter != kRowsRejectedCounter && counter != "groups")
      text += "  counter   " + counter + " " + std::to_string(value) + "\n";
  for (const HistogramSummary& one : report.histograms) {
    text += "  histogram " + one.name + " " + std::to_string(one.count) + " numbers, median " + parameter_text(one.median) +
            ", 90 % up to " + parameter_text(one.percentile_90) + ", most " + parameter_text(one.most) + "\n";
  }
  for (const OutputFileReport& file : report.side_outputs) text += "  side      " + file.path + " (" + format_bytes(file.bytes) + ")\n";
  for (const OutputFileReport& file : report.outputs) text += "  output    " + file.path + " (" + format_bytes(file.bytes) + ")\n";
  std::fputs(text.c_str(), stderr);
}

/// What the framework calls by its key in a job file, and what sets it here.
constexpr std::pair<std::string_view, std::string_view> kOptionOfSetting[] = {
    {"Set execution.on_bad_record to quarantine", "Use --quarantine"},
    {"execution.memory (--memory)", "--memory"},
    {"execution.memory", "--memory"},
    {"execution.timeout", "--timeout"},
    {"execution.workers", "--workers"}};

int report_error(const JobProgram& program, const Error& error, int code) {
  std::string text = error.to_string();
  for (const auto& [setting, option] : kOptionOfSetting)
    for (std::size_t at = 0; (at = text.find(setting, at)) != std::string::npos; at += option.size())
      text.replace(at, setting.size(), option);
  std::fputs((program.name + ": error: " + text + "\n").c_str(), stderr);
  return code;
}

int exit_code_of(const Error& error, const SignalWatcher& signals) {
  if (!was_cancelled(error)) return kRunFailed;
  return signals.signal() == SIGTERM ? kTerminated : kInterrupted;
}

/// A table's columns must be in its files.
Status check_columns(FileSystem& files, const JobDefinition& job, const Plan& plan) {
  for (const InputFile& file : plan.files) {
    if (file.format.kind != FormatKind::Csv) continue;
    SINTER_ASSIGN(const std::vector<std::string> names, read_columns(files, file));
    for (const ColumnRequest& wanted : job.inputs[file.input].columns) {
      if (!wanted.required || std::find(names.begin(), names.end(), wanted.name) != names.end()) continue;
      std::string all;
      for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
      return user_error("'" + file.path + "' has no column '" + wanted.name + "'").with_hint("It has " + all);
    }
  }
  return {};
}

/// `check`: everything that can be wrong before a task runs. `explain`: the plan.
int show(const JobProgram& program, const CommandLine& line) {
  const std::unique_ptr<FileSystem> files = make_posix_file_system();
  const auto look = [&]() -> Status {
    SINTER_ASSIGN(const JobDefinition job, make_job(program, line));
    SINTER_ASSIGN(const Plan plan, make_plan(*files, job, host_processors()));
    SINTER_TRY(check_columns(*files, job, plan));
    if (line.verb == Verb::Explain) {
      for (const std::string& text : explain(plan, job)) std::puts(text.c_str());
      return {};
    }
    SINTER_TRY(check_output_path(*files, job.output.path, job.overwrite));
    std::printf("%s is well: %s\n", job.name.c_str(), counted(plan.files.size() + plan.sorted_runs.size(), "file").c_str());
    return {};
  };
  const Status status = look();
  return status.ok() ? kOk : report_error(program, status.error(), kRunFailed);
}

/// The parameters of a job that can be made without arguments, for the help.
std::string parameters_text(const JobProgram& program) {
  if (!program.arguments.empty()) return "";
  const Result<JobDefinition> job = program.make_job({});
  if (!job.ok() || job->parameters.empty()) return "";
  std::string text = "parameters:\n";
  for (const ParameterDeclaration& one : job->parameters)
    text += "  " + one.name + "=" + one.value + "  " + one.help + " (" + one.type + ")\n";
  return text;
}

/// `--task`: how the attempt ended, in a few lines. A crash ends this process, as it did the worker.
int run_task(const JobProgram& program, const JobDefinition& job, const CommandLine& line, const RunOptions& options) {
  const auto begins = [&](const ForegroundTask& task) {
    std::fputs((program.name + ": running " + task.task + " (" + task.input + ") in process " + std::to_string(::getpid()) + "\n").c_str(),
               stderr);
  };
  const Result<ForegroundTask> ended = run_foreground_task(job, {program.name, {}}, options, line.task, begins);
  if (!ended.ok()) return report_error(program, ended.error(), kRunFailed);
  std::string text = "ok  " + ended->task + " ended well and wrote nothing: " + std::to_string(ended->progress.rows) + " rows read, " +
                     std::to_string(ended->progress.rejected) + " rejected\n";
  for (const auto& [counter, value] : ended->counters) text += "  counter   " + counter + " " + std::to_string(value) + "\n";
  std::fputs(text.c_str(), stderr);
  return kOk;
}

/// What becomes of the job on a cluster, whose nodes run this program as their workers.
Result<cluster::ClientOutcome> run_there(const JobProgram& program, JobDefinition& job, const std::vector<std::string>& words,
                                         const CommandLine& line, FileSystem& files, const SignalWatcher& signals, Log& log) {
  const SteadyClock clock;
  const cluster::Identity identity = cluster::Identity::of_user(line.cluster);
  SINTER_ASSIGN(net::SocketSecurity security, identity.security(AccessRole::Submit));
  const cluster::ClientOptions options{cluster::endpoint_of(line.cluster), std::move(security), clock, log, &signals.cancelled()};
  SINTER_ASSIGN(std::vector<cluster::CodeFile> code, own_code());
  return cluster::run_client_job(
      options, {.definition = job,
                .payload = {program.name, {}},
                .code = cluster::ClientCode{true, words, std::move(code)},
                .files = files,
                .working_directory = std::filesystem::current_path().string(),
                .overwrite = job.overwrite,
                .priority = line.priority,
                .speculation = line.speculation,
                .placement = line.placement,
                .detach = line.detach,
                .cluster = line.cluster,
                .ticket_directory = identity.directory(),
                .sinter_version = SINTER_VERSION,
                .submission = cluster::draw_identity(),
                .note = [&](const std::string& text) { std::fputs((program.name + ": " + text + "\n").c_str(), stderr); }});
}

int run(const JobProgram& program, const std::string& called, const std::vector<std::string>& words, const CommandLine& line) {
  const SignalWatcher signals;
  const std::unique_ptr<FileSystem> files = make_posix_file_system();
  Result<JobDefinition> job = make_job(program, line);
  if (!job.ok()) return report_error(program, job.error(), kRunFailed);
  Result<std::string> hash = hash_of_program(*files, line.arguments, job->parameters);
  if (!hash.ok()) return report_error(program, hash.error(), kRunFailed);
  job->hash = std::move(*hash);
  const SteadyClock clock;
  Log log(LogLevel::Warning);
  log.add_sink(make_stderr_log_sink());
  if (!line.cluster.empty()) {
    const auto outcome = run_there(program, *job, words, line, *files, signals, log);
    if (!outcome.ok()) return report_error(program, outcome.error(), exit_code_of(outcome.error(), signals));
    if (outcome->report) print_summary(job->name, *outcome->report, outcome->placement);
    return kOk;
  }
  // A worker has this command line and the worker's words behind it, so it makes the same job.
  WorkerProgram worker{std::string(kOwnExecutable), words};
  worker.arguments.emplace_back(kWorkerWord);
  RunOptions options{.worker = std::move(worker),
                     .factory = [&](const JobPayload&) { return make_job(program, line); },
                     .files = *files,
                     .clock = clock,
                     .log = log,
                     .on_progress = {}};
  options.cancel = &signals.cancelled();
  options.cores = host_processors();
  if (!line.task.empty()) return run_task(program, *job, line, options);
  std::vector<std::string> again{called};
  again.insert(again.end(), words.begin(), words.end());
  options.rerun_command = shell_command(again);
  const Result<JobReport> report = run_job(*job, {program.name, {}}, options);
  if (!report.ok()) return report_error(program, report.error(), exit_code_of(report.error(), signals));
  print_summary(job->name, *report, "");
  return kOk;
}

/// How many words at the end make this process a worker; 0: none. An endpoint is a URL, so an input that is called "worker" is not
/// mistaken.
std::size_t worker_words(const std::vector<std::string>& words) {
  const std::size_t size = words.size();
  if (size < 3 || words[size - 2].find("://") == std::string::npos) return 0;
  if (words[size - 3] == kWorkerWord) return 3;
  return size >= 4 && words[size - 4] == kWorkerWord && words[size - 3].starts_with(kMemoryGroup) ? 4 : 0;
}

int serve(const JobProgram& program, std::vector<std::string> words, std::size_t of_worker) {
  const std::string memory_group = of_worker == 4 ? words[words.size() - 3].substr(kMemoryGroup.size()) : "";
  const std::string endpoint = words[words.size() - 2];
  WorkerId worker = 0;
  const std::string& number = words.back();
  std::from_chars(number.data(), number.data() + number.size(), worker);
  words.resize(words.size() - of_worker);
  const Result<CommandLine> line = parse_command_line(program, words);
  const JobFactory factory = [&](const JobPayload&) -> Result<JobDefinition> {
    if (!line.ok()) return line.error();
    return make_job(program, *line);
  };
  return worker_main(endpoint, worker, factory, {}, memory_group);
}

}  // namespace

int CompleteJob::main(int argument_count, char** argument_values) const {
  const Result<JobDefinition> first = definition();
  const std::string name = first.ok() ? first->name : "job";
  return job_main({name, {}, [this](const std::vector<std::string>&) { return definition(); }}, argument_count, argument_values);
}

int job_main(const JobProgram& program, int argument_count, char** argument_values) {
  const std::vector<std::string> words(argument_values + std::min(argument_count, 1), argument_values + argument_count);
  if (const std::size_t of_worker = worker_words(words); of_worker > 0) return serve(program, words, of_worker);
  const Result<CommandLine> line = parse_command_line(program, words);
  if (!line.ok()) {
    report_error(program, line.error(), kUsage);
    std::fputs((usage_line(program) + ", which --help lists\n").c_str(), stderr);  // in one line: all of them would hide the error
    return kUsage;
  }
  if (line->help) {
    std::fputs((usage(program) + parameters_text(program)).c_str(), stdout);
    return kOk;
  }
  if (line->verb != Verb::Run) return show(program, *line);
  return run(program, argument_count > 0 ? argument_values[0] : program.name, words, *line);
}

}  // namespace sinter

// The command line over CLI11: see command_line.hpp. One thread.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/exit_code.hpp"
#include "jobs/fusion/config/node.hpp"

namespace sinter::cli {
namespace {

struct Globals {
  std::string format = "text";
  std::string color = "auto";
  bool quiet = false;
  Console console() const { return Console(color, format == "json", quiet); }
};

/// Everything the verbs parse into; lives as long as the parse.
struct Arguments {
  Globals globals;
  RunArguments run;
  JobArguments check;
  JobArguments explain;
  PreviewArguments preview;
  GenerateArguments generate;
  InitArguments init;
  InspectArguments inspect;
  WorkerArguments worker;
  TrackerArguments tracker;
  NodeArguments node;
  JoinArguments join;
  JobVerbArguments job;
  TokenVerbArguments token;
  SetupArguments setup;
  ProbeArguments probe;
  MemberVerbArguments member;
  TopArguments top;
  ListArguments list;
  std::string completion_shell;
  std::string help_topic;
};

/// A text as YAML reads it back, whatever it holds.
std::string yaml_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// Shortcuts are spelled as the override they stand for, so that precedence and checks are the same.
void add_shortcut(CLI::App* app, std::vector<std::string>& overrides, const std::string& flags, const std::string& key,
                  const std::string& help) {
  app->add_option_function<std::string>(
      flags, [&overrides, key](const std::string& value) { overrides.push_back(key + "=" + value); }, help);
}

/// Spelled on the command itself or behind any verb: the verbs show them in their help, and completion knows them.
void add_global_options(CLI::App* app, Globals& globals, bool has_result) {
  if (has_result) {
    app->add_option("--format", globals.format, "text, or json: one result object on stdout")->check(CLI::IsMember({"text", "json"}));
  }
  app->add_option("--color", globals.color, "auto, always or never")->check(CLI::IsMember({"auto", "always", "never"}));
  app->add_flag("-q,--quiet", globals.quiet, "only errors");
}

void add_job_options(CLI::App* app, JobArguments& job) {
  app->add_option("JOB", job.job_path, "the job file (YAML)")->required();
  app->add_option("--set", job.overrides, "change one setting: execution.workers=4 (repeatable)")->allow_extra_args(false);
}

void add_run(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* run = app.add_subcommand("run", "Fuse the sources of a job file into one record per entity");
  add_job_options(run, arguments.run.job);
  std::vector<std::string>& overrides = arguments.run.job.overrides;
  add_shortcut(run, overrides, "-j,--workers", "execution.workers", "worker processes");
  add_shortcut(run, overrides, "--memory", "execution.memory", "memory per worker, such as 256MiB");
  // A path in the job file starts from there, one on the command line from where the person is.
  run->add_option_function<std::string>(
      "-o,--output",
      [&overrides](const std::string& path) {
        std::error_code ignored;
        overrides.push_back("output.fused.to=" + yaml_quoted(std::filesystem::absolute(path, ignored).string()));
      },
      "where the fused records go, relative to the working directory");
  run->add_flag_callback("--in-process", [&overrides] { overrides.emplace_back("execution.in_process=true"); },
                         "threads instead of worker processes, for debuggers");
  run->add_flag("--force", arguments.run.force, "replace an output that exists");
  run->add_option("--task", arguments.run.task, "run one attempt of this task (map-3, reduce-7) in the foreground, and write nothing");
  run->add_option("--cluster", arguments.run.cluster, "run on the cluster of the tracker at this address, host or host:port");
  run->add_flag("--detach", arguments.run.detach, "with --cluster: leave the job to the tracker and print its number");
  run->add_option("--priority", arguments.run.priority, "with --cluster: jobs of higher ones get slots first (0)");
  run->add_flag("!--no-speculation", arguments.run.speculation,
                "with --cluster: no second attempts at slow tasks, and no ranges cut again");
  run->add_option("--files", arguments.run.files,
                  "with --cluster: shared, on paths that all hosts see; shipped, sent there and fetched; auto finds out")
      ->check(CLI::IsMember({"auto", "shared", "shipped"}));
  run->add_option("--progress", arguments.run.progress, "auto, tty, plain or none")
      ->check(CLI::IsMember({"auto", "tty", "plain", "none"}));
  run->footer(
      "Examples:\n  sinter run books.yaml                 on this machine, one worker per core\n"
      "  sinter run books.yaml -j 4 --force    four workers, replacing an earlier output\n"
      "  sinter run books.yaml --format json   one result object on stdout\n"
      "Exit codes: 0 ok, 1 run failed, 2 usage, 3 quality check failed, 5 cancelled, 78 bad job file, 130/143 signals\n"
      "See also: sinter check, sinter explain, sinter preview");
  run->callback([&] { code = run_command(arguments.run, arguments.globals.console()); });
}

void add_job_verbs(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* check = app.add_subcommand("check", "Find every mistake in a job file without running it");
  add_job_options(check, arguments.check);
  check->callback([&] { code = check_command(arguments.check, arguments.globals.console()); });

  CLI::App* explain = app.add_subcommand("explain", "Show what a job would do: files, splits, rules, memory");
  add_job_options(explain, arguments.explain);
  explain->callback([&] { code = explain_command(arguments.explain, arguments.globals.console()); });

  CLI::App* preview = app.add_subcommand("preview", "Show the first entities, claims side by side, and what they fuse to");
  add_job_options(preview, arguments.preview.job);
  preview->add_option("-n,--entities", arguments.preview.entities, "how many entities (5)")->check(CLI::Range(1, 10'000));
  preview->add_option("--rows", arguments.preview.rows_per_file, "rows read of each file (10,000)");
  preview->add_option("--entity", arguments.preview.entity, "only the entity of this key; several key attributes as 'a / b'");
  preview->callback([&] { code = preview_command(arguments.preview, arguments.globals.console()); });
}

/// Verbs of `sinter job`, for its check, its help and completion.
const std::vector<std::string>& job_verbs() {
  static const std::vector<std::string> kVerbs{"list",     "status",  "watch",  "logs",     "counters",
                                               "history", "cancel", "kill-task", "fetch", "nodes"};
  return kVerbs;
}

void add_status_verbs(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* job = app.add_subcommand("job", "Look at the jobs of a cluster, cancel one, or make one of its tasks again");
  job->add_option("VERB", arguments.job.verb, "list, nodes; of one job: status, watch, logs, counters, history, cancel, kill-task, fetch")
      ->required()
      ->check(CLI::IsMember(job_verbs()));
  job->add_option("RUN", arguments.job.run, "the job's number");
  job->add_option("WHAT", arguments.job.what, "of kill-task: the task (map-3); of logs: the attempt (map-3-1)");
  job->add_option("--cluster", arguments.job.cluster, "the tracker's address (127.0.0.1:7077)")->default_str("127.0.0.1:7077");
  job->add_option("--from", arguments.job.from, "with --format json: where the page begins, as \"next\" of the one before");
  job->add_option("--limit", arguments.job.limit, "with --format json: entries of a page (100)")->check(CLI::Range(1, 1'000));
  job->callback([&] { code = job_command(arguments.job, arguments.globals.console()); });

  CLI::App* top = app.add_subcommand("top", "Watch a cluster: slots, jobs and nodes; q ends");
  top->add_option("--cluster", arguments.top.cluster, "the tracker's address (127.0.0.1:7077)")->default_str("127.0.0.1:7077");
  top->add_option("--interval", arguments.top.interval_s, "seconds between two looks (1)")->check(CLI::Range(0.2, 3600.0));
  top->add_flag("--once", arguments.top.once, "one screen of 80 by 24, for pipes");
  top->callback([&] { code = top_command(arguments.top, arguments.globals.console()); });
}

void add_cluster_verbs(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* tracker = app.add_subcommand("tracker", "Serve a cluster: nodes join, clients submit jobs");
  tracker->add_option("--listen", arguments.tracker.listen, "host:port (127.0.0.1:7077); port * takes a free one");
  tracker->add_option("--data", arguments.tracker.data_directory, "where it keeps what it must know (sinter-tracker)");
  tracker->add_option("--max-running-jobs", arguments.tracker.max_running_jobs, "more wait their turn, by priority, then by age (20)")
      ->check(CLI::Range(1, 1'000));
  tracker->add_option("--max-slots-per-job", arguments.tracker.max_slots_per_job, "no job gets more; no limit")
      ->check(CLI::Range(1, 1'000'000));
  tracker->add_option("--files-quota", arguments.tracker.files_quota, "how much of the files that clients send is kept (64GiB)");
  tracker->add_option("--files-port", arguments.tracker.files_port, "where they are served; the port it had before, or a free one");
  tracker->add_option("--http", arguments.tracker.http,
                      "serve status and metrics there: a port of this host, or host:port in figures for others to read it too");
  tracker->callback([&] { code = tracker_command(arguments.tracker, arguments.globals.console()); });

  CLI::App* node = app.add_subcommand("node", "Work for a tracker on this host");
  node->add_option("TRACKER", arguments.node.tracker, "its address, host or host:port")->required();
  node->add_option("--slots", arguments.node.slots, "workers at once; one for each processor that it may use");
  node->add_option("--name", arguments.node.name, "for people; the host's");
  node->add_option("--host", arguments.node.host, "nodes of one host see each other's files; found out");
  node->add_option("--memory", arguments.node.memory, "for all its workers together, such as 8GiB; the machine's or its container's");
  node->add_option("--drain-s", arguments.node.drain_s, "seconds that SIGTERM waits for jobs that need this node (60)");
  node->add_option("--scratch", arguments.node.scratch_directory, "where jobs keep what they shuffle; $TMPDIR or /tmp");
  node->add_option("--scratch-limit", arguments.node.scratch_limit, "how much of it, such as 100GiB; as much as the disk has");
  node->add_flag("--allow-native", arguments.node.allow_native, "run native code that jobs bring, with the rights of this process");
  node->add_option("--token", arguments.node.token, "a join token of the tracker, the first time; others on this host can see it here");
  node->add_option("--token-file", arguments.node.token_file, "a file with the token; - is standard input");
  node->callback([&] { code = node_command(arguments.node, arguments.globals.console()); });

  CLI::App* join = app.add_subcommand("join", "Get to know a tracker with a token of it, to run jobs there");
  join->add_option("TRACKER", arguments.join.tracker, "its address, host or host:port")->required();
  join->add_option("--token-file", arguments.join.token_file, "a file with the token; - is standard input")->required();
  join->add_option("--name", arguments.join.name, "how the tracker is to call this user; user-host");
  join->add_option("--role", arguments.join.role, "person, or node: for a node that is started here later (person)")
      ->check(CLI::IsMember({"person", "node"}));
  join->callback([&] { code = join_command(arguments.join, arguments.globals.console()); });

  add_status_verbs(app, arguments, code);
}

void add_access_verbs(CLI::App& app, Arguments& arguments, int& code) {
  TokenVerbArguments& token = arguments.token;
  CLI::App* tokens = app.add_subcommand("token", "Make, list or revoke the join tokens of a cluster, as who started its tracker");
  tokens->add_option("VERB", token.verb, "create, list or revoke")->required()->check(CLI::IsMember({"create", "list", "revoke"}));
  tokens->add_option("ID", token.id, "the token to revoke, as `list` shows it");
  tokens->add_option("--role", token.role, "what its holders become: node, submit, submit+native (may bring programs) or read (node)");
  tokens->add_option("--for", token.lifetime, "how long it is good: 30m, 1h, 7d (1h)");
  tokens->add_option("--uses", token.uses, "for how many keys (1)");
  tokens->add_option("--note", token.note, "a word for the list");
  tokens->add_option("--cluster", token.cluster, "the tracker's address (127.0.0.1:7077)");
  tokens->callback([&] { code = token_command(arguments.token, arguments.globals.console()); });

  CLI::App* members = app.add_subcommand("member", "List or remove the nodes and people that a cluster knows, as who started its tracker");
  members->add_option("VERB", arguments.member.verb, "list or remove")->required()->check(CLI::IsMember({"list", "remove"}));
  members->add_option("WHO", arguments.member.who, "whom to remove: a name or a public key");
  members->add_option("--cluster", arguments.member.cluster, "the tracker's address (127.0.0.1:7077)");
  members->callback([&] { code = member_command(arguments.member, arguments.globals.console()); });
}

void add_setup_verbs(CLI::App& app, Arguments& arguments, int& code) {
  SetupArguments& setup = arguments.setup;
  CLI::App* verb = app.add_subcommand("cluster", "Start and stop a cluster on hosts that ssh reaches");
  verb->add_option("VERB", setup.verb, "check, up, status, down or drain")
      ->required()
      ->check(CLI::IsMember({"check", "up", "status", "down", "drain"}));
  verb->add_option("HOST", setup.host, "whose node is to leave when no job needs it, for drain");
  verb->add_option("--hosts", setup.hosts_file, "a file with a host a line, as ssh knows it; then slots=, scratch=, address=, name=")
      ->required();
  verb->add_option("--tracker", setup.tracker, "which of them is the tracker, too; or another host, which then has no node (the first)");
  verb->add_option("--listen", setup.listen, "where the tracker listens (0.0.0.0:7077)");
  verb->add_option("--command", setup.command, "the sinter program on the hosts (sinter)");
  verb->add_flag("--copy", setup.copy, "bring this program along to ~/.sinter/bin/ of the hosts");
  verb->add_option("--shared", setup.shared, "a directory that all hosts must see (repeatable)")->allow_extra_args(false);
  verb->add_option("--ssh-config", setup.ssh_config, "a configuration for ssh in place of the user's");
  verb->add_option("--parallel", setup.parallel, "calls of ssh at once (8)")->check(CLI::Range(1, 256));
  verb->callback([&] { code = cluster_command(arguments.setup, arguments.globals.console()); });

  ProbeArguments& probe = arguments.probe;
  CLI::App* look = app.add_subcommand("probe", "");
  look->group("");  // hidden: `sinter cluster` starts it
  look->add_option("--scratch", probe.scratch);
  look->add_option("--shared", probe.shared)->allow_extra_args(false);
  look->add_option("--mark", probe.mark);
  look->add_option("--listen", probe.listen);
  look->add_option("--await", probe.await);
  look->add_option("--reach", probe.reach);
  look->callback([&] { code = probe_command(arguments.probe, arguments.globals.console()); });
}

void add_generate(CLI::App& app, Arguments& arguments, int& code) {
  GenerateArguments& generate = arguments.generate;
  CLI::App* verb = app.add_subcommand("generate", "Make disagreeing sources with known truth, and a job that fuses them");
  verb->add_option("DIRECTORY", generate.directory, "where the files go")->required();
  verb->add_option("--kind", generate.kind, "books: shops that disagree; groupby, tera, text: benchmark files")
      ->check(CLI::IsMember({"books", "groupby", "tera", "text"}));
  verb->add_option("--entities", generate.books.entities, "entities of the truth (books)");
  verb->add_option("--sources", generate.books.sources, "how many sources (books)");
  verb->add_option("--rows", generate.rows, "rows (groupby, tera, text)");
  verb->add_option("--keys", generate.groupby.keys, "distinct keys (groupby) or words (text)");
  verb->add_option("--zipf", generate.groupby.zipf, "exponent of skewed keys or words, 0: uniform (groupby, text)");
  verb->add_option("--seed", generate.seed, "the same seed gives the same bytes");
  verb->add_flag("--long", generate.long_shape, "one row per claim instead of one per entity (books)");
  verb->add_flag("--plain", generate.books.plain, "clean CSV for all sources: disagreement without mess (books)");
  const auto rate = [verb](const std::string& name, double& value, const std::string& help) {
    verb->add_option(name, value, help)->check(CLI::Range(0.0, 1.0));
  };
  rate("--missing-rows", generate.books.missing_rows, "share of entities a source does not have");
  rate("--missing-cells", generate.books.missing_cells, "share of missing values");
  rate("--noise", generate.books.noise, "relative noise of numbers");
  rate("--errors", generate.books.errors, "share of wrong values of an average source");
  rate("--copying", generate.books.copying, "share of sources that copy another");
  verb->add_option("--bias", generate.books.bias, "largest constant a source adds to its prices (books)")->check(CLI::Range(0.0, 1000.0));
  rate("--unit-errors", generate.books.unit_errors, "share of prices given in cents by mistake");
  rate("--duplicates", generate.books.duplicates, "share of duplicated rows");
  rate("--bad-rows", generate.books.bad_rows, "share of rows that must be rejected");
  verb->callback([&] { code = generate_command(generate, arguments.globals.console()); });
}

void add_init(CLI::App& app, InitArguments& init, const Globals& globals, int& code) {
  CLI::App* verb = app.add_subcommand("init", "Make a directory with a job to start from");
  verb->add_option("DIRECTORY", init.directory, "where the files go; files that exist are never replaced")->required();
  verb->add_option("--template", init.template_name, "yaml: a job file and two sources; cpp: a job in C++ with CMake and a test")
      ->check(CLI::IsMember({"yaml", "cpp"}));
  verb->callback([&] { code = init_command(init, globals.console()); });
}

/// The table that completion scripts are made of, read off the parser so that it cannot differ from it.
VerbTable describe(const CLI::App& app) {
  VerbTable table;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    VerbTable::Verb entry{verb->get_name(), verb->get_description(), {}, {}};
    for (const CLI::Option* option : verb->get_options()) {
      for (const std::string& name : option->get_lnames()) entry.flags.push_back("--" + name);
      for (const std::string& name : option->get_snames()) entry.flags.push_back("-" + name);
    }
    if (entry.name == "list") entry.choices = {"rules", "cleaners", "formats"};
    if (entry.name == "job") entry.choices = job_verbs();
    if (entry.name == "cluster") entry.choices = {"check", "up", "status", "down", "drain"};
    if (entry.name == "token") entry.choices = {"create", "list", "revoke"};
    if (entry.name == "member") entry.choices = {"list", "remove"};
    if (entry.name == "completion") entry.choices = {"bash", "zsh", "fish"};
    table.verbs.push_back(std::move(entry));
  }
  return table;
}

void add_reference_verbs(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* inspect = app.add_subcommand("inspect", "Look into a run file, sorted pairs, or the manifest of an output");
  inspect->add_option("PATH", arguments.inspect.path, "the file or directory")->required();
  inspect->add_option("-n,--records", arguments.inspect.records, "records shown");
  inspect->callback([&] { code = inspect_command(arguments.inspect, arguments.globals.console()); });

  CLI::App* list = app.add_subcommand("list", "List rules, cleaners or formats");
  list->add_option("WHAT", arguments.list.what, "rules, cleaners or formats")
      ->required()
      ->check(CLI::IsMember({"rules", "cleaners", "formats"}));
  list->add_option("JOB", arguments.list.job_path, "of rules: a job file, to list the rules of its plugins too");
  list->callback([&] { code = list_command(arguments.list, arguments.globals.console()); });

  app.add_subcommand("schema", "Print the JSON Schema of the job file, for editors")->callback([&] {
    code = schema_command(arguments.globals.console());
  });
  app.add_subcommand("version", "Print the version")->callback([&] { code = version_command(arguments.globals.console()); });

  CLI::App* completion = app.add_subcommand("completion", "Print a completion script");
  completion->add_option("SHELL", arguments.completion_shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&, completion] {
    code = kOk;
    arguments.globals.console().data(completion_script(describe(*completion->get_parent()), arguments.completion_shell));
  });

  CLI::App* worker = app.add_subcommand("worker", "");
  worker->group("");  // hidden: the tracker starts it
  worker->add_option("--memory-group", arguments.worker.memory_group);
  worker->add_option("--code", arguments.worker.code);
  worker->add_option("ENDPOINT", arguments.worker.endpoint)->required();
  worker->add_option("WORKER", arguments.worker.worker)->required();
  worker->callback([&] { code = worker_command(arguments.worker); });

  CLI::App* standby = app.add_subcommand("standby", "");
  standby->group("");  // likewise
  standby->add_option("--memory-group", arguments.worker.memory_group);
  standby->callback([&] { code = standby_command(arguments.worker); });
}

/// Verbs that know --format json.
bool gives_result(const std::string& verb) {
  constexpr std::string_view kVerbs[] = {"run", "check", "explain", "preview", "list", "job", "version"};
  return std::find(std::begin(kVerbs), std::end(kVerbs), verb) != std::end(kVerbs);
}

std::vector<std::string> visible_verbs(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    names.push_back(verb->get_name());
  }
  return names;
}

int report_usage_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv, const Console& console) {
  const std::vector<std::string> verbs = visible_verbs(app);
  if (argc > 1 && argv[1][0] != '-' && std::find(verbs.begin(), verbs.end(), argv[1]) == verbs.end()) {
    const std::vector<std::string_view> candidates(verbs.begin(), verbs.end());
    const std::string_view near = fusion::nearest(argv[1], candidates);
    std::string text = std::string("there is no verb '") + argv[1] + "'";
    if (!near.empty()) text.append("; did you mean '").append(near).append("'?");
    console.error_text(text + " (sinter --help lists them)");
    return kUsage;
  }
  const auto parsed = app.get_subcommands();
  const std::string verb = parsed.empty() ? "" : parsed.front()->get_name() + " ";
  console.error_text(std::string(error.what()) + " (see sinter " + verb + "--help)");
  return kUsage;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  Arguments arguments;
  int code = kOk;
  CLI::App app("sinter fuses records from many disagreeing sources into one clean record per entity.", "sinter");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.set_version_flag("--version", SINTER_VERSION);
  add_global_options(&app, arguments.globals, true);
  add_run(app, arguments, code);
  add_job_verbs(app, arguments, code);
  add_cluster_verbs(app, arguments, code);
  add_access_verbs(app, arguments, code);
  add_setup_verbs(app, arguments, code);
  add_generate(app, arguments, code);
  add_init(app, arguments.init, arguments.globals, code);
  add_reference_verbs(app, arguments, code);
  for (CLI::App* verb : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    add_global_options(verb, arguments.globals, gives_result(verb->get_name()));
  }
  CLI::App* help = app.add_subcommand("help", "Show the help of a verb");
  help->add_option("VERB", arguments.help_topic, "the verb");
  app.footer(
      "Start with: sinter generate demo && sinter run demo/job.yaml\nDocumentation: docs/ of the source, share/doc/sinter of an "
      "installation");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& call) {
    return app.exit(call) == 0 ? kOk : kUsage;
  } catch (const CLI::CallForVersion& call) {
    return app.exit(call) == 0 ? kOk : kUsage;
  } catch (const CLI::ParseError& error) {
    return report_usage_error(app, error, argc, argv, arguments.globals.console());
  }
  const bool topic = help->parsed() && !arguments.help_topic.empty();
  if (app.get_subcommands().empty() || help->parsed()) {
    const auto verbs = app.get_subcommands([&](const CLI::App* one) { return one->get_name() == arguments.help_topic; });
    if (topic && verbs.empty()) {
      arguments.globals.console().error_text("there is no verb '" + arguments.help_topic + "'");
      return kUsage;
    }
    // help() of an app whose verb was parsed is that verb's; the formatter shows the one asked for.
    const CLI::App* shown = topic ? verbs.front() : &app;
    arguments.globals.console().data(app.get_formatter()->make_help(shown, topic ? "sinter " + shown->get_name() : "sinter",
                                                                    CLI::AppFormatMode::Normal));
  }
  return code == kOk && std::ferror(stdout) != 0 ? kRunFailed : code;
}

}  // namespace sinter::cli

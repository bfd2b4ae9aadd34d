// The verbs of the sinter command: one struct of arguments and one function each. Each returns an exit code. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.hpp"
#include "jobs/generate/bench_data.hpp"
#include "jobs/generate/generate.hpp"

namespace sinter::cli {

/// How a job file is named and changed on the command line; shared by run, check, explain and preview.
struct JobArguments {
  std::string job_path;
  std::vector<std::string> overrides;  // "execution.workers=4"
};

struct RunArguments {
  JobArguments job;
  bool force = false;
  std::string progress = "auto";
  std::string task;     // run this one only, in the foreground
  std::string cluster;  // the tracker that runs it; empty: this machine
  bool detach = false;  // leave it to the tracker
  std::int32_t priority = 0;
  bool speculation = true;
  std::string files = "auto";    // shared, shipped, or as the cluster sees the paths
};
int run_command(const RunArguments& arguments, const Console& console);

int check_command(const JobArguments& arguments, const Console& console);
int explain_command(const JobArguments& arguments, const Console& console);

struct PreviewArguments {
  JobArguments job;
  std::uint32_t entities = 5;
  std::uint64_t rows_per_file = 10'000;
  std::string entity;  // show only this one; key attributes separated by '/'
};
int preview_command(const PreviewArguments& arguments, const Console& console);

struct GenerateArguments {
  std::string directory;
  std::string kind = "books";  // books, groupby, tera
  std::uint64_t seed = 42;
  generate::GenerateOptions books;
  bool long_shape = false;
  generate::BenchOptions groupby;
  std::uint64_t rows = 1'000'000;
};
int generate_command(const GenerateArguments& arguments, const Console& console);

struct InitArguments {
  std::string directory;
  std::string template_name = "yaml";  // of project_templates()
};
int init_command(const InitArguments& arguments, const Console& console);

struct InspectArguments {
  std::string path;
  std::uint64_t records = 10;
};
int inspect_command(const InspectArguments& arguments, const Console& console);

struct TrackerArguments {
  std::string listen = "127.0.0.1:7077";
  std::string data_directory = "sinter-tracker";
  std::uint32_t max_running_jobs = 20;
  std::uint32_t max_slots_per_job = 0;  // 0: no limit
  std::string files_quota;        // of what clients send; empty: the default
  std::uint16_t files_port = 0;   // 0: the one before, or any
  std::string http;  // a port of loopback or host:port, for status and metrics; empty: none
};
int tracker_command(const TrackerArguments& arguments, const Console& console);

struct NodeArguments {
  std::string tracker;
  std::string name;               // empty: the host's
  std::string host;               // empty: found out; see cluster::host_identity()
  std::uint32_t slots = 0;        // 0: one for each processor
  std::string memory;            // for all workers together, such as 8GiB; empty: the machine's
  std::uint32_t drain_s = 60;    // how long SIGTERM waits for jobs
  std::string scratch_directory;  // empty: $TMPDIR or /tmp
  std::string scratch_limit;      // "100GiB"; empty: as much as there is
  bool allow_native = false;      // run native code that jobs bring
  std::string token;              // to join with, once
  std::string token_file;         // that holds it; - is standard input
};
int node_command(const NodeArguments& arguments, const Console& console);

struct JoinArguments {
  std::string tracker;
  std::string name;        // empty: the user's and the host's, of a node the host's
  std::string role;        // node: for a node that is started later; empty: a person
  std::string token_file;  // - is standard input
};
int join_command(const JoinArguments& arguments, const Console& console);

struct JobVerbArguments {
  std::string verb;  // list, nodes, status, watch, logs, counters, history, cancel, kill-task, fetch
  std::string cluster = "127.0.0.1:7077";
  std::uint64_t run = 0;
  std::string what;                   // kill-task: a task; logs: an attempt, or empty
  std::optional<std::uint64_t> from;  // with JSON: where the page begins
  std::uint64_t limit = 100;          // with JSON: entries of a page
};
int job_command(const JobVerbArguments& arguments, const Console& console);

struct TopArguments {
  std::string cluster = "127.0.0.1:7077";
  bool once = false;      // one screen of 80 columns and 24 rows, and the end
  double interval_s = 1;  // between two looks
};
int top_command(const TopArguments& arguments, const Console& console);

/// `sinter token`: by whom the tracker there knows as an administrator.
struct TokenVerbArguments {
  std::string verb;  // create, list, revoke
  std::string id;
  std::string role = "node";
  std::string lifetime = "1h";
  std::uint32_t uses = 1;
  std::string note;
  std::string cluster = "127.0.0.1:7077";
};
int token_command(const TokenVerbArguments& arguments, const Console& console);

struct MemberVerbArguments {
  std::string verb;  // list, remove
  std::string who;   // a name or a public key
  std::string cluster = "127.0.0.1:7077";
};
int member_command(const MemberVerbArguments& arguments, const Console& console);

struct SetupArguments {
  std::string verb;  // check, up, status, down, drain
  std::string host;  // to drain
  std::string hosts_file;
  std::string tracker;  // of the hosts; empty: the first
  std::string listen = "0.0.0.0:7077";
  std::string command = "sinter";
  bool copy = false;
  std::vector<std::string> shared;
  std::string ssh_config;
  std::uint32_t parallel = 8;
};
int cluster_command(const SetupArguments& arguments, const Console& console);

/// `sinter probe`: started over ssh by `sinter cluster`, never by a person.
struct ProbeArguments {
  std::string scratch;
  std::vector<std::string> shared;
  std::string mark;
  std::string listen;
  std::uint32_t await = 0;
  std::string reach;
};
int probe_command(const ProbeArguments& arguments, const Console& console);

struct ListArguments {
  std::string what;      // rules, cleaners or formats
  std::string job_path;  // of rules: those of its plugins too; may be empty
};
int list_command(const ListArguments& arguments, const Console& console);
int schema_command(const Console& console);
int version_command(const Console& console);

/// `sinter worker`: started by the tracker, never by a person.
struct WorkerArguments {
  std::string memory_group;  // of a cluster's node; empty: none
  std::string code;          // directory of the job's plugins on a cluster's node; empty: they lie where the job says
  std::string endpoint;
  std::uint32_t worker = 0;
};
int worker_command(const WorkerArguments& arguments);
/// `sinter standby`: one of these that waits for its endpoint and number.
int standby_command(const WorkerArguments& arguments);

}  // namespace sinter::cli

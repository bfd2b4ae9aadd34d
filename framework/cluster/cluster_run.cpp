// ClusterRun: run_job() with a cluster's workers and files.
#include "framework/cluster/cluster_run.hpp"

#include <utility>

#include "base/assert.hpp"
#include "base/net/key_file.hpp"
#include "framework/cluster/transport_options.hpp"
#include "framework/runtime/plan_file.hpp"
#include "framework/runtime/remote_results.hpp"

namespace sinter::cluster {
namespace {

/// Lines of a job in the tracker's log say which.
class JobLogSink final : public LogSink {
 public:
  JobLogSink(Log& to, RunId run) : to_(to), run_(run) {}
  void write(const LogRecord& record) override { pass_on<0>(record); }

 private:
  static constexpr std::size_t kMaxFields = 8;

  // A list of fields has its size in the program's text.
  template <std::size_t kCount>
  void pass_on(const LogRecord& record) {
    if constexpr (kCount > kMaxFields) require(false, "a line about a job has at most kMaxFields fields");
    else if (record.field_count == kCount) pass(record, std::make_index_sequence<kCount>());
    else pass_on<kCount + 1>(record);
  }
  template <std::size_t... kAt>
  void pass(const LogRecord& record, std::index_sequence<kAt...>) {
    to_.write(record.level, record.message, {LogField("job", run_), record.fields[kAt]...});
  }

  Log& to_;
  RunId run_;
};

LogLevel level_of(const Log& log) {
  for (const LogLevel level : {LogLevel::Debug, LogLevel::Info, LogLevel::Warning})
    if (log.enabled(level)) return level;
  return LogLevel::Error;
}

}  // namespace

ClusterRun::ClusterRun(Request request, Surroundings around) : request_(std::move(request)), around_(std::move(around)) {
  thread_ = std::thread([this] { around_.on_end(run()); });
}

ClusterRun::~ClusterRun() {
  if (!paused_) cancel();
  thread_.join();
}

void ClusterRun::cancel() {
  cancelled_ = true;
  inbox_.wake();
}

void ClusterRun::pause() {
  paused_ = true;
  inbox_.wake();
}

/// The job's own pair and what is fetched with it. A new pair becomes durable while the job is planned. The job's thread and those that
/// it starts.
class ClusterRun::Key {
 public:
  Key(const std::string& directory, const Clock& clock, Log& log)
      : clock_(clock), log_(log), made_(std::async(std::launch::async, [path = directory + "/private/run.key"] {
          return net::load_or_make_key_pair(path);
        }).share()) {}

  Result<std::string> secret() {
    const Result<net::KeyPair>& pair = made_.get();
    if (!pair.ok()) return Error(pair.error());
    return net::secret_key_text(pair->secret_key);
  }
  Result<RemoteResults*> remote() {
    const Result<net::KeyPair>& pair = made_.get();
    if (!pair.ok()) return Error(pair.error());
    const std::lock_guard lock(mutex_);
    if (!remote_)
      remote_ = std::make_unique<RemoteResults>(std::make_shared<const net::KeyPair>(*pair), kRemoteBudgetBytes, clock_, log_);
    return remote_.get();
  }

 private:
  const Clock& clock_;
  Log& log_;
  const std::shared_future<Result<net::KeyPair>> made_;
  std::mutex mutex_;
  std::unique_ptr<RemoteResults> remote_;  // under mutex_ until it is there
};

Result<JobReport> ClusterRun::run() {
  Log log(level_of(around_.log));
  log.add_sink(std::make_unique<JobLogSink>(around_.log, request_.run));
  SINTER_TRY(net::make_private_directory(request_.directory + "/private"));  // its name is durable with the journal's
  Key key(request_.directory, around_.clock, log);
  const auto open_remote = [&](const Place& place) -> Result<std::unique_ptr<ReadableFile>> {
    SINTER_ASSIGN(RemoteResults* const remote, key.remote());
    return remote->open(place);
  };
  const auto prefetch_remote = [&](const std::vector<Place>& places) {
    if (const Result<RemoteResults*> remote = key.remote(); remote.ok()) (*remote)->prefetch(places);
  };
  PlacedFiles files({around_.files, around_.host, request_.working_directory, open_remote, prefetch_remote,
                     [this](const Place& place) { around_.door.drop_file(request_.run, place); }});
  const std::unique_ptr<ShippedFiles> shipped = shipped_view(files);
  FileSystem& seen = shipped ? static_cast<FileSystem&>(*shipped) : files;
  SINTER_ASSIGN(JobDefinition job, request_.planned ? take_plan() : around_.factory(seen, request_.payload));
  // A life before may have died between the output's publication and its last word.
  const bool resumes = around_.files.exists(JobLayout(request_.directory).journal());
  job.overwrite = request_.overwrite || resumes;
  job.execution.in_process = false;
  if (!shipped) make_paths_absolute(job);
  RunOptions options{.worker = {}, .factory = {}, .files = seen, .clock = around_.clock, .log = log, .on_progress = {}};
  options.on_progress = [&](const JobProgress& progress) { around_.on_progress(job.name, progress); };
  options.observer = around_.observer.get();
  options.cancel = &cancelled_;
  options.pause = &paused_;
  options.cores = request_.slots;
  options.speculation = request_.speculation;
  options.cut_ranges = request_.speculation;
  options.working_directory = request_.working_directory;
  options.job_directory = request_.directory;
  options.heartbeat_timeout_ms = kWorkerSilenceMs;
  RunNeeds needs{job.execution.memory_bytes};
  if (job.execution.workers > 0) needs.most_workers = job.execution.workers;
  if (request_.stored.valid()) {
    needs.admit = [&]() -> Result<std::string> {
      SINTER_TRY(request_.stored.get());
      return key.secret();
    };
  } else {
    // Nodes may know the job already, and read its files: another life opens it before it looks at what is left.
    SINTER_ASSIGN(options.run_secret, key.secret());
  }
  options.make_pool = [&](const JobLayout& layout, const RunOptions& of) {
    return make_cluster_pool(request_.run, around_.door, inbox_, files, layout, needs, of);
  };
  return run_job(job, request_.payload, options);
}

/// The definition of a job whose code is not for us; its plan lies in the job's directory then, as if a life before had made it.
Result<JobDefinition> ClusterRun::take_plan() const {
  SINTER_ASSIGN(JobDefinition job, definition_of(request_.planned->outline));
  const std::string path = JobLayout(request_.directory).plan();
  SINTER_ASSIGN(const PlanFile made, parse_plan_file(request_.planned->plan, "of the client"));
  const Plan& plan = made.plan;
  if (plan.workers < 1 || plan.workers > kMaxWorkers || plan.max_attempts < 1 || plan.task_timeout_ms < 1 || plan.in_process)
    return user_error("the plan that the client has sent is none for a cluster");
  // Not synced, so in another life it is written again: what was submitted is durable, and it is in there.
  SINTER_TRY(write_file(around_.files, path + ".new", request_.planned->plan));
  SINTER_TRY(around_.files.rename(path + ".new", path));
  return job;
}

/// Null: the job sees what this host sees.
std::unique_ptr<ShippedFiles> ClusterRun::shipped_view(FileSystem& files) const {
  if (!request_.shipped) return nullptr;
  const auto open = [this](const ShippedFile& file) { return around_.files.open(request_.blob_directory + "/" + file.hash); };
  return std::make_unique<ShippedFiles>(
      ShippedFiles::Options{files, request_.directory, request_.outputs, request_.working_directory, open}, *request_.shipped);
}

/// What run_job() locks and publishes has names that do not depend on where this process is.
void ClusterRun::make_paths_absolute(JobDefinition& job) const {
  const auto complete = [&](std::string& path) {
    if (!path.empty() && !path.starts_with('/') && !request_.working_directory.empty()) path = request_.working_directory + "/" + path;
  };
  complete(job.output.path);
  complete(job.rejects_path);
  for (SideOutputDeclaration& side : job.side_outputs) complete(side.output.path);
}

}  // namespace sinter::cluster

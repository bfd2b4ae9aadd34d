// ClusterRun: run_job() with a cluster's workers and files.
#include "framework/cluster/cluster_run.hpp"

#include "base/net/key_file.hpp"
#include "framework/cluster/transport_options.hpp"
#include "framework/runtime/remote_results.hpp"

namespace sinter::cluster {

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

Result<JobReport> ClusterRun::run() {
  SINTER_ASSIGN(net::KeyPair pair, net::load_or_make_key_pair(request_.directory + "/private/run.key"));
  const auto key = std::make_shared<const net::KeyPair>(std::move(pair));
  RemoteResults remote(key, kRemoteBudgetBytes, around_.clock, around_.log);
  PlacedFiles files({around_.files, around_.host, request_.working_directory, [&](const Place& place) { return remote.open(place); },
                     [&](const std::vector<Place>& places) { remote.prefetch(places); },
                     [this](const Place& place) { around_.door.drop_file(request_.run, place); }});
  const std::unique_ptr<ShippedFiles> shipped = shipped_view(files);
  FileSystem& seen = shipped ? static_cast<FileSystem&>(*shipped) : files;
  SINTER_ASSIGN(JobDefinition job, around_.factory(seen, request_.payload));
  // A life before may have died between the output's publication and its last word.
  const bool resumes = around_.files.exists(JobLayout(request_.directory).plan());
  job.overwrite = request_.overwrite || resumes;
  job.execution.in_process = false;
  if (!shipped) make_paths_absolute(job);
  RunOptions options{.worker = {}, .factory = {}, .files = seen, .clock = around_.clock, .log = around_.log, .on_progress = {}};
  options.on_progress = [&](const JobProgress& progress) { around_.on_progress(job.name, progress); };
  options.cancel = &cancelled_;
  options.pause = &paused_;
  options.cores = request_.slots;
  options.speculation = request_.speculation;
  options.working_directory = request_.working_directory;
  options.job_directory = request_.directory;
  options.run_secret = net::secret_key_text(key->secret_key);
  options.heartbeat_timeout_ms = kWorkerSilenceMs;
  RunNeeds needs{job.execution.memory_bytes};
  if (job.execution.workers > 0) needs.most_workers = job.execution.workers;
  options.make_pool = [&](const JobLayout& layout, const RunOptions& of) {
    return make_cluster_pool(request_.run, around_.door, inbox_, files, layout, needs, of);
  };
  return run_job(job, request_.payload, options);
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

// Fetching outputs: the parts of an output are the tracker's files, and publish_output() does the rest. One thread.
#include "framework/cluster/fetched_outputs.hpp"

#include <algorithm>
#include <map>

#include "framework/io/committed_output.hpp"
#include "framework/runtime/placed_files.hpp"
#include "framework/runtime/publish.hpp"
#include "framework/runtime/remote_results.hpp"
#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {
namespace {

/// Larger ones do not describe a job.
constexpr std::uint64_t kMaxManifestBytes = 256u << 20;

class Fetch {
 public:
  Fetch(FileSystem& files, const OutputTargets& targets, const OutputsAt& at, std::set<std::string>& done,
        RemoteResults& remote)
      : files_(files), targets_(targets), at_(at), done_(done),
        placed_({files, {}, {}, [&remote](const Place& place) { return remote.open(place); }, {}, {}}) {
    for (std::size_t i = 0; i < at.paths.size(); ++i)
      placed_.place(name_of(i), Place{0, "the tracker", at.endpoint, at.endpoint_key, {}, "out/" + std::to_string(i), {}});
    for (std::size_t i = 0; i < at.paths.size(); ++i) by_path_.emplace(at.paths[i], i);
  }

  Status run() {
    const std::string manifest = local(targets_.manifest);
    if (files_.exists(manifest)) SINTER_TRY(files_.remove(manifest));
    SINTER_TRY(fetch_rejects());
    for (const std::string& side : targets_.side_outputs) SINTER_TRY(fetch(side, of(side, at_.report.side_outputs)));
    SINTER_TRY(fetch(targets_.output, of(targets_.output, at_.report.outputs)));
    SINTER_ASSIGN(const std::string from, found(targets_.manifest));
    SINTER_ASSIGN(const std::string text, read_file(placed_, from, kMaxManifestBytes));
    return write_file_atomically(files_, manifest, text);
  }

 private:
  /// Under which placed_ knows a file of the tracker.
  static std::string name_of(std::size_t number) { return "the tracker's file " + std::to_string(number); }
  std::string local(const std::string& path) const {
    return path.starts_with('/') ? path : targets_.working_directory + "/" + path;
  }

  Result<std::string> found(const std::string& path) const {
    const auto one = by_path_.find(confined_path(whole_path(targets_.working_directory, path)));
    if (one == by_path_.end()) return internal_error("the tracker does not have '" + path + "', which the job left");
    return name_of(one->second);
  }

  /// Those of an output: itself, or what lies in its directory.
  std::vector<OutputFileReport> of(const std::string& output, const std::vector<OutputFileReport>& reports) const {
    std::vector<OutputFileReport> own;
    for (const OutputFileReport& report : reports)
      if (report.path == output || (output.ends_with('/') && directory_of(report.path) == without_slash(output))) own.push_back(report);
    return own;
  }

  Status fetch_rejects() {
    if (!at_.report.rejects.path.empty()) {
      done_.insert(targets_.rejects);  // the job's output decides whether it may be replaced
      return fetch(targets_.rejects, {at_.report.rejects});
    }
    const std::string old = local(targets_.rejects);
    return files_.exists(old) ? files_.remove(old) : Status();
  }

  Status fetch(const std::string& path, const std::vector<OutputFileReport>& reports) {
    if (reports.empty()) return internal_error("the job's report does not name '" + path + "'");
    OutputPublication output;
    output.path = local(path);
    output.job = targets_.job;
    output.overwrite = targets_.overwrite || done_.contains(path);
    const std::string& first = reports.front().path;
    const std::size_t dot = first.rfind('.');
    output.part_extension = dot == std::string::npos || dot < first.rfind('/') + 1 ? "" : first.substr(dot);
    for (const OutputFileReport& report : reports) {
      SINTER_ASSIGN(std::string part, found(report.path));
      output.parts.push_back(std::move(part));
    }
    SINTER_ASSIGN(const std::vector<PublishedFile> published, publish_output(placed_, output));
    done_.insert(path);
    for (std::size_t i = 0; i < published.size(); ++i)
      if (published[i].checksum != reports[i].checksum)
        return internal_error("'" + published[i].path + "' has other bytes than the tracker says it wrote");
    return {};
  }

  FileSystem& files_;
  const OutputTargets& targets_;
  const OutputsAt& at_;
  std::set<std::string>& done_;
  PlacedFiles placed_;
  std::map<std::string, std::size_t> by_path_;
};

}  // namespace

OutputTargets targets_of(const JobDefinition& job, std::string working_directory, bool overwrite) {
  const OutputPaths paths = output_paths(job);
  OutputTargets targets{job.name, std::move(working_directory), job.output.path, {}, paths.rejects, paths.manifest, overwrite};
  for (const SideOutputDeclaration& side : job.side_outputs) targets.side_outputs.push_back(side.output.path);
  return targets;
}

Result<std::unique_ptr<OutputLock>> lock_targets(FileSystem& files, const OutputTargets& targets) {
  const auto local = [&](const std::string& path) { return path.starts_with('/') ? path : targets.working_directory + "/" + path; };
  const auto check = [&]() -> Status {
    SINTER_TRY(check_output_path(files, local(targets.output), targets.overwrite));
    for (const std::string& side : targets.side_outputs) SINTER_TRY(check_output_path(files, local(side), targets.overwrite));
    return {};
  };
  SINTER_TRY(check());
  SINTER_ASSIGN(std::unique_ptr<OutputLock> lock,
                OutputLock::take(files, directory_of(without_slash(local(targets.output))), local(targets.output)));
  // Once more under the lock: a run that has just ended may have made it.
  SINTER_TRY(check());
  return lock;
}

Status fetch_outputs(FileSystem& files, const OutputTargets& targets, const OutputsAt& at, std::set<std::string>& done, const Clock& clock,
                     Log& log) {
  SINTER_ASSIGN(const net::SecretKey secret, net::parse_secret_key(at.run_secret));
  RemoteResults remote(std::make_shared<const net::KeyPair>(net::key_pair_of(secret)), kRemoteBudgetBytes, clock, log);
  return Fetch(files, targets, at, done, remote).run();
}

}  // namespace sinter::cluster

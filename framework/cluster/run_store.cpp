// RunStore: a directory for each job: `submission`, and when it has ended `ended` and what kept_job.hpp keeps. One thread.
#include "framework/cluster/run_store.hpp"

#include <algorithm>
#include <charconv>

#include "framework/cluster/kept_job.hpp"
#include "framework/runtime/sealed_bytes.hpp"

namespace sinter::cluster {
namespace {

constexpr std::string_view kMagic = "SNTRRUN4";
constexpr std::uint64_t kMaxStoredBytes = kMaxControlMessageBytes;

template <class T>
Status store(FileSystem& files, const std::string& path, const T& value) {
  return write_file_atomically(files, path, seal_bytes(kMagic, encode(value)));
}

template <class T>
Result<T> fetch(FileSystem& files, const std::string& path) {
  SINTER_ASSIGN(const std::string bytes, read_file(files, path, kMaxStoredBytes));
  SINTER_ASSIGN(const std::string_view body, unseal_bytes(kMagic, bytes, "record of a tracker", path));
  return decode<T>(body, "'" + path + "'");
}

/// Nothing: the job has not ended. A torn word of its end was never durable, and then what it would go on from is still there.
Result<std::optional<EndedRun>> ended_of(FileSystem& files, const std::string& directory) {
  const std::string path = directory + "/ended";
  if (!files.exists(path)) return std::optional<EndedRun>();
  Result<EndedRun> ended = fetch<EndedRun>(files, path);
  if (ended.ok()) return std::optional<EndedRun>(std::move(*ended));
  if (!files.exists(directory + "/submission")) return std::move(ended).error();
  SINTER_TRY(files.remove(path));
  return std::optional<EndedRun>();
}

/// What is needed to hand a job's results over: they, and its key.
bool is_for_client(const std::string& name) { return name == "outputs" || name == "private"; }

Status list_tree(FileSystem& files, const std::string& root, const std::string& below, std::vector<std::string>& found) {
  SINTER_ASSIGN(const std::vector<std::string> names, files.list(root + below));
  for (const std::string& name : names) {
    const std::string path = below + "/" + name;
    SINTER_ASSIGN(const FileInfo info, files.info(root + path));
    if (info.is_directory) SINTER_TRY(list_tree(files, root, path, found));
    else found.push_back(path);
  }
  return {};
}

}  // namespace

Result<std::vector<StoredRun>> RunStore::load() {
  std::vector<StoredRun> found;
  if (!files_.exists(directory_)) return found;
  // A life before may have died before this: what clients hear of these jobs from now on outlives a power cut.
  SINTER_TRY(files_.sync_directory(directory_));
  SINTER_ASSIGN(const std::vector<std::string> names, files_.list(directory_));
  for (const std::string& name : names) {
    StoredRun one;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), one.run);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    const std::string directory = directory_of(one.run);
    SINTER_ASSIGN(one.ended, ended_of(files_, directory));
    if (one.ended) {
      // A life before may have died while it did so.
      SINTER_TRY(clean(one.run, one.ended->told.report.has_value() && files_.exists(outputs_of(one.run))));
    } else if (files_.exists(directory + "/submission")) {
      SINTER_ASSIGN(one.submit, fetch<Submit>(files_, directory + "/submission"));
    } else {
      SINTER_TRY(files_.remove_all(directory));  // its client was never told that it is here
      continue;
    }
    found.push_back(std::move(one));
  }
  std::sort(found.begin(), found.end(), [](const StoredRun& left, const StoredRun& right) { return left.run < right.run; });
  return found;
}

Status RunStore::add(RunId run, const Submit& submit) {
  SINTER_TRY(make_directories_durably(files_, directory_));
  SINTER_TRY(files_.make_directories(directory_of(run)));
  SINTER_TRY(store(files_, directory_of(run) + "/submission", submit));
  // Last: by then it has nothing to write any more, where a file system writes down names in their order.
  return files_.sync_directory(directory_);
}

/// Under its name at once, so that bytes and name are durable together: see ended_of().
Status RunStore::end(const EndedRun& ended) {
  const std::string directory = directory_of(ended.line.run);
  Status written = write_file_synced(files_, directory + "/ended", seal_bytes(kMagic, encode(ended)));
  if (written.ok()) written = files_.sync_directory(directory);
  if (!written.ok()) (void)files_.remove(directory + "/ended");  // best effort: another life takes a torn one for none
  return written;
}

Status RunStore::clean(RunId run, bool keep_outputs) {
  const std::string directory = directory_of(run);
  SINTER_ASSIGN(const std::vector<std::string> names, files_.list(directory));
  for (const std::string& name : names)
    if (!is_kept_of_job(name) && !(keep_outputs && is_for_client(name))) SINTER_TRY(files_.remove_all(directory + "/" + name));
  if (run > kMaxKeptHistories) SINTER_TRY(forget_details(run - kMaxKeptHistories));
  if (run > kMaxListedRuns) return files_.remove_all(directory_of(run - kMaxListedRuns));
  return {};
}

Result<std::vector<std::string>> RunStore::outputs(RunId run) {
  std::vector<std::string> found;
  SINTER_TRY(list_tree(files_, outputs_of(run), "", found));
  return found;
}

std::optional<std::int64_t> RunStore::kept_outputs_since_ns(RunId run) {
  const auto ended = files_.info(directory_of(run) + "/ended");
  if (!ended.ok() || !files_.exists(outputs_of(run))) return std::nullopt;
  return ended->modified_ns;
}

Status RunStore::drop_outputs(RunId run) {
  SINTER_TRY(files_.remove_all(outputs_of(run)));
  return files_.remove_all(directory_of(run) + "/private");
}

Status RunStore::forget_details(RunId run) {
  const std::string directory = directory_of(run);
  // It still runs, or another life will go on with it, as its end could not be written down.
  if (!files_.exists(directory + "/ended") || files_.exists(directory + "/submission")) return {};
  SINTER_ASSIGN(const std::vector<std::string> names, files_.list(directory));
  for (const std::string& name : names)
    if (name != "ended" && !is_for_client(name)) SINTER_TRY(files_.remove_all(directory + "/" + name));
  return {};
}

}  // namespace sinter::cluster

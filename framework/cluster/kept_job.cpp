// KeptJob: a small sealed file, and logs within a bound. Stateless; any thread.
#include "framework/cluster/kept_job.hpp"

#include <algorithm>

#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/sealed_bytes.hpp"

namespace sinter::cluster {
namespace {

constexpr std::string_view kMagic = "SNTRKPT1";
constexpr const char* kNumbersFile = "numbers";

Result<std::uint64_t> trim_logs(FileSystem& files, const std::string& directory) {
  if (!files.exists(directory)) return std::uint64_t{0};
  SINTER_ASSIGN(const std::vector<std::string> names, files.list(directory));
  std::vector<std::pair<std::uint64_t, std::string>> logs;
  std::uint64_t bytes = 0;
  for (const std::string& name : names) {
    SINTER_ASSIGN(const FileInfo info, files.info(directory + "/" + name));
    logs.emplace_back(info.size_bytes, name);
    bytes += info.size_bytes;
  }
  std::sort(logs.rbegin(), logs.rend());
  std::uint64_t dropped = 0;
  for (auto log = logs.begin(); log != logs.end() && bytes > kMaxKeptLogBytes; ++log, ++dropped) {
    SINTER_TRY(files.remove(directory + "/" + log->second));
    bytes -= log->first;
  }
  return dropped;
}

}  // namespace

Status keep_job(FileSystem& files, const std::string& directory, KeptJob kept) {
  SINTER_ASSIGN(kept.dropped_logs, trim_logs(files, JobLayout(directory).logs()));
  // Not synced: a power cut may cost numbers, never a job, and nobody's end of a job waits for a disk.
  const std::string path = directory + "/" + kNumbersFile;
  SINTER_TRY(write_file(files, path + ".new", seal_bytes(kMagic, encode(kept))));
  return files.rename(path + ".new", path);
}

Result<std::optional<KeptJob>> read_kept_job(FileSystem& files, const std::string& directory) {
  const std::string path = directory + "/" + kNumbersFile;
  if (!files.exists(path)) return std::optional<KeptJob>();
  SINTER_ASSIGN(const std::string bytes, read_file(files, path, kMaxControlMessageBytes));
  SINTER_ASSIGN(const std::string_view body, unseal_bytes(kMagic, bytes, "numbers of a job", path));
  SINTER_ASSIGN(KeptJob kept, decode<KeptJob>(body, "'" + path + "'"));
  return std::optional<KeptJob>(std::move(kept));
}

bool is_kept_of_job(std::string_view name) {
  return name == "ended" || name == kNumbersFile || name == kHistoryFile || name == kOlderHistoryFile || name == "logs";
}

}  // namespace sinter::cluster

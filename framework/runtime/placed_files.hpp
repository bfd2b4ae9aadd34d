// PlacedFiles: a FileSystem in which some paths stand for files on nodes of the cluster: the tracker's view of what its job's attempts
// wrote, and a worker's of the results it reads. Moving and removing such a path changes the view only. Any thread may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/messages.hpp"

namespace sinter {

/// Where a file really is.
struct Place {
  std::uint64_t node = 0;         // as the tracker numbers it; 0 where nobody asks
  std::string host;               // see ResultsAt
  std::string endpoint;
  std::string endpoint_key;       // public_key_text() of who listens there
  std::string scratch_directory;  // of the job, on that host
  std::string name;               // below it
  AttemptId attempt;              // that wrote it
  std::optional<std::uint64_t> checksum = {};  // as its writer said
  std::shared_ptr<const std::string> bytes = {};  // all of it, when it came along: not to be fetched. Stays in this process

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & node & host & endpoint & endpoint_key & scratch_directory & name & attempt & checksum;
  }
};

/// Opens a file of another host.
using RemoteOpener = std::function<Result<std::unique_ptr<ReadableFile>>(const Place&)>;

/// Whether the path leads to something in this directory, or in one within.
bool is_below(const std::string& path, const std::string& directory);

class PlacedFiles final : public FileSystem {
 public:
  struct Options {
    FileSystem& files;              // for everything that is not placed, and for what is on this host; outlives us
    std::string host;               // which this is
    std::string working_directory;  // relative paths start here; empty: where the process is
    RemoteOpener open_remote;       // empty: other hosts cannot be read
    std::function<void(const std::vector<Place>&)> prefetch_remote;  // a hint that these will be opened soon; may be empty
    std::function<void(const Place&)> on_removed;  // a placed path was removed; called on the caller's thread; may be empty
    bool note_checksums = false;                   // for take_checksums()
  };
  explicit PlacedFiles(Options options) : options_(std::move(options)) {}

  /// From now on `path` stands for a file elsewhere, whatever is there.
  void place(const std::string& path, Place place);
  /// Where results of the listed attempts lie, under the names they are read by in `layout`. Forgets what was placed before.
  void place_results(const JobLayout& layout, const std::vector<ResultsAt>& results);
  /// A hint that these will be opened soon.
  void prefetch(const std::vector<std::string>& paths) const;
  /// Makes a placed file our own, under the same path: moves it from this host, or copies it from another one. Nothing to do for a path
  /// that is not placed. Ends early when `unwanted` becomes true. Errors, environment: it cannot be fetched, is not what its writer said,
  /// is not wanted any more, or another file was placed there meanwhile, or none.
  Status keep(const std::string& path, const std::atomic<bool>* unwanted = nullptr);
  /// Whether it is placed on another host.
  bool is_elsewhere(const std::string& path) const;
  /// Of the files in this directory that were written through us and closed since the last call.
  std::vector<FileChecksum> take_checksums(const std::string& directory);
  /// Results of attempts that could not be opened or read since the last call; each once.
  std::vector<AttemptId> take_failures();
  /// Nothing: the path is not placed.
  std::optional<Place> placed(const std::string& path) const;
  /// Forgets every file of a node that is gone, and tells the paths they had.
  std::vector<std::pair<std::string, Place>> forget_node(std::uint64_t node);

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  bool exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  /// A placed file stays where it is: only the path by which it is known changes.
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_all(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;

 private:
  std::string absolute(const std::string& path) const;
  Result<std::unique_ptr<ReadableFile>> open_at(const Place& place);

  class Watched;
  class Sent;
  class Summed;
  Status copy_here(const Place& place, const std::string& path, const std::atomic<bool>* unwanted);
  Status put_in_place(const Place& place, const std::string& arrived, const std::string& path);
  void note_failure(const AttemptId& attempt);
  void place_results_under(const JobLayout& layout, const std::vector<ResultsAt>& results, std::vector<std::string>& paths);

  const Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, Place> places_;  // under mutex_
  std::set<AttemptId> failures_;         // under mutex_
  std::map<std::string, std::uint64_t> checksums_;  // of closed files, by path; under mutex_
};

}  // namespace sinter

// PlacedFiles: the view, and what passes through it.
#include "framework/runtime/placed_files.hpp"

#include <algorithm>
#include <set>

#include "base/checksum_stream.hpp"
#include "shuffle/run/announced_reads.hpp"

namespace sinter {
namespace {

/// Copied at once from another host.
constexpr std::uint64_t kCopyBytes = 1u << 20;

}  // namespace

bool is_below(const std::string& path, const std::string& directory) {
  if (directory == "/") return path.size() > 1;
  return path.size() > directory.size() + 1 && path.starts_with(directory) && path[directory.size()] == '/';
}

std::string PlacedFiles::absolute(const std::string& path) const {
  return options_.working_directory.empty() || path.starts_with('/') ? path : options_.working_directory + "/" + path;
}

void PlacedFiles::place(const std::string& path, Place place) {
  const std::lock_guard lock(mutex_);
  places_.insert_or_assign(path, std::move(place));
}

void PlacedFiles::prefetch(const std::vector<std::string>& paths) const {
  if (!options_.prefetch_remote) return;
  std::vector<Place> remote;
  for (const std::string& path : paths)
    if (std::optional<Place> place = placed(path); place && place->host != options_.host && !place->bytes)
      remote.push_back(std::move(*place));
  if (!remote.empty()) options_.prefetch_remote(remote);
}

void PlacedFiles::place_results(const JobLayout& layout, const std::vector<ResultsAt>& results) {
  std::vector<std::string> paths;
  {
    const std::lock_guard lock(mutex_);
    place_results_under(layout, results, paths);
  }
  prefetch(paths);
}

void PlacedFiles::place_results_under(const JobLayout& layout, const std::vector<ResultsAt>& results, std::vector<std::string>& paths) {
  places_.clear();
  for (const ResultsAt& at : results) {
    const JobLayout there(at.scratch_directory);
    for (const AttemptId& attempt : at.attempts) {
      std::string name = there.attempt_result(attempt).substr(there.root().size() + 1);
      paths.push_back(layout.result(attempt.task));
      places_.insert_or_assign(paths.back(),
                               Place{0, at.host, at.endpoint, at.endpoint_key, at.scratch_directory, std::move(name), attempt});
    }
  }
}

std::optional<Place> PlacedFiles::placed(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(path);
  return found == places_.end() ? std::nullopt : std::optional<Place>(found->second);
}

std::vector<std::pair<std::string, Place>> PlacedFiles::forget_node(std::uint64_t node) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, Place>> gone;
  for (auto entry = places_.begin(); entry != places_.end();) {
    if (entry->second.node != node) {
      ++entry;
      continue;
    }
    gone.emplace_back(entry->first, std::move(entry->second));
    entry = places_.erase(entry);
  }
  return gone;
}

/// A file of a node, which may end while it is read.
class PlacedFiles::Watched final : public ReadableFile, public AnnouncedReads {
 public:
  Watched(PlacedFiles& files, std::unique_ptr<ReadableFile> file, AttemptId attempt)
      : files_(files), file_(std::move(file)), attempt_(attempt) {}
  Result<std::size_t> read_at(std::uint64_t offset, char* to, std::size_t size) const override {
    Result<std::size_t> got = file_->read_at(offset, to, size);
    if (!got.ok()) files_.note_failure(attempt_);
    return got;
  }
  std::uint64_t size_bytes() const override { return file_->size_bytes(); }
  std::string_view map() const override { return file_->map(); }
  void will_read(std::uint64_t offset, std::uint64_t size) const override {
    if (const auto* announced = dynamic_cast<const AnnouncedReads*>(file_.get())) announced->will_read(offset, size);
  }

 private:
  PlacedFiles& files_;
  std::unique_ptr<ReadableFile> file_;
  AttemptId attempt_;
};

/// One that came with the word that it is there.
class PlacedFiles::Sent final : public ReadableFile {
 public:
  explicit Sent(std::shared_ptr<const std::string> bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read_at(std::uint64_t offset, char* to, std::size_t size) const override {
    return offset < bytes_->size() ? bytes_->copy(to, size, static_cast<std::size_t>(offset)) : std::size_t{0};
  }
  std::uint64_t size_bytes() const override { return bytes_->size(); }
  std::string_view map() const override { return *bytes_; }

 private:
  std::shared_ptr<const std::string> bytes_;
};

void PlacedFiles::note_failure(const AttemptId& attempt) {
  const std::lock_guard lock(mutex_);
  failures_.insert(attempt);
}

std::vector<AttemptId> PlacedFiles::take_failures() {
  const std::lock_guard lock(mutex_);
  std::vector<AttemptId> taken(failures_.begin(), failures_.end());
  failures_.clear();
  return taken;
}

Result<std::unique_ptr<ReadableFile>> PlacedFiles::open_at(const Place& place) {
  const auto open = [&]() -> Result<std::unique_ptr<ReadableFile>> {
    const std::string path = place.scratch_directory + "/" + place.name;
    if (place.host == options_.host) return options_.files.open(path);
    if (place.bytes) return std::unique_ptr<ReadableFile>(std::make_unique<Sent>(place.bytes));
    if (options_.open_remote) return options_.open_remote(place);
    return environment_error("'" + path + "' is on the host '" + place.host + "', whose files cannot be read here");
  };
  Result<std::unique_ptr<ReadableFile>> file = open();
  if (!file.ok()) {
    note_failure(place.attempt);
    // Whatever became of it there, it is not this attempt's fault.
    return environment_error(file.error().message()).with_context("while opening a result that another host keeps");
  }
  return std::unique_ptr<ReadableFile>(std::make_unique<Watched>(*this, std::move(file).value(), place.attempt));
}

Status PlacedFiles::copy_here(const Place& place, const std::string& path, const std::atomic<bool>* unwanted) {
  const std::string there = place.scratch_directory + "/" + place.name;
  SINTER_ASSIGN(const std::unique_ptr<ReadableFile> from, open_at(place));
  SINTER_ASSIGN(const std::unique_ptr<WritableFile> to, options_.files.create(path));
  std::string chunk(std::min<std::uint64_t>(kCopyBytes, from->size_bytes()), '\0');
  ChecksumStream sum;
  for (std::uint64_t at = 0; at < from->size_bytes();) {
    if (unwanted != nullptr && unwanted->load()) return environment_error("'" + there + "' is not wanted any more");
    SINTER_ASSIGN(const std::size_t got, from->read_at(at, chunk.data(), chunk.size()));
    if (got == 0) return environment_error("'" + there + "' ended before its size of " + std::to_string(from->size_bytes()) + " bytes");
    sum.append(std::string_view(chunk).substr(0, got));
    SINTER_TRY(to->append(std::string_view(chunk).substr(0, got)));
    at += got;
  }
  if (place.checksum && sum.value() != *place.checksum)
    return environment_error("'" + there + "' on the host '" + place.host + "' is not what " + to_string(place.attempt) +
                             " wrote: its checksum differs");
  return to->close();
}

bool PlacedFiles::is_elsewhere(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(path);
  return found != places_.end() && found->second.host != options_.host;
}

Status PlacedFiles::keep(const std::string& path, const std::atomic<bool>* unwanted) {
  const std::optional<Place> place = placed(path);
  if (!place) return {};
  const std::string there = place->scratch_directory + "/" + place->name;
  SINTER_TRY(options_.files.make_directories(directory_of(path)));
  // While it arrives, its attempt may turn out to be lost, and another one's file be placed there.
  const std::string arrived = path + ".arriving-" + std::to_string(place->attempt.number);
  const bool moved = place->host == options_.host && options_.files.rename(there, arrived).ok();
  Status here = moved ? Status() : copy_here(*place, arrived, unwanted);
  if (here.ok()) here = put_in_place(*place, arrived, path);
  if (!here.ok()) {
    static_cast<void>(options_.files.remove_all(arrived).ok());  // goes with the job's directory otherwise
    return here;
  }
  if (!moved && options_.on_removed) options_.on_removed(*place);
  return {};
}

Status PlacedFiles::put_in_place(const Place& place, const std::string& arrived, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto now = places_.find(path);
  if (now == places_.end() || now->second.node != place.node || now->second.attempt != place.attempt || now->second.name != place.name)
    return environment_error("'" + path + "' is not what " + to_string(place.attempt) + " left any more");
  SINTER_TRY(options_.files.rename(arrived, path));
  places_.erase(now);
  return {};
}

Result<std::unique_ptr<ReadableFile>> PlacedFiles::open(const std::string& path) {
  if (const std::optional<Place> place = placed(path)) return open_at(*place);
  return options_.files.open(absolute(path));
}

/// A file whose checksum is known when it is closed.
class PlacedFiles::Summed final : public WritableFile {
 public:
  Summed(PlacedFiles& files, std::unique_ptr<WritableFile> file, std::string path)
      : files_(files), file_(std::move(file)), path_(std::move(path)) {}
  Status append(std::string_view bytes) override {
    sum_.append(bytes);
    return file_->append(bytes);
  }
  Status sync() override { return file_->sync(); }
  void start_sync() override { file_->start_sync(); }
  Status close() override {
    SINTER_TRY(file_->close());
    const std::lock_guard lock(files_.mutex_);
    files_.checksums_[path_] = sum_.value();
    return {};
  }
  std::uint64_t size_bytes() const override { return file_->size_bytes(); }

 private:
  PlacedFiles& files_;
  std::unique_ptr<WritableFile> file_;
  std::string path_;
  ChecksumStream sum_;
};

Result<std::unique_ptr<WritableFile>> PlacedFiles::create(const std::string& path) {
  Result<std::unique_ptr<WritableFile>> file = options_.files.create(absolute(path));
  if (!file.ok() || !options_.note_checksums) return file;
  return std::unique_ptr<WritableFile>(std::make_unique<Summed>(*this, std::move(file).value(), path));
}

std::vector<FileChecksum> PlacedFiles::take_checksums(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  std::vector<FileChecksum> taken;
  for (auto entry = checksums_.lower_bound(directory + "/"); entry != checksums_.end() && is_below(entry->first, directory); ++entry)
    taken.push_back({entry->first.substr(directory.size() + 1), entry->second});
  checksums_.clear();
  return taken;
}

Result<FileInfo> PlacedFiles::info(const std::string& path) {
  const std::optional<Place> place = placed(path);
  if (!place) return options_.files.info(absolute(path));
  SINTER_ASSIGN(const std::unique_ptr<ReadableFile> file, open_at(*place));
  return FileInfo{file->size_bytes(), false, true, 0};
}

bool PlacedFiles::exists(const std::string& path) { return placed(path) || options_.files.exists(absolute(path)); }

Result<std::vector<std::string>> PlacedFiles::list(const std::string& directory) {
  std::set<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (auto entry = places_.lower_bound(directory + "/"); entry != places_.end() && is_below(entry->first, directory); ++entry) {
      const std::string rest = entry->first.substr(directory.size() + 1);
      names.insert(rest.substr(0, rest.find('/')));
    }
  }
  if (names.empty() || options_.files.exists(absolute(directory))) {
    SINTER_ASSIGN(const std::vector<std::string> plain, options_.files.list(absolute(directory)));
    names.insert(plain.begin(), plain.end());
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Status PlacedFiles::make_directories(const std::string& path) { return options_.files.make_directories(absolute(path)); }

Status PlacedFiles::rename(const std::string& from, const std::string& to) {
  {
    const std::lock_guard lock(mutex_);
    if (auto entry = places_.extract(from); !entry.empty()) {
      places_.erase(to);
      entry.key() = to;
      places_.insert(std::move(entry));
      return {};
    }
    if (auto entry = checksums_.extract(from); !entry.empty()) {
      checksums_.erase(to);
      entry.key() = to;
      checksums_.insert(std::move(entry));
    }
  }
  return options_.files.rename(absolute(from), absolute(to));
}

Status PlacedFiles::remove(const std::string& path) {
  std::optional<Place> place;
  {
    const std::lock_guard lock(mutex_);
    if (auto entry = places_.extract(path); !entry.empty()) place = std::move(entry.mapped());
    checksums_.erase(path);
  }
  if (!place) return options_.files.remove(absolute(path));
  if (options_.on_removed) options_.on_removed(*place);
  return {};
}

Status PlacedFiles::remove_all(const std::string& path) {
  std::vector<Place> removed;
  {
    const std::lock_guard lock(mutex_);
    for (auto entry = places_.lower_bound(path); entry != places_.end() && (entry->first == path || entry->first.starts_with(path));) {
      if (entry->first != path && !is_below(entry->first, path)) {
        ++entry;
        continue;
      }
      removed.push_back(std::move(entry->second));
      entry = places_.erase(entry);
    }
  }
  if (options_.on_removed)
    for (const Place& place : removed) options_.on_removed(place);
  return options_.files.remove_all(absolute(path));
}

Status PlacedFiles::sync_directory(const std::string& directory) { return options_.files.sync_directory(absolute(directory)); }

Result<std::uint64_t> PlacedFiles::free_bytes(const std::string& path) { return options_.files.free_bytes(absolute(path)); }

}  // namespace sinter

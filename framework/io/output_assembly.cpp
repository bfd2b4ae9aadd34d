// Copy, sync, rename, on a thread that follows the parts. See the header.
#include "framework/io/output_assembly.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/checksum_stream.hpp"

namespace sinter {
namespace {

constexpr std::size_t kCopyBytes = 1024 * 1024;

}  // namespace

/// Writes one output file and remembers its size and checksum.
class OutputAssembly::FileBuilder {
 public:
  explicit FileBuilder(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}

  Status append(std::string_view bytes) {
    checksum_.append(bytes);
    size_bytes_ += bytes.size();
    SINTER_TRY(file_->append(bytes));
    if (size_bytes_ - sync_started_bytes_ >= kStartSyncEveryBytes) {
      sync_started_bytes_ = size_bytes_;
      file_->start_sync();
    }
    return {};
  }
  /// Everything is written; the disk begins to take it.
  PublishedFile complete(std::string final_path) {
    file_->start_sync();
    return PublishedFile{std::move(final_path), size_bytes_, checksum_.value()};
  }
  Status finish() {
    SINTER_TRY(file_->sync());
    return file_->close();
  }

 private:
  std::unique_ptr<WritableFile> file_;
  ChecksumStream checksum_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t sync_started_bytes_ = 0;
};

OutputAssembly::OutputAssembly(FileSystem& files, OutputPublication output)
    : files_(files), output_(std::move(output)), is_directory_(output_.path.ends_with('/')), target_(without_slash(output_.path)),
      directory_(directory_of(target_)), temporary_(temporary_output_path(output_.path, output_.job)) {}

OutputAssembly::~OutputAssembly() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    ready_.clear();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  file_.reset();
  // Best effort: the next run of the job removes it too.
  if (begun_ && !finished_) (void)files_.remove_all(temporary_);
}

void OutputAssembly::part_behind(std::size_t ordinal, std::size_t rest) {
  const std::lock_guard lock(mutex_);
  behind_[rest] = follower_of(ordinal);
  behind_[ordinal] = rest;
}

std::size_t OutputAssembly::follower_of(std::size_t ordinal) const {
  const auto found = behind_.find(ordinal);
  return found == behind_.end() ? ordinal + 1 : found->second;
}

void OutputAssembly::part_ready(std::size_t ordinal, std::string path) {
  {
    const std::lock_guard lock(mutex_);
    require(ready_.emplace(ordinal, std::move(path)).second, "a part of an output is ready once");
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  }
  changed_.notify_all();
}

void OutputAssembly::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ready_.contains(next_) || ending_; });
    const auto found = ready_.find(next_);
    if (found == ready_.end() || !status_.ok()) return;
    const std::string part = std::move(found->second);
    ready_.erase(found);
    const std::size_t ordinal = next_;
    next_ = follower_of(ordinal);
    ++joined_;
    lock.unlock();
    Status joined = join(ordinal, part);
    lock.lock();
    if (!joined.ok()) status_ = std::move(joined);
  }
}

Result<std::vector<PublishedFile>> OutputAssembly::finish(std::size_t count, const Companion& companion) {
  require(!companion || !is_directory_, "only an output of one file has a companion");
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  Status status = std::move(status_);
  if (status.ok()) {
    require(joined_ == count && ready_.empty(), "all parts of an output are ready before it is finished");
    status = complete(companion);
  }
  if (status.ok()) return std::move(published_);
  file_.reset();
  return with_surroundings(std::move(status).error());
}

Status OutputAssembly::begin() {
  if (begun_) return {};
  // A life before may have died between the two renames of move_into_place().
  const std::string old = temporary_ + ".old";
  if (is_directory_ && !files_.exists(target_) && files_.exists(old)) SINTER_TRY(files_.rename(old, target_));
  SINTER_TRY(check_output_path(files_, output_.path, output_.overwrite));
  SINTER_TRY(make_directories_durably(files_, directory_));
  SINTER_TRY(files_.remove_all(temporary_));
  begun_ = true;
  buffer_ = std::make_unique_for_overwrite<char[]>(kCopyBytes);
  return is_directory_ ? files_.make_directories(temporary_) : begin_file(0);
}

Status OutputAssembly::begin_file(std::size_t ordinal) {
  const std::string name = part_name(ordinal, output_.part_extension);
  final_path_ = is_directory_ ? target_ + "/" + name : output_.path;
  SINTER_ASSIGN(auto file, files_.create(is_directory_ ? temporary_ + "/" + name : temporary_));
  file_ = std::make_unique<FileBuilder>(std::move(file));
  return file_->append(output_.header);
}

Status OutputAssembly::end_file(const Companion& companion) {
  published_.push_back(file_->complete(final_path_));
  if (companion) SINTER_TRY(companion(published_));
  SINTER_TRY(file_->finish());
  file_.reset();
  return {};
}

Status OutputAssembly::join(std::size_t ordinal, const std::string& part) {
  SINTER_TRY(begin());
  if (is_directory_) SINTER_TRY(begin_file(ordinal));
  SINTER_TRY(append_part(part));
  if (is_directory_) SINTER_TRY(end_file());
  // Its bytes are in the output now; keeping both would double the disk and the page cache that a job needs.
  return output_.consume_parts ? files_.remove(part) : Status();
}

Status OutputAssembly::append_part(const std::string& part) {
  SINTER_ASSIGN(const auto file, files_.open(part));
  const std::uint64_t size = file->size_bytes();
  SINTER_TRY(check_room(size));
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kCopyBytes, size - at));
    SINTER_ASSIGN(const std::size_t got, file->read_at(at, buffer_.get(), wanted));
    if (got == 0) return environment_error("part '" + part + "' became shorter while it was published");
    SINTER_TRY(file_->append({buffer_.get(), got}));
    at += got;
  }
  return {};
}

/// Says early what would fail late.
Status OutputAssembly::check_room(std::uint64_t size_bytes) {
  SINTER_ASSIGN(const std::uint64_t free, files_.free_bytes(directory_));
  if (size_bytes <= free) return {};
  return environment_error("the disk that holds '" + directory_ + "' has " + std::to_string(free) + " bytes free, and a part of '" +
                           output_.path + "' needs " + std::to_string(size_bytes))
      .with_hint("Make room, or write the output elsewhere");
}

Status OutputAssembly::complete(const Companion& companion) {
  SINTER_TRY(begin());
  // Without results there is still one part, so that the header tells the columns.
  if (is_directory_ && published_.empty()) {
    SINTER_TRY(begin_file(0));
    SINTER_TRY(end_file());
  }
  if (is_directory_) SINTER_TRY(files_.sync_directory(temporary_));
  else SINTER_TRY(end_file(companion));
  return move_into_place(!companion);
}

/// Puts what was built into its place; the old output comes back when that fails.
Status OutputAssembly::move_into_place(bool syncs_directory) {
  SINTER_TRY(check_output_path(files_, output_.path, output_.overwrite));
  const std::string old = temporary_ + ".old";
  const bool replaces_directory = is_directory_ && files_.exists(target_);
  if (replaces_directory) {
    SINTER_TRY(files_.remove_all(old));
    SINTER_TRY(files_.rename(target_, old));
  }
  Status renamed = files_.rename(temporary_, target_);
  if (!renamed.ok()) {
    if (replaces_directory) SINTER_TRY(files_.rename(old, target_));
    return renamed;
  }
  finished_ = true;
  Status synced = syncs_directory ? files_.sync_directory(directory_) : Status();
  if (is_directory_) {
    Status removed = files_.remove_all(old);  // or one that a life before has left
    if (synced.ok()) return removed;
  }
  return synced;
}

Error OutputAssembly::with_surroundings(Error error) {
  std::string context = "publishing '" + output_.path + "'";
  if (const auto free = files_.free_bytes(directory_); free.ok()) context += " (its disk has " + std::to_string(*free) + " bytes free)";
  if (begun_ && !finished_) {
    const Status removed = files_.remove_all(temporary_);
    if (removed.ok()) begun_ = false;
    else context += "; '" + temporary_ + "' could not be removed: " + removed.error().message();
  }
  return std::move(error).with_context(std::move(context));
}

}  // namespace sinter

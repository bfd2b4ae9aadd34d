// BlobStore: arriving, kept, evicted. See the header for threads.
#include "framework/cluster/blob_store.hpp"

#include <algorithm>

#include "framework/plan/plan.hpp"

namespace sinter::cluster {
namespace {

constexpr std::size_t kCopyBytes = 1u << 20;
/// What an earlier attempt to send a file left, while it is copied.
constexpr std::string_view kBefore = ".before";

}  // namespace

Status BlobStore::load() {
  SINTER_TRY(files_.make_directories(arriving_directory()));
  SINTER_ASSIGN(const std::vector<std::string> names, files_.list(directory_));
  for (const std::string& name : names)
    if (net::is_content_hash(name)) SINTER_TRY(take_over(name));
  SINTER_ASSIGN(const std::vector<std::string> arrived, files_.list(arriving_directory()));
  for (const std::string& name : arrived)
    if (name.ends_with(kBefore)) SINTER_TRY(files_.remove(arriving_directory() + "/" + name));
  return {};
}

Status BlobStore::take_over(const std::string& name) {
  SINTER_ASSIGN(const FileInfo info, files_.info(path_of(name)));
  if (info.size_bytes < kSyncedBlobBytes) {
    SINTER_ASSIGN(const std::string hash, net::content_hash_of_file(files_, path_of(name)));
    if (hash != name) return files_.remove(path_of(name));
  }
  const std::lock_guard lock(mutex_);
  blobs_[name] = Blob{info.size_bytes, ++uses_, 0};
  bytes_ += info.size_bytes;
  return {};
}

std::uint64_t BlobStore::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::uint64_t BlobStore::reserved_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [key, arriving] : arriving_) bytes += arriving.size_bytes;
  return bytes;
}

void BlobStore::pin_locked(const std::string& pinner, const std::string& hash) {
  Blob& blob = blobs_.at(hash);
  blob.used = ++uses_;
  if (pins_[pinner].insert(hash).second) ++blob.pins;
}

Result<std::vector<BlobStore::Lacking>> BlobStore::offer(const std::string& owner, const std::vector<Wanted>& wanted) {
  leave(owner);
  std::map<std::string, std::uint64_t> lacking;
  {
    const std::lock_guard lock(mutex_);
    for (const Wanted& one : wanted) {
      const auto found = blobs_.find(one.hash);
      if (found != blobs_.end() && found->second.size_bytes == one.size_bytes) pin_locked(owner, one.hash);
      else lacking[one.hash] = one.size_bytes;
    }
  }
  std::uint64_t needed_bytes = 0;
  for (const auto& [hash, size_bytes] : lacking) needed_bytes += size_bytes;
  if (Status room = make_room(owner, needed_bytes); !room.ok()) {
    leave(owner);
    return std::move(room).error();
  }
  std::vector<Lacking> asked;
  for (const auto& [hash, size_bytes] : lacking) {
    Arriving& arriving = arriving_[{owner, hash}];
    arriving.size_bytes = size_bytes;
    if (const auto before = files_.info(arriving_path({owner, hash})); before.ok()) {
      if (before->size_bytes <= size_bytes) arriving.taken_bytes = before->size_bytes;
      else SINTER_TRY(files_.remove(arriving_path({owner, hash})));
    }
    asked.push_back({hash, arriving.taken_bytes});
  }
  return asked;
}

/// What clients that went away have left of files.
Result<std::vector<std::string>> BlobStore::left_behind(const std::string& owner, std::uint64_t& bytes) const {
  SINTER_ASSIGN(const std::vector<std::string> names, files_.list(arriving_directory()));
  std::set<std::string> under_way;
  for (const auto& [key, arriving] : arriving_) under_way.insert(arriving_path(key));
  std::vector<std::string> left;
  for (const std::string& name : names) {
    const std::string path = arriving_directory() + "/" + name;
    if (name.starts_with(owner + "-") || under_way.contains(path)) continue;
    SINTER_ASSIGN(const FileInfo info, files_.info(path));
    bytes += info.size_bytes;
    left.push_back(path);
  }
  return left;
}

/// For more arriving bytes: what clients that went away have left of files goes first, then files that nobody needs.
Status BlobStore::make_room(const std::string& owner, std::uint64_t needed_bytes) {
  if (needed_bytes == 0) return {};
  std::uint64_t left_bytes = 0;
  SINTER_ASSIGN(const std::vector<std::string> left, left_behind(owner, left_bytes));
  SINTER_ASSIGN(const std::uint64_t free_bytes, files_.free_bytes(directory_));
  const bool disk_is_full = needed_bytes > free_bytes;
  const std::uint64_t arriving_bytes = reserved_bytes() + needed_bytes;
  std::vector<std::string> gone;
  std::uint64_t kept_bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    if (disk_is_full || bytes_ + arriving_bytes + left_bytes > max_bytes_) gone = left;
    const std::vector<std::string> idle = evict(disk_is_full || arriving_bytes > max_bytes_ ? 0 : max_bytes_ - arriving_bytes);
    for (const std::string& hash : idle) gone.push_back(path_of(hash));
    kept_bytes = bytes_;
  }
  for (const std::string& path : gone) SINTER_TRY(files_.remove(path));
  if (kept_bytes + arriving_bytes > max_bytes_)
    return user_error("the job's files have " + format_bytes(needed_bytes) + " that the tracker lacks, and of the " +
                      format_bytes(max_bytes_) + " that it keeps of clients' files (--files-quota) jobs need " +
                      format_bytes(kept_bytes + arriving_bytes - needed_bytes) + " now")
        .with_hint("Wait for other jobs, start the tracker with a larger --files-quota, or put the files on a shared path");
  SINTER_ASSIGN(const std::uint64_t free_now, files_.free_bytes(directory_));
  if (needed_bytes <= free_now) return {};
  return environment_error("the job's files have " + format_bytes(needed_bytes) + " that the tracker lacks, and the disk that holds '" +
                               directory_ + "' there has " + format_bytes(free_now) + " free",
                           false)
      .with_hint("Make room there, or put the files on a shared path");
}

/// Forgets unpinned files, those used longest ago first, until no more than this is kept; the caller removes them.
std::vector<std::string> BlobStore::evict(std::uint64_t above_bytes) {
  std::vector<std::pair<std::uint64_t, std::string>> idle;
  for (const auto& [hash, blob] : blobs_)
    if (blob.pins == 0) idle.emplace_back(blob.used, hash);
  std::sort(idle.begin(), idle.end());
  std::vector<std::string> gone;
  for (auto& [used, hash] : idle) {
    if (bytes_ <= above_bytes) break;
    bytes_ -= blobs_.at(hash).size_bytes;
    blobs_.erase(hash);
    gone.push_back(std::move(hash));
  }
  return gone;
}

/// What an earlier attempt left is copied, as files grow only from their start.
Status BlobStore::open_arriving(const ArrivingKey& key, Arriving& arriving) {
  const std::string path = arriving_path(key);
  const std::string before = path + std::string(kBefore);
  if (arriving.taken_bytes > 0) SINTER_TRY(files_.rename(path, before));
  SINTER_ASSIGN(arriving.file, files_.create(path));
  if (arriving.taken_bytes == 0) return {};
  {
    SINTER_ASSIGN(const std::unique_ptr<ReadableFile> old, files_.open(before));
    std::string piece(kCopyBytes, '\0');
    for (std::uint64_t at = 0; at < arriving.taken_bytes;) {
      const std::uint64_t left = arriving.taken_bytes - at;
      SINTER_ASSIGN(const std::size_t got, old->read_at(at, piece.data(), std::min<std::uint64_t>(left, piece.size())));
      if (got == 0) return environment_error("'" + before + "' became shorter");
      arriving.hasher.append({piece.data(), got});
      SINTER_TRY(arriving.file->append({piece.data(), got}));
      at += got;
    }
  }
  return files_.remove(before);
}

Result<BlobStore::Arrival> BlobStore::append(const std::string& owner, const std::string& hash, std::uint64_t offset,
                                             std::string_view bytes) {
  const ArrivingKey key{owner, hash};
  const auto found = arriving_.find(key);
  if (found == arriving_.end()) return user_error("bytes of a file were sent that the tracker did not ask for");
  Arriving& arriving = found->second;
  if (offset > arriving.taken_bytes || offset + bytes.size() > arriving.size_bytes)
    return user_error("bytes of a file were sent that the tracker did not ask for, at " + std::to_string(offset));
  if (!arriving.file) SINTER_TRY(open_arriving(key, arriving));
  bytes.remove_prefix(std::min<std::uint64_t>(bytes.size(), arriving.taken_bytes - offset));
  arriving.hasher.append(bytes);
  SINTER_TRY(arriving.file->append(bytes));
  arriving.taken_bytes += bytes.size();
  if (arriving.taken_bytes < arriving.size_bytes) return Arrival::Growing;
  Result<Arrival> arrival = complete(key, arriving);
  arriving_.erase(key);
  return arrival;
}

Result<BlobStore::Arrival> BlobStore::complete(const ArrivingKey& key, Arriving& arriving) {
  const std::string path = arriving_path(key);
  const std::string& hash = key.second;
  if (arriving.size_bytes >= kSyncedBlobBytes) SINTER_TRY(arriving.file->sync());
  SINTER_TRY(arriving.file->close());
  if (arriving.hasher.text() != hash) {
    SINTER_TRY(files_.remove(path));
    return Arrival::Spoiled;
  }
  SINTER_TRY(files_.rename(path, path_of(hash)));
  if (arriving.size_bytes >= kSyncedBlobBytes) SINTER_TRY(files_.sync_directory(directory_));
  const std::lock_guard lock(mutex_);
  // Another client may have sent it meanwhile.
  const auto [blob, is_new] = blobs_.try_emplace(hash, Blob{arriving.size_bytes, 0, 0});
  if (is_new) bytes_ += arriving.size_bytes;
  pin_locked(key.first, hash);
  return Arrival::Complete;
}

void BlobStore::leave(const std::string& owner) {
  for (auto one = arriving_.lower_bound({owner, ""}); one != arriving_.end() && one->first.first == owner;) {
    // What is lost with a buffer is sent again.
    if (one->second.file) (void)one->second.file->close();
    one = arriving_.erase(one);
  }
  unpin(owner);
}

Status BlobStore::pin(const std::string& pinner, const std::vector<Wanted>& wanted) {
  const std::lock_guard lock(mutex_);
  for (const Wanted& one : wanted) {
    const auto found = blobs_.find(one.hash);
    if (found == blobs_.end() || found->second.size_bytes != one.size_bytes)
      return environment_error("a file of the job, " + one.hash.substr(0, 8) + "..., is not at the tracker").with_hint("Run the job again");
  }
  for (const Wanted& one : wanted) pin_locked(pinner, one.hash);
  return {};
}

void BlobStore::unpin(const std::string& pinner) {
  const std::lock_guard lock(mutex_);
  const auto found = pins_.find(pinner);
  if (found == pins_.end()) return;
  for (const std::string& hash : found->second) --blobs_.at(hash).pins;
  pins_.erase(found);
}

}  // namespace sinter::cluster

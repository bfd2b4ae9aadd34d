// CodeCache: fetched, looked at, linked. Any thread.
#include "framework/cluster/code_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/descriptor.hpp"
#include "base/net/content_hash.hpp"
#include "base/net/key_file.hpp"

namespace sinter::cluster {
namespace {

constexpr std::size_t kCopyBytes = 1u << 20;
constexpr int kClosedLooks = 400;
constexpr auto kClosedLook = std::chrono::milliseconds(5);

Error failed(const std::string& what, const std::string& path) {
  return environment_error("cannot " + what + " '" + path + "': " + std::strerror(errno));
}

/// A process that was forked while we wrote has the file open until it executes its own, and what is open for writing cannot be executed.
/// A lease for reading is granted when nobody writes.
void wait_until_closed(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  for (int looks = 0; looks < kClosedLooks && ::fcntl(file.number(), F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN; ++looks)
    std::this_thread::sleep_for(kClosedLook);
  [[maybe_unused]] const int given_back = ::fcntl(file.number(), F_SETLEASE, F_UNLCK);
}

}  // namespace

Status CodeCache::provide(const ShippedFile& file, const std::string& path, const ShippedOpener& open, const std::function<bool()>& stop) {
  const std::lock_guard lock(mutex_);
  if (!kept_.contains(file.hash)) SINTER_TRY(fetch(file, open, stop));
  kept_.at(file.hash).used = ++uses_;
  SINTER_TRY(files_.make_directories(directory_of(path)));
  // A link, not a copy: it keeps the bytes when the cache gives its own name up.
  return ::link(path_of(file.hash).c_str(), path.c_str()) == 0 ? Status() : failed("link", path);
}

std::uint64_t CodeCache::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Status CodeCache::fetch(const ShippedFile& file, const ShippedOpener& open, const std::function<bool()>& stop) {
  SINTER_TRY(net::make_private_directory(directory_));
  SINTER_TRY(make_room(file.size_bytes));
  SINTER_ASSIGN(const std::unique_ptr<ReadableFile> from, open(file));
  const std::string path = directory_ + "/arriving";
  net::ContentHasher hasher;
  {
    SINTER_ASSIGN(const std::unique_ptr<WritableFile> to, files_.create(path));
    std::string piece(kCopyBytes, '\0');
    for (std::uint64_t at = 0; at < file.size_bytes;) {
      SINTER_ASSIGN(const std::size_t got, from->read_at(at, piece.data(), std::min<std::uint64_t>(piece.size(), file.size_bytes - at)));
      if (got == 0) break;
      if (stop && stop()) return environment_error("the job ended while its code was fetched", false);
      hasher.append({piece.data(), got});
      SINTER_TRY(to->append({piece.data(), got}));
      at += got;
    }
    SINTER_TRY(to->close());
  }
  if (from->size_bytes() != file.size_bytes || hasher.text() != file.hash) {
    SINTER_TRY(files_.remove(path));
    return environment_error("the code '" + file.path + "' of the job has other bytes than its hash says, and is not run", false)
        .with_hint("Submit the job again; if it stays so, the tracker's disk is damaged");
  }
  if (::chmod(path.c_str(), S_IRUSR | S_IXUSR) != 0) return failed("make executable", path);
  wait_until_closed(path);
  SINTER_TRY(files_.rename(path, path_of(file.hash)));
  kept_.emplace(file.hash, Kept{file.size_bytes, 0});
  bytes_ += file.size_bytes;
  return {};
}

/// What was used longest ago goes first.
Status CodeCache::make_room(std::uint64_t size_bytes) {
  while (!kept_.empty() && bytes_ + size_bytes > max_bytes_) {
    const auto oldest =
        std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    SINTER_TRY(files_.remove(path_of(oldest->first)));
    bytes_ -= oldest->second.size_bytes;
    kept_.erase(oldest);
  }
  return {};
}

}  // namespace sinter::cluster

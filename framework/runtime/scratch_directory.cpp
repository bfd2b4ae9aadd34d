// ScratchDirectory: flock() on the directory itself, so there is no lock file to leave behind.
#include "framework/runtime/scratch_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace sinter {
namespace {

constexpr int kMaxNameTries = 16;
/// In place of a descriptor, where no other process sees the files.
constexpr int kNoLock = -1;

std::string random_suffix() {
  std::uint32_t bits = 0;
  if (::getrandom(&bits, sizeof(bits), 0) != static_cast<ssize_t>(sizeof(bits))) bits = 0;
  std::string text;
  for (int i = 0; i < 6; ++i) text += "abcdefghijklmnopqrstuvwxyz234567"[(bits >> (5 * i)) & 31];
  return text;
}

/// The directory that `lock` is open on is still the one at `path`.
bool still_at(int lock, const std::string& path) {
  struct stat opened {};
  struct stat found {};
  return ::fstat(lock, &opened) == 0 && ::stat(path.c_str(), &found) == 0 && opened.st_ino == found.st_ino && opened.st_dev == found.st_dev;
}

}  // namespace

void remove_dead_scratch(FileSystem& files, const std::string& parent, Log& log) {
  const Result<std::vector<std::string>> names = files.list(parent);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (!name.starts_with(kScratchPrefix)) continue;
    const std::string path = parent + "/" + name;
    const int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) continue;
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) {
      const Status removed = files.remove_all(path);
      if (removed.ok()) log.info("removed the scratch directory of a run that was killed", {{"path", path}});
      else
        log.warning("cannot remove the scratch directory of a run that was killed",
                    {{"path", path}, {"reason", removed.error().message()}});
    }
    ::close(lock);
  }
}

Result<std::unique_ptr<ScratchDirectory>> ScratchDirectory::create(FileSystem& files, const std::string& parent, Log& log) {
  SINTER_TRY(files.make_directories(parent));
  if (!files.is_shared()) {
    const std::string path = parent + "/" + std::string(kScratchPrefix) + random_suffix();
    SINTER_TRY(files.make_directories(path));
    return std::unique_ptr<ScratchDirectory>(new ScratchDirectory(files, path, kNoLock, log));
  }
  remove_dead_scratch(files, parent, log);
  for (int tries = 0; tries < kMaxNameTries; ++tries) {
    const std::string path = parent + "/" + std::string(kScratchPrefix) + std::to_string(::getpid()) + "-" + random_suffix();
    if (::mkdir(path.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      return system_error("make scratch directory", path, errno);
    }
    const int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // A run that starts at this moment may take our new directory for a dead one: then it holds the lock, or it is gone.
    if (lock < 0) continue;
    const bool locked = ::flock(lock, LOCK_EX | LOCK_NB) == 0;
    if ((!locked && errno == EWOULDBLOCK) || !still_at(lock, path)) {
      ::close(lock);
      continue;
    }
    // Other errors: a file system without locks. Then nobody can lock it, and nobody removes it.
    return std::unique_ptr<ScratchDirectory>(new ScratchDirectory(files, path, lock, log));
  }
  return environment_error("cannot make a scratch directory in '" + parent + "': " + std::to_string(kMaxNameTries) + " names were taken");
}

ScratchDirectory::~ScratchDirectory() {
  const Status removed = files_.remove_all(path_);
  if (!removed.ok()) log_.warning("cannot remove the scratch directory", {{"path", path_}, {"reason", removed.error().message()}});
  if (lock_ != kNoLock) ::close(lock_);
}

}  // namespace sinter

// flock() on a directory beside the output: see output_lock.hpp.
#include "framework/runtime/output_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sinter {
namespace {

/// How often a lock that its holder removes at this moment is made again.
constexpr int kMaxTries = 100;
/// In place of a descriptor, where no other process sees the files.
constexpr int kNoLock = -1;

/// Whether the open directory is still the one that has the name: its holder may just have removed it.
bool still_at(int descriptor, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

Result<std::unique_ptr<OutputLock>> OutputLock::take(FileSystem& files, const std::string& parent, const std::string& output) {
  SINTER_TRY(make_directories_durably(files, parent));
  if (!files.is_shared()) return std::unique_ptr<OutputLock>(new OutputLock("", kNoLock));
  const std::size_t end = output.find_last_not_of('/') + 1;
  const std::string name = output.substr(0, end).substr(output.substr(0, end).rfind('/') + 1);
  const std::string path = parent + "/." + name + ".sinter-lock";
  for (int tries = 0; tries < kMaxTries; ++tries) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error("make", path, errno);
    const int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) continue;
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      ::close(lock);
      return user_error("another run is writing '" + output + "'").with_hint("Wait for it, or choose another output");
    }
    // A file system without locks locks nothing: then nobody is kept out, as before.
    if (still_at(lock, path)) return std::unique_ptr<OutputLock>(new OutputLock(path, lock));
    ::close(lock);
  }
  return environment_error("cannot take the lock '" + path + "': it kept changing hands");
}

OutputLock::~OutputLock() {
  if (lock_ == kNoLock) return;
  ::rmdir(path_.c_str());
  ::close(lock_);
}

}  // namespace sinter

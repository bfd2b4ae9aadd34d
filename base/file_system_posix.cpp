// The operating system's files: positioned reads, mmap, unbuffered writes. The only source that opens file descriptors.
// The FileSystem may be called from any thread; a file object belongs to one thread at a time.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/file_system.hpp"

namespace sinter {
namespace {

/// Repeats a system call that a signal interrupted.
template <class Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class PosixReadableFile final : public ReadableFile {
 public:
  PosixReadableFile(std::string path, int descriptor, std::uint64_t size_bytes)
      : path_(std::move(path)), descriptor_(descriptor), size_bytes_(size_bytes) {}
  PosixReadableFile(const PosixReadableFile&) = delete;
  PosixReadableFile& operator=(const PosixReadableFile&) = delete;
  ~PosixReadableFile() override {
    if (mapped_ != nullptr) ::munmap(mapped_, static_cast<std::size_t>(size_bytes_));
    ::close(descriptor_);
  }

  Result<std::size_t> read_at(std::uint64_t offset, char* to, std::size_t size) const override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got = retry_interrupted(
          [&] { return ::pread(descriptor_, to + done, size - done, static_cast<off_t>(offset + done)); });
      if (got < 0) return system_error("read", path_, errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  std::uint64_t size_bytes() const override { return size_bytes_; }

  std::string_view map() const override {
    if (size_bytes_ == 0) return {};
    if (mapped_ == nullptr) {
      void* at = ::mmap(nullptr, static_cast<std::size_t>(size_bytes_), PROT_READ, MAP_SHARED, descriptor_, 0);
      if (at == MAP_FAILED) return {};
      mapped_ = at;
    }
    return {static_cast<const char*>(mapped_), static_cast<std::size_t>(size_bytes_)};
  }

 private:
  std::string path_;
  int descriptor_;
  std::uint64_t size_bytes_;
  mutable void* mapped_ = nullptr;  // made by the first map()
};

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  PosixWritableFile(const PosixWritableFile&) = delete;
  PosixWritableFile& operator=(const PosixWritableFile&) = delete;
  ~PosixWritableFile() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  Status append(std::string_view bytes) override {
    SINTER_TRY(usable());
    while (!bytes.empty()) {
      const ssize_t put = retry_interrupted([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
      if (put < 0) return fail("write", errno);
      size_bytes_ += static_cast<std::uint64_t>(put);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
  }

  Status sync() override {
    SINTER_TRY(usable());
    if (retry_interrupted([&] { return ::fdatasync(descriptor_); }) < 0) return fail("sync", errno);
    return {};
  }

  void start_sync() override {
    if (descriptor_ < 0 || first_error_ != 0) return;
    (void)::sync_file_range(descriptor_, static_cast<off_t>(sync_started_bytes_),
                            static_cast<off_t>(size_bytes_ - sync_started_bytes_), SYNC_FILE_RANGE_WRITE);
    sync_started_bytes_ = size_bytes_;
  }

  Status close() override {
    require(descriptor_ >= 0, "a file is closed once");
    const int descriptor = descriptor_;
    descriptor_ = -1;
    // Linux has released the descriptor even when it says EINTR: closing again could close somebody else's file.
    if (::close(descriptor) < 0 && errno != EINTR) return fail("close", errno);
    return first_error_ == 0 ? Status() : Status(system_error("close", path_, first_error_));
  }

  std::uint64_t size_bytes() const override { return size_bytes_; }

 private:
  /// A failed write or sync stays failed: the kernel may have dropped dirty pages and would call a second sync good.
  Status usable() const {
    require(descriptor_ >= 0, "a closed file is not written");
    if (first_error_ == 0) return {};
    return system_error("write after an earlier failure of", path_, first_error_);
  }
  Status fail(std::string_view action, int error_number) {
    if (first_error_ == 0) first_error_ = error_number;
    return system_error(action, path_, error_number);
  }

  std::string path_;
  int descriptor_;
  int first_error_ = 0;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t sync_started_bytes_ = 0;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_all(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;
};

Result<std::unique_ptr<ReadableFile>> PosixFileSystem::open(const std::string& path) {
  // O_NONBLOCK: opening a fifo must fail below, not wait for somebody to write into it. Regular files ignore it.
  const int descriptor = retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (descriptor < 0) return system_error("open", path, errno);
  struct stat status {};
  const int failed = ::fstat(descriptor, &status);
  const int error_number = failed != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
  if (error_number != 0) {
    ::close(descriptor);
    return system_error("read", path, error_number);
  }
  // A character device is read as an empty file: /dev/null is the usual one.
  if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
    ::close(descriptor);
    return user_error("'" + path + "' is not a regular file; copy a pipe or socket into a file first");
  }
  return std::unique_ptr<ReadableFile>(
      std::make_unique<PosixReadableFile>(path, descriptor, static_cast<std::uint64_t>(status.st_size)));
}

Result<std::unique_ptr<WritableFile>> PosixFileSystem::create(const std::string& path) {
  const int descriptor =
      retry_interrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666); });
  if (descriptor < 0) return system_error("create", path, errno);
  return std::unique_ptr<WritableFile>(std::make_unique<PosixWritableFile>(path, descriptor));
}

Result<FileInfo> PosixFileSystem::info(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return system_error("look at", path, errno);
  FileInfo info;
  info.size_bytes = static_cast<std::uint64_t>(status.st_size);
  info.is_directory = S_ISDIR(status.st_mode);
  info.is_regular = S_ISREG(status.st_mode);
  info.modified_ns = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  return info;
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return system_error("list", directory, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error_number = errno;
  ::closedir(stream);
  if (error_number != 0) return system_error("list", directory, error_number);
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixFileSystem::make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return system_error("make directory", path, error.value());
  // libstdc++ also calls it good when the last component is a file.
  if (!std::filesystem::is_directory(path, error)) return system_error("make directory", path, ENOTDIR);
  return {};
}

Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const int error_number = errno;
    return system_error("rename", from + "' to '" + to, error_number);
  }
  return {};
}

Status PosixFileSystem::remove(const std::string& path) {
  if (std::remove(path.c_str()) != 0) return system_error("remove", path, errno);
  return {};
}

Status PosixFileSystem::remove_all(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error && error.value() != ENOENT) return system_error("remove", path, error.value());
  return {};
}

Status PosixFileSystem::sync_directory(const std::string& directory) {
  const int descriptor =
      retry_interrupted([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) return system_error("open directory", directory, errno);
  const int failed = retry_interrupted([&] { return ::fsync(descriptor); });
  const int error_number = errno;
  ::close(descriptor);
  if (failed != 0) return system_error("sync directory", directory, error_number);
  return {};
}

Result<std::uint64_t> PosixFileSystem::free_bytes(const std::string& path) {
  struct statvfs status {};
  if (retry_interrupted([&] { return ::statvfs(path.c_str(), &status); }) != 0)
    return system_error("ask the free space of", path, errno);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace

std::unique_ptr<FileSystem> make_posix_file_system() { return std::make_unique<PosixFileSystem>(); }

}  // namespace sinter

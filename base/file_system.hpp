// FileSystem: the one door to files. Posix in production; in-memory and fault-injecting ones in tests.
// A FileSystem may be called from any thread; a file object belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// An open file for positioned reads.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  /// Reads up to `size` bytes at `offset` into `to`; fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, char* to, std::size_t size) const = 0;
  virtual std::uint64_t size_bytes() const = 0;
  /// The whole file as memory when the file system can (posix maps it read-only), else empty for a non-empty file.
  /// Use only for files that nobody truncates: our own runs.
  virtual std::string_view map() const = 0;
};

/// A file being written from its start. Not durable before sync(); close() reports what a delayed write lost.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status append(std::string_view bytes) = 0;
  virtual Status sync() = 0;
  /// Asks the system to begin writing what was appended, and does not wait: a later sync() has less to do. Promises nothing; what goes
  /// wrong, sync() tells.
  virtual void start_sync() {}
  virtual Status close() = 0;
  virtual std::uint64_t size_bytes() const = 0;
};

/// What is known of a path without opening it.
struct FileInfo {
  std::uint64_t size_bytes = 0;
  bool is_directory = false;
  bool is_regular = false;
  std::int64_t modified_ns = 0;
};

/// The one door to files; the machine's own, one in memory, or one that fails on purpose. Errors name the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<ReadableFile>> open(const std::string& path) = 0;
  /// Creates or truncates.
  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;
  virtual Result<FileInfo> info(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// Names (not paths) in a directory, sorted bytewise.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Status make_directories(const std::string& path) = 0;
  /// Atomic within one file system; replaces a file that exists.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  /// Removes a tree; good when it does not exist.
  virtual Status remove_all(const std::string& path) = 0;
  /// Makes renames and creations in `directory` durable.
  virtual Status sync_directory(const std::string& directory) = 0;
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
  /// Whether other processes see these files. Then a run locks its directories, else nobody could meet it there.
  virtual bool is_shared() const { return true; }
};

/// "a/b" of "a/b/c", "/" of "/a", "." of "a". By the text alone: no file is looked at.
std::string directory_of(const std::string& path);
/// Without slashes at the end; "/" stays.
std::string without_slash(std::string path);

/// make_directories(), and the names of those that were missing are durable: what is written there outlives a power cut.
Status make_directories_durably(FileSystem& files, const std::string& path);

/// Whole-file conveniences over any FileSystem.
Result<std::string> read_file(FileSystem& files, const std::string& path, std::uint64_t limit_bytes = 1u << 30);
/// Replaces a file that exists; not atomic.
Status write_file(FileSystem& files, const std::string& path, std::string_view bytes);
/// As write_file, and durable but for the name: sync_directory() is the caller's.
Status write_file_synced(FileSystem& files, const std::string& path, std::string_view bytes);
/// Write to "<path>.tmp", sync, rename over `path`, sync the directory: readers see the old or the new file, never half.
Status write_file_atomically(FileSystem& files, const std::string& path, std::string_view bytes);

/// The operating system's files.
std::unique_ptr<FileSystem> make_posix_file_system();
/// Files in memory, for tests and `--in-process` tests. Starts empty.
std::unique_ptr<FileSystem> make_memory_file_system();

}  // namespace sinter

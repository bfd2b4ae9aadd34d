// CodeCache: native code of jobs on a node: whole files by content hash, in a directory that is private to the node's user. Any thread;
// one fetches at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {

/// What is kept beside what jobs use now.
inline constexpr std::uint64_t kMaxCachedCodeBytes = 2ull << 30;

class CodeCache {
 public:
  /// Files lie in `directory`, which is made when the first comes, and goes with whatever it lies in.
  CodeCache(FileSystem& files, std::string directory, std::uint64_t max_bytes = kMaxCachedCodeBytes)
      : files_(files), directory_(std::move(directory)), max_bytes_(max_bytes) {}

  /// Makes `path`, in the same file system, a name of the file with this hash: one that can be executed and not written. It is fetched by
  /// `open` when it is not here, and stays as long as `path` does, whatever becomes of the cache. Errors: the disk, what `open` says, bytes
  /// that do not have the hash, `stop` said so.
  Status provide(const ShippedFile& file, const std::string& path, const ShippedOpener& open, const std::function<bool()>& stop = {});
  std::uint64_t used_bytes() const;

 private:
  struct Kept {
    std::uint64_t size_bytes = 0;
    std::uint64_t used = 0;  // counts up: the least was used longest ago
  };

  std::string path_of(const std::string& hash) const { return directory_ + "/" + hash; }
  Status fetch(const ShippedFile& file, const ShippedOpener& open, const std::function<bool()>& stop);
  Status make_room(std::uint64_t size_bytes);

  FileSystem& files_;
  const std::string directory_;
  const std::uint64_t max_bytes_;
  mutable std::mutex mutex_;
  std::map<std::string, Kept> kept_;  // under mutex_: by hash
  std::uint64_t bytes_ = 0;           // under mutex_
  std::uint64_t uses_ = 0;            // under mutex_
};

}  // namespace sinter::cluster

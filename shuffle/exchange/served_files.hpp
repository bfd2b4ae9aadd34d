// ServedFiles: the files that an exchange server has open, by name; the least recently used is closed first. One thread: the server's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter {

/// The path of a name that good_exchange_name() takes, or an error when nothing is served under it.
using ResolveExchangeName = std::function<Result<std::string>(const std::string& name)>;

struct ServedFile {
  std::unique_ptr<ReadableFile> file;
  std::string path;
  std::uint64_t version = 0;  ///< another one when size or time of modification differ; never 0
  SteadyMs opened_ms = 0;
  std::uint64_t last_use = 0;
};

class ServedFiles {
 public:
  /// A file is opened anew `reuse_ms` after it was opened, so that one that was removed or forbidden is let go.
  ServedFiles(FileSystem& files, ResolveExchangeName resolve, std::size_t max_open, SteadyMs reuse_ms);

  /// Valid until the next call. Errors: what resolve() says; not a regular file; cannot be opened.
  Result<const ServedFile*> find(const std::string& name, SteadyMs now_ms);
  void close_old(SteadyMs now_ms);
  bool empty() const { return open_.empty(); }

 private:
  Result<ServedFile> open(const std::string& name, SteadyMs now_ms);
  void make_room();

  FileSystem* files_;
  ResolveExchangeName resolve_;
  std::size_t max_open_;
  SteadyMs reuse_ms_;
  std::uint64_t uses_ = 0;
  std::unordered_map<std::string, ServedFile> open_;
};

}  // namespace sinter

// WatchedFileSystem: tells a test before each rename and removal, so that faults are aimed by event and not by time. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"

namespace sinter::test {

class WatchedFileSystem final : public FileSystem {
 public:
  /// `inner` outlives it. `before_rename` gets the target; an error is the rename's.
  WatchedFileSystem(FileSystem& inner, std::function<Status(const std::string& to)> before_rename)
      : inner_(inner), before_rename_(std::move(before_rename)) {}

  Status rename(const std::string& from, const std::string& to) override {
    SINTER_TRY(before_rename_(to));
    return inner_.rename(from, to);
  }
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override { return inner_.open(path); }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override { return inner_.create(path); }
  Result<FileInfo> info(const std::string& path) override { return inner_.info(path); }
  bool exists(const std::string& path) override { return inner_.exists(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override { return inner_.list(directory); }
  Status make_directories(const std::string& path) override { return inner_.make_directories(path); }
  Status remove(const std::string& path) override { return inner_.remove(path); }
  Status remove_all(const std::string& path) override { return inner_.remove_all(path); }
  Status sync_directory(const std::string& directory) override { return inner_.sync_directory(directory); }
  Result<std::uint64_t> free_bytes(const std::string& path) override { return inner_.free_bytes(path); }

 private:
  FileSystem& inner_;
  std::function<Status(const std::string& to)> before_rename_;
};

}  // namespace sinter::test

// ScratchDirectory: a job's private directory, locked while its process lives, removed with the object. The lock lets a later run tell
// what a killed one left behind. One owner; one thread.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace sinter {

/// Names of scratch directories start so.
inline constexpr std::string_view kScratchPrefix = ".sinter-scratch-";

class ScratchDirectory {
 public:
  /// Makes `<parent>/.sinter-scratch-<process>-<random>` (and `parent`), readable by the user only, and removes those in `parent` whose
  /// processes are gone.
  static Result<std::unique_ptr<ScratchDirectory>> create(FileSystem& files, const std::string& parent, Log& log);
  /// Removes it; a failure is logged.
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  ScratchDirectory(FileSystem& files, std::string path, int lock, Log& log)
      : files_(files), path_(std::move(path)), lock_(lock), log_(log) {}

  FileSystem& files_;
  std::string path_;
  int lock_;
  Log& log_;
};

/// Removes scratch directories in `parent` that no living process has locked.
void remove_dead_scratch(FileSystem& files, const std::string& parent, Log& log);

}  // namespace sinter

// OutputLock: one run at a time writes an output. Held by run_job() from its first look at the output to its end; one thread.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter {

/// A locked directory `<parent>/.<name>.sinter-lock`: the lock dies with its process, so a killed run leaves at most an empty directory,
/// which the next run of the same output takes over and removes.
class OutputLock {
 public:
  /// `parent` is the output's directory. Errors: another run holds it (user), the directory cannot be made.
  static Result<std::unique_ptr<OutputLock>> take(FileSystem& files, const std::string& parent, const std::string& output);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;

 private:
  OutputLock(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

}  // namespace sinter

// What an attempt leaves beside its result: rows of side outputs, log lines, its status. Owned by the attempt; one thread, but the status,
// which the heartbeat's thread reads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/log.hpp"
#include "framework/api/task.hpp"
#include "framework/runtime/job_layout.hpp"

namespace sinter {

/// Log lines of one attempt, in bytes; what comes later is counted in a last line.
inline constexpr std::uint64_t kMaxAttemptLogBytes = 16u << 20;

/// The side outputs that an attempt has written to, each a file of its own.
class SideOutputFiles {
 public:
  SideOutputFiles(FileSystem& files, const JobLayout& layout, const AttemptId& attempt);
  SideOutputFiles(const SideOutputFiles&) = delete;
  ~SideOutputFiles();

  /// Requires: index below the number that the job declares.
  Result<OutputSink*> open(std::size_t index);
  Status close();

 private:
  class File;
  FileSystem& files_;
  const JobLayout& layout_;
  AttemptId attempt_;
  std::vector<std::unique_ptr<File>> open_;  // by index; null where nothing was written
};

/// What each line of an attempt's log says of where it comes from.
struct AttemptName {
  std::string job;
  std::string task;  // "map-3"
  std::uint32_t attempt = 0;
};

/// A sink of JSON lines into a file that is made with the first line.
std::unique_ptr<LogSink> make_attempt_log_sink(FileSystem& files, std::string path, AttemptName name);

/// Renames what a committed attempt wrote to its side outputs. Before the result, so that a result never stands without them.
Status commit_side_outputs(FileSystem& files, const JobLayout& layout, const AttemptId& attempt, std::size_t side_outputs);

/// Copies the log files of a job's attempts to `directory`, in place of an earlier run's; removes those when there are none.
Status keep_logs(FileSystem& files, const JobLayout& layout, const std::string& directory);

}  // namespace sinter

// JobHistory: what happened to a job, as lines of JSON in two files of bounded size: the oldest go first. Appending belongs to one thread;
// reading is stateless. Format page: docs/formats/status.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter::cluster {

/// A file that is full becomes the older one, and the older one before it goes.
inline constexpr std::uint64_t kMaxHistoryFileBytes = 1u << 20;

/// Events from one number on.
struct HistoryPage {
  std::string submitted_at;
  std::uint64_t first = 1;          // the oldest that is still there
  std::vector<std::string> events;  // each a JSON object with its number as "n"
  std::uint64_t next = 0;           // where the next page begins; 0: there is none
};

class JobHistory {
 public:
  /// Goes on with what lies in `directory`, or begins with `submitted_at`. A history that cannot be written costs nobody a job: see lost().
  JobHistory(FileSystem& files, std::string directory, std::string submitted_at);

  /// `members`: "\"event\":\"stage_opened\",...", without braces. Durable against the death of the process, not of the machine.
  void append(const std::string& at, const std::string& members);
  const std::string& submitted_at() const { return submitted_at_; }
  /// The last error of writing, once; good when there was none.
  Status take_failure();

 private:
  Status open();
  Status write(const std::string& line);

  FileSystem& files_;
  std::string path_;
  std::string submitted_at_;
  std::uint64_t next_ = 1;
  std::unique_ptr<WritableFile> file_;
  Status failure_;
};

/// Cost: reads both files.
Result<HistoryPage> read_history(FileSystem& files, const std::string& directory, std::uint64_t from, std::size_t limit);

/// The names of the files in a job's directory.
inline constexpr const char* kHistoryFile = "history";
inline constexpr const char* kOlderHistoryFile = "history.old";

}  // namespace sinter::cluster

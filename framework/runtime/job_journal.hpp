// JobJournal: what a job's shell writes down, beside the scheduler's own records, to go on after the death of its process. Owned by the
// shell; one thread. Format page: docs/formats/journal.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "framework/control/journal_record.hpp"
#include "framework/plan/stages.hpp"
#include "framework/runtime/journal.hpp"
#include "framework/runtime/messages.hpp"

namespace sinter {

namespace journal {

/// A life of the shell begins.
struct LifeBegan {};
/// What the next stage is; it counts once the scheduler's StageOpened follows.
struct StageFound {
  Stage stage;
  std::uint32_t tasks = 0;
  bool ranges_as_before = false;  // those of the rounds' first
  std::vector<KeyRange> ranges;
  std::optional<std::uint32_t> judged;  // the Merge whose summary was the last to be judged; it lies in JobLayout::summary()
  std::uint64_t shuffle_bytes = 0;      // of all stages so far
};
/// Where the result of an attempt lies and what it did; it counts once the scheduler's Committed follows.
struct ResultAt {
  AttemptId attempt;
  std::string place;  // as its pool says it; empty: in the tracker's own directory
  AttemptProgress progress;
};

/// What is kept of an attempt, by its names in JobLayout::committed_directory(); it counts once the scheduler's Committed follows. Files
/// are not synced: another life looks whether they are as they were.
struct FilesKept {
  AttemptId attempt;
  std::vector<FileChecksum> files;
};

}  // namespace journal

/// In the order in which they were written.
using JobRecord = std::variant<JournalRecord, journal::LifeBegan, journal::StageFound, journal::ResultAt, journal::FilesKept>;

class JobJournal {
 public:
  /// See Journal::open(). Errors, internal, also: records of another version.
  static Result<std::unique_ptr<JobJournal>> open(FileSystem& files, const std::string& path, std::vector<JobRecord>& records);

  void append(const JobRecord& record);
  Status sync() { return journal_->sync(); }

 private:
  explicit JobJournal(std::unique_ptr<Journal> journal) : journal_(std::move(journal)) {}
  std::unique_ptr<Journal> journal_;
};

/// Bytes of one record, and back. Error (internal): damaged bytes.
std::string encode_record(const JobRecord& record);
Result<JobRecord> decode_record(std::string_view bytes);

}  // namespace sinter

// Journal: a file of records that only grows and survives the death of its writer at any byte. Owned by one job's shell; one thread.
// Format page: docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter {

/// A journal larger than this is refused: about ten million tasks.
inline constexpr std::uint64_t kMaxJournalBytes = 4ull << 30;

class Journal {
 public:
  /// Opens the journal at `path`, or begins one, which is there for good after its first sync(); its directory exists. `records` are those
  /// of lives before: all that were synced, and no part of a batch that was not. They are written into a new file that takes the old one's
  /// place, so a full disk or a crash leaves the old one as it was. Errors: a file that is no journal, or damaged before its last batch
  /// (internal); the file system's.
  static Result<std::unique_ptr<Journal>> open(FileSystem& files, const std::string& path, std::vector<std::string>& records);

  /// Durable after the next sync().
  void append(std::string_view record);
  /// Nothing to do when nothing was appended. After an error the journal can no longer be written: what is on disk is then unknown.
  Status sync();

 private:
  Journal(FileSystem& files, std::string directory, std::unique_ptr<WritableFile> file)
      : files_(files), directory_(std::move(directory)), file_(std::move(file)) {}

  FileSystem& files_;
  const std::string directory_;
  std::unique_ptr<WritableFile> file_;
  bool is_named_ = false;  // for good: its directory was synced
  std::string batch_;
  bool broken_ = false;
};

}  // namespace sinter

// DifferenceWriter: the file of output.differences, one line for each cell that is not as the truth says. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/io/text_output.hpp"
#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

class DifferenceWriter {
 public:
  /// Writes beside `path` until finish() renames; a path ending in .jsonl or .ndjson gives JSON lines, else CSV. `job` names the
  /// temporary file. Errors: files.
  static Result<DifferenceWriter> create(FileSystem& files, const std::string& path, const std::string& job);
  DifferenceWriter(DifferenceWriter&&) noexcept = default;
  DifferenceWriter& operator=(DifferenceWriter&&) noexcept = default;
  /// Removes what was written when finish() was not reached.
  ~DifferenceWriter();

  /// `got` may be null: the output has no answer. Two numbers give an error too: got less expected.
  Status add(std::string_view entity, std::string_view attribute, const Value& expected, const Value& got);
  /// Puts the file in its place, replacing an earlier one.
  Status finish();
  std::uint64_t count() const { return count_; }

 private:
  DifferenceWriter(FileSystem& files, std::string path, std::string temporary, std::unique_ptr<WritableFile> file);
  Status flush();

  FileSystem* files_;
  std::string path_;
  std::string temporary_;
  OutputFormat format_;
  std::unique_ptr<WritableFile> file_;
  std::string buffer_;
  std::uint64_t count_ = 0;
};

}  // namespace sinter::fusion

// MergeInputs: turns any number of runs into one MergeCursor within a bound of memory and open files, by merging in passes
// where needed. Owned by a group cursor or run builder; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "shuffle/merge/merge_cursor.hpp"
#include "shuffle/record/combiner.hpp"
#include "shuffle/run/run_format.hpp"
#include "shuffle/run/run_writer.hpp"

namespace sinter {

struct MergeInputsOptions {
  KeyRange range;
  std::uint32_t max_fan_in = 32;
  /// For the runs that passes leave behind. Removed when the object dies.
  std::string spill_directory;
  Compression compression = Compression::None;
  Combiner* combiner = nullptr;
};

class MergeInputs {
 public:
  /// Looks at the indexes. Errors: a run that cannot be read.
  static Result<MergeInputs> open(FileSystem& files, const std::vector<std::string>& run_paths, MergeInputsOptions options);
  MergeInputs(MergeInputs&&) = default;
  MergeInputs& operator=(MergeInputs&&) = delete;
  ~MergeInputs();

  /// Bytes with which cursor() needs no pass, when max_fan_in allows that.
  std::uint64_t wanted_bytes() const;
  /// Fewest bytes with which cursor() can work at all.
  std::uint64_t needed_bytes() const;
  /// Merges passes until what is left fits in `memory_bytes`, then opens it. Call once. Errors: files, too little memory.
  Result<std::unique_ptr<MergeCursor>> cursor(std::uint64_t memory_bytes);
  std::uint64_t passes() const { return passes_; }

 private:
  struct Input {
    std::string path;
    std::uint64_t raw_bytes = 0;
    std::uint64_t buffer_bytes = 0;
    std::unique_ptr<RunCursor> cursor;  // kept open when all inputs may be
  };

  MergeInputs(FileSystem& files, MergeInputsOptions options) : files_(&files), options_(std::move(options)) {}
  Status look_at(const std::string& path, bool keep_open);
  std::uint64_t largest_buffer_bytes() const;
  std::size_t fan_in(std::uint64_t memory_bytes) const;
  Result<std::unique_ptr<MergeCursor>> merge_first(std::size_t count, std::uint64_t memory_bytes);
  Status merge_pass(std::size_t count, std::uint64_t memory_bytes);
  std::string next_spill_path();

  FileSystem* files_;
  MergeInputsOptions options_;
  std::vector<Input> inputs_;
  std::vector<std::string> spill_paths_;
  std::uint64_t passes_ = 0;
};

/// Writes every record of `cursor` as one run. Errors: reading, writing; the file is removed then.
Result<RunSummary> write_merged(FileSystem& files, MergeCursor& cursor, const RunWriterOptions& options);

}  // namespace sinter

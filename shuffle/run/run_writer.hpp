// RunWriter: writes records that come in key order as one run. Owned by whoever produces the run; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "shuffle/run/run_format.hpp"

namespace sinter {

/// Smallest and largest `block_bytes`.
inline constexpr std::uint32_t kMinBlockBytes = 1u << 10;
inline constexpr std::uint32_t kMaxBlockBytes = 4u << 20;

struct RunWriterOptions {
  std::string path;
  std::uint32_t block_bytes = 128u << 10;
  /// Where it is less, blocks grow with the run, so that a small run has several, too: ranges end between blocks.
  std::uint32_t first_block_bytes = kMaxBlockBytes;
  Compression compression = Compression::None;
  /// Blocks are collected up to this before they go to the file: few large writes.
  std::size_t write_bytes = std::size_t{1} << 20;
};

class RunWriter {
 public:
  static Result<std::unique_ptr<RunWriter>> create(FileSystem& files, RunWriterOptions options);

  /// Bytes of memory that a writer needs when no record is larger than `largest_record_bytes`.
  static std::size_t memory_bytes(const RunWriterOptions& options, std::size_t largest_record_bytes);

  /// Requires: keys do not fall, group_size <= key.size(), within kMaxKeyBytes and kMaxRecordBytes. Errors: the file.
  Status add(std::string_view key, std::size_t group_size, std::string_view value);
  /// Writes index and footer and closes the file (no sync: a lost run is made again). Call once.
  Result<RunSummary> finish();

 private:
  RunWriter(RunWriterOptions options, std::unique_ptr<WritableFile> file);
  std::size_t pending_need() const;
  void reserve_block(std::size_t bytes);
  Status start_block(std::string_view key, std::size_t group_size, std::size_t largest_bytes);
  Status end_block();
  Status flush();

  RunWriterOptions options_;
  std::unique_ptr<WritableFile> file_;
  std::uint32_t block_limit_;
  std::unique_ptr<char[]> block_;
  std::size_t block_capacity_ = 0;
  std::size_t block_size_ = 0;
  std::uint32_t block_records_ = 0;
  std::unique_ptr<char[]> last_key_;
  std::size_t last_key_size_ = 0;
  std::size_t last_key_capacity_ = 0;
  std::string pending_;  // whole blocks on their way to the file
  RunSummary summary_;
};

}  // namespace sinter

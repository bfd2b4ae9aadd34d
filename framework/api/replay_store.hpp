// ReplayStore: byte strings kept for reading more than once: in memory while the worker's budget has room, then in a file of the attempt's
// scratch. Belongs to one attempt and one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// The bytes of a group's values, kept for more passes: in memory as far as the budget goes, then on disk. One thread.
class ReplayStore {
 public:
  /// Bytes of a store that are in memory at most, however much the budget has left: others of the attempt want some too.
  static constexpr std::uint64_t kMaxMemoryBytes = 64u << 20;
  /// Memory of a small group: most groups are.
  static constexpr std::uint64_t kFirstBytes = 4u << 10;
  /// Read and write buffer of a store that has spilled.
  static constexpr std::uint64_t kBufferBytes = 256u << 10;

  /// `path`: where it spills, a file of its own.
  ReplayStore(FileSystem& files, MemoryBudget& budget, std::string path);
  ReplayStore(const ReplayStore&) = delete;
  ReplayStore& operator=(const ReplayStore&) = delete;
  ~ReplayStore();

  /// Requires: not reading yet. Errors: the budget has not even room for a buffer; files.
  Status append(std::string_view bytes);
  std::uint64_t size() const { return count_; }
  std::uint64_t spilled_bytes() const { return spilled_bytes_; }

  /// One pass over the strings, in the order in which they came. Any number of passes may be under way; each that reads from a file needs
  /// a buffer of the budget.
  class Pass {
   public:
    explicit Pass(ReplayStore& store) : store_(store) {}
    /// The next string, valid until the next call; false at the end.
    Result<bool> next(std::string_view& bytes);

   private:
    Status refill();

    ReplayStore& store_;
    std::uint64_t read_ = 0;      // strings
    std::uint64_t file_at_ = 0;   // offset of the first byte not in buffer_
    std::size_t memory_at_ = 0;
    Reservation reservation_;
    std::string buffer_;
    std::size_t buffer_at_ = 0;
  };

 private:
  Status make_room(std::uint64_t bytes);
  Status grow(std::uint64_t bytes);
  Status flush();
  Status finish_writing();

  FileSystem& files_;
  MemoryBudget& budget_;
  std::string path_;
  Reservation reservation_;
  std::string memory_;  // sized strings that have not been spilled: the last ones
  std::uint64_t count_ = 0;
  std::uint64_t spilled_bytes_ = 0;
  std::unique_ptr<WritableFile> written_;
  std::unique_ptr<ReadableFile> spilled_;
};

}  // namespace sinter

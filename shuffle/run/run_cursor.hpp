// RunCursor: the records of one run within a key range, in order. Owned by one merge; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "shuffle/record/short_copy.hpp"
#include "shuffle/run/run_format.hpp"
#include "shuffle/run/run_layout.hpp"

namespace sinter {

/// Reads one block at a time into a buffer of its own, by read_at() and not by map(): mapped pages would count against the
/// process's memory until the file is closed, and a disk error would be a signal. Every byte is bounds-checked.
class RunCursor {
 public:
  /// Reads the index and keeps only the blocks that may hold records of `range`; no buffer is taken before advance().
  static Result<std::unique_ptr<RunCursor>> open(FileSystem& files, const std::string& path, const KeyRange& range);

  /// False when the index shows that nothing is in the range.
  bool may_have_records() const { return !blocks_.empty(); }
  /// Bytes of buffers while reading.
  std::uint64_t buffer_bytes() const;
  /// Uncompressed bytes of the blocks to be read.
  std::uint64_t raw_bytes() const;
  /// Tells a file that wants to know (AnnouncedReads) that the blocks of the range will be read now.
  void announce() const;
  /// All records of the range lie between these, which are keys of the run.
  const std::string& lowest_key() const { return lowest_key_; }
  const std::string& highest_key() const { return highest_key_; }

  /// Moves to the next record; false at the end and on an error: ask status().
  bool advance() {
    if ((records_left_ == 0 || !decode_record()) && !next_block()) [[unlikely]] return false;
    return !(before_begin_ || bounded_here_) || enter_range();
  }
  const Status& status() const { return status_; }

  /// Of the current record; valid until advance().
  std::string_view key() const { return {key_.get(), key_size_}; }
  std::size_t group_size() const { return group_size_; }
  std::string_view value() const { return {value_, value_size_}; }
  /// Key bytes [skip, skip + 8) as a big-endian number, zero-padded: equal order as far as it goes.
  std::uint64_t key_prefix(std::size_t skip) const {
    if (skip > key_size_) [[unlikely]] return 0;
    std::uint64_t prefix;
    std::memcpy(&prefix, key_.get() + skip, sizeof(prefix));  // the key buffer has kKeySlack bytes more
    prefix = __builtin_bswap64(prefix);
    const std::size_t left = key_size_ - skip;
    return left >= 8 ? prefix : left == 0 ? 0 : prefix & ~(~std::uint64_t{0} >> (8 * left));
  }

 private:
  static constexpr std::size_t kKeySlack = 16;

  RunCursor(std::string path, KeyRange range, std::unique_ptr<ReadableFile> file);
  void choose_blocks(const RunSummary& summary);
  bool decode_record() {
    // One byte each for shared, suffix and value size, a key that is its own group: nearly every record of small fields.
    std::size_t shared;
    std::size_t suffix;
    if (end_ - at_ >= 3 && ((at_[0] | at_[1] | at_[2]) & 0x80) == 0 && (at_[1] & 1) == 0) [[likely]] {
      shared = static_cast<unsigned char>(at_[0]);
      suffix = static_cast<unsigned char>(at_[1]) >> 1;
      value_size_ = static_cast<unsigned char>(at_[2]);
      group_size_ = shared + suffix;
      at_ += 3;
    } else if (end_ - at_ >= 4 && ((at_[0] | at_[2] | at_[3]) & 0x80) == 0 && (at_[1] & 0x81) == 0x80) {
      // The same with two bytes for the suffix: lines of text.
      shared = static_cast<unsigned char>(at_[0]);
      suffix = static_cast<std::size_t>(at_[1] & 0x7f) >> 1 | static_cast<std::size_t>(at_[2]) << 6;
      value_size_ = static_cast<unsigned char>(at_[3]);
      group_size_ = shared + suffix;
      at_ += 4;
    } else if (!decode_header_slowly(shared, suffix)) {
      return false;
    }
    if (static_cast<std::size_t>(end_ - at_) < suffix + value_size_ || shared > key_size_) [[unlikely]] return false;
    if (shared + suffix + kKeySlack > key_capacity_) [[unlikely]] grow_key(shared, suffix);
    copy_short(key_.get() + shared, at_, suffix);
    key_size_ = shared + suffix;
    value_ = at_ + suffix;
    at_ = value_ + value_size_;
    --records_left_;
    return true;
  }
  bool decode_header_slowly(std::size_t& shared, std::size_t& suffix);
  void grow_key(std::size_t shared, std::size_t suffix);
  bool next_block();
  bool enter_range();
  Status load_block();
  bool fail(Error error);
  Error damaged_record() const;

  std::string path_;
  KeyRange range_;
  std::unique_ptr<ReadableFile> file_;
  std::vector<BlockPlace> blocks_;
  std::size_t first_block_number_ = 0;
  std::string lowest_key_;
  std::string highest_key_;
  std::size_t next_block_ = 0;
  std::unique_ptr<char[]> stored_;
  std::unique_ptr<char[]> raw_;
  std::size_t stored_capacity_ = 0;
  std::size_t raw_capacity_ = 0;

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::uint32_t records_left_ = 0;
  bool before_begin_ = false;   // records below range_.begin are still to be skipped
  bool bounded_here_ = false;   // the current block may hold records at or behind range_.end
  std::unique_ptr<char[]> key_;
  std::size_t key_capacity_ = 0;
  std::size_t key_size_ = 0;
  std::size_t group_size_ = 0;
  const char* value_ = nullptr;
  std::size_t value_size_ = 0;
  Status status_;
};

}  // namespace sinter

// RunWriter: prefix-compressed records into blocks, blocks into large writes. One thread.
#include "shuffle/run/run_writer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/compression.hpp"
#include "base/limits.hpp"
#include "shuffle/record/short_copy.hpp"
#include "shuffle/run/run_layout.hpp"

namespace sinter {
namespace {

/// Four varints in front of a record: shared, suffix and flag, group, value.
constexpr std::size_t kMaxRecordOverhead = 20;
/// Blocks that are smaller than the others are at most this part of what is before them.
constexpr std::uint64_t kBlockShare = 16;

char* put_varint(char* to, std::uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

std::size_t block_need(const RunWriterOptions& options, std::size_t largest_record_bytes) {
  return std::max<std::size_t>(options.block_bytes, largest_record_bytes) + kMaxRecordOverhead;
}

}  // namespace

std::size_t RunWriter::memory_bytes(const RunWriterOptions& options, std::size_t largest_record_bytes) {
  const std::size_t block = block_need(options, largest_record_bytes);
  const std::size_t stored = options.compression == Compression::None ? block : lz4_bound(block);
  return block + stored + kBlockHeaderBytes + options.write_bytes;
}

Result<std::unique_ptr<RunWriter>> RunWriter::create(FileSystem& files, RunWriterOptions options) {
  if (std::min(options.first_block_bytes, options.block_bytes) < kMinBlockBytes || options.block_bytes > kMaxBlockBytes) {
    return user_error("block size of " + std::to_string(options.block_bytes) + " bytes for run '" + options.path +
                      "' is not within " + std::to_string(kMinBlockBytes) + " and " + std::to_string(kMaxBlockBytes));
  }
  SINTER_ASSIGN(std::unique_ptr<WritableFile> file, files.create(options.path));
  return std::unique_ptr<RunWriter>(new RunWriter(std::move(options), std::move(file)));
}

RunWriter::RunWriter(RunWriterOptions options, std::unique_ptr<WritableFile> file)
    : options_(std::move(options)), file_(std::move(file)), block_limit_(std::min(options_.first_block_bytes, options_.block_bytes)) {
  summary_.path = options_.path;
  reserve_block(block_need(options_, 0));
  pending_.reserve(pending_need());
  pending_ = kRunMagic;
}

std::size_t RunWriter::pending_need() const { return memory_bytes(options_, 0) - block_need(options_, 0); }

void RunWriter::reserve_block(std::size_t bytes) {
  block_capacity_ = bytes;
  block_ = std::make_unique_for_overwrite<char[]>(block_capacity_);
}

Status RunWriter::add(std::string_view key, std::size_t group_size, std::string_view value) {
  const std::size_t largest = key.size() + value.size() + kMaxRecordOverhead;
  std::size_t shared = 0;
  if (block_records_ == 0 || block_size_ + largest > block_limit_) [[unlikely]] {
    SINTER_TRY(start_block(key, group_size, largest));
  } else {
    shared = common_prefix(key.data(), last_key_.get(), std::min(key.size(), last_key_size_));
  }
  const std::size_t suffix = key.size() - shared;
  const bool whole_group = group_size == key.size();
  char* at = block_.get() + block_size_;
  if ((shared | value.size()) < 0x80 && suffix < 0x40 && whole_group) [[likely]] {
    at[0] = static_cast<char>(shared);
    at[1] = static_cast<char>(suffix << 1);
    at[2] = static_cast<char>(value.size());
    at += 3;
  } else if ((shared | value.size()) < 0x80 && suffix < 0x2000 && whole_group) {
    at[0] = static_cast<char>(shared);
    at[1] = static_cast<char>(suffix << 1 | 0x80);
    at[2] = static_cast<char>(suffix >> 6);
    at[3] = static_cast<char>(value.size());
    at += 4;
  } else {
    at = put_varint(at, shared);
    at = put_varint(at, suffix << 1 | (whole_group ? 0 : 1));
    if (!whole_group) at = put_varint(at, group_size);
    at = put_varint(at, value.size());
  }
  copy_short(at, key.data() + shared, suffix);
  copy_short(at + suffix, value.data(), value.size());
  block_size_ = static_cast<std::size_t>(at - block_.get()) + suffix + value.size();
  if (key.size() > last_key_capacity_) [[unlikely]] {
    auto larger = std::make_unique_for_overwrite<char[]>(key.size() * 2);
    std::memcpy(larger.get(), key.data(), shared);
    last_key_ = std::move(larger);
    last_key_capacity_ = key.size() * 2;
  }
  copy_short(last_key_.get() + shared, key.data() + shared, suffix);
  last_key_size_ = key.size();
  ++block_records_;
  return {};
}

/// A block ends where the next record might not fit; a record larger than a block gets one of its own.
Status RunWriter::start_block(std::string_view key, std::size_t group_size, std::size_t largest_bytes) {
  if (block_records_ > 0) SINTER_TRY(end_block());
  if (largest_bytes > block_capacity_) {
    reserve_block(largest_bytes);
  } else if (block_capacity_ > block_need(options_, 0) && largest_bytes <= options_.block_bytes) {
    reserve_block(block_need(options_, 0));  // the giant has passed
  }
  BlockEntry entry;
  entry.first_key.assign(key);
  entry.first_group_size = static_cast<std::uint32_t>(group_size);
  summary_.blocks.push_back(std::move(entry));
  return {};
}

Status RunWriter::end_block() {
  const std::string_view raw(block_.get(), block_size_);
  // A giant must not make the buffer grow while small blocks wait in it.
  if (raw.size() > options_.block_bytes) SINTER_TRY(flush());
  const std::size_t header_at = pending_.size();
  pending_.append(kBlockHeaderBytes, '\0');
  Compression codec = Compression::None;
  if (options_.compression == Compression::Lz4) {
    SINTER_ASSIGN(const std::size_t compressed, lz4_compress(raw, pending_));
    if (compressed < raw.size()) codec = Compression::Lz4;
  }
  if (codec == Compression::None) {
    pending_.resize(header_at + kBlockHeaderBytes);
    pending_.append(raw);
  }
  const std::string_view stored = std::string_view(pending_).substr(header_at + kBlockHeaderBytes);
  BlockEntry& entry = summary_.blocks.back();
  entry.offset_bytes = file_->size_bytes() + header_at;
  entry.stored_bytes = static_cast<std::uint32_t>(stored.size());
  entry.raw_bytes = static_cast<std::uint32_t>(raw.size());
  entry.records = block_records_;
  const BlockHeader header{0, entry.stored_bytes, entry.raw_bytes, entry.records, static_cast<std::uint32_t>(codec)};
  pending_.replace(header_at, kBlockHeaderBytes, seal_block_header(header, stored));
  summary_.records += block_records_;
  summary_.raw_bytes += raw.size();
  block_limit_ =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(summary_.raw_bytes / kBlockShare, block_limit_, options_.block_bytes));
  block_size_ = 0;
  block_records_ = 0;
  return pending_.size() >= options_.write_bytes ? flush() : Status();
}

Status RunWriter::flush() {
  const Status written = file_->append(pending_);
  pending_.clear();
  if (pending_.capacity() > 2 * pending_need()) std::string().swap(pending_);
  return written;
}

Result<RunSummary> RunWriter::finish() {
  if (block_records_ > 0) SINTER_TRY(end_block());
  summary_.last_key.assign(last_key_.get(), last_key_size_);
  const std::uint64_t index_offset = file_->size_bytes() + pending_.size();
  const std::string index = encode_run_index(summary_);
  pending_ += index;
  pending_ += encode_run_footer(summary_, index_offset, index.size());
  SINTER_TRY(flush());
  SINTER_TRY(file_->close());
  summary_.file_bytes = file_->size_bytes();
  return std::move(summary_);
}

}  // namespace sinter

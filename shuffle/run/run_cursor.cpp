// RunCursor: block loading and record decoding. One thread.
#include "shuffle/run/run_cursor.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.hpp"
#include "base/compression.hpp"
#include "base/limits.hpp"
#include "shuffle/run/announced_reads.hpp"

namespace sinter {
namespace {

constexpr std::size_t kFirstKeyCapacity = 256;

}  // namespace

Result<std::unique_ptr<RunCursor>> RunCursor::open(FileSystem& files, const std::string& path, const KeyRange& range) {
  SINTER_ASSIGN(std::unique_ptr<ReadableFile> file, files.open(path));
  SINTER_ASSIGN(const RunSummary summary, read_run_summary(*file, path));
  std::unique_ptr<RunCursor> cursor(new RunCursor(path, range, std::move(file)));
  cursor->choose_blocks(summary);
  return cursor;
}

RunCursor::RunCursor(std::string path, KeyRange range, std::unique_ptr<ReadableFile> file)
    : path_(std::move(path)), range_(std::move(range)), file_(std::move(file)) {}

void RunCursor::choose_blocks(const RunSummary& summary) {
  const auto& all = summary.blocks;
  const auto starts_before = [](const BlockEntry& entry, const std::string& key) { return entry.first_key < key; };
  auto begin = std::lower_bound(all.begin(), all.end(), range_.begin, starts_before);
  // The block before may end with records of the range.
  if (begin != all.begin()) --begin;
  const auto end = range_.end.empty() ? all.end() : std::lower_bound(begin, all.end(), range_.end, starts_before);
  if (begin == end || summary.last_key < range_.begin) return;
  first_block_number_ = static_cast<std::size_t>(begin - all.begin());
  lowest_key_ = begin->first_key;
  highest_key_ = end == all.end() ? summary.last_key : end->first_key;
  before_begin_ = begin->first_key < range_.begin;
  blocks_.reserve(static_cast<std::size_t>(end - begin));
  for (auto at = begin; at != end; ++at) blocks_.push_back({at->offset_bytes, at->stored_bytes, at->raw_bytes, at->records});
}

std::uint64_t RunCursor::buffer_bytes() const {
  std::uint64_t stored = 0;
  std::uint64_t raw = 0;
  for (const BlockPlace& place : blocks_) {
    stored = std::max<std::uint64_t>(stored, place.stored_bytes + kBlockHeaderBytes);
    if (place.raw_bytes != place.stored_bytes) raw = std::max<std::uint64_t>(raw, place.raw_bytes);
  }
  return stored + raw + kFirstKeyCapacity + blocks_.size() * sizeof(BlockPlace);
}

std::uint64_t RunCursor::raw_bytes() const {
  std::uint64_t bytes = 0;
  for (const BlockPlace& place : blocks_) bytes += place.raw_bytes;
  return bytes;
}

void RunCursor::announce() const {
  const auto* announced = dynamic_cast<const AnnouncedReads*>(file_.get());
  if (announced == nullptr || blocks_.empty()) return;
  const std::uint64_t begin = blocks_.front().offset_bytes;
  announced->will_read(begin, blocks_.back().offset_bytes + kBlockHeaderBytes + blocks_.back().stored_bytes - begin);
}

bool RunCursor::decode_header_slowly(std::size_t& shared, std::size_t& suffix) {
  ByteReader reader(std::string_view(at_, static_cast<std::size_t>(end_ - at_)));
  std::uint64_t shared_size = 0;
  std::uint64_t suffix_and_flag = 0;
  std::uint64_t group = 0;
  std::uint64_t value_size = 0;
  if (!reader.read_varint(shared_size) || !reader.read_varint(suffix_and_flag)) return false;
  shared = shared_size;
  suffix = suffix_and_flag >> 1;
  if (shared > kMaxKeyBytes || suffix > kMaxKeyBytes - shared) return false;
  group = shared + suffix;
  if ((suffix_and_flag & 1) != 0 && !reader.read_varint(group)) return false;
  if (!reader.read_varint(value_size) || group > shared + suffix || value_size > reader.remaining()) return false;
  group_size_ = group;
  value_size_ = value_size;
  at_ = end_ - reader.remaining();
  return true;
}

void RunCursor::grow_key(std::size_t shared, std::size_t suffix) {
  const std::size_t capacity = std::max(2 * (shared + suffix) + kKeySlack, kFirstKeyCapacity);
  auto larger = std::make_unique<char[]>(capacity);
  if (shared > 0) std::memcpy(larger.get(), key_.get(), shared);
  key_ = std::move(larger);
  key_capacity_ = capacity;
}

/// The block is used up, or a record of it cannot be decoded. Moves to the first record of the next block.
bool RunCursor::next_block() {
  if (!status_.ok()) return false;
  if (records_left_ > 0 || at_ != end_) return fail(damaged_record());
  if (next_block_ == blocks_.size()) return false;
  Status loaded = load_block();
  if (!loaded.ok()) return fail(std::move(loaded).error());
  return decode_record() || fail(damaged_record());
}

/// Skips what lies before the range and stops where it ends.
bool RunCursor::enter_range() {
  while (before_begin_ && key() < range_.begin) {
    if ((records_left_ == 0 || !decode_record()) && !next_block()) return false;
  }
  before_begin_ = false;
  if (!bounded_here_ || key() < range_.end) return true;
  records_left_ = 0;
  at_ = end_;
  next_block_ = blocks_.size();
  return false;
}

Status RunCursor::load_block() {
  const BlockPlace& place = blocks_[next_block_];
  const std::size_t number = first_block_number_ + next_block_;
  ++next_block_;
  // Only the last blocks can reach the end of the range, since the next one would begin before it otherwise.
  bounded_here_ = !range_.end.empty() && next_block_ == blocks_.size();
  const std::size_t size = kBlockHeaderBytes + place.stored_bytes;
  if (size > stored_capacity_) {
    stored_ = std::make_unique_for_overwrite<char[]>(size);
    stored_capacity_ = size;
  }
  SINTER_TRY(read_exactly(*file_, path_, place.offset_bytes, stored_.get(), size));
  SINTER_TRY(check_block(std::string_view(stored_.get(), size), place, path_, number));
  const std::string_view stored(stored_.get() + kBlockHeaderBytes, place.stored_bytes);
  std::string_view raw = stored;
  if (load_fixed<BlockHeader>(stored_.get()).codec == static_cast<std::uint32_t>(Compression::Lz4)) {
    if (place.raw_bytes > raw_capacity_) {
      raw_ = std::make_unique_for_overwrite<char[]>(place.raw_bytes);
      raw_capacity_ = place.raw_bytes;
    }
    SINTER_TRY(lz4_decompress(stored, raw_.get(), place.raw_bytes)
                   .with_context("while reading block " + std::to_string(number) + " of run '" + path_ + "'"));
    raw = std::string_view(raw_.get(), place.raw_bytes);
  }
  at_ = raw.data();
  end_ = raw.data() + raw.size();
  records_left_ = place.records;
  key_size_ = 0;  // the first key of a block is whole
  return {};
}

bool RunCursor::fail(Error error) {
  status_ = std::move(error);
  records_left_ = 0;
  at_ = end_;
  next_block_ = blocks_.size();
  return false;
}

Error RunCursor::damaged_record() const {
  const std::size_t number = first_block_number_ + next_block_ - 1;
  return internal_error("run '" + path_ + "' is damaged: block " + std::to_string(number) + " at byte " +
                        std::to_string(blocks_[next_block_ - 1].offset_bytes) +
                        " has a correct checksum but its records do not fill it");
}

}  // namespace sinter

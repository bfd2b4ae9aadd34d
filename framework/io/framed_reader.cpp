// A buffer that slides over the file; the author's framer says what stands at its front. One thread.
#include "framework/io/framed_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <functional>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "framework/io/byte_source.hpp"
#include "framework/io/record_format.hpp"
#include "framework/io/text_arena.hpp"
#include "framework/io/text_output.hpp"

namespace sinter {

namespace {

/// Read at a time.
constexpr std::size_t kReadBytes = 256 * 1024;
/// Fields of one batch: bounds the memory of very wide records.
constexpr std::size_t kBatchFields = 32 * 1024;
/// Memory for a look behind the borders of pieces.
constexpr std::uint64_t kStartsBudgetBytes = 16 * kMiB;
constexpr std::string_view kEndsInside = "the file ends inside a record";
constexpr std::uint64_t kNoEnd = ~std::uint64_t{0};

bool lies_in(std::string_view part, std::string_view whole) {
  const std::less_equal<const char*> before;
  return part.empty() || (before(whole.data(), part.data()) && before(part.data() + part.size(), whole.data() + whole.size()));
}

/// The part of a file that is in memory.
class SlidingBuffer {
 public:
  static Result<SlidingBuffer> open(std::unique_ptr<ByteSource> source, MemoryBudget& budget, const std::string& path,
                                    std::uint64_t offset_bytes, std::uint64_t size_hint_bytes) {
    SlidingBuffer buffer;
    buffer.source_ = std::move(source);
    buffer.path_ = path;
    buffer.offset_ = offset_bytes;
    buffer.memory_limit_ = budget.limit_bytes();
    SINTER_ASSIGN(buffer.reservation_, budget.reserve(0, "reading '" + path + "'"));
    SINTER_TRY(buffer.grow(static_cast<std::size_t>(std::clamp<std::uint64_t>(size_hint_bytes, 4 * kKiB, kReadBytes))));
    return buffer;
  }

  Window window() const { return {{bytes_.get() + begin_, filled_ - begin_}, position(), at_end_}; }
  std::uint64_t position() const { return offset_ + begin_; }
  std::size_t size() const { return filled_ - begin_; }
  bool at_end() const { return at_end_; }
  void drop(std::size_t size) { begin_ += size; }

  /// Reads on until `wanted` bytes are there, or the file's end; at least once. Bytes move.
  Status fill(std::size_t wanted) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, filled_ - begin_);
    offset_ += begin_;
    filled_ -= begin_;
    begin_ = 0;
    if (wanted > capacity_) SINTER_TRY(grow(std::max(wanted, std::min<std::size_t>(2 * capacity_, kMaxRecordBytes + kReadBytes))));
    do {
      const std::size_t room = std::min(capacity_ - filled_, std::max(kReadBytes, wanted - std::min(wanted, filled_)));
      SINTER_ASSIGN(const std::size_t got, source_->read(bytes_.get() + filled_, room));
      filled_ += got;
      at_end_ = got < room;
    } while (!at_end_ && filled_ < wanted);
    return {};
  }

  /// Reads on until a start at the front can be known.
  Status fill_start() { return at_end_ || size() >= kMaxStartBytes ? Status() : fill(kMaxStartBytes); }

 private:
  Status grow(std::size_t capacity) {
    // Old and new buffer live together for the copy.
    if (!reservation_.resize(capacity_ + capacity)) {
      return user_error("'" + path_ + "' byte " + std::to_string(offset_) + ": a record needs a buffer of " + std::to_string(capacity) +
                        " bytes, which does not fit into what is free of " + std::to_string(memory_limit_) + " bytes of memory")
          .with_hint("Raise execution.memory");
    }
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (filled_ > 0) std::memcpy(larger.get(), bytes_.get(), filled_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
    require(reservation_.resize(capacity_), "a reservation can always shrink");
    return {};
  }

  std::unique_ptr<ByteSource> source_;
  Reservation reservation_;
  std::string path_;
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t offset_ = 0;  // of bytes_[0] in the file
  std::uint64_t memory_limit_ = 0;
  bool at_end_ = false;
};

/// Drops bytes up to the next start; false when there is none to the end of the file. What was dropped goes to `dropped`, cut.
Result<bool> drop_to_start(SlidingBuffer& buffer, const RecordFramer& framer, std::string* dropped) {
  const auto drop = [&](std::size_t size) {
    if (dropped != nullptr && dropped->size() < kMaxRejectBytes)
      dropped->append(buffer.window().bytes.substr(0, std::min(size, kMaxRejectBytes - dropped->size())));
    buffer.drop(size);
  };
  while (true) {
    SINTER_TRY(buffer.fill_start());
    if (buffer.size() == 0) return false;
    std::size_t start = framer.find_start(buffer.window());
    const bool found = start != kNoStart;
    if (!found) start = buffer.at_end() ? buffer.size() : buffer.size() - std::min(buffer.size(), kMaxStartBytes);
    // A start that is computed may lie far ahead.
    while (start > buffer.size() && !buffer.at_end()) {
      start -= buffer.size();
      drop(buffer.size());
      SINTER_TRY(buffer.fill(1));
    }
    drop(std::min(start, buffer.size()));
    if (found) return buffer.size() > 0 || !buffer.at_end();
    if (!buffer.at_end()) SINTER_TRY(buffer.fill(std::min(buffer.size(), kMaxStartBytes) + kReadBytes));
  }
}

/// The author's find_start() may throw.
Result<std::vector<std::uint64_t>> look_for_starts(FileSystem& files, const InputFile& file, std::uint64_t piece_bytes) {
  std::vector<std::uint64_t> starts;
  MemoryBudget budget("looking for record starts", kStartsBudgetBytes);
  const std::unique_ptr<RecordFramer> framer = file.format.records->make();
  for (std::uint64_t target = piece_bytes; target < file.size_bytes; target = starts.back() + piece_bytes) {
    SINTER_ASSIGN(auto source, open_plain_source(files, file.path, target, file.size_bytes));
    SINTER_ASSIGN(SlidingBuffer buffer, SlidingBuffer::open(std::move(source), budget, file.path, target, kMaxStartBytes));
    SINTER_ASSIGN(const bool found, drop_to_start(buffer, *framer, nullptr));
    if (!found || buffer.position() >= file.size_bytes) break;
    starts.push_back(buffer.position());
  }
  return starts;
}

class FramedReader final : public RecordReader {
 public:
  FramedReader(SlidingBuffer buffer, const InputFile& file, const SplitPiece& piece)
      : buffer_(std::move(buffer)), file_(file), ordinal_(piece.file),
        end_(file.format.codec == Codec::None ? piece.end_bytes : kNoEnd), framer_(file.format.records->make()),
        width_(std::max<std::size_t>(file.format.records->columns().size(), 1)), splits_(!file.format.records->columns().empty()),
        batch_records_(std::clamp<std::size_t>(kBatchFields / width_, 1, kMaxBatchRecords)),
        records_(std::make_unique<Record[]>(batch_records_)), fields_(std::make_unique<FieldView[]>(batch_records_ * width_)) {}

  Result<std::span<const Record>> next_batch() override {
    arena_.clear();
    count_ = 0;
    if (!lost_.empty()) SINTER_TRY(go_on_behind_damage());
    while (count_ < batch_records_ && !done_ && lost_.empty()) {
      if (buffer_.position() >= end_) {
        SINTER_TRY(check_border());
        break;
      }
      if (!buffer_.at_end() && buffer_.size() < std::max<std::size_t>(wanted_, 1)) {
        if (count_ > 0) break;  // its records lie in the buffer
        SINTER_TRY(buffer_.fill(wanted_));
        continue;
      }
      if (buffer_.size() == 0) break;
      SINTER_TRY(take(framer_->next(buffer_.window())));
    }
    if (count_ == 0 && !lost_.empty()) SINTER_TRY(go_on_behind_damage());
    return std::span<const Record>(records_.get(), count_);
  }

 private:
  /// Appends what the framer found.
  Status take(Frame frame) {
    if (frame.kind == Frame::Kind::More) return take_more(frame.size_bytes);
    if (frame.kind == Frame::Kind::Lost) return lose(std::move(frame.reason));
    wanted_ = 0;
    const Window window = buffer_.window();
    if (frame.size_bytes == 0 || frame.size_bytes > window.bytes.size() || !lies_in(frame.bytes, window.bytes)) {
      return user_error(here() + ": the reader found a frame of " + std::to_string(frame.size_bytes) + " bytes where it was given " +
                        std::to_string(window.bytes.size()) + "; a frame has a byte at least and lies in the window")
          .with_hint("Let next() return Frame::more(size) until the window has the whole frame");
    }
    const std::string_view raw = window.bytes.substr(0, frame.size_bytes);
    if (frame.kind == Frame::Kind::Bad) add_problem(raw, window.offset_bytes, frame.reason);
    else if (frame.kind == Frame::Kind::Record && raw.size() <= kMaxRecordBytes) add_record(frame.bytes);
    else if (frame.kind == Frame::Kind::Record) add_problem(raw, window.offset_bytes, too_large(raw.size()));
    buffer_.drop(frame.size_bytes);
    return {};
  }

  Status take_more(std::size_t size_bytes) {
    if (size_bytes > kMaxRecordBytes || buffer_.size() > kMaxRecordBytes) return lose(too_large(size_bytes));
    if (buffer_.at_end()) {
      // A damaged length may reach behind the end: whole records may follow.
      if (file_.format.records->has_starts()) return lose(std::string(kEndsInside));
      const std::string_view rest = buffer_.window().bytes;
      add_problem(rest, buffer_.position(), std::string(kEndsInside) + ", " + std::to_string(rest.size()) + " bytes behind its start");
      buffer_.drop(rest.size());
      return {};
    }
    // Twice the window when the reader does not know, so that it looks at no byte often.
    wanted_ = size_bytes > buffer_.size() ? size_bytes : std::max<std::size_t>(2 * buffer_.size(), 1);
    wanted_ = std::min<std::size_t>(wanted_, kMaxRecordBytes + 1);
    return {};
  }

  /// A size that the reader does not know yet is not the one the window happens to have: rejects do not depend on how a file is cut.
  static std::string too_large(std::size_t size_bytes) {
    const std::string limit = std::to_string(kMaxRecordBytes);
    if (size_bytes <= kMaxRecordBytes) return "record has more than " + limit + " bytes, the limit (kMaxRecordBytes)";
    return "record has " + std::to_string(size_bytes) + " bytes; the limit is " + limit + " (kMaxRecordBytes)";
  }

  Status lose(std::string reason) {
    wanted_ = 0;
    if (file_.format.records->has_starts()) {
      lost_ = reason.empty() ? "damaged" : std::move(reason);
      return {};
    }
    return user_error(here() + ": " + reason + "; the reader has no find_start(), so nobody knows where the next record begins");
  }

  /// One reject from the damage to the next start. The buffer moves, so it is a batch of its own.
  Status go_on_behind_damage() {
    require(count_ == 0, "records of a batch stay where they are");
    const std::uint64_t begin = buffer_.position();
    dropped_.clear();
    SINTER_TRY(buffer_.fill_start());
    if (framer_->find_start(buffer_.window()) == 0) {  // the damaged record's own
      dropped_ = buffer_.window().bytes.substr(0, 1);
      buffer_.drop(1);
    }
    SINTER_ASSIGN(const bool found, drop_to_start(buffer_, *framer_, &dropped_));
    const std::string reason = std::exchange(lost_, {});
    add_problem(dropped_, begin, reason + "; " + std::to_string(buffer_.position() - begin) + " bytes to the " +
                                     (found ? "next record" : "end of the file") + " are set aside");
    return {};
  }

  /// A piece ends where the next one begins, or else records would be read twice, or never.
  Status check_border() {
    done_ = true;
    if (buffer_.position() == end_) return {};
    return user_error(here() + ": the reader's find_start() found a record that starts at byte " + std::to_string(end_) +
                      ", and its next() a record around that byte; the file is damaged there, or the reader contradicts itself")
        .with_hint("A reader without find_start() reads each file in one piece");
  }

  Record& add(std::string_view raw, std::uint64_t offset_bytes) {
    Record& record = records_[count_];
    record.position = {ordinal_, offset_bytes};
    record.line = 0;
    record.problem = {};
    record.raw = raw.substr(0, kMaxRejectBytes);
    record.fields = {};
    return record;
  }
  void add_problem(std::string_view raw, std::uint64_t offset_bytes, const std::string& problem) {
    add(raw, offset_bytes).problem = arena_.copy(problem.empty() ? "damaged" : problem);
    ++count_;
  }
  void add_record(std::string_view bytes) {
    Record& record = add(bytes, buffer_.position());
    FieldView* fields = fields_.get() + count_ * width_;
    FieldList list(fields, width_, arena_);
    if (splits_) framer_->split(bytes, list);
    else list.text(bytes);
    if (list.count() == width_) [[likely]] record.fields = {fields, width_};
    else
      record.problem = arena_.copy("record has " + std::to_string(list.count()) + " fields, the reader names " + std::to_string(width_));
    ++count_;
  }

  std::string here() const { return "'" + file_.path + "' byte " + std::to_string(buffer_.position()); }

  SlidingBuffer buffer_;
  const InputFile& file_;
  std::uint32_t ordinal_;
  std::uint64_t end_;  // records that start before it are ours
  std::unique_ptr<RecordFramer> framer_;
  std::size_t width_;
  bool splits_;
  std::size_t batch_records_;
  std::unique_ptr<Record[]> records_;
  std::unique_ptr<FieldView[]> fields_;
  TextArena arena_;
  std::size_t count_ = 0;
  std::size_t wanted_ = 0;   // bytes without which the framer finds nothing
  std::string lost_;         // why; the batch that follows goes on behind it
  std::string dropped_;      // the damage, cut
  bool done_ = false;
};

}  // namespace

void FieldList::copy(std::string_view text) { add(arena_->copy(text), FieldKind::Text); }

void FieldList::add_signed(std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  add(arena_->copy({digits, static_cast<std::size_t>(end - digits)}), FieldKind::Number);
}

void FieldList::add_unsigned(std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  add(arena_->copy({digits, static_cast<std::size_t>(end - digits)}), FieldKind::Number);
}

void FieldList::number(double value) {
  std::string digits;  // short enough to need no allocation, or nearly
  append_double(digits, value);
  add(arena_->copy(digits), FieldKind::Number);
}

Result<std::unique_ptr<RecordReader>> open_framed_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file,
                                                         const SplitPiece& piece) {
  // To the file's end: a record is judged by the same bytes wherever the file is cut.
  SINTER_ASSIGN(auto source, open_byte_source(files, budget, file, piece.begin_bytes, file.size_bytes));
  const std::uint64_t hint = file.format.codec == Codec::None ? file.size_bytes - piece.begin_bytes + 1 : kNoEnd;
  SINTER_ASSIGN(SlidingBuffer buffer, SlidingBuffer::open(std::move(source), budget, file.path, piece.begin_bytes, hint));
  return std::unique_ptr<RecordReader>(std::make_unique<FramedReader>(std::move(buffer), file, piece));
}

Result<std::vector<std::uint64_t>> find_record_starts(FileSystem& files, const InputFile& file, std::uint64_t piece_bytes) {
  try {
    return look_for_starts(files, file, piece_bytes);
  } catch (const std::exception& thrown) {
    return user_error("the reader of '" + file.path + "' threw while it looked for a record's start: " + thrown.what());
  }
}

}  // namespace sinter

// Buffer, window scan and the way around rows that are too large or never end. One thread.
#include "framework/io/row_finder.hpp"

#include <algorithm>
#include <cstring>

#include "base/limits.hpp"
#include "framework/io/record.hpp"

namespace sinter {

namespace {

/// Read at a time: small enough that what the kernel copied is still in the L2 cache when it is scanned.
constexpr std::size_t kReadBytes = 256 * 1024;
/// Scanned at a time, so that the index of one window stays in cache too.
constexpr std::size_t kWindowBytes = 64 * 1024;
constexpr std::size_t kSmallestBuffer = 4 * 1024;

}  // namespace

/// Follows a row that is not kept: where its last quote opened, and its newlines.
class QuoteTracker {
 public:
  QuoteTracker(const CsvDialect& dialect, std::uint64_t line) : dialect_(dialect), line_(line) {}
  void advance(std::string_view bytes) {
    for (const char byte : bytes) {
      const bool quote = dialect_.quote != '\0' && byte == dialect_.quote;
      if (byte == '\n') ++newlines_;
      if (state_ == CsvState::Quoted) {
        if (quote) state_ = CsvState::FieldStart;
      } else if (quote && state_ == CsvState::FieldStart) {
        state_ = CsvState::Quoted;
        open_line_ = line_ + newlines_;
      } else {
        state_ = !quote && byte == dialect_.delimiter ? CsvState::FieldStart : CsvState::Unquoted;
      }
    }
  }
  std::uint64_t newlines() const { return newlines_; }
  std::uint64_t open_line() const { return state_ == CsvState::Quoted ? open_line_ : 0; }

 private:
  CsvDialect dialect_;
  CsvState state_ = CsvState::FieldStart;
  std::uint64_t line_;
  std::uint64_t newlines_ = 0;
  std::uint64_t open_line_ = 0;
};

Result<RowFinder> RowFinder::open(std::unique_ptr<ByteSource> source, MemoryBudget& budget, const std::string& path,
                                  const CsvDialect& dialect, Start start, std::uint64_t size_hint_bytes) {
  RowFinder finder;
  finder.source_ = std::move(source);
  finder.path_ = path;
  finder.dialect_ = dialect;
  finder.buffer_offset_ = start.offset_bytes;
  finder.line_ = start.line;
  finder.keeps_byte_order_mark_ = start.keeps_byte_order_mark;
  finder.memory_limit_ = budget.limit_bytes();
  SINTER_ASSIGN(finder.reservation_, budget.reserve(0, "reading '" + path + "'"));
  SINTER_TRY(finder.allocate(size_hint_bytes));
  return finder;
}

Status RowFinder::allocate(std::uint64_t size_hint_bytes) {
  capacity_ = static_cast<std::size_t>(std::clamp<std::uint64_t>(size_hint_bytes, kSmallestBuffer, kReadBytes));
  window_ = std::min(capacity_, kWindowBytes);
  const std::size_t entries = kMaxColumns + 2 + window_ + CsvIndex::kSlack;
  if (!reservation_.resize(capacity_ + kRowPaddingBytes + 2 * entries * sizeof(std::uint32_t))) {
    return user_error("reading '" + path_ + "' takes " + std::to_string(capacity_ + 8 * entries) +
        " bytes of buffers, more than is free of " +
                      std::to_string(memory_limit_) + " bytes")
        .with_hint("Raise execution.memory");
  }
  index_.allocate(entries);
  buffer_ = std::make_unique_for_overwrite<char[]>(capacity_ + kRowPaddingBytes);
  restart_at(0);
  return {};
}

/// Forgets the index; the pending row starts at `at`.
void RowFinder::restart_at(std::size_t at) {
  row_begin_ = at;
  scanned_ = at;
  state_ = CsvState::FieldStart;
  index_.separators[0] = static_cast<std::uint32_t>(at) - 1;
  index_.separator_count = 1;
  index_.row_count = 0;
  index_.inner_lines.clear();
}

/// Drops the rows delivered last and keeps the fields of the pending row.
void RowFinder::retire_block() {
  const std::size_t rows = index_.row_count;
  if (rows == 0) return;
  const std::uint32_t last = index_.row_ends[rows - 1];
  line_ += rows;
  std::uint64_t pending_lines = 0;
  for (const InnerLines& inner : index_.inner_lines) (inner.row < rows ? line_ : pending_lines) += inner.count;
  index_.inner_lines.clear();
  if (pending_lines > 0) index_.inner_lines.push_back({0, pending_lines});
  row_begin_ = index_.separators[last] + std::size_t{1};
  index_.separator_count -= last;
  std::memmove(index_.separators.get(), index_.separators.get() + last, index_.separator_count * sizeof(std::uint32_t));
  index_.row_count = 0;
}

void RowFinder::scan_window() {
  const std::size_t to = std::min(filled_, scanned_ + window_);
  state_ = scan_csv(dialect_, state_, {buffer_.get(), to}, scanned_, index_);
  scanned_ = to;
}

bool RowFinder::pending_too_large() const {
  return pending_separators() > kMaxColumns || scanned_ - row_begin_ > kMaxRecordBytes;
}

Result<RowBlock> RowFinder::next() {
  retire_block();
  while (true) {
    if (pending_too_large()) return skip_broken_row(false);
    if (scanned_ < filled_) {
      scan_window();
      if (index_.row_count > 0) return block();
      continue;
    }
    if (at_end_) {
      if (row_begin_ == filled_) return RowBlock{};
      if (state_ == CsvState::Quoted) return skip_broken_row(false);
      return last_row();
    }
    if (row_begin_ == 0 && filled_ == capacity_ && !grow()) return skip_broken_row(true);
    SINTER_TRY(fill());
  }
}

RowBlock RowFinder::block() {
  RowBlock found;
  found.bytes = buffer_.get();
  found.separators = index_.separators.get();
  found.row_ends = index_.row_ends.get();
  found.rows = index_.row_count;
  found.offset_bytes = buffer_offset_;
  found.first_line = line_;
  found.inner_lines = index_.inner_lines;
  return found;
}

/// The final row, whose newline is missing: it gets one in the padding.
RowBlock RowFinder::last_row() {
  buffer_[filled_] = '\n';
  index_.row_ends[0] = static_cast<std::uint32_t>(index_.separator_count);
  index_.separators[index_.separator_count++] = static_cast<std::uint32_t>(filled_);
  index_.row_count = 1;
  scanned_ = ++filled_;
  return block();
}

bool RowFinder::grow() {
  const std::size_t wanted = std::min(capacity_ * 2, static_cast<std::size_t>(kMaxRecordBytes) + 2 * kReadBytes);
  // Old and new buffer live together for the copy.
  const std::uint64_t before = reservation_.bytes();
  if (wanted <= capacity_ || !reservation_.resize(before + wanted)) return false;
  auto larger = std::make_unique_for_overwrite<char[]>(wanted + kRowPaddingBytes);
  std::memcpy(larger.get(), buffer_.get(), filled_);
  buffer_ = std::move(larger);
  require(reservation_.resize(before + wanted - capacity_), "a reservation can always shrink");
  capacity_ = wanted;
  return true;
}

/// Moves the pending row to the front and reads behind it.
Status RowFinder::fill() {
  if (row_begin_ > 0) {
    const std::size_t shift = row_begin_;
    std::memmove(buffer_.get(), buffer_.get() + shift, filled_ - shift);
    for (std::size_t i = 0; i < index_.separator_count; ++i) index_.separators[i] -= static_cast<std::uint32_t>(shift);
    filled_ -= shift;
    scanned_ -= shift;
    row_begin_ = 0;
    buffer_offset_ += shift;
  }
  const std::size_t room = capacity_ - filled_;
  if (room == 0) return {};
  SINTER_ASSIGN(const std::size_t got, source_->read(buffer_.get() + filled_, room));
  filled_ += got;
  at_end_ = got < room;
  if (!started_) {
    started_ = true;
    if (buffer_offset_ == 0 && !keeps_byte_order_mark_) return skip_byte_order_mark();
  }
  return {};
}

Status RowFinder::skip_byte_order_mark() {
  const std::string_view start(buffer_.get(), filled_);
  if (start.starts_with("\xEF\xBB\xBF")) restart_at(3);
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    return user_error("'" + path_ + "' is UTF-16 text; sinter reads UTF-8").with_hint("Convert it: iconv -f UTF-16 -t UTF-8");
  }
  return {};
}

/// Scans on to the end of the pending row without keeping it. `out_of_memory`: it would fit the limit but not the budget.
Result<RowBlock> RowFinder::skip_broken_row(bool out_of_memory) {
  const std::string_view kept(buffer_.get() + row_begin_, scanned_ - row_begin_);
  QuoteTracker tracker(dialect_, line_);
  tracker.advance(kept);
  broken_ = BrokenRow{};
  broken_.offset_bytes = buffer_offset_ + row_begin_;
  broken_.line = line_;
  broken_.size_bytes = kept.size();
  broken_.fields = pending_separators();
  broken_.raw = kept.substr(0, kMaxRejectBytes);
  const CsvState state = state_;
  restart_at(scanned_);
  state_ = state;
  bool found = false;
  while (!found) {
    SINTER_ASSIGN(found, skip_window(tracker));
  }
  broken_.lines = tracker.newlines() + 1;
  broken_.open_line = tracker.open_line();
  line_ += broken_.lines;
  if (out_of_memory && broken_.size_bytes <= kMaxRecordBytes) {
    return user_error("'" + path_ + "' line " + std::to_string(broken_.line) + " has a record of " + std::to_string(broken_.size_bytes) +
                      " bytes, which does not fit into what is free of " + std::to_string(memory_limit_) + " bytes of memory")
        .with_hint("Raise execution.memory");
  }
  RowBlock result;
  result.broken = &broken_;
  return result;
}

/// One window of a row that is not kept; true when the row ended.
Result<bool> RowFinder::skip_window(QuoteTracker& tracker) {
  if (scanned_ == filled_) {
    if (at_end_) {
      ++broken_.fields;
      restart_at(filled_);
      return true;
    }
    SINTER_TRY(fill());
    if (scanned_ == filled_) return false;
  }
  const std::size_t from = scanned_;
  scan_window();
  const bool ended = index_.row_count > 0;
  const std::size_t end = ended ? index_.separators[index_.row_ends[0]] : scanned_;
  const std::string_view skipped(buffer_.get() + from, end - from);
  tracker.advance(skipped);
  broken_.size_bytes += skipped.size();
  broken_.fields += ended ? index_.row_ends[0] : pending_separators();
  if (broken_.raw.size() < kMaxRejectBytes) broken_.raw += skipped.substr(0, kMaxRejectBytes - broken_.raw.size());
  const CsvState state = state_;
  restart_at(ended ? end + 1 : scanned_);
  // Behind a newline the rest of the window is scanned again, as the rows it holds.
  if (!ended) state_ = state;
  return ended;
}

}  // namespace sinter

// Strings with their sizes before them, first in the file, then in memory. One thread.
#include "framework/api/replay_store.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sinter {

ReplayStore::ReplayStore(FileSystem& files, MemoryBudget& budget, std::string path)
    : files_(files), budget_(budget), path_(std::move(path)) {}

ReplayStore::~ReplayStore() {
  spilled_.reset();
  written_.reset();
  // The attempt's scratch goes as a whole anyway.
  if (spilled_bytes_ > 0) (void)files_.remove(path_).ok();
}

Status ReplayStore::append(std::string_view bytes) {
  require(spilled_ == nullptr, "a replay store is not written to once it is read");
  const std::uint64_t needed = bytes.size() + varint_size(bytes.size());
  if (memory_.size() + needed > reservation_.bytes()) SINTER_TRY(make_room(needed));
  append_sized(memory_, bytes);
  ++count_;
  return {};
}

/// Doubles the memory while the budget lets it, else spills what there is.
Status ReplayStore::make_room(std::uint64_t bytes) {
  const std::uint64_t wanted = std::max(kFirstBytes, std::bit_ceil(memory_.size() + bytes));
  // A string that grows holds both copies for a moment.
  if (wanted <= kMaxMemoryBytes && budget_.free_bytes() >= 2 * wanted && grow(wanted).ok()) return {};
  SINTER_TRY(flush());
  const std::uint64_t least = std::max(kBufferBytes, bytes);
  return reservation_.bytes() >= least ? Status() : grow(least);
}

Status ReplayStore::grow(std::uint64_t bytes) {
  if (memory_.empty()) {
    memory_ = std::string();
    reservation_ = Reservation();
  }
  // A reservation that cannot grow in place is given up for a larger one only when it holds nothing.
  if (reservation_.bytes() == 0) {
    SINTER_ASSIGN(reservation_, budget_.reserve(bytes, "the values of a group that is read more than once"));
  } else if (!reservation_.resize(bytes)) {
    return environment_error("the budget has no room for a group that is read more than once", false);
  }
  memory_.reserve(bytes);
  return {};
}

Status ReplayStore::flush() {
  if (memory_.empty()) return {};
  if (written_ == nullptr) {
    SINTER_ASSIGN(written_, files_.create(path_));
  }
  SINTER_TRY(written_->append(memory_));
  spilled_bytes_ += memory_.size();
  memory_.clear();
  return {};
}

Status ReplayStore::finish_writing() {
  if (written_ == nullptr) return {};
  SINTER_TRY(written_->close());
  written_.reset();
  SINTER_ASSIGN(spilled_, files_.open(path_));
  return {};
}

Result<bool> ReplayStore::Pass::next(std::string_view& bytes) {
  if (read_ == store_.count_) return false;
  SINTER_TRY(store_.finish_writing());
  if (file_at_ < store_.spilled_bytes_ || buffer_at_ < buffer_.size()) {
    while (true) {
      ByteReader reader(std::string_view(buffer_).substr(buffer_at_));
      if (reader.read_sized(bytes)) {
        buffer_at_ = buffer_.size() - reader.remaining();
        break;
      }
      SINTER_TRY(refill());
    }
  } else {
    ByteReader reader(std::string_view(store_.memory_).substr(memory_at_));
    require(reader.read_sized(bytes), "the strings of a replay store are whole");
    memory_at_ = store_.memory_.size() - reader.remaining();
  }
  ++read_;
  return true;
}

/// Moves the rest of the buffer to its front and reads on; a string larger than the buffer makes it grow.
Status ReplayStore::Pass::refill() {
  const std::uint64_t left = store_.spilled_bytes_ - file_at_;
  if (left == 0) return internal_error("the file '" + store_.path_ + "' of a replayed group ends inside a value");
  const std::size_t rest = buffer_.size() - buffer_at_;
  const std::uint64_t wanted = std::max(kBufferBytes, std::uint64_t{rest} * 2);
  if (reservation_.bytes() < wanted) {
    reservation_ = Reservation();
    SINTER_ASSIGN(reservation_, store_.budget_.reserve(wanted, "reading a group again"));
  }
  buffer_.erase(0, buffer_at_);
  buffer_at_ = 0;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(wanted - rest, left));
  buffer_.resize(rest + size);
  SINTER_ASSIGN(const std::size_t got, store_.spilled_->read_at(file_at_, buffer_.data() + rest, size));
  buffer_.resize(rest + got);
  file_at_ += got;
  return got > 0 ? Status() : environment_error("the file '" + store_.path_ + "' of a replayed group became shorter", true);
}

}  // namespace sinter

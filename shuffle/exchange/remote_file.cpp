// RemoteFile: which pieces to ask for, and when: what is read now, what was announced, what a sequential reader will want next.
#include "shuffle/exchange/remote_file.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "shuffle/exchange/fetch_failure.hpp"
#include "shuffle/run/announced_reads.hpp"

namespace sinter {
namespace {

/// The first bytes of a file that come with its opening.
constexpr std::uint64_t kHeadBytes = 64;
/// Smaller pieces are not worth a request of their own.
constexpr std::uint64_t kMinFrameBytes = 64 * kKiB;
/// Asked for when reading is announced; more follows when it begins.
constexpr std::uint64_t kFirstAheadBytes = 256 * kKiB;

class RemoteFile final : public ReadableFile, public AnnouncedReads {
 public:
  RemoteFile(std::shared_ptr<FetchQueue> queue, OpeningFetch opening)
      : queue_(std::move(queue)),
        opening_(std::move(opening)),
        size_bytes_(opening_.tail->result.file_bytes),
        version_(opening_.tail->result.version) {
    queue_->count_file(opening_.tail->endpoint, +1);
  }
  RemoteFile(const RemoteFile&) = delete;
  RemoteFile& operator=(const RemoteFile&) = delete;
  ~RemoteFile() override {
    clear_window(0);
    if (reads_ahead_) queue_->readers().fetch_sub(1);
    queue_->count_file(opening_.tail->endpoint, -1);
  }

  Result<std::size_t> read_at(std::uint64_t offset, char* to, std::size_t size) const override;
  std::uint64_t size_bytes() const override { return size_bytes_; }
  std::string_view map() const override { return {}; }
  void will_read(std::uint64_t offset, std::uint64_t size) const override;

 private:
  // A file is const to its readers: what changes below is only where it is read.
  std::string_view kept_at(std::uint64_t at) const;
  void aim(std::uint64_t at, std::uint64_t want) const;
  void extend(std::uint64_t limit) const;
  void look_ahead() const;
  FetchPtr make_fetch(std::uint64_t offset, std::uint64_t size) const;
  void push(FetchPtr fetch) const;
  void clear_window(std::uint64_t at) const;
  void begin_reading_ahead(std::uint64_t from, std::uint64_t to) const;
  std::uint64_t share_bytes() const;
  std::uint64_t frame_bytes() const { return std::clamp(share_bytes() / 2, kMinFrameBytes, queue_->options().frame_bytes); }

  std::shared_ptr<FetchQueue> queue_;
  mutable OpeningFetch opening_;
  std::uint64_t size_bytes_;
  std::uint64_t version_;
  mutable std::deque<FetchPtr> window_;  // asked for or here, without gaps, up to window_end_
  mutable std::uint64_t window_bytes_ = 0;
  mutable std::uint64_t window_end_ = 0;
  mutable std::uint64_t next_offset_ = UINT64_MAX;  // behind the last read: one that begins there is sequential
  mutable std::uint64_t ramp_bytes_ = 0;            // how far a sequential reader who announced nothing is trusted to go on
  mutable std::uint64_t announced_begin_ = 0;
  mutable std::uint64_t announced_end_ = 0;
  mutable bool reads_ahead_ = false;                // counted in queue_->readers()
};

/// Of the budget, for this file.
std::uint64_t RemoteFile::share_bytes() const {
  return queue_->budget().limit_bytes() / std::max<std::size_t>(queue_->readers().load(), 1);
}

/// What the opening brought from `at` on.
std::string_view RemoteFile::kept_at(std::uint64_t at) const {
  if (at < opening_.head->data.size()) return opening_.head->data.substr(at);
  const std::uint64_t tail_at = size_bytes_ - opening_.tail->data.size();
  return at < tail_at ? std::string_view() : opening_.tail->data.substr(at - tail_at);
}

FetchPtr RemoteFile::make_fetch(std::uint64_t offset, std::uint64_t size) const {
  auto fetch = std::make_shared<Fetch>();
  fetch->endpoint = opening_.tail->endpoint;
  fetch->piece = {opening_.tail->piece.name, /*from_end=*/false, offset, size, version_};
  return fetch;
}

void RemoteFile::push(FetchPtr fetch) const {
  window_end_ = fetch->piece.offset + fetch->piece.size_bytes;
  window_bytes_ += fetch->piece.size_bytes;
  window_.push_back(std::move(fetch));
}

void RemoteFile::clear_window(std::uint64_t at) const {
  for (const FetchPtr& fetch : window_) queue_->abandon(fetch);
  window_.clear();
  window_bytes_ = 0;
  window_end_ = at;
}

/// The tail gives its room back unless it is what will be read.
void RemoteFile::begin_reading_ahead(std::uint64_t from, std::uint64_t to) const {
  if (!reads_ahead_) queue_->readers().fetch_add(1);
  reads_ahead_ = true;
  if (kept_at(from).size() >= to - from) return;
  opening_.tail->data = {};
  opening_.tail->owner.reset();
  opening_.tail->room = {};
}

/// Asks for what lies between the window and `limit`, as far as the file's share of the budget goes.
void RemoteFile::extend(std::uint64_t limit) const {
  std::vector<FetchPtr> fetches;
  const std::uint64_t frame = frame_bytes();
  const std::uint64_t share = std::max(share_bytes(), frame);
  while (window_end_ < limit) {
    const std::uint64_t size = std::min(frame, limit - window_end_);
    if (window_bytes_ + size > share) break;
    Result<Reservation> room = queue_->budget().reserve(size, "reading ahead");
    if (!room.ok()) break;
    FetchPtr fetch = make_fetch(window_end_, size);
    fetch->room = std::move(room).value();
    fetches.push_back(fetch);
    push(std::move(fetch));
  }
  queue_->submit(fetches);
}

/// Makes the front of the window the piece that holds `at`, of which `want` bytes are read now.
void RemoteFile::aim(std::uint64_t at, std::uint64_t want) const {
  const bool inside = !window_.empty() && at >= window_.front()->piece.offset && at < window_end_;
  if (!inside) clear_window(at);
  while (!window_.empty() && window_.front()->piece.offset + window_.front()->piece.size_bytes <= at) {
    window_bytes_ -= window_.front()->piece.size_bytes;
    window_.pop_front();
  }
  if (at + want > window_end_) extend(at + want);
  if (!window_.empty()) return;
  // No room: the one frame that is never lent to read-ahead. All of it is read by this call, so that it comes back.
  queue_->waiters_frame().take();
  FetchPtr fetch = make_fetch(at, std::min(want, queue_->options().frame_bytes));
  fetch->waiters_frame = &queue_->waiters_frame();
  queue_->submit({fetch});
  push(std::move(fetch));
}

/// After a read: asks for what will be read next, a good part at a time and not a little with every read.
void RemoteFile::look_ahead() const {
  const std::uint64_t at = next_offset_;
  std::uint64_t limit = at;
  if (at >= announced_begin_ && at < announced_end_) limit = announced_end_;
  else if (ramp_bytes_ > 0) limit = std::min(size_bytes_, at + ramp_bytes_);
  if (limit <= at) return;
  if (window_.empty() || window_end_ < at) clear_window(at);
  if (!kept_at(at).empty() && window_.empty()) return;  // no request for what is here
  const std::uint64_t ahead = window_end_ - at;
  if (window_end_ < limit && ahead <= std::min(share_bytes(), limit - at) / 2) extend(limit);
}

Result<std::size_t> RemoteFile::read_at(std::uint64_t offset, char* to, std::size_t size) const {
  if (offset >= size_bytes_) return std::size_t{0};
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, size_bytes_ - offset));
  const bool announced = offset >= announced_begin_ && offset < announced_end_;
  if (!announced && offset == next_offset_) {
    ramp_bytes_ = std::min(share_bytes(), std::max(2 * ramp_bytes_, static_cast<std::uint64_t>(size)));
    begin_reading_ahead(offset, offset + size);
  } else {
    ramp_bytes_ = 0;
  }
  for (std::size_t done = 0; done < size;) {
    const std::uint64_t at = offset + done;
    std::string_view bytes = kept_at(at);
    const bool kept = !bytes.empty();
    if (!kept) {
      aim(at, size - done);
      const FetchPtr front = window_.front();
      if (Status fetched = queue_->wait(front); !fetched.ok()) {
        clear_window(at);  // who reads again asks again
        return std::move(fetched).error();
      }
      bytes = front->data.substr(at - front->piece.offset);
    }
    const std::size_t count = std::min(bytes.size(), size - done);
    std::memcpy(to + done, bytes.data(), count);
    done += count;
    if (!kept && count == bytes.size()) {
      window_bytes_ -= window_.front()->piece.size_bytes;
      window_.pop_front();
    }
  }
  next_offset_ = offset + size;
  look_ahead();
  return size;
}

void RemoteFile::will_read(std::uint64_t offset, std::uint64_t size) const {
  announced_begin_ = std::min(offset, size_bytes_);
  announced_end_ = announced_begin_ + std::min(size, size_bytes_ - announced_begin_);
  if (announced_begin_ == announced_end_) return;
  begin_reading_ahead(announced_begin_, announced_end_);
  if (!kept_at(announced_begin_).empty()) return;
  clear_window(announced_begin_);
  extend(std::min(announced_end_, announced_begin_ + kFirstAheadBytes));
}

}  // namespace

std::optional<OpeningFetch> plan_opening(FetchQueue& queue, const std::string& endpoint, const std::string& name,
                                         std::uint64_t tail_bytes) {
  Result<Reservation> room = queue.budget().reserve(tail_bytes, "the end of a file");
  if (!room.ok()) return std::nullopt;
  OpeningFetch opening{std::make_shared<Fetch>(), std::make_shared<Fetch>()};
  opening.head->endpoint = opening.tail->endpoint = endpoint;
  opening.head->piece = {name, /*from_end=*/false, 0, kHeadBytes, 0};
  opening.tail->piece = {name, /*from_end=*/true, 0, tail_bytes, 0};
  opening.tail->room = std::move(room).value();
  return opening;
}

Result<std::unique_ptr<ReadableFile>> finish_opening(std::shared_ptr<FetchQueue> queue, OpeningFetch opening) {
  SINTER_TRY(queue->wait(opening.tail));
  SINTER_TRY(queue->wait(opening.head));
  const Fetch& tail = *opening.tail;
  if (opening.head->result.version != tail.result.version)
    return fetch_error({tail.endpoint, tail.piece.name}, "the file has changed on the other host while it was opened");
  return std::unique_ptr<ReadableFile>(std::make_unique<RemoteFile>(std::move(queue), std::move(opening)));
}

}  // namespace sinter

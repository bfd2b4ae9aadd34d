// FramePool: accounting and reuse. Any thread.
#include "shuffle/exchange/frame_pool.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "shuffle/exchange/exchange_format.hpp"

namespace sinter {
namespace {

/// Smaller frames are not worth a place in the pool, whose pieces all have the largest size.
constexpr std::size_t kMinPooledBytes = 128 * kKiB;
constexpr std::size_t kMaxKeptFrames = 8;

}  // namespace

FramePool::Frame::Frame(std::shared_ptr<FramePool> pool, Flight flight, std::size_t size)
    : pool_(std::move(pool)), flight_(std::move(flight)), memory_(pool_->take_memory(size)), size_(size) {
  flight_->fetch_add(size_);
  const std::uint64_t bytes = pool_->bytes_.fetch_add(size_) + size_;
  // One thread takes, so nobody races for the peak.
  pool_->peak_bytes_.store(std::max(bytes, pool_->peak_bytes()), std::memory_order_relaxed);
}

FramePool::Frame::~Frame() {
  pool_->give_back(std::move(memory_), size_);
  flight_->fetch_sub(size_);
  pool_->bytes_.fetch_sub(size_);
  if (pool_->starved_.exchange(false)) pool_->wake_();
}

std::shared_ptr<FramePool::Frame> FramePool::take(const Flight& flight, std::size_t size) {
  require(size <= kMaxExchangeAnswerBytes, "a frame of the exchange keeps its limit");
  return std::make_shared<Frame>(shared_from_this(), flight, size);
}

std::unique_ptr<char[]> FramePool::take_memory(std::size_t size) {
  if (size < kMinPooledBytes) return std::make_unique_for_overwrite<char[]>(size);
  {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      auto memory = std::move(kept_.back());
      kept_.pop_back();
      return memory;
    }
  }
  return std::make_unique_for_overwrite<char[]>(kMaxExchangeAnswerBytes);
}

void FramePool::give_back(std::unique_ptr<char[]> memory, std::size_t size) {
  if (size < kMinPooledBytes) return;
  const std::lock_guard lock(mutex_);
  if (kept_.size() < kMaxKeptFrames) kept_.push_back(std::move(memory));
}

void FramePool::trim() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
}

}  // namespace sinter

// FramePool: memory of the frames that a server has on their way, accounted to the client that asked for them. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace sinter {

/// Frame memory is used again: fresh pages cost as much as the copy into them.
class FramePool : public std::enable_shared_from_this<FramePool> {
 public:
  /// Bytes on their way to one client.
  using Flight = std::shared_ptr<std::atomic<std::uint64_t>>;

  /// One frame. When it dies its bytes are given back to the pool and taken off its client and the total.
  class Frame {
   public:
    Frame(std::shared_ptr<FramePool> pool, Flight flight, std::size_t size);
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    ~Frame();
    char* data() { return memory_.get(); }
    std::size_t size() const { return size_; }

   private:
    std::shared_ptr<FramePool> pool_;
    Flight flight_;
    std::unique_ptr<char[]> memory_;
    std::size_t size_;
  };

  /// `wake` is called, on any thread, when a frame has died after starve().
  explicit FramePool(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Requires: size within kMaxExchangeAnswerBytes.
  std::shared_ptr<Frame> take(const Flight& flight, std::size_t size);
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }
  std::uint64_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }
  /// Asks to be woken once. False when that was asked already.
  bool starve() { return !starved_.exchange(true); }
  /// Frees what is kept for later frames.
  void trim();

 private:
  std::unique_ptr<char[]> take_memory(std::size_t size);
  void give_back(std::unique_ptr<char[]> memory, std::size_t size);

  std::function<void()> wake_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> peak_bytes_{0};
  std::atomic<bool> starved_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<char[]>> kept_;
};

}  // namespace sinter

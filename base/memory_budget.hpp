// MemoryBudget: one number per worker, reserved before memory is used. Any thread may reserve and release.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace [[gnu::visibility("default")]] sinter {

class MemoryBudget;

/// Bytes reserved from a budget; gives them back when destroyed. Movable. The budget must outlive it.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

  std::uint64_t bytes() const { return bytes_; }
  /// Grows or shrinks; false, and nothing changes, when the budget has no room.
  [[nodiscard]] bool resize(std::uint64_t bytes);

 private:
  friend class MemoryBudget;
  Reservation(MemoryBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
  MemoryBudget* budget_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// Bytes that several parts of a process share. Any thread.
class MemoryBudget {
 public:
  /// `name` appears in errors, e.g. "execution.memory".
  MemoryBudget(std::string name, std::uint64_t limit_bytes);
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  std::uint64_t limit_bytes() const { return limit_bytes_; }
  std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t free_bytes() const { return limit_bytes_ - used_bytes(); }
  std::uint64_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }

  /// An error names the budget, its limit, what is used and what was asked for ("for <purpose>").
  Result<Reservation> reserve(std::uint64_t bytes, std::string_view purpose);

 private:
  friend class Reservation;
  bool take(std::uint64_t bytes);
  void give(std::uint64_t bytes);

  std::string name_;
  std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> used_bytes_{0};
  std::atomic<std::uint64_t> peak_bytes_{0};
};

}  // namespace sinter

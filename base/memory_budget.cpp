// Reservations of one budget, without locks. Any thread.
#include "base/memory_budget.hpp"

namespace sinter {

Reservation::Reservation(Reservation&& other) noexcept : budget_(other.budget_), bytes_(other.bytes_) {
  other.budget_ = nullptr;
  other.bytes_ = 0;
}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    if (budget_ != nullptr) budget_->give(bytes_);
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

Reservation::~Reservation() {
  if (budget_ != nullptr) budget_->give(bytes_);
}

bool Reservation::resize(std::uint64_t bytes) {
  require(budget_ != nullptr, "resize() of an empty reservation");
  if (bytes > bytes_) {
    if (!budget_->take(bytes - bytes_)) return false;
  } else {
    budget_->give(bytes_ - bytes);
  }
  bytes_ = bytes;
  return true;
}

MemoryBudget::MemoryBudget(std::string name, std::uint64_t limit_bytes) : name_(std::move(name)), limit_bytes_(limit_bytes) {}

Result<Reservation> MemoryBudget::reserve(std::uint64_t bytes, std::string_view purpose) {
  if (take(bytes)) return Reservation(this, bytes);
  return environment_error("memory budget '" + name_ + "' of " + std::to_string(limit_bytes_) + " bytes has no room for " +
                               std::to_string(bytes) + " bytes for " + std::string(purpose) + " (" +
                               std::to_string(used_bytes()) + " in use)",
                           /*retriable=*/false)
      .with_hint("Raise " + name_);
}

bool MemoryBudget::take(std::uint64_t bytes) {
  std::uint64_t used = used_bytes_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_bytes_ - used) return false;
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  std::uint64_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (peak < used + bytes && !peak_bytes_.compare_exchange_weak(peak, used + bytes, std::memory_order_relaxed)) {
  }
  return true;
}

void MemoryBudget::give(std::uint64_t bytes) { used_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

}  // namespace sinter

// The first pairs in a heap. One thread.
#include "framework/api/top_k.hpp"

#include <algorithm>
#include <tuple>

namespace sinter {

Status FirstPairs::emit(std::string_view key, std::size_t, std::string_view value) {
  if (count_ == 0) return {};
  if (heap_.size() == count_) {
    const Pair& last = heap_.front();
    if (std::tie(key, value) >= std::make_tuple(std::string_view(last.first), std::string_view(last.second))) return {};
    std::pop_heap(heap_.begin(), heap_.end());
    kept_bytes_ -= heap_.back().first.size() + heap_.back().second.size() + sizeof(Pair);
    heap_.pop_back();
  }
  const std::uint64_t bytes = key.size() + value.size() + sizeof(Pair);
  if (!take_room(kept_bytes_ + bytes)) SINTER_TRY(give_on());
  kept_bytes_ += bytes;
  heap_.emplace_back(key, value);
  std::push_heap(heap_.begin(), heap_.end());
  return {};
}

/// Doubles the reservation. One pair alone always has room: it is in the reader's buffer too.
bool FirstPairs::take_room(std::uint64_t bytes) {
  constexpr std::uint64_t kLeastBytes = 64u << 10;
  if (bytes <= reservation_.bytes() || heap_.empty()) return true;
  const std::uint64_t wanted = std::max(kLeastBytes, bytes * 2);
  if (reservation_.bytes() > 0) return reservation_.resize(wanted);
  Result<Reservation> reserved = budget_.reserve(wanted, "the first pairs of a map");
  if (reserved.ok()) reservation_ = std::move(*reserved);
  return reserved.ok();
}

Status FirstPairs::give_on() {
  for (const auto& [key, value] : heap_) {
    key_.clear();
    append_key<Everything>(key_, Everything{});
    const std::size_t group_size = key_.size();
    key_ += key;
    SINTER_TRY(target_->emit(key_, group_size, value));
  }
  heap_.clear();
  kept_bytes_ = 0;
  return {};
}

}  // namespace sinter

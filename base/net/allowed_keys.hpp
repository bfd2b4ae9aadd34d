// AllowedKeys: the keys that a listener lets in, changed while it listens. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>

#include "base/net/curve_key.hpp"

namespace sinter::net {

/// Shared by every listener with the same rights. Says only who may come in; what they may do there is decided above (framework/access).
class AllowedKeys {
 public:
  void allow(const PublicKey& key) {
    const std::lock_guard lock(mutex_);
    keys_.insert(key);
  }

  /// The key's sessions end, and it makes no new ones. Listeners see it when their owner thread is in receive(), at the latest
  /// heartbeat_ms later.
  void remove(const PublicKey& key) {
    const std::lock_guard lock(mutex_);
    if (keys_.erase(key) > 0) removals_.fetch_add(1, std::memory_order_release);
  }

  /// For a key in wrong hands: like remove(), and listeners also cut every connection, as ZeroMQ cannot cut a single one. Peers with good
  /// keys come back by themselves, and their sessions lose nothing.
  void revoke(const PublicKey& key) {
    const std::lock_guard lock(mutex_);
    if (keys_.erase(key) == 0) return;
    revocations_.fetch_add(1, std::memory_order_release);
    removals_.fetch_add(1, std::memory_order_release);
  }

  bool allows(const PublicKey& key) const {
    const std::lock_guard lock(mutex_);
    return keys_.contains(key);
  }

  /// Count up with each key that went; listeners compare them with what they saw last.
  std::uint64_t removals() const { return removals_.load(std::memory_order_acquire); }
  std::uint64_t revocations() const { return revocations_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::set<PublicKey> keys_;
  std::atomic<std::uint64_t> removals_{0};
  std::atomic<std::uint64_t> revocations_{0};
};

}  // namespace sinter::net

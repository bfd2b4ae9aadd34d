// What a SessionTransport says about keys: whose packet this is, who was not let in. The owner's thread.
#include <bit>

#include "base/net/session_transport.hpp"

namespace sinter::net {

std::optional<PublicKey> SessionTransport::allowed_key() const {
  const auto key = parse_public_key(packet_.key);
  if (!key.ok() || !options_.security.allowed->allows(*key)) return std::nullopt;
  return *key;
}

/// A flood of strangers must not become a flood of log lines: the 1st, 2nd, 4th, 8th ... are told.
void SessionTransport::tell_of_strangers() {
  if (const std::uint64_t count = socket_->stranger_count(); std::bit_width(count) != std::bit_width(told_strangers_)) {
    told_strangers_ = count;
    const Strangers strangers = socket_->strangers();
    log_.warning("somebody was not let in", {{"endpoint", socket_->endpoint()},
                                             {"refused_keys", strangers.refused_keys},
                                             {"broken_handshakes", strangers.broken_handshakes},
                                             {"last_refused_address", strangers.last_address},
                                             {"last_refused_key", strangers.last_key}});
  }
  if (const std::uint64_t count = socket_->refusals(); std::bit_width(count) != std::bit_width(told_refusals_)) {
    told_refusals_ = count;
    log_.warning("the listener refuses our key; trying again", {{"endpoint", socket_->endpoint()}, {"refusals", count}});
  }
}

TransportCounters SessionTransport::counters() const {
  TransportCounters all = counters_;
  all.refusals = socket_->refusals();
  all.strangers = socket_->strangers();
  return all;
}

}  // namespace sinter::net

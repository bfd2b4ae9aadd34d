// The transport settings that tracker, nodes and clients of a cluster have in common. Plain values; any thread.
#pragma once

#include <utility>

#include "base/net/transport.hpp"
#include "framework/runtime/messages.hpp"

namespace sinter::cluster {

/// A peer that was silent for so long is gone: its workers are lost, its attempts are made again elsewhere.
inline constexpr SteadyMs kPeerTimeoutMs = 4'000;
inline constexpr SteadyMs kPeerBeatMs = 500;
/// Longest pause between two tries to be heard: who was away comes back well within kReturnMs.
inline constexpr SteadyMs kPeerResendMs = 1'000;
/// A worker whose node speaks, but not of it. Longer, so that a lost node is not mistaken for its workers' fault.
inline constexpr SteadyMs kWorkerSilenceMs = 12'000;

inline net::TransportOptions cluster_transport_options(net::SocketSecurity security) {
  net::TransportOptions options;
  options.security = std::move(security);
  options.max_message_bytes = kMaxControlMessageBytes + kMiB;  // a control message fits into one of ours
  options.heartbeat_ms = kPeerBeatMs;
  options.peer_timeout_ms = kPeerTimeoutMs;
  options.max_resend_ms = kPeerResendMs;
  return options;
}

}  // namespace sinter::cluster

// LossySocket: a PacketSocket that loses, doubles, delays and damages packets by seed. For tests. One thread, as its inner socket.
#pragma once

#include <cstdint>
#include <memory>

#include "base/net/packet_socket.hpp"

namespace sinter::net {

struct LossyOptions {
  std::uint64_t seed = 1;
  double drop = 0.1;
  double duplicate = 0.1;
  double delay = 0.2;              ///< held back behind later packets
  double damage = 0.05;            ///< one bit of header or body flips
  std::uint64_t max_delay_packets = 16;
};

/// Spoils what `inner` sends.
std::unique_ptr<PacketSocket> make_lossy_socket(std::unique_ptr<PacketSocket> inner, const LossyOptions& options);

}  // namespace sinter::net

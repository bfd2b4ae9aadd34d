// Keys by number, for tests.
#pragma once

#include <cstdint>

#include "base/net/curve_key.hpp"
#include "base/random.hpp"

namespace sinter {

inline net::PublicKey key_number(std::uint64_t number) {
  Random random(number);
  net::PublicKey key;
  for (auto& byte : key.bytes) byte = static_cast<std::uint8_t>(random.next());
  return key;
}

}  // namespace sinter

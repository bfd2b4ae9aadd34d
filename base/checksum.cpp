// The one source that sees xxHash; inlined, because a call per key must cost nanoseconds. Any thread.
#define XXH_INLINE_ALL
#include "base/checksum.hpp"

#include <xxhash.h>

namespace sinter {

std::uint64_t checksum64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace sinter

// Checksums: XXH3-64 (Yann Collet, https://xxhash.com), the one hash of sinter's formats. Not cryptographic. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sinter {

/// XXH3-64 of the bytes with seed 0: block checksums, content hashes. The same on every machine.
/// Cost: about 20 GB/s on long inputs, a few ns on short ones.
std::uint64_t checksum64(std::string_view bytes);

/// XXH3-64 with a seed: hash tables and chained checksums (seed = checksum of what came before).
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed);

/// As manifests show it: 16 hexadecimal digits. A JSON number would lose its last bits in many readers.
std::string checksum_text(std::uint64_t checksum);

}  // namespace sinter

// Checksums are those of the published algorithm, on every machine.
#include "base/checksum.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sinter {
namespace {

TEST(Checksum, is_xxh3_64_with_its_published_value_of_nothing) { EXPECT_EQ(checksum64(""), 0x2d06800538d394c2u); }

TEST(Checksum, seed_zero_is_the_plain_checksum) {
  for (std::size_t size : {0, 1, 3, 8, 16, 17, 128, 129, 240, 241, 5000}) {
    const std::string bytes(size, 'x');
    EXPECT_EQ(hash64(bytes, 0), checksum64(bytes));
    EXPECT_NE(hash64(bytes, 1), checksum64(bytes));
  }
}

TEST(Checksum, every_flipped_bit_changes_it) {
  std::string bytes = "a block of a run, long enough to leave the short paths of the algorithm.................................";
  std::set<std::uint64_t> seen = {checksum64(bytes)};
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(seen.insert(checksum64(bytes)).second) << "bit " << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

}  // namespace
}  // namespace sinter

// LZ4 blocks: round trips, bounds, and hostile input.
#include "base/compression.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/random.hpp"

namespace sinter {
namespace {

std::string random_bytes(Random& random, std::size_t size, std::uint64_t alphabet) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(alphabet));
  return bytes;
}

TEST(Compression, round_trips_and_stays_within_the_bound) {
  Random random(7);
  for (const std::size_t size : {0u, 1u, 12u, 13u, 1000u, 65536u, 300'000u})
    for (const std::uint64_t alphabet : {1u, 4u, 256u}) {
      const std::string bytes = random_bytes(random, size, alphabet);
      std::string compressed = "before";
      const auto written = lz4_compress(bytes, compressed);
      ASSERT_TRUE(written.ok());
      EXPECT_EQ(compressed.size(), *written + 6);
      EXPECT_LE(*written, lz4_bound(size));
      std::string decoded = "kept";
      ASSERT_TRUE(lz4_decompress(std::string_view(compressed).substr(6), size, decoded).ok());
      EXPECT_EQ(decoded, "kept" + bytes);
    }
}

TEST(Compression, blocks_of_both_kinds_fit_into_their_room_or_are_not_made) {
  Random random(8);
  for (const std::size_t size : {1u, 1000u, 300'000u})
    for (const std::uint64_t alphabet : {1u, 4u, 256u}) {
      const std::string bytes = random_bytes(random, size, alphabet);
      std::string decoded(size, '\0');
      std::string room(lz4_bound(size) + 1'000, '\0');
      const std::size_t lz4 = lz4_compress_into(bytes, room.data(), room.size());
      ASSERT_TRUE(lz4_decompress(std::string_view(room).substr(0, lz4), decoded.data(), size).ok());
      EXPECT_TRUE(decoded == bytes);
      EXPECT_EQ(lz4_compress_into(bytes, room.data(), lz4 - 1), 0u);
      const std::size_t zstd = zstd_compress_into(bytes, room.data(), room.size());
      ASSERT_TRUE(zstd_decompress(std::string_view(room).substr(0, zstd), decoded.data(), size).ok());
      EXPECT_TRUE(decoded == bytes);
      EXPECT_FALSE(zstd_decompress(std::string_view(room).substr(0, zstd - 1), decoded.data(), size).ok());
      EXPECT_FALSE(zstd_decompress(std::string_view(room).substr(0, zstd), decoded.data(), size - 1).ok());
      EXPECT_EQ(zstd_compress_into(bytes, room.data(), zstd - 1), 0u);
    }
  EXPECT_FALSE(zstd_decompress("", nullptr, kMaxCompressedBlockBytes + 1).ok());
}

TEST(Compression, repetitive_text_shrinks) {
  std::string compressed;
  EXPECT_LT(lz4_compress(std::string(100'000, 'x'), compressed).value(), 1000u);
}

TEST(Compression, a_wrong_promised_size_is_an_error) {
  std::string compressed;
  ASSERT_TRUE(lz4_compress("some text some text some text", compressed).ok());
  std::string out = "kept";
  EXPECT_FALSE(lz4_decompress(compressed, 28, out).ok());
  EXPECT_FALSE(lz4_decompress(compressed, 30, out).ok());
  EXPECT_EQ(out, "kept");
  EXPECT_EQ(lz4_decompress(compressed, 30, out).error().fault(), Fault::Environment);
}

TEST(Compression, a_promised_size_above_the_limit_takes_no_memory) {
  std::string out;
  const Status refused = lz4_decompress("abc", kMaxCompressedBlockBytes + 1, out);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("kMaxCompressedBlockBytes"), std::string::npos);
}

TEST(Compression, damaged_blocks_never_write_outside) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE("seed 11");
  Random random(seed);
  for (int round = 0; round < 3000; ++round) {
    const std::string bytes = random_bytes(random, static_cast<std::size_t>(random.below(400)), 3);
    std::string compressed;
    ASSERT_TRUE(lz4_compress(bytes, compressed).ok());
    for (std::uint64_t i = 0; i < 1 + random.below(4); ++i)
      compressed[static_cast<std::size_t>(random.below(compressed.size()))] = static_cast<char>(random.next());
    // Guard bytes around the target; address sanitizer watches the source.
    std::string target(bytes.size() + 64, '\x5a');
    const Status decoded = lz4_decompress(compressed, target.data() + 32, bytes.size());
    EXPECT_EQ(target.substr(0, 32), std::string(32, '\x5a'));
    EXPECT_EQ(target.substr(32 + bytes.size()), std::string(32, '\x5a'));
    (void)decoded;  // a damaged block may happen to decode; its checksum is the caller's
  }
}

}  // namespace
}  // namespace sinter

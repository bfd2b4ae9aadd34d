// Varints, fixed integers and the bounds-checked reader.
#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sinter {
namespace {

TEST(Bytes, varints_round_trip_at_every_width) {
  for (unsigned bits = 0; bits <= 64; ++bits)
    for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1}}) {
      const std::uint64_t value = (bits == 64 ? 0 : std::uint64_t{1} << bits) - step;
      std::string out;
      append_varint(out, value);
      EXPECT_EQ(out.size(), varint_size(value));
      ByteReader reader(out);
      std::uint64_t read = 1;
      ASSERT_TRUE(reader.read_varint(read));
      EXPECT_EQ(read, value);
      EXPECT_TRUE(reader.at_end());
    }
}

TEST(Bytes, varints_that_are_cut_or_too_long_are_refused) {
  std::uint64_t value = 0;
  EXPECT_FALSE(ByteReader(std::string_view("\x80\x80", 2)).read_varint(value));
  EXPECT_FALSE(ByteReader("").read_varint(value));
  EXPECT_FALSE(ByteReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02").read_varint(value)) << "65 bits";
  EXPECT_TRUE(ByteReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").read_varint(value));
  EXPECT_EQ(value, UINT64_MAX);
}

TEST(Bytes, zigzag_round_trips) {
  for (const std::int64_t value : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, INT64_MAX})
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  EXPECT_EQ(zigzag(-1), 1u);
}

TEST(ByteReader, a_failed_reader_stays_failed) {
  ByteReader reader("ab");
  std::uint32_t number = 0;
  EXPECT_FALSE(reader.read_fixed(number));
  std::string_view bytes;
  EXPECT_FALSE(reader.read_bytes(1, bytes));
  EXPECT_TRUE(reader.failed());
}

TEST(ByteReader, sizes_beyond_the_end_are_refused_without_reading) {
  std::string out;
  append_varint(out, UINT64_MAX);
  out += "abc";
  ByteReader reader(out);
  std::string_view bytes;
  EXPECT_FALSE(reader.read_sized(bytes));
}

TEST(ByteReader, random_bytes_never_lead_outside) {
  Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(static_cast<std::size_t>(random.below(40)), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    ByteReader reader(bytes);
    std::size_t taken = 0;
    std::string_view piece;
    while (reader.read_sized(piece)) {
      ASSERT_TRUE(piece.data() >= bytes.data() && piece.data() + piece.size() <= bytes.data() + bytes.size());
      taken += piece.size() + 1;
    }
    EXPECT_LE(taken, bytes.size());
  }
}

}  // namespace
}  // namespace sinter

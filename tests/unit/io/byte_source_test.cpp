// ByteSource: plain ranges, gzip members, zstd frames; truncation and corruption are never silent.
#include "framework/io/byte_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "reading.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(compressBound(text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

std::string sample(std::size_t size) {
  std::mt19937_64 random(size);
  std::string text;
  while (text.size() < size) text += std::to_string(random() % 100000) + ",";
  text.resize(size);
  return text;
}

Result<std::string> read_all(const std::string& bytes, Codec codec, std::size_t step) {
  const auto files = make_memory_file_system();
  EXPECT_TRUE(write_file(*files, "f", bytes).ok());
  InputFile file = testing::csv_file("f", bytes.size());
  file.format.codec = codec;
  MemoryBudget budget("test", 64u << 20);
  SINTER_ASSIGN(auto source, open_byte_source(*files, budget, file, 0, bytes.size()));
  std::string all;
  std::string piece(step, '\0');
  while (true) {
    SINTER_ASSIGN(const std::size_t got, source->read(piece.data(), step));
    all.append(piece, 0, got);
    if (got < step) return all;
  }
}

class Compressed : public ::testing::TestWithParam<Codec> {
 protected:
  std::string compress(const std::string& text) const { return GetParam() == Codec::Gzip ? gzip(text) : zstd(text); }
  Result<std::string> read(const std::string& bytes, std::size_t step = 100'000) const { return read_all(bytes, GetParam(), step); }
};
INSTANTIATE_TEST_SUITE_P(Codecs, Compressed, ::testing::Values(Codec::Gzip, Codec::Zstd),
                         [](const auto& tested) { return tested.param == Codec::Gzip ? "gzip" : "zstd"; });

TEST_P(Compressed, gives_the_bytes_back_in_any_step) {
  for (const std::size_t size : {0u, 1u, 1000u, 3'000'000u}) {
    for (const std::size_t step : {std::size_t{7777}, std::size_t{1 << 20}}) {
      const auto got = read(compress(sample(size)), step);
      ASSERT_TRUE(got.ok()) << got.error().to_string();
      ASSERT_EQ(*got, sample(size));
    }
  }
}

TEST_P(Compressed, members_one_after_another_are_one_stream) {
  const auto got = read(compress("one\n") + compress("") + compress(sample(500'000)) + compress("end"));
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(*got, "one\n" + sample(500'000) + "end");
}

TEST_P(Compressed, every_truncation_is_an_error_that_names_the_file) {
  const std::string whole = compress(sample(2000));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto got = read(whole.substr(0, size));
    ASSERT_FALSE(got.ok()) << "cut to " << size << " of " << whole.size() << " bytes";
    ASSERT_EQ(got.error().fault(), Fault::User);
    ASSERT_THAT(got.error().to_string(), HasSubstr("'f' is not whole"));
  }
}

TEST_P(Compressed, damage_and_trailing_garbage_are_errors_that_name_the_byte) {
  std::string damaged = compress(sample(200'000));
  for (std::size_t i = 0; i < 16; ++i) damaged[damaged.size() / 2 + i] = static_cast<char>(i * 37);
  const auto first = read(damaged);
  // zstd written without a checksum may decode damage; gzip always notices.
  if (GetParam() == Codec::Gzip) {
    ASSERT_FALSE(first.ok());
    EXPECT_THAT(first.error().to_string(), HasSubstr("at byte "));
  }
  const auto second = read(compress("abc") + "garbage");
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().to_string(), HasSubstr("at byte "));
}

TEST(GzipSource, zero_padding_behind_the_last_member_is_allowed) {
  const auto got = read_all(gzip("abc") + std::string(1000, '\0'), Codec::Gzip, 100);
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(*got, "abc");
  EXPECT_FALSE(read_all(gzip("abc") + std::string(10, '\0') + "x", Codec::Gzip, 100).ok());
}

TEST(PlainSource, reads_its_range_and_notices_a_file_that_shrank) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "f", "0123456789").ok());
  char to[20];
  auto range = open_plain_source(*files, "f", 3, 7);
  ASSERT_TRUE(range.ok());
  const auto got = (*range)->read(to, 20);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(std::string_view(to, *got), "3456");
  auto longer = open_plain_source(*files, "f", 3, 17);
  ASSERT_TRUE(longer.ok());
  const auto failed = (*longer)->read(to, 20);
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().to_string(), HasSubstr("'f' became shorter while it was read: it ends at byte 10"));
}

}  // namespace
}  // namespace sinter

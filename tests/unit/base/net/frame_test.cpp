// Frame headers: the worked example of docs/formats/wire.md, round trips, and hostile bytes.
#include "base/net/frame.hpp"

#include <gtest/gtest.h>

#include "base/checksum.hpp"
#include "base/random.hpp"

namespace sinter::net {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    if (!text.empty()) text += ' ';
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

std::string encode(const FrameHeader& header, std::string_view body) {
  const HeaderBytes bytes = encode_frame_header(header, body.size(), checksum64(body));
  return {bytes.data(), bytes.size()};
}

FrameHeader example() {
  FrameHeader header;
  header.type = FrameType::Data;
  header.kind = 7;
  header.session = 0x1122334455667788;
  header.id = 1;
  header.ack = 3;
  return header;
}

TEST(Frame, is_the_worked_example_of_the_format_page) {
  EXPECT_EQ(hex(encode(example(), "hello")),
            "53 4e 01 00 07 00 00 00 05 00 00 00 e0 3b 72 3e "
            "88 77 66 55 44 33 22 11 01 00 00 00 03 00 00 00");
}

TEST(Frame, round_trips) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    FrameHeader header;
    header.type = static_cast<FrameType>(random.below(6));
    header.kind = static_cast<std::uint16_t>(random.next());
    header.session = random.next();
    header.id = static_cast<std::uint32_t>(random.next());
    header.ack = static_cast<std::uint32_t>(random.next());
    const std::string body(static_cast<std::size_t>(random.below(300)), 'b');
    FrameHeader decoded;
    ASSERT_EQ(decode_frame(encode(header, body), body, decoded), std::nullopt);
    EXPECT_EQ(decoded, header);
  }
}

TEST(Frame, every_flipped_bit_is_noticed) {
  const std::string body = "hello";
  const std::string whole = encode(example(), body) + body;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    FrameHeader decoded;
    const auto problem = decode_frame(damaged.substr(0, kFrameHeaderBytes), damaged.substr(kFrameHeaderBytes), decoded);
    EXPECT_NE(problem, std::nullopt) << "bit " << bit;
  }
}

TEST(Frame, each_problem_is_named) {
  const std::string good = encode(example(), "hello");
  const auto problem = [&](std::size_t at, char value, std::string_view body = "hello") {
    std::string head = good;
    head[at] = value;
    FrameHeader decoded;
    return decode_frame(head, body, decoded);
  };
  FrameHeader decoded;
  EXPECT_EQ(decode_frame(good.substr(0, 31), "", decoded), FrameProblem::TooShort);
  EXPECT_EQ(problem(0, 'X'), FrameProblem::WrongMagic);
  EXPECT_EQ(problem(2, 2), FrameProblem::WrongVersion);
  EXPECT_EQ(problem(3, 6), FrameProblem::UnknownType);
  EXPECT_EQ(problem(6, 1), FrameProblem::ReservedSet);
  EXPECT_EQ(problem(8, 6), FrameProblem::WrongSize);
  EXPECT_EQ(problem(0, good[0], "hell"), FrameProblem::WrongSize);
  EXPECT_EQ(problem(0, good[0], "hellO"), FrameProblem::WrongChecksum);
  for (int i = 0; i <= static_cast<int>(FrameProblem::WrongChecksum); ++i) EXPECT_NE(to_string(static_cast<FrameProblem>(i)), "damaged");
}

TEST(Frame, random_bytes_are_never_a_frame) {
  const std::uint64_t seed = 9;
  SCOPED_TRACE("seed 9");
  Random random(seed);
  for (int i = 0; i < 100'000; ++i) {
    std::string head(static_cast<std::size_t>(random.below(kFrameHeaderBytes + 2)), '\0');
    for (char& byte : head) byte = static_cast<char>(random.next());
    if (random.chance(0.5) && head.size() >= 4) head.replace(0, 4, std::string_view("SN\x01\x00", 4));
    FrameHeader decoded;
    EXPECT_NE(decode_frame(head, "", decoded), std::nullopt);
  }
}

}  // namespace
}  // namespace sinter::net

// Requests and answers of the exchange: round trips, the worked example of the format page, and everything that must be refused.
#include "shuffle/exchange/exchange_format.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/random.hpp"

namespace sinter {
namespace {

ExchangePiece random_piece(Random& random) {
  ExchangePiece piece;
  piece.name = "job-" + std::to_string(random.below(3)) + "/run";
  piece.from_end = random.chance(0.3);
  piece.offset = piece.from_end ? 0 : random.next() >> random.below(64);
  piece.size_bytes = random.below(4'096);
  piece.version = random.next() >> random.below(64);
  return piece;
}

ExchangeRequest random_request(Random& random) {
  ExchangeRequest request;
  request.id = random.next();
  request.codec = static_cast<ExchangeCodec>(random.below(3));
  const std::uint64_t pieces = 1 + random.below(20);
  for (std::uint64_t i = 0; i < pieces; ++i) request.pieces.push_back(random_piece(random));
  return request;
}

std::string answer_of(std::uint64_t id, const std::vector<PieceResult>& results, std::string_view data) {
  std::string frame(exchange_data_offset(results.size()), '\0');
  frame += data;
  seal_exchange_answer(id, results, frame.data(), frame.size());
  return frame;
}

/// The same, compressed.
std::string packed(const std::string& answer, ExchangeCodec codec) {
  std::string frame(answer.size(), '\0');
  frame.resize(pack_exchange_answer(answer, codec, frame.data()));
  return frame;
}

/// Makes the checksum of changed bytes right again.
void reseal(std::string& message) {
  const std::uint64_t checksum = hash64(std::string_view(message).substr(16), load_fixed<std::uint64_t>(message.data()));
  std::memcpy(message.data() + 8, &checksum, sizeof(checksum));
}

TEST(ExchangeFormat, requests_come_back_as_they_were) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int i = 0; i < 300; ++i) {
    const ExchangeRequest request = random_request(random);
    const std::string bytes = encode_exchange_request(request);
    std::size_t bound = kExchangeHeaderBytes;
    for (const ExchangePiece& piece : request.pieces) bound += request_bytes(piece);
    EXPECT_LE(bytes.size(), bound);
    const auto decoded = decode_exchange_request(bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, request);
  }
}

TEST(ExchangeFormat, answers_come_back_as_they_were) {
  const std::vector<PieceResult> results = {
      {PieceStatus::Good, 3, 100, 7}, {PieceStatus::Changed, 0, 100, 9}, {PieceStatus::Good, 0, 0, 1}, {PieceStatus::Good, 2, 2, 5}};
  const std::string bytes = answer_of(42, results, "abcde");
  const auto answer = decode_exchange_answer(bytes);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->id, 42u);
  EXPECT_FALSE(answer->busy);
  EXPECT_EQ(answer->pieces, results);
  EXPECT_EQ(answer->data, "abcde");
  const std::string busy_bytes = encode_exchange_busy(43);
  const auto busy = decode_exchange_answer(busy_bytes);
  ASSERT_TRUE(busy.has_value());
  EXPECT_TRUE(busy->busy);
  EXPECT_EQ(busy->id, 43u);
}

TEST(ExchangeFormat, packed_answers_come_back_as_they_were) {
  Random random(13);
  std::string data;
  while (data.size() < 100'000)
    data += "book-" + std::to_string(random.below(1'000)) + ",some title of it," + std::to_string(random.below(100));
  const auto size = static_cast<std::uint32_t>(data.size());
  const std::vector<PieceResult> results = {
      {PieceStatus::Good, size - 3, 1 << 20, 7}, {PieceStatus::Unknown, 0, 0, 0}, {PieceStatus::Good, 3, 3, 1}};
  const std::string plain = answer_of(9, results, data);
  for (const ExchangeCodec codec : {ExchangeCodec::Lz4, ExchangeCodec::Zstd}) {
    const std::string message = packed(plain, codec);
    EXPECT_LT(message.size(), plain.size() / 2);
    const auto answer = decode_exchange_answer(message);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->id, 9u);
    EXPECT_EQ(answer->pieces, results);
    EXPECT_EQ(answer->data, data);
    EXPECT_EQ(answer->carried_bytes, message.size() - exchange_data_offset(results.size()));
  }
}

TEST(ExchangeFormat, what_does_not_become_smaller_is_not_packed) {
  Random random(14);
  std::string data(50'000, '\0');
  for (char& byte : data) byte = static_cast<char>(random.next());
  const auto size = static_cast<std::uint32_t>(data.size());
  for (const ExchangeCodec codec : {ExchangeCodec::None, ExchangeCodec::Lz4, ExchangeCodec::Zstd}) {
    EXPECT_EQ(packed(answer_of(1, {{PieceStatus::Good, size, size, 7}}, data), codec), "");
    EXPECT_EQ(packed(answer_of(1, {{PieceStatus::Unknown, 0, 0, 0}}, ""), codec), "");
  }
}

TEST(ExchangeFormat, packed_answers_that_were_damaged_or_lie_are_refused) {
  const std::uint64_t seed = 15;
  SCOPED_TRACE(seed);
  Random random(seed);
  std::string data;
  while (data.size() < 3'000) data += "value-" + std::to_string(random.below(100)) + ";";
  const auto size = static_cast<std::uint32_t>(data.size());
  for (const ExchangeCodec codec : {ExchangeCodec::Lz4, ExchangeCodec::Zstd}) {
    const std::string message = packed(answer_of(1, {{PieceStatus::Good, size, size, 7}}, data), codec);
    ASSERT_TRUE(decode_exchange_answer(message).has_value());
    for (std::size_t at = 0; at < message.size(); ++at) {
      std::string bad = message;
      bad[at] = static_cast<char>(bad[at] ^ (1 << random.below(8)));
      // zstd has bits that mean nothing.
      const auto answer = decode_exchange_answer(bad);
      EXPECT_TRUE(!answer || answer->data == data) << at;
      EXPECT_FALSE(decode_exchange_answer(std::string_view(message).substr(0, at)).has_value()) << at;
    }
    EXPECT_FALSE(decode_exchange_answer(message + "x").has_value());
    std::string bad = message;
    bad[26] = '\x7f';  // eight megabytes
    EXPECT_FALSE(decode_exchange_answer(bad).has_value());
    bad = message;
    bad[6] = '\x03';  // no codec
    EXPECT_FALSE(decode_exchange_answer(bad).has_value());
    bad = message;
    bad[3] = '\x02';  // nothing of "busy" is compressed
    EXPECT_FALSE(decode_exchange_answer(bad).has_value());
  }
}

TEST(ExchangeFormat, is_the_worked_example_of_the_format_page) {
  const std::string request = encode_exchange_request({0x0102030405060708, {{"job-1/map-3", false, 4'096, 5, 0xa}}});
  EXPECT_EQ(request, std::string("\x53\x58\x02\x00\x01\x00\x00\x00\xb5\x97\x21\x79\xe8\x49\xab\xed"
                                 "\x08\x07\x06\x05\x04\x03\x02\x01\x05\x00\x00\x00\x00\x00\x00\x00"
                                 "\x0bjob-1/map-3\x00\x80\x20\x05\x0a\x00\x00\x00\x00\x00\x00\x00",
                                 56));
  const std::string answer = answer_of(0x0102030405060708, {{PieceStatus::Good, 5, 9'000, 0xa}}, "hello");
  EXPECT_EQ(answer, std::string("\x53\x58\x02\x01\x01\x00\x00\x00\xa2\x4c\x11\xfb\x8d\x4b\x31\x03"
                                "\x08\x07\x06\x05\x04\x03\x02\x01\x05\x00\x00\x00\x05\x00\x00\x00"
                                "\x00\x00\x00\x00\x05\x00\x00\x00\x28\x23\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x00"
                                "hello",
                                61));
}

TEST(ExchangeFormat, no_changed_byte_and_no_cut_goes_unnoticed) {
  const std::uint64_t seed = 12;
  SCOPED_TRACE(seed);
  Random random(seed);
  const std::string request = encode_exchange_request(random_request(random));
  const std::string answer = answer_of(1, {{PieceStatus::Good, 5, 9, 7}}, "hello");
  for (std::size_t at = 0; at < request.size(); ++at) {
    std::string bad = request;
    bad[at] = static_cast<char>(bad[at] ^ (1 << random.below(8)));
    EXPECT_FALSE(decode_exchange_request(bad).has_value()) << at;
    EXPECT_FALSE(decode_exchange_request(std::string_view(request).substr(0, at)).has_value()) << at;
  }
  for (std::size_t at = 0; at < answer.size(); ++at) {
    std::string bad = answer;
    bad[at] = static_cast<char>(bad[at] ^ (1 << random.below(8)));
    EXPECT_FALSE(decode_exchange_answer(bad).has_value()) << at;
    EXPECT_FALSE(decode_exchange_answer(std::string_view(answer).substr(0, at)).has_value()) << at;
  }
  EXPECT_FALSE(decode_exchange_request(answer).has_value());
  EXPECT_FALSE(decode_exchange_answer(request).has_value());
}

TEST(ExchangeFormat, sealed_lies_are_refused) {
  const auto refused = [](std::string bytes) {
    reseal(bytes);
    return !decode_exchange_request(bytes).has_value();
  };
  const std::string good = encode_exchange_request({1, {{"a", false, 0, 5, 0}}});
  ASSERT_TRUE(decode_exchange_request(good).has_value());
  std::string bad = good;
  bad[4] = 2;  // two pieces, of which one is there
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad[4] = 0;
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad[5] = '\x7f';  // thirty thousand pieces: nothing is allocated for them
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad[6] = 3;  // no codec
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad[7] = 1;  // means nothing yet
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad[28] = 1;  // a request carries no data
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad[24] = 6;  // another sum than that of the pieces
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad[34] = 2;  // neither from the begin nor from the end
  EXPECT_TRUE(refused(bad));
  EXPECT_TRUE(refused(good + "x"));
  EXPECT_TRUE(refused(good + std::string(kMaxExchangeRequestBytes, 'x')));
  ExchangeRequest large{1, {{"a", false, 0, kMaxExchangeFrameBytes, 0}}};
  bad = encode_exchange_request(large);
  ASSERT_TRUE(decode_exchange_request(bad).has_value());
  bad[36] = static_cast<char>(bad[36] + 1);  // one byte more than a frame may have, and the sum says so too
  bad[24] = 1;
  EXPECT_TRUE(refused(bad));
}

TEST(ExchangeFormat, answers_that_cannot_be_are_refused) {
  const auto decodes = [](const std::vector<PieceResult>& results, std::string_view data) {
    return decode_exchange_answer(answer_of(1, results, data)).has_value();
  };
  EXPECT_TRUE(decodes({{PieceStatus::Good, 5, 9, 7}}, "hello"));
  EXPECT_FALSE(decodes({{PieceStatus::Good, 4, 9, 7}}, "hello"));
  EXPECT_FALSE(decodes({{PieceStatus::Good, 5, 4, 7}}, "hello"));   // more than the file has
  EXPECT_FALSE(decodes({{PieceStatus::Good, 5, 9, 0}}, "hello"));   // no version
  EXPECT_FALSE(decodes({{PieceStatus::Failed, 5, 9, 7}}, "hello"));
  EXPECT_FALSE(decodes({{static_cast<PieceStatus>(9), 0, 9, 7}}, ""));
  EXPECT_FALSE(decodes({}, ""));
}

TEST(ExchangeFormat, names_are_opaque_and_tame) {
  for (const char* good : {"a", "job-7/map-00012/attempt-1/run", "...", "a..b/.c", "x~!#"}) EXPECT_TRUE(good_exchange_name(good)) << good;
  for (const char* bad :
       {"", "/", "/etc/passwd", "a/", "a//b", "..", "../a", "a/../b", "a/.", "./a", "a b", "a'b", "a\"b", "a\nb", "\xc3\xa4"})
    EXPECT_FALSE(good_exchange_name(bad)) << bad;
  EXPECT_FALSE(good_exchange_name(std::string_view("a\0b", 3)));
  EXPECT_TRUE(good_exchange_name(std::string(kMaxExchangeNameBytes, 'n')));
  EXPECT_FALSE(good_exchange_name(std::string(kMaxExchangeNameBytes + 1, 'n')));
  EXPECT_FALSE(decode_exchange_request(encode_exchange_request({1, {{"../../etc/passwd", false, 0, 5, 0}}})).has_value());
}

}  // namespace
}  // namespace sinter

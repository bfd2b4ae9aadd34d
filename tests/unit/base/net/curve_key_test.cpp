// Keys and their text: round trips, every way to mistype them, and that no error repeats them.
#include "base/net/curve_key.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"

namespace sinter::net {
namespace {

KeyBytes bytes_of(Random& random) {
  KeyBytes bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

/// The first and last position that the sentence names, 0 and 0 when none.
std::pair<std::size_t, std::size_t> named_positions(std::string sentence) {
  sentence.resize(std::min(sentence.size(), sentence.find(" is none")));
  std::vector<std::size_t> numbers;
  const std::size_t from = sentence.find("character");
  for (std::size_t i = from == std::string::npos ? sentence.size() : from; i < sentence.size();) {
    if (sentence[i] < '0' || sentence[i] > '9') {
      ++i;
      continue;
    }
    std::size_t used = 0;
    numbers.push_back(std::stoul(sentence.substr(i), &used));
    i += used;
  }
  if (numbers.empty()) return {0, 0};
  return {numbers.front(), numbers.size() > 1 ? numbers[1] : numbers.front()};
}

TEST(CurveKey, is_the_worked_example_of_the_format_page) {
  KeyBytes bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(secret_key_text(SecretKey(bytes)), "sinter-secret-aaaicamcakbqhqaqcikbmga2dqpdbaeiscmkbkfqxqbqgi2dmob2hq7d");
  EXPECT_EQ(public_key_text(key_pair_of(SecretKey(bytes)).public_key),
            "sinter-key-i6qgfvw3i6jlcvevznsctvhm6to2mstmctu6xwxq2mndotphyqtqkc7c");
}

TEST(CurveKey, text_reads_back_as_the_key) {
  const std::uint64_t seed = 1;
  Random random(seed);
  for (int i = 0; i < 500; ++i) {
    const SecretKey secret(bytes_of(random));
    const PublicKey key = key_pair_of(secret).public_key;
    ASSERT_EQ(parse_public_key(public_key_text(key)).value(), key) << "seed " << seed;
    ASSERT_EQ(parse_secret_key(secret_key_text(secret)).value().bytes(), secret.bytes()) << "seed " << seed;
    std::string loud = public_key_text(key);
    std::transform(loud.begin() + static_cast<std::ptrdiff_t>(kPublicKeyPrefix.size()), loud.end(),
                   loud.begin() + static_cast<std::ptrdiff_t>(kPublicKeyPrefix.size()),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    ASSERT_EQ(parse_public_key(loud).value(), key) << "capitals are read as well";
  }
}

TEST(CurveKey, pairs_differ) {
  EXPECT_NE(make_key_pair().public_key, make_key_pair().public_key);
}

TEST(CurveKey, one_wrong_character_is_found_at_its_place) {
  const std::uint64_t seed = 2;
  Random random(seed);
  constexpr std::string_view kTyped = "abcdefghijklmnopqrstuvwxyz234567ABC0189-_ .\t\xc3";
  for (int round = 0; round < 20; ++round) {
    const std::string good = public_key_text(key_pair_of(SecretKey(bytes_of(random))).public_key);
    for (std::size_t at = kPublicKeyPrefix.size(); at < good.size(); ++at) {
      std::string bad = good;
      do bad[at] = kTyped[random.below(kTyped.size())];
      while ((bad[at] | 0x20) == (good[at] | 0x20));
      const auto parsed = parse_public_key(bad);
      ASSERT_FALSE(parsed.ok()) << "seed " << seed << " " << good << " -> " << bad;
      EXPECT_EQ(parsed.error().fault(), Fault::User);
      const auto [first, last] = named_positions(parsed.error().message());
      ASSERT_LE(first, at + 1) << parsed.error().message();
      ASSERT_GE(last, at + 1) << parsed.error().message();
    }
  }
}

TEST(CurveKey, swapped_neighbours_are_found) {
  Random random(3);
  const std::string good = public_key_text(key_pair_of(SecretKey(bytes_of(random))).public_key);
  std::size_t swaps = 0;
  std::size_t found = 0;
  for (std::size_t at = kPublicKeyPrefix.size(); at + 1 < good.size(); ++at) {
    if (good[at] == good[at + 1]) continue;
    std::string bad = good;
    std::swap(bad[at], bad[at + 1]);
    ++swaps;
    found += parse_public_key(bad).ok() ? 0 : 1;
  }
  EXPECT_GE(found + 2, swaps) << "Luhn's digit misses one pair of neighbours (the first and the last digit of the alphabet)";
}

TEST(CurveKey, other_texts_are_refused_and_never_repeated) {
  const KeyPair pair = make_key_pair();
  const std::string secret = secret_key_text(pair.secret_key);
  const std::string body = secret.substr(kSecretKeyPrefix.size());
  for (const std::string& text : {std::string(), std::string("sinter-key-"), secret, "sinter-key-" + body + "a",
                                  "sinter-key-" + body.substr(1), body, secret + "\n", " " + secret}) {
    const auto parsed = parse_public_key(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().to_string().find(body.substr(8, 12)), std::string::npos) << "an error repeats a secret";
  }
  EXPECT_FALSE(parse_secret_key(public_key_text(pair.public_key)).ok());
  EXPECT_NE(parse_public_key(secret).error().message().find("begins with 'sinter-key-'"), std::string::npos);
  EXPECT_NE(parse_public_key("sinter-key-" + body.substr(1)).error().message().find("55 characters"), std::string::npos);
}

}  // namespace
}  // namespace sinter::net

// Names of files by their content: known answers, and pieces that make no difference.
#include <gtest/gtest.h>

#include "base/net/content_hash.hpp"

namespace sinter::net {
namespace {

std::string hash_of(std::string_view bytes) {
  ContentHasher hasher;
  hasher.append(bytes);
  return hasher.text();
}

// python3 -c 'import hashlib; print(hashlib.blake2b(b"abc", digest_size=32).hexdigest())'
TEST(ContentHashTest, is_blake2b_with_32_bytes) {
  EXPECT_EQ(hash_of(""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(hash_of("abc"), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(ContentHashTest, a_file_has_the_hash_of_its_bytes_in_pieces) {
  const auto files = make_memory_file_system();
  std::string bytes(3'000'000, 'x');
  bytes[2'345'678] = 'y';
  ASSERT_TRUE(write_file(*files, "/f", bytes).ok());
  ASSERT_TRUE(write_file(*files, "/empty", "").ok());
  EXPECT_EQ(*content_hash_of_file(*files, "/f"), hash_of(bytes));
  EXPECT_EQ(*content_hash_of_file(*files, "/empty"), hash_of(""));
  EXPECT_FALSE(content_hash_of_file(*files, "/none").ok());
}

TEST(ContentHashTest, only_64_digits_are_one) {
  const std::string good = hash_of("abc");
  EXPECT_TRUE(is_content_hash(good));
  EXPECT_FALSE(is_content_hash(good.substr(1)));
  EXPECT_FALSE(is_content_hash(good + "0"));
  EXPECT_FALSE(is_content_hash("../" + good.substr(3)));
  EXPECT_FALSE(is_content_hash("B" + good.substr(1)));
}

}  // namespace
}  // namespace sinter::net

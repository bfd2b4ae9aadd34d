// Where UTF-8 text is broken, wherever that is between eight bytes and eight.
#include "framework/io/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sinter {
namespace {

TEST(Utf8, finds_a_broken_byte_at_every_place) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string good(size, 'a');
    EXPECT_EQ(first_invalid_utf8(good), size);
    for (std::size_t at = 0; at < size; ++at) {
      std::string broken = good;
      broken[at] = '\xE9';
      EXPECT_EQ(first_invalid_utf8(broken), at) << "of " << size << " bytes";
      const std::string longer = good.substr(0, at) + "\xC3\xA9" + good.substr(at);
      EXPECT_EQ(first_invalid_utf8(longer), longer.size());
      EXPECT_EQ(first_invalid_utf8(std::string_view(longer).substr(0, at + 1)), at) << "cut inside a letter";
    }
  }
}

}  // namespace
}  // namespace sinter

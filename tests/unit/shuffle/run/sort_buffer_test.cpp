// SortBuffer: filled to the last byte at any limit it gives every record back, in order.
#include "shuffle/run/sort_buffer.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sinter {
namespace {

TEST(SortBuffer, records_and_entries_never_overlap_at_any_limit) {
  for (std::size_t limit = 4000; limit < 4200; ++limit) {
    SCOPED_TRACE("limit and seed " + std::to_string(limit));
    Random random(limit);
    SortBuffer buffer = SortBuffer::create(8192).value();
    ASSERT_TRUE(buffer.limit(limit));
    for (int filling = 0; filling < 2; ++filling) {
      std::vector<std::pair<std::string, std::string>> expected;
      while (true) {
        const std::string key = std::to_string(random.next());
        const std::string value(random.below(20), static_cast<char>('a' + random.below(26)));
        if (!buffer.append(key, key.size(), value)) break;
        expected.emplace_back(key, value);
      }
      ASSERT_GT(expected.size(), 50u);
      ASSERT_FALSE(buffer.limit(limit - 200)) << "it holds more than that";
      std::sort(expected.begin(), expected.end());
      const auto entries = buffer.sort(/*by_value=*/true);
      ASSERT_EQ(entries.size(), expected.size());
      for (std::size_t i = 0; i < entries.size(); ++i) {
        ASSERT_EQ(buffer.key_at(entries[i].position), expected[i].first);
        ASSERT_EQ(buffer.value_at(entries[i].position), expected[i].second);
      }
      buffer.clear();
    }
  }
}

}  // namespace
}  // namespace sinter

// sort_entries(): the order of (key, value), for keys that tie late, end early or hold zero bytes.
#include "shuffle/run/entry_sort.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sinter {
namespace {

class Table final : public RecordLookup {
 public:
  std::string_view key_at(std::uint32_t position) const override { return records[position].first; }
  std::string_view value_at(std::uint32_t position) const override { return records[position].second; }
  std::vector<std::pair<std::string, std::string>> records;
};

std::string random_text(Random& random, std::size_t longest, std::uint64_t letters) {
  std::string text(random.below(longest + 1), '\0');
  for (char& c : text) c = static_cast<char>(random.below(letters));
  return text;
}

TEST(EntrySort, orders_like_std_sort_over_shapes_and_seeds) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Table table;
    const std::string common = random_text(random, 20, 256);
    const std::string middle(random.below(200), 'm');
    const std::size_t count = random.below(random.chance(0.2) ? 20000 : 300);
    const std::uint64_t letters = std::uint64_t{1} << (1 + random.below(8));  // few letters, zero among them: many ties and prefixes
    const std::size_t longest = 1 + random.below(40);
    for (std::size_t i = 0; i < count; ++i) {
      std::string key = common + random_text(random, longest, letters);
      if (random.chance(0.5)) key += middle + random_text(random, 3, letters);
      table.records.emplace_back(key, random_text(random, random.chance(0.1) ? 30 : 2, 2));
    }
    std::vector<SortEntry> entries(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      entries[i].position = i;
      set_entry_key(entries[i], table.records[i].first, common.size());
    }
    sort_entries(entries, table, common.size(), /*by_value=*/true);
    auto expected = table.records;
    std::sort(expected.begin(), expected.end());
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(table.records[entries[i].position], expected[i]) << i;
  }
}

TEST(EntrySort, without_values_only_keys_are_ordered_and_no_entry_is_lost) {
  Random random(5);
  Table table;
  std::vector<SortEntry> entries(5000);
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    table.records.emplace_back(std::to_string(random.below(50)), random_text(random, 4, 250));
    entries[i].position = i;
    set_entry_key(entries[i], table.records[i].first, 0);
  }
  sort_entries(entries, table, 0, /*by_value=*/false);
  std::vector<bool> seen(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) {
      ASSERT_LE(table.key_at(entries[i - 1].position), table.key_at(entries[i].position));
    }
    ASSERT_FALSE(seen[entries[i].position]);
    seen[entries[i].position] = true;
  }
}

}  // namespace
}  // namespace sinter

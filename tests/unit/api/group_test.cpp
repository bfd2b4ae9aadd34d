// Group and Replay: one pass, in order; more passes when asked for, in memory or on disk.
#include "framework/api/group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>

#include "base/random.hpp"
#include "framework/api/tagged_groups.hpp"
#include "tests/unit/api/memory_task_context.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MemoryGroup;
using testing::MemoryTaskContext;

template <class V>
std::vector<MemoryGroup::Pair> encoded(const std::vector<V>& values) {
  std::vector<MemoryGroup::Pair> pairs;
  for (const V& value : values) append_value<V>(pairs.emplace_back(MemoryGroup::Pair{"key", ""}).value, value);
  return pairs;
}

template <class V>
std::vector<V> read_group(Group<V>& group) {
  std::vector<V> values;
  for (const V& value : group) values.push_back(value);
  return values;
}
template <class V>
std::vector<V> read_replay(Replay<V>& replay) {
  std::vector<V> values;
  for (const V& value : replay) values.push_back(value);
  return values;
}

static_assert(std::ranges::input_range<Group<int>>, "algorithms and views take a group");
static_assert(!std::ranges::forward_range<Group<int>>, "a group has one pass");
static_assert(std::ranges::input_range<Group<int, Timestamp>>, "algorithms and views take an ordered group");
static_assert(std::ranges::input_range<Replay<std::string>>, "algorithms and views take a replay");

class GroupTest : public ::testing::Test {
 protected:
  MemoryTaskContext task_;
  GroupReading reading_{task_, {}, 0};
};

TEST_F(GroupTest, gives_every_value_once) {
  MemoryGroup raw("key", encoded<int>({3, 1, 2}));
  Group<int> group(raw, reading_);
  EXPECT_THAT(read_group(group), ElementsAre(3, 1, 2));
  EXPECT_TRUE(reading_.status.ok());
}

TEST_F(GroupTest, is_a_range_for_algorithms_and_views) {
  MemoryGroup raw("key", encoded<int>({3, 1, 2}));
  Group<int> group(raw, reading_);
  int sum = 0;
  for (const int value : group | std::views::transform([](int x) { return x * 10; })) sum += value;
  EXPECT_EQ(sum, 60);
}

TEST_F(GroupTest, a_second_pass_is_an_error_that_says_how_to_have_one) {
  MemoryGroup raw("key", encoded<int>({1}));
  Group<int> group(raw, reading_);
  (void)read_group(group);
  EXPECT_THAT(read_group(group), ElementsAre());
  ASSERT_FALSE(reading_.status.ok());
  EXPECT_THAT(reading_.status.error().message(), HasSubstr("only once"));
  EXPECT_THAT(reading_.status.error().hint(), HasSubstr("group.replayable()"));
}

TEST_F(GroupTest, an_error_of_the_shuffle_ends_the_range_and_is_kept) {
  MemoryGroup raw("key", encoded<int>({1, 2, 3}));
  raw.fail_at = 2;
  Group<int> group(raw, reading_);
  EXPECT_THAT(read_group(group), ElementsAre(1, 2));
  ASSERT_FALSE(reading_.status.ok());
  EXPECT_EQ(reading_.status.error().message(), "the run is gone");
}

TEST_F(GroupTest, a_value_that_does_not_decode_is_an_error) {
  MemoryGroup raw("key", {{"key", "abc"}});
  Group<std::int64_t> group(raw, reading_);
  EXPECT_THAT(read_group(group), ElementsAre());
  EXPECT_FALSE(reading_.status.ok());
}

TEST_F(GroupTest, knows_the_order_part_of_the_current_value) {
  std::string key;
  append_key<std::string>(key, std::string("g"));
  std::vector<MemoryGroup::Pair> pairs;
  for (const int order : {9, 5, 1}) {
    MemoryGroup::Pair& pair = pairs.emplace_back(MemoryGroup::Pair{key, ""});
    append_key<Descending<int>>(pair.full_key, Descending{order});
    append_value<int>(pair.value, order * 100);
  }
  MemoryGroup raw(key, pairs);
  Group<int, Descending<int>> group(raw, reading_, 0);
  std::vector<std::pair<int, int>> seen;
  for (const int value : group) seen.emplace_back(group.order().value, value);
  EXPECT_THAT(seen, ElementsAre(std::pair(9, 900), std::pair(5, 500), std::pair(1, 100)));
}

TEST_F(GroupTest, a_replay_has_as_many_passes_as_one_likes_also_nested) {
  MemoryGroup raw("key", encoded<std::string>({"a", "", "ccc"}));
  Group<std::string> group(raw, reading_);
  Replay<std::string> replay = group.replayable();
  EXPECT_EQ(replay.size(), 3u);
  EXPECT_THAT(read_replay(replay), ElementsAre("a", "", "ccc"));
  std::string pairs;
  for (const std::string& one : replay)
    for (const std::string& other : replay) pairs += one + other + " ";
  EXPECT_EQ(pairs, "aa a accc a  ccc ccca ccc cccccc ");
  EXPECT_TRUE(reading_.status.ok());
}

TEST_F(GroupTest, a_replay_takes_the_values_that_are_left) {
  MemoryGroup raw("key", encoded<int>({1, 2, 3, 4}));
  Group<int> group(raw, reading_);
  for (const int value : group)
    if (value == 2) break;
  Replay<int> replay = group.replayable();
  EXPECT_THAT(read_replay(replay), ElementsAre(3, 4));
}

TEST(Replay, spills_what_the_budget_has_no_room_for_and_gives_the_memory_back) {
  std::size_t spilled = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    MemoryTaskContext task(seed % 2 == 0 ? 1u << 20 : 64u << 20);
    GroupReading reading{task, {}, 0};
    std::vector<std::string> values;
    for (std::uint64_t left = random.below(3000); left > 0; --left)
      values.emplace_back(random.below(random.chance(0.01) ? 100'000 : 2000), static_cast<char>('a' + random.below(26)));
    MemoryGroup raw("key", encoded(values));
    {
      Group<std::string> group(raw, reading);
      Replay<std::string> replay = group.replayable();
      for (int pass = 0; pass < 2; ++pass) ASSERT_TRUE(read_replay(replay) == values) << "pass " << pass;
      ASSERT_TRUE(reading.status.ok()) << reading.status.error().to_string();
      spilled += task.files().list("/scratch")->size();
    }
    EXPECT_EQ(task.memory().used_bytes(), 0u);
    EXPECT_TRUE(task.files().list("/scratch")->empty()) << "a spill is left";
  }
  EXPECT_GT(spilled, 0u) << "nothing was spilled";
  EXPECT_LT(spilled, 20u) << "everything was spilled";
}

TEST(Replay, a_budget_without_any_room_is_an_error_that_names_it) {
  MemoryTaskContext task(1000);
  GroupReading reading{task, {}, 0};
  MemoryGroup raw("key", encoded<std::string>({std::string(5000, 'x')}));
  Group<std::string> group(raw, reading);
  Replay<std::string> replay = group.replayable();
  ASSERT_FALSE(reading.status.ok());
  EXPECT_THAT(reading.status.error().to_string(), HasSubstr("test memory"));
}

std::vector<MemoryGroup::Pair> tagged(const std::vector<std::pair<std::size_t, int>>& values) {
  std::vector<MemoryGroup::Pair> pairs;
  for (const auto& [source, value] : values)
    append_value<int>(pairs.emplace_back(MemoryGroup::Pair{"key" + tag_bytes(source), ""}).value, value);
  return pairs;
}

TEST_F(GroupTest, values_of_several_maps_come_map_by_map) {
  MemoryGroup raw("key", tagged({{0, 1}, {0, 2}, {2, 5}}));
  TaggedGroups all(raw);
  TaggedGroup raws[] = {{all, 0}, {all, 1}, {all, 2}};
  Group<int> first(raws[0], reading_), second(raws[1], reading_), third(raws[2], reading_);
  EXPECT_THAT(read_group(first), ElementsAre(1, 2));
  EXPECT_THAT(read_group(second), ElementsAre());
  EXPECT_THAT(read_group(third), ElementsAre(5));
  EXPECT_TRUE(reading_.status.ok());
}

TEST_F(GroupTest, a_map_whose_values_were_passed_over_cannot_be_read) {
  MemoryGroup raw("key", tagged({{0, 1}, {1, 2}}));
  TaggedGroups all(raw);
  TaggedGroup raws[] = {{all, 0}, {all, 1}};
  Group<int> first(raws[0], reading_), second(raws[1], reading_);
  EXPECT_THAT(read_group(second), ElementsAre(2));
  EXPECT_TRUE(reading_.status.ok());
  EXPECT_THAT(read_group(first), ElementsAre());
  ASSERT_FALSE(reading_.status.ok());
  EXPECT_THAT(reading_.status.error().to_string(), HasSubstr("source 1 were passed over"));
}

TEST_F(GroupTest, an_earlier_map_without_values_may_be_read_late) {
  MemoryGroup raw("key", tagged({{1, 2}, {1, 3}}));
  TaggedGroups all(raw);
  TaggedGroup raws[] = {{all, 0}, {all, 1}};
  Group<int> first(raws[0], reading_), second(raws[1], reading_);
  for (const int value : second)
    if (value == 2) break;
  EXPECT_THAT(read_group(first), ElementsAre());
  EXPECT_TRUE(reading_.status.ok());
}

}  // namespace
}  // namespace sinter

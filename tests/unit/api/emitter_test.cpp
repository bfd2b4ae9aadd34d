// Emitter: what it makes of typed pairs; the first error is kept, ends the work, and comes out.
#include "framework/api/emitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::HasSubstr;

/// Keeps pairs; the pair number `fail_at` fails.
class MemoryEmitter final : public RawEmitter {
 public:
  Status emit(std::string_view key, std::size_t group_size, std::string_view value) override {
    group_sizes.push_back(group_size);
    if (pairs.size() == fail_at) return environment_error("the disk is full at pair " + std::to_string(++failures));
    pairs.emplace_back(key, value);
    return {};
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  std::vector<std::size_t> group_sizes;
  std::size_t fail_at = SIZE_MAX;
  int failures = 0;
};

template <class K>
std::string key_of(const K& key) {
  std::string bytes;
  append_key<K>(bytes, key);
  return bytes;
}

TEST(Emitter, encodes_text_given_as_a_view) {
  MemoryEmitter raw;
  Emitter<std::string, std::uint64_t> emitter(raw);
  emitter.emit(std::string_view("word"), 7);
  emitter.emit("other", 8);
  ASSERT_EQ(raw.pairs.size(), 2u);
  std::string key;
  ASSERT_TRUE(decode_key(raw.pairs[0].first, key).ok());
  EXPECT_EQ(key, "word");
  std::uint64_t value = 0;
  ASSERT_TRUE(decode_value(raw.pairs[1].second, value).ok());
  EXPECT_EQ(value, 8u);
}

TEST(Emitter, keeps_its_first_error_and_emits_no_more) {
  MemoryEmitter raw;
  raw.fail_at = 2;
  Emitter<int, int> emitter(raw);
  for (int i = 0; i < 10; ++i) emitter.emit(i, i);
  EXPECT_EQ(raw.pairs.size(), 2u);
  EXPECT_EQ(raw.failures, 1);
  ASSERT_FALSE(emitter.status().ok());
  EXPECT_THAT(emitter.status().error().message(), HasSubstr("the disk is full at pair 1"));
}

TEST(Emitter, the_order_part_of_a_key_comes_behind_its_group) {
  MemoryEmitter raw;
  Emitter<Grouped<std::string, Descending<Timestamp>>, int> emitter(raw);
  emitter.emit({"s1", {Timestamp{5}}}, 1);
  emitter.emit(std::string_view("s1"), {Timestamp{5}}, 1);
  ASSERT_EQ(raw.pairs.size(), 2u);
  EXPECT_EQ(raw.pairs[0], raw.pairs[1]);
  EXPECT_EQ(raw.pairs[0].first, key_of(std::string("s1")) + key_of(Descending{Timestamp{5}}));
  EXPECT_EQ(raw.group_sizes[0], key_of(std::string("s1")).size());
  EXPECT_EQ(raw.group_sizes[1], raw.group_sizes[0]);
}

TEST(Emitter, a_partition_is_one_field_before_the_group) {
  MemoryEmitter raw;
  Emitter<Partitioned<std::pair<int, std::string>, Grouped<std::string, int>>, Nothing> emitter(raw);
  emitter.emit({{7, "x"}, {"g", 3}});
  ASSERT_EQ(raw.pairs.size(), 1u);
  std::string partition;
  append_key_bytes(partition, key_of(std::pair(7, std::string("x"))));
  EXPECT_EQ(raw.pairs[0].first, partition + key_of(std::string("g")) + key_of(3));
  EXPECT_EQ(raw.group_sizes[0], partition.size() + key_of(std::string("g")).size());
  Partitioned<std::pair<int, std::string>, std::string> group;
  ASSERT_TRUE(decode_key(std::string_view(raw.pairs[0].first).substr(0, raw.group_sizes[0]), group).ok());
  EXPECT_EQ(group.partition.second, "x");
  EXPECT_EQ(group.key, "g");
}

TEST(Emitter, a_tag_stands_between_group_and_order) {
  MemoryEmitter raw;
  Emitter<Grouped<int, int>, int> emitter(raw, "TAG");
  emitter.emit({1, 2}, 3);
  EXPECT_EQ(raw.pairs[0].first, key_of(1) + "TAG" + key_of(2));
  EXPECT_EQ(raw.group_sizes[0], key_of(1).size());
}

}  // namespace
}  // namespace sinter

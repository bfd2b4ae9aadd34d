// Emitter and Group: the first error is kept, ends the work, and comes out.
#include "framework/api/emitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ranges>

#include "framework/api/group.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Keeps pairs; the pair number `fail_at` fails.
class MemoryEmitter final : public RawEmitter {
 public:
  Status emit(std::string_view key, std::size_t group_size, std::string_view value) override {
    EXPECT_EQ(group_size, key.size());
    if (pairs.size() == fail_at) return environment_error("the disk is full at pair " + std::to_string(++failures));
    pairs.emplace_back(key, value);
    return {};
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  std::size_t fail_at = SIZE_MAX;
  int failures = 0;
};

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

class MemoryGroup final : public RawGroup {
 public:
  explicit MemoryGroup(std::vector<std::string> values) : values_(std::move(values)) {}
  std::string_view key() const override { return "key"; }
  std::string_view full_key() const override { return "key"; }
  Result<bool> next() override {
    if (at_ == fail_at) return environment_error("the run is gone");
    return at_++ < values_.size();
  }
  std::string_view value() const override { return values_[at_ - 1]; }
  std::size_t fail_at = SIZE_MAX;

 private:
  std::vector<std::string> values_;
  std::size_t at_ = 0;
};

std::vector<std::string> encoded(const std::vector<std::int32_t>& numbers) {
  std::vector<std::string> values;
  for (const std::int32_t number : numbers) ValueCodec<std::int32_t>::append(values.emplace_back(), number);
  return values;
}

template <class V>
std::vector<V> read_all(Group<V>& group) {
  std::vector<V> values;
  for (const V& value : group) values.push_back(value);
  return values;
}

static_assert(std::ranges::input_range<Group<int>>, "algorithms and views take a group");

TEST(Group, gives_every_value_once) {
  MemoryGroup raw(encoded({3, 1, 2}));
  Group<std::int32_t> group(raw);
  EXPECT_THAT(read_all(group), ElementsAre(3, 1, 2));
  EXPECT_TRUE(group.status().ok());
}

TEST(Group, a_second_pass_is_an_error) {
  MemoryGroup raw(encoded({1}));
  Group<std::int32_t> group(raw);
  (void)read_all(group);
  EXPECT_THAT(read_all(group), ElementsAre());
  ASSERT_FALSE(group.status().ok());
  EXPECT_THAT(group.status().error().message(), HasSubstr("only once"));
}

TEST(Group, an_error_of_the_shuffle_ends_the_range_and_is_kept) {
  MemoryGroup raw(encoded({1, 2, 3}));
  raw.fail_at = 2;
  Group<std::int32_t> group(raw);
  EXPECT_THAT(read_all(group), ElementsAre(1, 2));
  ASSERT_FALSE(group.status().ok());
  EXPECT_EQ(group.status().error().message(), "the run is gone");
}

TEST(Group, a_value_that_does_not_decode_is_an_error) {
  MemoryGroup raw({"abc"});
  Group<std::int32_t> group(raw);
  EXPECT_THAT(read_all(group), ElementsAre());
  EXPECT_FALSE(group.status().ok());
}

}  // namespace
}  // namespace sinter

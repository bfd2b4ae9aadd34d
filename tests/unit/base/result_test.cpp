// A result's two states: copies, moves, what is destroyed.
#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace sinter {
namespace {

TEST(ResultTest, keeps_what_it_was_made_of) {
  const Result<std::string> good = std::string("value");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, "value");
  const Result<std::string> bad = user_error("no value");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message(), "no value");
}

TEST(ResultTest, is_copied_and_assigned_from_and_to_both_states) {
  const Result<std::string> good = std::string(100, 'v'), bad = user_error("no value");
  for (const Result<std::string>* from : {&good, &bad}) {
    for (const Result<std::string>* to : {&good, &bad}) {
      Result<std::string> copy = *to;
      copy = *from;
      ASSERT_EQ(copy.ok(), from->ok());
      if (copy.ok()) EXPECT_EQ(*copy, *good);
      else EXPECT_EQ(copy.error(), bad.error());
      Result<std::string> moved = std::move(copy);
      EXPECT_EQ(moved.ok(), from->ok());
      Result<std::string>& itself = moved;
      moved = std::move(itself);
      EXPECT_EQ(moved.ok(), from->ok());
    }
  }
}

TEST(ResultTest, moves_what_cannot_be_copied) {
  static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
  Result<std::unique_ptr<int>> from = std::make_unique<int>(7);
  Result<std::unique_ptr<int>> to = environment_error("gone");
  to = std::move(from);
  ASSERT_TRUE(to.ok());
  EXPECT_EQ(**to, 7);
  const std::unique_ptr<int> taken = std::move(to).value();
  EXPECT_EQ(*taken, 7);
}

TEST(ResultTest, destroys_its_value_once) {
  const auto counted = std::make_shared<int>(1);
  {
    Result<std::shared_ptr<int>> first = counted;
    Result<std::shared_ptr<int>> second = first;
    EXPECT_EQ(counted.use_count(), 3);
    second = Result<std::shared_ptr<int>>(user_error("none"));
    EXPECT_EQ(counted.use_count(), 2);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(ResultTest, adds_context_to_errors_only) {
  EXPECT_EQ(*Result<int>(7).with_context("while adding"), 7);
  EXPECT_EQ(Result<int>(user_error("bad")).with_context("while adding").error().context().front(), "while adding");
}

}  // namespace
}  // namespace sinter

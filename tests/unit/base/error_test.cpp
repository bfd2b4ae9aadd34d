// Errors and results.
#include "base/result.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace sinter {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return user_error("odd");
  return number / 2;
}
Result<int> quarter(int number) {
  SINTER_ASSIGN(const int once, half(number));
  SINTER_ASSIGN(const int twice, half(once));
  return twice;
}
Status check(int number) {
  SINTER_TRY(quarter(number));
  return {};
}

TEST(Error, renders_message_context_and_hint) {
  Error error = user_error("bad number").with_hint("Write digits");
  error = std::move(error).with_context("while reading line 3").with_context("while reading a.csv");
  EXPECT_EQ(error.to_string(), "bad number (while reading a.csv, while reading line 3). Write digits");
  EXPECT_EQ(error.fault(), Fault::User);
  EXPECT_FALSE(error.retriable());
}

TEST(Error, system_errors_know_whether_a_retry_can_help) {
  EXPECT_FALSE(system_error("open", "x", ENOENT).retriable());
  EXPECT_FALSE(system_error("open", "x", EACCES).retriable());
  EXPECT_FALSE(system_error("write", "x", ENOSPC).retriable()) << "a full disk does not empty itself";
  EXPECT_FALSE(system_error("write", "x", EDQUOT).retriable());
  EXPECT_NE(system_error("write", "x", ENOSPC).hint().find("room"), std::string::npos);
  EXPECT_TRUE(system_error("read", "x", EIO).retriable());
  EXPECT_TRUE(system_error("fork", "x", EAGAIN).retriable());
  EXPECT_EQ(system_error("open", "x", ENOENT).message(), "cannot open 'x': No such file or directory");
}

TEST(Error, copies_are_independent) {
  const Error first = environment_error("peer gone");
  Error second = first;
  second = std::move(second).with_context("later");
  EXPECT_TRUE(first.context().empty());
  EXPECT_FALSE(first == second);
}

TEST(Result, macros_pass_values_and_errors_on) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().message(), "odd");
  EXPECT_TRUE(check(8).ok());
  EXPECT_FALSE(check(2).ok());
  EXPECT_EQ(half(3).with_context("outer").error().context().front(), "outer");
}

TEST(ResultDeathTest, the_value_of_a_failed_result_is_a_broken_promise) {
  EXPECT_DEATH((void)half(3).value(), "value\\(\\) of a failed Result");
}

}  // namespace
}  // namespace sinter

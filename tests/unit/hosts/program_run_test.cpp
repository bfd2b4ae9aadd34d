// Running programs, and many at once.
#include "cli/hosts/program_run.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "cli/hosts/ssh.hpp"

namespace sinter::cli {
namespace {

TEST(ProgramRun, tells_and_hears) {
  const auto result = run_program({"sh", "-c", "cat; echo oops >&2; exit 3"}, std::string(300'000, 'x'), 10'000);
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->out.size(), 300'000u);
  EXPECT_EQ(result->err, "oops\n");
  EXPECT_FALSE(result->timed_out);
}

TEST(ProgramRun, ends_what_takes_too_long_and_does_not_wait_for_what_it_leaves) {
  const auto slow = run_program({"sleep", "60"}, "", 50);
  ASSERT_TRUE(slow.ok());
  EXPECT_TRUE(slow->timed_out);
  EXPECT_EQ(slow->exit_code, 137);
  const auto leaves = run_program({"sh", "-c", "sleep 5 & echo gone"}, "", 60'000);
  EXPECT_EQ(leaves->out, "gone\n");
}

TEST(ProgramRun, says_what_cannot_be_started) {
  const auto none = run_program({"/nowhere/program"}, "", 1'000);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message().find("/nowhere/program"), std::string::npos);
}

TEST(InParallel, does_each_once_and_never_more_than_allowed_at_once) {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::vector<std::atomic<int>> done(50);
  in_parallel(done.size(), 3, [&](std::size_t i) {
    const int running = ++now;
    int seen = most.load();
    while (seen < running && !most.compare_exchange_weak(seen, running)) {}
    ++done[i];
    --now;
  });
  for (const auto& one : done) EXPECT_EQ(one.load(), 1);
  EXPECT_LE(most.load(), 3);
}

}  // namespace
}  // namespace sinter::cli

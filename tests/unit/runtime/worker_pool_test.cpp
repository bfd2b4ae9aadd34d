// The pool of processes: what becomes of workers that are told to stop.
#include "framework/runtime/worker_pool.hpp"

#include <gtest/gtest.h>

#include "framework/runtime/messages.hpp"
#include "framework/runtime/run_job.hpp"
#include "tests/support/command.hpp"

namespace sinter {
namespace {

TEST(WorkerPool, a_worker_that_is_told_to_stop_while_it_starts_ends_at_once) {
  const testing::TemporaryDirectory directory;
  const auto files = make_posix_file_system();
  const SteadyClock clock;
  Log log;
  RunOptions options{
      .worker = {"/bin/sh", {"-c", "sleep 60"}}, .factory = {}, .files = *files, .clock = clock, .log = log, .on_progress = {}};
  auto pool = make_process_pool(JobLayout(directory.path()), options);
  ASSERT_TRUE(pool.ok()) << pool.error().to_string();
  (*pool)->start(1);
  (*pool)->send(1, to_message(Stop{}));
  const SteadyMs until = clock.now_ms() + 20'000;
  std::optional<PoolEvent> event;
  while (!event && clock.now_ms() < until) event = (*pool)->receive(100).value();
  ASSERT_TRUE(event && std::holds_alternative<WorkerEnded>(*event));
  EXPECT_EQ(std::get<WorkerEnded>(*event).worker, 1u);
  (*pool)->stop(true);
}

}  // namespace
}  // namespace sinter

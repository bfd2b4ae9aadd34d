// cluster_test_job: the cluster tests' program, client and worker in one.
//   cluster_test_job run INPUT OUTPUT WORKERS FAULT_PLACE FAULT_ACTION     runs the job; Ctrl-C cancels; prints the error
//   cluster_test_job worker ENDPOINT ID                                    what run_job() starts
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "framework/runtime/run_job.hpp"
#include "framework/runtime/worker.hpp"
#include "tests/cluster/test_job.hpp"

namespace {

std::atomic<bool> cancelled{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

int run(char** words) {
  ::signal(SIGINT, [](int) { cancelled = true; });
  sinter::test::TestJobOptions options;
  options.input = words[0];
  options.output = words[1];
  options.execution.workers = static_cast<std::uint32_t>(std::atoi(words[2]));
  options.execution.split_bytes = 64u << 10;
  options.fault = {words[3], words[4], 0, ""};
  const sinter::JobPayload payload = sinter::test::make_payload(options);
  const auto job = sinter::test::make_test_job(payload);
  const auto files = sinter::make_posix_file_system();
  const sinter::SteadyClock clock;
  sinter::Log log(sinter::LogLevel::Warning);
  sinter::RunOptions run_options{{"/proc/self/exe", {"worker"}}, sinter::test::make_test_job, *files, clock, log, {}};
  run_options.cancel = &cancelled;
  const auto report = sinter::run_job(*job, payload, run_options);
  if (report.ok()) return 0;
  std::puts(report.error().to_string().c_str());
  return sinter::was_cancelled(report.error()) ? 5 : 1;
}

}  // namespace

int main(int count, char** words) {
  const std::string verb = count > 1 ? words[1] : "";
  if (verb == "worker" && count == 4)
    return sinter::worker_main(words[2], static_cast<sinter::WorkerId>(std::atoi(words[3])), sinter::test::make_test_job);
  if (verb == "run" && count == 7) return run(words + 2);
  std::puts("usage: cluster_test_job run INPUT OUTPUT WORKERS FAULT_PLACE FAULT_ACTION | worker ENDPOINT ID");
  return 2;
}

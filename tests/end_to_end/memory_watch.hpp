// MemoryWatch: runs a job of the built program and watches from outside what its workers take. A fixture; one thread.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/end_to_end/sinter_run.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::testing {

constexpr std::uint64_t kMiB = 1u << 20;
/// What a worker may take beside its budget.
constexpr std::uint64_t kAllowanceBytes = 64 * kMiB;

/// Peak resident bytes of a living process; 0 when it is gone.
inline std::uint64_t peak_resident_bytes(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

class MemoryWatch : public ::testing::Test {
 protected:
  /// Runs the job and returns the largest peak of any worker.
  std::uint64_t run(const std::string& job) const {
    BackgroundCommand command({sinter_program(), "run", job, "--force"}, directory_ / "log");
    std::uint64_t peak = 0;
    while (command.running()) {
      for (const pid_t worker : children_of(command.pid())) peak = std::max(peak, peak_resident_bytes(worker));
      sleep_ms(5);
    }
    EXPECT_EQ(command.wait(1), 0) << read_whole_file(directory_ / "log");
    EXPECT_GT(peak, 0u);
    std::cout << "peak resident memory of a worker: " << peak / kMiB << " MiB\n";
    return peak;
  }

  /// A job file over columns key, source and value, which fuses value by `rule`.
  std::string job(const std::string& input, const std::string& rule, const std::string& memory) const {
    return directory_.write("job.yaml", "version: 1\nname: memory\nschema: { value: double }\nsources: { in: { from: " + input +
                                            ", source_column: source } }\nentity: { key: key }\nfuse: { default: " + rule +
                                            " }\noutput: { fused: { to: out.csv } }\nexecution: { workers: 2, memory: " + memory + " }\n");
  }

  TemporaryDirectory directory_;
};

}  // namespace sinter::testing

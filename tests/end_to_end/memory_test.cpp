// Memory: whatever the input, no worker's resident memory exceeds its budget plus 64 MiB, measured from outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/end_to_end/sinter_run.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::testing {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kAllowanceBytes = 64 * kMiB;

/// Peak resident bytes of a living process; 0 when it is gone.
std::uint64_t peak_resident_bytes(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

class Memory : public ::testing::Test {
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

  std::string job(const std::string& input, const std::string& rule) const {
    return directory_.write("job.yaml", "version: 1\nname: memory\nschema: { value: double }\nsources: { in: { from: " + input +
                                            ", source_column: source } }\nentity: { key: key }\nfuse: { default: " + rule +
                                            " }\noutput: { fused: { to: out.csv } }\nexecution: { workers: 2, memory: 16MiB }\n");
  }

  TemporaryDirectory directory_;
};

TEST_F(Memory, nearly_distinct_keys_stay_within_the_budget) {
  ASSERT_EQ(sinter({"generate", directory_.path().string(), "--kind", "groupby", "--rows", "1000000", "--keys", "100000000"}).exit_code, 0);
  EXPECT_LE(run(job("groupby.csv", "mean")), 16 * kMiB + kAllowanceBytes);
  EXPECT_LE(run(job("groupby.csv", "median")), 16 * kMiB + kAllowanceBytes);
}

TEST_F(Memory, one_huge_group_stays_within_the_budget) {
  std::string text = "key,source,value\n";
  for (int i = 0; i < 800'000; ++i) text += "x,s" + std::to_string(i % 40) + "," + std::to_string(i * 7919LL % 100'003) + ".25\n";
  directory_.write("one.csv", text);
  EXPECT_LE(run(job("one.csv", "median")), 16 * kMiB + kAllowanceBytes);
  EXPECT_EQ(read_whole_file(directory_ / "out.csv").substr(0, 12), "key,value\nx,");
  EXPECT_LE(run(job("one.csv", "mean")), 16 * kMiB + kAllowanceBytes);
}

}  // namespace
}  // namespace sinter::testing

// ClusterTest: a directory of its own, an input, and run_job() with cluster_test_job as worker. One test at a time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <string>

#include "base/random.hpp"
#include "framework/runtime/run_job.hpp"
#include "framework/runtime/scratch_directory.hpp"
#include "tests/cluster/test_job.hpp"

namespace sinter::test {

class ClusterTest : public ::testing::Test {
 protected:
  ClusterTest() : files_(make_posix_file_system()), log_(LogLevel::Info) {
    std::string pattern = ::testing::TempDir() + "sinter-cluster-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    log_.add_sink(make_memory_log_sink(log_memory_));
    options_.input = directory_ + "/in.csv";
    options_.output = directory_ + "/out.csv";
    options_.execution.workers = 2;
    options_.execution.split_bytes = 64u << 10;
    options_.fault.flag_path = directory_ + "/fault-";
  }
  ~ClusterTest() override { EXPECT_TRUE(files_->remove_all(directory_).ok()); }

  /// Rows of random keys; in the middle one whose note is "fault"; some that are no numbers.
  void write_input(std::uint64_t rows, std::uint64_t keys = 500) {
    Random random(7);
    std::string text = "key,value,note\n";
    for (std::uint64_t row = 0; row < rows; ++row) {
      if (row == rows / 2) text += "fault,1,fault\n";
      text += "k" + std::to_string(random.below(keys)) + ",";
      text += random.below(200) == 0 ? "none" : std::to_string(random.below(1000));
      text += ",\"x\n" + std::to_string(row) + "\"\n";
    }
    ASSERT_TRUE(write_file(*files_, options_.input, text).ok());
  }

  Result<JobReport> run() { return run_with(*files_); }
  /// `files` is the client's; worker processes have their own.
  Result<JobReport> run_with(FileSystem& files) {
    const JobPayload payload = make_payload(options_);
    auto job = make_test_job(payload);
    if (!job.ok()) return job.error();
    RunOptions run_options{
        {std::string(SINTER_BIN_DIR) + "/cluster_test_job", {"worker"}}, make_test_job, files, clock_, log_, on_progress_};
    run_options.cancel = &cancel_;
    run_options.pause = &pause_;
    run_options.job_directory = job_directory_;
    run_options.host = host_;
    run_options.heartbeat_timeout_ms = heartbeat_timeout_ms_;
    run_options.heartbeat_interval_ms = 100;
    return run_job(*job, payload, run_options);
  }
  std::string read(const std::string& path) const {
    const auto text = read_file(*files_, path);
    return text.ok() ? *text : "cannot read " + path;
  }
  /// Names in the test's directory that are not meant to stay.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> left;
    const auto names = files_->list(directory_);
    for (const std::string& name : *names)
      if (name.starts_with(".")) left.push_back(name);
    return left;
  }

  std::unique_ptr<FileSystem> files_;
  SteadyClock clock_;
  std::shared_ptr<LogMemory> log_memory_ = std::make_shared<LogMemory>();
  Log log_;
  std::string directory_;
  TestJobOptions options_;
  std::function<void(const JobProgress&)> on_progress_;
  std::atomic<bool> cancel_{false};
  std::atomic<bool> pause_{false};
  std::string job_directory_;
  std::string host_;
  std::int64_t heartbeat_timeout_ms_ = 10'000;
};

}  // namespace sinter::test

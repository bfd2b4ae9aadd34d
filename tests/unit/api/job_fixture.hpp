// JobTest: runs whole typed jobs in this process, over files in memory. One thread.
#pragma once

#include <gtest/gtest.h>

#include "framework/api/job.hpp"
#include "framework/api/job_definition.hpp"
#include "sinter/testing.hpp"

namespace sinter::testing {

/// The files of a test.
class MemoryDirectory {
 public:
  /// Its path.
  std::string write(const std::string& name, const std::string& text) {
    files[name] = text;
    return name;
  }
  std::string operator/(const std::string& name) const { return name; }
  Files files;
};

class JobTest : public ::testing::Test {
 protected:
  Result<JobOutcome> run(const CompleteJob& job, std::uint64_t split_bytes = 4096, const std::vector<std::string>& parameters = {}) {
    auto outcome = run_job(job, directory_.files, {.split_bytes = split_bytes, .reduce_bytes = reduce_bytes, .parameters = parameters});
    if (outcome.ok()) last_ = *outcome;
    return outcome;
  }
  /// The text of out.csv of the last run that was good.
  std::string output() const { return last_.outputs.at("out.csv"); }
  std::string rejects() const { return last_.rejects; }
  DataFile out(std::vector<std::string> columns) const { return csv("out.csv", std::move(columns)); }

  std::uint64_t reduce_bytes = 0;
  MemoryDirectory directory_;

 private:
  JobOutcome last_;
};

}  // namespace sinter::testing

// JobTest: runs whole typed jobs in this process, in a directory of the test. One thread.
#pragma once

#include <gtest/gtest.h>

#include "framework/api/job.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/runtime/run_job.hpp"
#include "tests/support/command.hpp"

namespace sinter::testing {

class JobTest : public ::testing::Test {
 protected:
  Result<JobReport> run(const CompleteJob& job, std::uint64_t split_bytes = 4096, const std::vector<std::string>& parameters = {}) {
    const JobFactory factory = [&](const JobPayload&) -> Result<JobDefinition> {
      SINTER_ASSIGN(JobDefinition definition, job.definition());
      for (const std::string& parameter : parameters) SINTER_TRY(set_parameter(definition.parameters, parameter));
      return definition;
    };
    SINTER_ASSIGN(JobDefinition definition, factory({}));
    definition.overwrite = true;
    definition.execution.in_process = true;
    definition.execution.workers = 2;
    definition.execution.split_bytes = split_bytes;
    definition.execution.reduce_bytes = reduce_bytes;
    RunOptions options{{"", {}}, factory, *files_, clock_, log_, {}};
    return run_job(definition, {"test", ""}, options);
  }
  /// The rows of out.csv below the header.
  std::string output() const { return read_whole_file(directory_ / "out.csv"); }
  DataFile out(std::vector<std::string> columns) const { return csv(directory_ / "out.csv", std::move(columns)); }

  std::uint64_t reduce_bytes = 0;
  TemporaryDirectory directory_;
  std::unique_ptr<FileSystem> files_ = make_posix_file_system();
  SteadyClock clock_;
  Log log_{LogLevel::Error};
};

}  // namespace sinter::testing

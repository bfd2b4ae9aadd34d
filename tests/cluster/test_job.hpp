// The job of the cluster tests, on the byte-level api: sums numbers per key of CSV files, and misbehaves on demand. Any thread.
#pragma once

#include <map>
#include <string>

#include "framework/api/job_definition.hpp"

namespace sinter::test {

/// Where and how the job misbehaves: at the record whose note is "fault", at the group of key "fault", or around the commit.
struct TestFault {
  std::string place;      // "map", "map_finish", "reduce", "reduce_finish", "commit"; empty: nowhere
  std::string action;     // "segv", "kill", "exit", "throw", "hang", "error"
  int times = 1;          // over all processes of the job; 0: always
  std::string flag_path;  // files of this prefix count the times
};

struct TestJobOptions {
  std::string input;
  std::string output;
  ExecutionOptions execution;
  bool combine = true;
  bool overwrite = false;
  TestFault fault;
};

/// The options as a payload, and the job a worker makes of it.
JobPayload make_payload(const TestJobOptions& options);
Result<JobDefinition> make_test_job(const JobPayload& payload);

}  // namespace sinter::test

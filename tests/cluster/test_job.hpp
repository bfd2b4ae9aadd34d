// The job of the cluster tests, on the byte-level api: sums numbers per key of CSV files, and misbehaves on demand. Any thread.
#pragma once

#include <map>
#include <string>

#include "framework/api/job_definition.hpp"

namespace sinter::test {

/// Where and how the job misbehaves: at the record whose note is "fault", at the group of key "fault", at each group, at the end of a task,
/// or when the reducer's files are closed and the commit is not yet asked for.
struct TestFault {
  std::string place;      // "map", "map_finish", "reduce", "group", "reduce_finish", "written", or see shape_jobs.hpp; empty: nowhere
  std::string action;     // "segv", "kill", "exit", "throw", "hang", "error", "slow"
  int times = 1;          // over all processes of the job; 0: always
  std::string flag_path;  // files of this prefix count the times
};

/// Does what the fault asks for when it is due at this place.
Status misbehave(const TestFault& fault, const std::string& place);

struct TestJobOptions {
  std::string shape = "sums";  // or one of shape_jobs.hpp
  std::string input;
  std::string output;
  std::string side_input;      // of shapes that have one
  ExecutionOptions execution;
  bool combine = true;
  bool overwrite = false;
  TestFault fault;
};

/// Sum and count of one key.
struct Sum {
  std::int64_t total = 0;
  std::int64_t count = 0;
};
inline std::string_view bytes_of(const Sum& sum) { return {reinterpret_cast<const char*>(&sum), sizeof(sum)}; }
/// What is left of the group's values, added up.
Result<Sum> add_up(RawGroup& group);

std::unique_ptr<MapTask> make_sum_map(TestFault fault, TaskContext& context);
std::unique_ptr<Combiner> make_sum_combiner();

/// The options as a payload, and the job a worker makes of it.
JobPayload make_payload(const TestJobOptions& options);
Result<JobDefinition> make_test_job(const JobPayload& payload);

}  // namespace sinter::test

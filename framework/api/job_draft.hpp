// JobDraft: what the steps of a typed job have gathered; CompleteJob: a job that can be run. Values made in main(); one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "framework/api/data_file.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/api/job_main.hpp"
#include "framework/api/typed_map.hpp"

namespace sinter {

using MakeTypedMap = std::function<std::unique_ptr<MapTask>(TypedTaskSetup, TaskContext&)>;
using MakeTypedReduce = std::function<std::unique_ptr<ReduceTask>(DataFile output, TypedTaskSetup, TaskContext&)>;

/// Inputs and the map that reads them.
struct JobBranch {
  std::vector<DataFile> inputs;
  bool maps_lines = false;
  std::size_t row_columns = 0;  // of a map of row structs, else 0
  MakeTypedMap make_map;
};

struct JobDraft {
  JobDefinition definition;
  std::vector<JobBranch> branches;
  std::vector<NamedFile> side_files;
  bool tagged = false;  // the reduce tells the maps apart
  DataFile output;
  MakeTypedReduce make_reduce;
};

/// A whole job: it can be run.
class CompleteJob {
 public:
  explicit CompleteJob(JobDraft draft) : draft_(std::move(draft)) {}

  /// The byte-level job. Errors, the author's: no name, inputs or columns; a map of lines that reads a table; names declared twice.
  Result<JobDefinition> definition() const;
  /// Makes this program the job's command line; see job_main(). Return what it returns from main().
  int main(int argument_count, char** argument_values) const {
    // Here and not in job_draft.cpp: job_main() is defined in a later module.
    const JobProgram program{draft_.definition.name, {}, [this](const std::vector<std::string>&) { return definition(); }};
    return job_main(program, argument_count, argument_values);
  }

 private:
  JobDraft draft_;
};

/// A job with a reduce.
class ReducedJob {
 public:
  explicit ReducedJob(JobDraft draft) : draft_(std::move(draft)) {}
  CompleteJob write(DataFile output) && {
    draft_.output = std::move(output);
    return CompleteJob(std::move(draft_));
  }

 private:
  JobDraft draft_;
};

}  // namespace sinter

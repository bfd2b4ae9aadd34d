// Publishing: from committed parts to the output a person sees: output, rejects, and the manifest last. Called by run_job() when every
// task has committed; one thread.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/io/output_assembly.hpp"
#include "framework/plan/stages.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter {

/// "out/parts/_SUCCESS.json" for "out/parts/", "out/x.csv.success.json" for "out/x.csv". Two outputs in one directory have two.
std::string manifest_path(std::string output);

/// Where a job's results go, with defaults filled in.
struct OutputPaths {
  std::string parent;    // of the output; "." when it has none
  std::string rejects;
  std::string manifest;  // manifest_path()
  std::string logs;      // directory of the lines that the job's own code logged
};
OutputPaths output_paths(const JobDefinition& job);

/// What the job publishes, without its parts.
OutputPublication output_of(const JobDefinition& job);

struct Publication {
  const JobDefinition& job;
  const OutputPaths& paths;
  const JobLayout& layout;
  OutputAssembly& output;            // was told of every part
  const std::vector<Stage>& stages;  // all that ran; the last one left the output
};

/// Copies rejects and what is left of the output, syncs and renames both, writes the manifest, and fills report.outputs, report.rejects and
/// report.publishing_ms. An old manifest goes first, so that none ever describes files that are not there.
Status publish_job(FileSystem& files, const Clock& clock, const Publication& what, JobReport& report);

/// The manifest: everything outside "run" is a function of job and input.
std::string manifest_text(const JobDefinition& job, const JobReport& report);

}  // namespace sinter

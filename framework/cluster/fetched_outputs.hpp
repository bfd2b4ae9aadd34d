// Fetching what a job left at the tracker to where its client wants it, under the rules of a run on one machine. One thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/cluster/file_messages.hpp"
#include "framework/runtime/output_lock.hpp"

namespace sinter::cluster {

/// Where the client wants what its job leaves. It is never the tracker that says so.
struct OutputTargets {
  std::string job;
  std::string working_directory;   // relative paths start there
  std::string output;              // as the job names it
  std::vector<std::string> side_outputs;
  std::string rejects;
  std::string manifest;
  bool overwrite = false;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & job & working_directory & output & side_outputs & rejects & manifest & overwrite;
  }
};
OutputTargets targets_of(const JobDefinition& job, std::string working_directory, bool overwrite);

/// One run at a time writes an output. Errors: another one does, or an output that may not be replaced (the user's).
Result<std::unique_ptr<OutputLock>> lock_targets(FileSystem& files, const OutputTargets& targets);

/// Puts everything into its place; the manifest comes last. `done` grows by the outputs that are there: pass it on when this is tried
/// again. Requires: the targets are locked. Errors: the disk, the network (retriable: nothing is half in place), bytes that are not those
/// of the report.
Status fetch_outputs(FileSystem& files, const OutputTargets& targets, const OutputsAt& at, std::set<std::string>& done, const Clock& clock,
                     Log& log);

}  // namespace sinter::cluster

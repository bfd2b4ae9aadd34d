// RunStore: what a tracker keeps of its jobs on disk: what was submitted, how it ended, and a directory for the life between. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/cluster/client_messages.hpp"

namespace sinter::cluster {

/// The last of a job: how it is listed, and what its client is told.
struct EndedRun {
  RunLine line;
  RunEnded told;
  std::string submitter;         // see Submit
  std::uint64_t submission = 0;  // the same

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & line & told & submitter & submission; }
};

struct StoredRun {
  RunId run = 0;
  Submit submit;  // of one that has not ended
  std::optional<EndedRun> ended;
};

class RunStore {
 public:
  /// Jobs live in directories below `directory`, which is made when the first comes.
  RunStore(FileSystem& files, std::string directory) : files_(files), directory_(std::move(directory)) {}

  /// In the order of their numbers. Errors: what is there cannot be read.
  Result<std::vector<StoredRun>> load();
  /// Durable when it returns.
  Status add(RunId run, const Submit& submit);
  /// Durable when it returns.
  Status end(const EndedRun& ended);
  /// Removes everything else of a job that has ended but what is_kept_of_job() and, if it is to be kept, what it left for its client. Of
  /// the job of kMaxKeptHistories jobs ago only the end is kept, and that of kMaxListedRuns jobs ago is forgotten.
  Status clean(RunId run, bool keep_outputs = false);
  /// What a job that ended left for its client: files in outputs_of(), their names below it beginning with a slash.
  Result<std::vector<std::string>> outputs(RunId run);
  /// When it ended, if it left some that are here still.
  std::optional<std::int64_t> kept_outputs_since_ns(RunId run);
  Status drop_outputs(RunId run);
  std::string outputs_of(RunId run) const { return directory_of(run) + "/outputs"; }
  /// For the job's plan, journal and parts.
  std::string directory_of(RunId run) const { return directory_ + "/" + std::to_string(run); }

 private:
  Status forget_details(RunId run);

  FileSystem& files_;
  std::string directory_;
};

}  // namespace sinter::cluster

// Jobs whose files only their client has: sent to the tracker, run there, and their results fetched. Each call blocks its thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "framework/cluster/cluster_client.hpp"
#include "framework/cluster/fetched_outputs.hpp"
#include "framework/cluster/sent_files.hpp"

namespace sinter::cluster {

struct ShippedRun {
  Submit submit;
  std::vector<std::string> inputs;  // every file that the job reads, as the client finds it
  OutputTargets targets;
  FileSystem& files;
  std::vector<CodeFile> code = {};  // of one that is planned
  /// The files are known and about to be sent.
  std::function<void(const SentFiles&)> on_sending = {};
};

/// Runs the job and waits for its end; its results are in their places then. `options`: of the connection, and of those for results.
Result<JobReport> run_shipped(const ClientOptions& options, ClientConnection& tracker, ShippedRun run, SentFiles& sent,
                              const std::function<void(const JobProgress&)>& on_progress);
/// Sends the files, submits the job and leaves it to the tracker: fetch_shipped() gets its results. What that needs to know is kept in
/// `ticket_directory`, which is private to this user.
Result<RunId> submit_shipped(ClientConnection& tracker, ShippedRun run, SentFiles& sent, const std::string& ticket_directory);
/// Puts the results of a job that has ended into their places. Error (the user's): it was not submitted from here with its files, it
/// still runs, nothing waits.
Result<JobReport> fetch_shipped(const ClientOptions& options, FileSystem& files, RunId run, const std::string& ticket_directory);

}  // namespace sinter::cluster

// Jobs with their files: lock, send, submit, watch, fetch. One thread.
#include "framework/cluster/shipped_run.hpp"

#include <set>

#include "base/checksum.hpp"
#include "base/net/key_file.hpp"
#include "framework/cluster/client_connection.hpp"
#include "framework/cluster/file_endpoint.hpp"
#include "framework/runtime/sealed_bytes.hpp"

namespace sinter::cluster {
namespace {

constexpr std::string_view kTicketMagic = "SNTRTKT1";
constexpr std::uint64_t kMaxTicketBytes = 1u << 20;
/// Each takes some seconds when the tracker is away.
constexpr int kFetchTries = 6;

std::string ticket_path(const std::string& directory, RunId run) { return directory + "/run-" + std::to_string(run); }

/// Hashes, sends, submits.
Result<RunId> bring(ClientConnection& tracker, ShippedRun& run, SentFiles& sent) {
  SINTER_ASSIGN(run.submit.shipped, hash_files(run.files, run.targets.working_directory, run.inputs, tracker));
  run.submit.ships = true;
  std::vector<ShippedFile> sending = run.submit.shipped;
  if (run.submit.planned) {
    SINTER_ASSIGN(const std::vector<ShippedFile> code,
                  hash_code(run.files, run.targets.working_directory, run.code, run.submit.planned->code.files, tracker));
    sending.insert(sending.end(), code.begin(), code.end());
  }
  if (run.on_sending) {
    SentFiles all{sending.size(), 0, 0};
    for (const ShippedFile& file : sending) all.bytes += file.size_bytes;
    run.on_sending(all);
  }
  // One run at a time writes an output: no other upload of this client is called so.
  const std::uint64_t upload = checksum64(run.targets.working_directory + "\n" + run.targets.output);
  SINTER_TRY(send_files(tracker, run.files, upload, sending, sent));
  return tracker.submit(run.submit);
}

/// On connections of its own: fetching may take longer than a silent one lives.
template <class Answer, class Question>
Result<Answer> ask(const ClientOptions& options, const Question& question) {
  ClientConnection tracker(options);
  SINTER_TRY(tracker.open());
  return tracker.ask<Answer>(question);
}

/// A tracker that goes away in between is waited for.
Result<JobReport> fetch(const ClientOptions& options, FileSystem& files, RunId run, const OutputTargets& targets) {
  std::set<std::string> done;
  const auto once = [&]() -> Result<JobReport> {
    SINTER_ASSIGN(OutputsAt at, ask<OutputsAt>(options, FindOutputs{run}));
    at.endpoint = endpoint_beside(at.endpoint, options.tracker);
    SINTER_TRY(fetch_outputs(files, targets, at, done, options.clock, options.log));
    return std::move(at.report);
  };
  for (int tries = 1;; ++tries) {
    Result<JobReport> report = once();
    const bool cancelled = options.cancel != nullptr && options.cancel->load();
    if (!report.ok() && report.error().retriable() && tries < kFetchTries && !cancelled) {
      options.log.warning("a job's results could not be fetched; trying again", {{"reason", report.error().to_string()}});
      continue;
    }
    if (!report.ok())
      return std::move(report).error().with_context("while fetching what job " + std::to_string(run) +
                                                    " left, which waits at the tracker for a day");
    // They are here: a tracker that cannot be told so removes them by itself.
    if (const auto dropped = ask<RunList>(options, DropOutputs{run}); !dropped.ok())
      options.log.warning("the tracker keeps a job's results for a day", {{"reason", dropped.error().to_string()}});
    return report;
  }
}

}  // namespace

Result<JobReport> run_shipped(const ClientOptions& options, ClientConnection& tracker, ShippedRun run, SentFiles& sent,
                              const std::function<void(const JobProgress&)>& on_progress) {
  SINTER_ASSIGN(const std::unique_ptr<OutputLock> lock, lock_targets(run.files, run.targets));
  run.submit.watch = true;
  SINTER_ASSIGN(const RunId number, bring(tracker, run, sent));
  SINTER_TRY(tracker.watch(number, on_progress));
  return fetch(options, run.files, number, run.targets);
}

Result<RunId> submit_shipped(ClientConnection& tracker, ShippedRun run, SentFiles& sent, const std::string& ticket_directory) {
  SINTER_ASSIGN(const std::unique_ptr<OutputLock> lock, lock_targets(run.files, run.targets));
  SINTER_TRY(net::make_private_directory(ticket_directory));
  run.submit.watch = false;
  SINTER_ASSIGN(const RunId number, bring(tracker, run, sent));
  SINTER_TRY(write_file_atomically(run.files, ticket_path(ticket_directory, number), seal_bytes(kTicketMagic, encode(run.targets))));
  return number;
}

Result<JobReport> fetch_shipped(const ClientOptions& options, FileSystem& files, RunId run, const std::string& ticket_directory) {
  const std::string path = ticket_path(ticket_directory, run);
  if (!files.exists(path))
    return user_error("job " + std::to_string(run) +
                      " was not submitted by this user from this host with --detach and --files shipped, or " + "was fetched already");
  SINTER_ASSIGN(const std::string bytes, read_file(files, path, kMaxTicketBytes));
  SINTER_ASSIGN(const std::string_view body, unseal_bytes(kTicketMagic, bytes, "note of a submitted job", path));
  SINTER_ASSIGN(const OutputTargets targets, decode<OutputTargets>(body, "'" + path + "'"));
  SINTER_ASSIGN(const std::unique_ptr<OutputLock> lock, lock_targets(files, targets));
  SINTER_ASSIGN(JobReport report, fetch(options, files, run, targets));
  SINTER_TRY(files.remove(path));
  return report;
}

}  // namespace sinter::cluster

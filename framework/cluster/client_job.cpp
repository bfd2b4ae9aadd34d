// A job's way through a cluster, as its client goes it. One thread.
#include "framework/cluster/client_job.hpp"

#include "base/checksum.hpp"
#include "framework/cluster/client_connection.hpp"
#include "framework/cluster/seen_files.hpp"
#include "framework/cluster/shipped_run.hpp"
#include "framework/cluster/status_messages.hpp"
#include "framework/io/json_document.hpp"
#include "framework/plan/plan.hpp"
#include "framework/runtime/plan_file.hpp"

namespace sinter::cluster {
namespace {

std::string describe(const SentFiles& sent) {
  return "shipped: " + counted(sent.files, "file") + " of " + format_bytes(sent.bytes) +
         (sent.sent_bytes < sent.bytes ? " (" + format_bytes(sent.sent_bytes) + " sent, the tracker had the others)" : "");
}

class Way {
 public:
  Way(const ClientOptions& options, ClientJob& job) : options_(options), job_(job), tracker_(options) {}

  Result<ClientOutcome> go() {
    submit_.payload_kind = job_.payload.kind;
    submit_.working_directory = job_.working_directory;
    submit_.overwrite = job_.overwrite;
    submit_.priority = job_.priority;
    submit_.speculation = job_.speculation;
    submit_.submission = job_.submission;
    if (job_.code) SINTER_TRY(make_plan_here());
    else submit_.payload = job_.payload.body;
    SINTER_TRY(tracker_.open());
    if (inputs_.empty())
      for (const InputFile& file : job_.definition.input_files) inputs_.push_back(file.path);
    SINTER_ASSIGN(const bool ships, must_ship());
    return ships ? run_shipped_there() : run_on_shared_paths();
  }

 private:
  /// On a connection of its own: planning takes longer than a silent one lives.
  Result<unsigned> ask_slots() const {
    ClientConnection tracker(options_);
    SINTER_TRY(tracker.open());
    SINTER_ASSIGN(const Answer answer, tracker.ask<Answer>(Ask{1, "/v1/cluster"}));
    SINTER_ASSIGN(const JsonDocument cluster, JsonDocument::parse(answer.body));
    return static_cast<unsigned>(cluster["slots"].number());
  }

  /// The tracker does not load the code that a plan takes.
  Status make_plan_here() {
    SINTER_ASSIGN(const unsigned slots, ask_slots());
    job_.definition.execution.in_process = false;
    SINTER_ASSIGN(plan_, make_plan(job_.files, job_.definition, slots));
    for (const InputFile& file : plan_.files) inputs_.push_back(file.path);
    for (const SideFile& side : plan_.side_files) inputs_.push_back(side.file.path);
    for (const SortedRun& run : plan_.sorted_runs) inputs_.push_back(run.path);
    submit_.planned.emplace();
    submit_.planned->sinter_version = job_.sinter_version;
    submit_.planned->outline = outline_of(job_.definition);
    submit_.planned->code = {job_.code->is_program, job_.code->arguments, {}};
    return {};
  }

  /// Whether the files must travel: as was said, or because somebody there does not see them.
  Result<bool> must_ship() {
    if (job_.placement != "auto") return job_.placement == "shipped";
    SINTER_ASSIGN(const FilesSeen seen,
                  look_for_files(tracker_, job_.files, job_.working_directory, inputs_, job_.definition.output.path));
    if (!seen.missing.empty()) job_.note(seen.by + " does not see " + seen.missing);
    return !seen.missing.empty();
  }

  void enclose_plan() {
    if (submit_.planned) submit_.planned->plan = plan_file_bytes({job_.payload, plan_});
  }

  Result<ClientOutcome> run_shipped_there() {
    // What was sent has no time: see ShippedFiles::info().
    plan_.modified_ns.assign(plan_.modified_ns.size(), 0);
    for (SideFile& side : plan_.side_files) side.file.modified_ns = 0;
    for (SortedRun& run : plan_.sorted_runs) run.modified_ns = 0;
    enclose_plan();
    ShippedRun run{std::move(submit_), std::move(inputs_), targets_of(job_.definition, job_.working_directory, job_.overwrite), job_.files};
    if (job_.code) run.code = job_.code->files;
    run.on_sending = [this](const SentFiles& all) {
      job_.note("sending " + counted(all.files, "file") + " (" + format_bytes(all.bytes) + ") to " + job_.cluster);
    };
    SentFiles sent;
    if (job_.detach) {
      SINTER_ASSIGN(const RunId number, submit_shipped(tracker_, std::move(run), sent, job_.ticket_directory));
      job_.note("job " + std::to_string(number) + " runs on " + job_.cluster + "; its results wait there for a day after its end: " +
                shell_command({"sinter", "job", "fetch", std::to_string(number), "--cluster", job_.cluster}));
      return ClientOutcome{};
    }
    SINTER_ASSIGN(JobReport report, run_shipped(options_, tracker_, std::move(run), sent, job_.on_progress));
    return ClientOutcome{std::move(report), describe(sent)};
  }

  Result<ClientOutcome> run_on_shared_paths() {
    enclose_plan();
    if (job_.code) {
      SINTER_ASSIGN(const std::vector<ShippedFile> sending,
                    hash_code(job_.files, job_.working_directory, job_.code->files, submit_.planned->code.files, tracker_));
      SentFiles sent;
      const std::uint64_t upload = checksum64("code\n" + job_.working_directory + "\n" + job_.definition.output.path);
      SINTER_TRY(send_files(tracker_, job_.files, upload, sending, sent));
    }
    if (job_.detach) {
      SINTER_ASSIGN(const RunId number, submit_to_cluster(tracker_, std::move(submit_)));
      job_.note("job " + std::to_string(number) + " runs on " + job_.cluster);
      return ClientOutcome{};
    }
    SINTER_ASSIGN(JobReport report, run_on_cluster(tracker_, std::move(submit_), job_.on_progress));
    return ClientOutcome{std::move(report), "on shared paths"};
  }

  const ClientOptions& options_;
  ClientJob& job_;
  ClientConnection tracker_;
  Submit submit_;
  Plan plan_;                        // of a job with native code
  std::vector<std::string> inputs_;  // every file that it reads
};

}  // namespace

Result<ClientOutcome> run_client_job(const ClientOptions& options, ClientJob job) { return Way(options, job).go(); }

}  // namespace sinter::cluster

// Status pages of one job: see the header.
#include "framework/cluster/job_pages.hpp"

#include <algorithm>
#include <charconv>

#include "framework/cluster/kept_job.hpp"
#include "framework/runtime/job_layout.hpp"

namespace sinter::cluster {
namespace {

/// Of a job that has as many parts as tasks: the manifest has them all.
constexpr std::size_t kMaxShownOutputs = 100;
/// A longer line of a log is cut here.
constexpr std::size_t kMaxShownLineBytes = 64u << 10;

/// Of a job that runs from its view, else as it was kept; empty when it is kept no more.
Result<KeptJob> details_of(FileSystem& files, const JobFacts& job) {
  if (job.view) return KeptJob{job.view->submitted_at(), "", job.view->numbers(), 0};
  SINTER_ASSIGN(std::optional<KeptJob> kept, read_kept_job(files, job.directory));
  return kept.value_or(KeptJob());
}

std::string_view text_of(JobPhase phase) {
  switch (phase) {
    case JobPhase::Planning: return "planning";
    case JobPhase::Running: return "running";
    case JobPhase::Publishing: return "publishing";
    case JobPhase::Done: return "done";
  }
  return "";
}

void write_progress(JsonWriter& json, const JobProgress& progress) {
  json.key("progress").begin_object().member("phase", text_of(progress.phase)).member("input_bytes", progress.input_bytes);
  json.member("workers", std::uint64_t{progress.workers}).member("rounds", std::uint64_t{progress.rounds});
  json.member("stage", std::uint64_t{progress.stage}).key("stages").begin_array();
  for (const StageProgress& stage : progress.stages) {
    json.begin_object().member("name", stage.name).member("tasks_total", stage.tasks_total).member("tasks_done", stage.tasks_done);
    json.member("tasks_running", stage.tasks_running).member("rows", stage.rows).member("bytes", stage.bytes);
    json.member("rejected", stage.rejected).member("elapsed_ms", stage.elapsed_ms).member("status", stage.status).end_object();
  }
  json.end_array().end_object();
}

void write_report(JsonWriter& json, const JobReport& report) {
  json.key("report").begin_object().member("rejected_lines", report.rejected_lines).member("input_files", report.input_files);
  json.member("input_bytes", report.input_bytes).member("total_ms", report.total_ms);
  json.member("peak_worker_memory_bytes", report.peak_worker_memory_bytes).member("manifest", report.manifest_path);
  json.member("outputs_total", std::uint64_t{report.outputs.size()}).key("outputs").begin_array();
  for (std::size_t i = 0; i < report.outputs.size() && i < kMaxShownOutputs; ++i)
    json.begin_object().member("path", report.outputs[i].path).member("bytes", report.outputs[i].bytes).end_object();
  json.end_array().end_object();
}

/// "map-3-1" of "attempt-stage-0-3-1.jsonl"; empty: the name is of no log.
std::string attempt_of(const std::string& file, const std::vector<StageFacts>& stages) {
  constexpr std::string_view kBefore = "attempt-stage-";
  constexpr std::string_view kBehind = ".jsonl";
  if (!file.starts_with(kBefore) || !file.ends_with(kBehind)) return "";
  std::uint64_t stage = 0;
  const char* const end = file.data() + file.size() - kBehind.size();
  const auto parsed = std::from_chars(file.data() + kBefore.size(), end, stage);
  if (parsed.ec != std::errc() || parsed.ptr == end || stage >= stages.size()) return "";
  return stages[stage].name + std::string(parsed.ptr, end);
}

/// Files of what the job's attempts have logged; none is fine.
Result<std::vector<std::string>> log_files(FileSystem& files, const std::string& directory) {
  if (!files.exists(directory)) return std::vector<std::string>();
  return files.list(directory);
}

/// Lines of a log, of which little is in memory.
class LogLines {
 public:
  explicit LogLines(const ReadableFile& file) : file_(file), chunk_(kChunkBytes, '\0') {}
  /// The next one, cut at kMaxShownLineBytes; false: there is none.
  Result<bool> next(std::string& line) {
    line.clear();
    bool any = false;
    while (true) {
      if (left_.empty()) {
        SINTER_ASSIGN(const std::size_t got, file_.read_at(offset_, chunk_.data(), chunk_.size()));
        if (got == 0) return any;
        offset_ += got;
        left_ = std::string_view(chunk_).substr(0, got);
      }
      any = true;
      const std::size_t end = std::min(left_.find('\n'), left_.size());
      line.append(left_.substr(0, std::min(end, kMaxShownLineBytes - line.size())));
      const bool whole = end < left_.size();
      left_.remove_prefix(whole ? end + 1 : end);
      if (whole) return true;
    }
  }

 private:
  static constexpr std::size_t kChunkBytes = 64u << 10;
  const ReadableFile& file_;
  std::string chunk_;
  std::string_view left_;  // of chunk_
  std::uint64_t offset_ = 0;
};

void write_task(JsonWriter& json, const TaskFacts& task) {
  static constexpr const char* kStates[] = {"waiting", "running", "committed"};
  json.begin_object().member("task", task.name).member("state", kStates[static_cast<std::size_t>(task.state)]);
  json.member("attempts", std::uint64_t{task.attempts}).member("failures", std::uint64_t{task.failures});
  if (task.committed != 0) json.member("committed", task.name + "-" + std::to_string(task.committed));
  json.key("running").begin_array();
  for (const RunningAttempt& one : task.running) {
    json.begin_object().member("attempt", task.name + "-" + std::to_string(one.attempt.number));
    json.member("worker", std::uint64_t{one.worker}).member("node", one.node).member("running_ms", one.running_ms);
    json.member("rows", one.progress.rows).member("bytes", one.progress.bytes).member("status", one.progress.status).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

void end_page(JsonWriter& json, std::uint64_t next) {
  json.end_array().key("next");
  if (next == 0) json.raw("null");
  else json.value(next);
  json.end_object();
}

void write_members(JsonWriter& json, const RunLine& line) {
  json.member("job", line.run).member("name", line.name).member("state", to_string(line.state)).member("stage", line.stage);
  json.member("tasks_done", line.tasks_done).member("tasks_total", line.tasks_total).member("workers", std::uint64_t{line.workers});
  json.member("priority", std::int64_t{line.priority}).member("elapsed_ms", line.elapsed_ms);
  if (!line.error.empty()) json.member(line.state == RunState::Waiting ? "waits_for" : "error", line.error);
}

Result<std::string> job_page(FileSystem& files, const JobFacts& job, const StatusPath& path) {
  SINTER_TRY(path.allow({}));
  SINTER_ASSIGN(const KeptJob details, details_of(files, job));
  JsonWriter json;
  json.begin_object();
  write_members(json, job.line);
  json.member("submitted_at", details.submitted_at);
  if (job.view == nullptr) json.member("ended_at", details.ended_at);
  const JobNumbers& numbers = details.numbers;
  json.key("attempts").begin_object().member("started", numbers.attempts_started).member("failed", numbers.attempts_failed);
  json.member("lost", numbers.attempts_lost).end_object();
  json.member("workers_starting", numbers.workers_starting).member("shuffle_bytes", numbers.shuffle_bytes);
  json.key("stages").begin_array();
  for (const StageFacts& stage : numbers.stages) {
    json.begin_object().member("stage", stage.name).member("tasks", std::uint64_t{stage.tasks});
    json.member("committed", std::uint64_t{stage.committed}).member("running", std::uint64_t{stage.running}).end_object();
  }
  json.end_array();
  write_progress(json, job.progress);
  if (job.report) write_report(json, *job.report);
  return json.end_object().text();
}

Result<std::string> tasks_page(const JobFacts& job, const StatusPath& path) {
  SINTER_TRY(path.allow({"from", "limit", "stage", "state"}));
  SINTER_ASSIGN(const std::uint64_t from, path.number("from", 0));
  SINTER_ASSIGN(const std::uint64_t limit, path.limit());
  std::optional<TaskViewState> state;
  if (const auto wanted = path.query.find("state"); wanted != path.query.end()) {
    if (wanted->second == "waiting") state = TaskViewState::Waiting;
    else if (wanted->second == "running") state = TaskViewState::Running;
    else if (wanted->second == "committed") state = TaskViewState::Committed;
    else return user_error("a task's state is waiting, running or committed");
  }
  const auto stage = path.query.find("stage");
  const TaskPage page = job.view->tasks(stage == path.query.end() ? "" : stage->second, state, from, limit);
  JsonWriter json;
  json.begin_object().member("job", job.line.run).key("tasks").begin_array();
  for (const TaskFacts& task : page.tasks) write_task(json, task);
  end_page(json, page.next);
  return json.text();
}

Result<std::string> counters_page(FileSystem& files, const JobFacts& job, const StatusPath& path) {
  SINTER_TRY(path.allow({"from", "limit"}));
  SINTER_ASSIGN(const std::uint64_t from, path.number("from", 0));
  SINTER_ASSIGN(const std::uint64_t limit, path.limit());
  SINTER_ASSIGN(const KeptJob details, details_of(files, job));
  const Counters& counters = details.numbers.counters;
  JsonWriter json;
  json.begin_object().member("job", job.line.run).member("final", job.view == nullptr).key("counters").begin_object();
  std::uint64_t place = 0;
  for (const auto& [name, count] : counters)
    if (const std::uint64_t at = place++; at >= from && at - from < limit) json.member(name, count);
  json.end_object().key("next");
  if (counters.size() > from && counters.size() - from > limit) json.value(from + limit);
  else json.raw("null");
  return json.end_object().text();
}

Result<std::string> history_page(FileSystem& files, const JobFacts& job, const StatusPath& path) {
  SINTER_TRY(path.allow({"from", "limit"}));
  SINTER_ASSIGN(const std::uint64_t from, path.number("from", 1));
  SINTER_ASSIGN(const std::uint64_t limit, path.limit());
  SINTER_ASSIGN(const HistoryPage page, read_history(files, job.directory, from, limit));
  JsonWriter json;
  json.begin_object().member("job", job.line.run).member("submitted_at", page.submitted_at).member("dropped", page.first - 1);
  json.key("events").begin_array();
  for (const std::string& event : page.events) json.raw(event);
  end_page(json, page.next);
  return json.text();
}

Result<std::string> logs_page(FileSystem& files, const JobFacts& job, const StatusPath& path) {
  SINTER_TRY(path.allow({"from", "limit"}));
  SINTER_ASSIGN(const std::uint64_t from, path.number("from", 0));
  SINTER_ASSIGN(const std::uint64_t limit, path.limit());
  SINTER_ASSIGN(const KeptJob details, details_of(files, job));
  const std::string directory = JobLayout(job.directory).logs();
  SINTER_ASSIGN(const std::vector<std::string> names, log_files(files, directory));
  JsonWriter json;
  json.begin_object().member("job", job.line.run).member("dropped", details.dropped_logs).key("logs").begin_array();
  std::uint64_t place = 0, next = 0;
  for (const std::string& name : names) {
    const std::string attempt = attempt_of(name, details.numbers.stages);
    if (attempt.empty()) continue;
    const std::uint64_t at = place++;
    if (at < from) continue;
    if (at - from == limit) {
      next = at;
      break;
    }
    const Result<FileInfo> info = files.info(directory + "/" + name);
    json.begin_object().member("attempt", attempt).member("bytes", info.ok() ? info->size_bytes : 0).end_object();
  }
  end_page(json, next);
  return json.text();
}

Result<std::optional<std::string>> log_page(FileSystem& files, const JobFacts& job, const StatusPath& path) {
  SINTER_TRY(path.allow({"from", "limit"}));
  SINTER_ASSIGN(const std::uint64_t from, path.number("from", 0));
  SINTER_ASSIGN(const std::uint64_t limit, path.limit());
  SINTER_ASSIGN(const KeptJob details, details_of(files, job));
  const std::string directory = JobLayout(job.directory).logs();
  SINTER_ASSIGN(const std::vector<std::string> names, log_files(files, directory));
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const std::string& name) { return attempt_of(name, details.numbers.stages) == path.steps[4]; });
  if (found == names.end()) return std::optional<std::string>();
  SINTER_ASSIGN(const std::unique_ptr<ReadableFile> log, files.open(directory + "/" + *found));
  JsonWriter json;
  json.begin_object().member("job", job.line.run).member("attempt", path.steps[4]).key("lines").begin_array();
  LogLines lines(*log);
  std::uint64_t place = 0, next = 0;
  std::string line;
  for (;; ++place) {
    SINTER_ASSIGN(const bool more, lines.next(line));
    if (!more) break;
    if (place < from) continue;
    if (place - from == limit || json.text().size() + line.size() > kMaxStatusBodyBytes) {
      next = place;
      break;
    }
    json.value(line);  // a node wrote it: it need not be JSON
  }
  end_page(json, next);
  return std::optional<std::string>(json.text());
}

}  // namespace sinter::cluster

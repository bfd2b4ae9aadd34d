// Status pages: the cluster, its nodes, its jobs. Pages of one job are in job_pages.cpp.
#include "framework/cluster/status_pages.hpp"

#include <algorithm>
#include <iterator>

#include "framework/cluster/job_pages.hpp"
#include "framework/cluster/status_path.hpp"
#include "framework/io/json_writer.hpp"

namespace sinter::cluster {
namespace {

Result<std::string> cluster_page(const StatusSource& source, const StatusPath& path) {
  SINTER_TRY(path.allow({}));
  const ClusterFacts facts = source.cluster();
  const NodeSums sums = sum_nodes(source);
  const std::vector<RunLine> jobs = source.jobs();
  JsonWriter json;
  json.begin_object().member("version", facts.version).member("protocol", std::uint64_t{kClusterProtocolVersion});
  json.member("started_at", facts.started_at).member("up_ms", facts.up_ms);
  json.member("nodes", sums.nodes).member("slots", sums.slots).member("busy", sums.busy);
  json.key("jobs").begin_object();
  for (const RunState state : kRunStates) json.member(to_string(state), count_jobs(jobs, state));
  json.end_object();
  json.key("tracker").begin_object().member("resident_bytes", facts.resident_bytes).member("queued", facts.queued_posts).end_object();
  return json.end_object().text();
}

Result<std::string> nodes_page(const StatusSource& source, const StatusPath& path) {
  SINTER_TRY(path.allow({"from", "limit"}));
  SINTER_ASSIGN(const std::uint64_t from, path.number("from", 0));
  SINTER_ASSIGN(const std::uint64_t limit, path.limit());
  JsonWriter json;
  json.begin_object().key("nodes").begin_array();
  std::uint64_t shown = 0, next = 0;
  for (const NodeLine& node : source.nodes()) {
    if (node.node < from) continue;
    if (shown++ == limit) {
      next = node.node;
      break;
    }
    json.begin_object().member("node", node.node).member("name", node.name).member("host", node.host);
    json.member("slots", std::uint64_t{node.slots}).member("busy", std::uint64_t{node.busy}).member("memory_bytes", node.memory_bytes);
    json.member("leaving", node.leaving).member("native_code", node.native_code);
    json.end_object();
  }
  end_page(json, next);
  return json.text();
}

Result<std::string> jobs_page(const StatusSource& source, const StatusPath& path) {
  SINTER_TRY(path.allow({"from", "limit", "state"}));
  SINTER_ASSIGN(const std::uint64_t from, path.number("from", ~std::uint64_t{0}));
  SINTER_ASSIGN(const std::uint64_t limit, path.limit());
  const auto wanted = path.query.find("state");
  if (wanted != path.query.end() && std::none_of(std::begin(kRunStates), std::end(kRunStates),
                                                 [&](RunState state) { return to_string(state) == wanted->second; }))
    return user_error("there is no state '" + wanted->second + "' of jobs");
  JsonWriter json;
  json.begin_object().key("jobs").begin_array();
  std::uint64_t shown = 0, next = 0;
  for (const RunLine& job : source.jobs()) {
    if (job.run > from || (wanted != path.query.end() && to_string(job.state) != wanted->second)) continue;
    if (shown++ == limit) {
      next = job.run;
      break;
    }
    json.begin_object();
    write_members(json, job);
    json.end_object();
  }
  end_page(json, next);
  return json.text();
}

constexpr const char* kJson = "application/json";

HttpAnswer error_answer(unsigned status, const std::string& text) {
  JsonWriter json;
  json.begin_object().member("error", text).end_object();
  return {status, kJson, json.text() + "\n"};
}

HttpAnswer answer_of(const Result<std::string>& page) {
  if (page.ok()) return {200, kJson, *page + "\n"};
  return error_answer(page.error().fault() == Fault::User ? 400 : 500, page.error().to_string());
}

HttpAnswer answer_job(const StatusSource& source, const StatusPath& path) {
  const Result<std::uint64_t> run = parse_status_number(path.steps[2]);
  const std::optional<JobFacts> job = run.ok() ? source.job(*run) : std::nullopt;
  if (!job) return error_answer(404, "there is no job " + path.steps[2]);
  const std::string what = path.steps.size() > 3 ? path.steps[3] : "";
  if (path.steps.size() > (what == "logs" ? 5u : 4u)) return error_answer(404, "a job has no such page");
  if (what == "tasks" && job->view == nullptr) return error_answer(410, "the job has ended: what became of its tasks is in its history");
  if (what.empty()) return answer_of(job_page(source.files(), *job, path));
  if (what == "tasks") return answer_of(tasks_page(*job, path));
  if (what == "counters") return answer_of(counters_page(source.files(), *job, path));
  if (what == "history") return answer_of(history_page(source.files(), *job, path));
  if (what != "logs") return error_answer(404, "a job has the pages tasks, counters, history and logs");
  if (path.steps.size() == 4) return answer_of(logs_page(source.files(), *job, path));
  Result<std::optional<std::string>> log = log_page(source.files(), *job, path);
  if (!log.ok()) return answer_of(log.error());
  if (!*log)
    return error_answer(404, "there is no log of " + path.steps[4] + ": it has written none, still runs, or its log is kept no more");
  return answer_of(std::move(**log));
}

}  // namespace

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::Running: return "running";
    case RunState::Done: return "done";
    case RunState::Failed: return "failed";
    case RunState::Cancelled: return "cancelled";
    case RunState::Waiting: return "waiting";
  }
  return "";
}

NodeSums sum_nodes(const StatusSource& source) {
  NodeSums sums;
  for (const NodeLine& node : source.nodes()) {
    ++sums.nodes;
    sums.slots += node.slots;
    sums.busy += node.busy;
  }
  return sums;
}

std::uint64_t count_jobs(const std::vector<RunLine>& jobs, RunState state) {
  return static_cast<std::uint64_t>(std::count_if(jobs.begin(), jobs.end(), [&](const RunLine& job) { return job.state == state; }));
}

HttpAnswer answer_status(const StatusSource& source, const std::string& text) {
  const Result<StatusPath> path = parse_status_path(text);
  if (!path.ok()) return error_answer(400, path.error().to_string());
  const std::vector<std::string>& steps = path->steps;
  if (steps == std::vector<std::string>{"metrics"}) return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_page(source)};
  if (steps.size() >= 2 && steps[0] == "v1") {
    if (steps[1] == "jobs" && steps.size() > 2) return answer_job(source, *path);
    if (steps.size() == 2 && steps[1] == "cluster") return answer_of(cluster_page(source, *path));
    if (steps.size() == 2 && steps[1] == "nodes") return answer_of(nodes_page(source, *path));
    if (steps.size() == 2 && steps[1] == "jobs") return answer_of(jobs_page(source, *path));
  }
  return error_answer(404, "there are /v1/cluster, /v1/nodes, /v1/jobs, /v1/jobs/NUMBER and /metrics");
}

}  // namespace sinter::cluster

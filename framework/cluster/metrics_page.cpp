// The page of metrics, in Prometheus' text format 0.0.4. See status_pages.hpp.
#include <algorithm>

#include "framework/cluster/status_pages.hpp"

namespace sinter::cluster {
namespace {

class Page {
 public:
  void begin(const std::string& name, const char* type, const char* help) {
    name_ = "sinter_" + name;
    text_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
  }
  void value(std::uint64_t number, const std::string& label = "", std::string_view of = "") {
    text_ += name_;
    if (!label.empty()) text_ += "{" + label + "=\"" + std::string(of) + "\"}";
    text_ += " " + std::to_string(number) + "\n";
  }
  void single(const std::string& name, const char* type, const char* help, std::uint64_t number) {
    begin(name, type, help);
    value(number);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

struct TaskSums {
  std::uint64_t waiting = 0, running = 0, committed = 0, workers_starting = 0;
};

/// Over the jobs that run.
TaskSums sum_tasks(const StatusSource& source) {
  TaskSums sums;
  for (const RunLine& line : source.jobs()) {
    if (line.state == RunState::Done || line.state == RunState::Failed || line.state == RunState::Cancelled) continue;
    const std::optional<JobFacts> job = source.job(line.run);
    if (!job || job->view == nullptr) continue;
    const JobNumbers numbers = job->view->numbers();
    sums.workers_starting += numbers.workers_starting;
    for (const StageFacts& stage : numbers.stages) {
      sums.committed += stage.committed;
      sums.running += stage.running;
      sums.waiting += stage.tasks - std::min(stage.tasks, stage.committed + stage.running);
    }
  }
  return sums;
}

void add_cluster(Page& page, const StatusSource& source) {
  const ClusterFacts facts = source.cluster();
  const NodeSums sums = sum_nodes(source);
  page.begin("build_info", "gauge", "Its version is a label.");
  page.value(1, "version", facts.version);
  page.single("up_seconds", "gauge", "Since the tracker began.", static_cast<std::uint64_t>(facts.up_ms / 1000));
  page.single("tracker_resident_bytes", "gauge", "Memory of the tracker's process.", facts.resident_bytes);
  page.single("tracker_queued", "gauge", "What threads of jobs have handed to the tracker's thread and it has not done.",
              facts.queued_posts);
  page.single("nodes", "gauge", "Nodes that are there.", sums.nodes);
  page.single("slots", "gauge", "Slots of all nodes.", sums.slots);
  page.single("slots_busy", "gauge", "Slots that have a worker.", sums.busy);
}

}  // namespace

std::string metrics_page(const StatusSource& source) {
  Page page;
  add_cluster(page, source);
  const std::vector<RunLine> jobs = source.jobs();
  page.begin("jobs", "gauge", "Jobs that the tracker lists, by state.");
  for (const RunState state : kRunStates) page.value(count_jobs(jobs, state), "state", to_string(state));
  const TaskSums tasks = sum_tasks(source);
  page.begin("tasks", "gauge", "Tasks of running jobs whose stages have begun, by state.");
  page.value(tasks.waiting, "state", "waiting");
  page.value(tasks.running, "state", "running");
  page.value(tasks.committed, "state", "committed");
  page.single("workers_starting", "gauge", "Workers that jobs have asked for and that are not ready: they wait for slots, or start.",
              tasks.workers_starting);
  const ClusterTotals& totals = source.totals();
  page.single("attempts_started_total", "counter", "Attempts that began.", totals.attempts_started);
  page.single("attempts_committed_total", "counter", "Attempts that committed.", totals.attempts_committed);
  page.single("attempts_failed_total", "counter", "Attempts that failed, by a fault of the task's.", totals.attempts_failed);
  page.single("attempts_lost_total", "counter", "Attempts that ended otherwise: with a node, by a person, in vain.", totals.attempts_lost);
  page.single("results_lost_total", "counter", "Committed results that were lost and made again.", totals.results_lost);
  page.single("workers_lost_total", "counter", "Workers that ended unasked.", totals.workers_lost);
  page.single("shuffle_bytes_total", "counter", "Bytes of runs that later stages read.", totals.shuffle_bytes);
  return page.take();
}

}  // namespace sinter::cluster

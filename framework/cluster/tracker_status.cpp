// TrackerShell: what people see of it and its jobs, over HTTP and its socket, and the end of attempts that they ask for.
#include <unistd.h>

#include <fstream>

#include "framework/cluster/kept_job.hpp"
#include "framework/cluster/status_messages.hpp"
#include "framework/cluster/status_pages.hpp"
#include "framework/cluster/tracker_shell.hpp"

namespace sinter::cluster {
namespace {

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

}  // namespace

class TrackerShell::Board final : public StatusSource {
 public:
  explicit Board(TrackerShell& shell) : shell_(shell) {}

  ClusterFacts cluster() const override {
    ClusterFacts facts;
    facts.version = shell_.options_.version;
    facts.started_at = format_timestamp({shell_.started_at_.micros / 1'000'000 * 1'000'000});
    facts.up_ms = shell_.options_.clock.now_ms() - shell_.started_ms_;
    facts.resident_bytes = resident_bytes();
    const std::lock_guard lock(shell_.mutex_);
    facts.queued_posts = shell_.posts_.size();
    return facts;
  }
  std::vector<NodeLine> nodes() const override { return shell_.nodes_.lines(); }
  std::vector<RunLine> jobs() const override { return shell_.list().runs; }
  std::optional<JobFacts> job(RunId run) const override {
    const auto found = shell_.jobs_.find(run);
    if (found == shell_.jobs_.end()) return std::nullopt;
    const Job& job = found->second;
    JobFacts facts{shell_.line_of(run, job), job.progress, {}, job.view, shell_.store_.directory_of(run)};
    if (job.ended && job.ended->report) {
      facts.report = job.ended->report;
      facts.progress.phase = JobPhase::Done;
      facts.progress.input_bytes = facts.report->input_bytes;
      facts.progress.workers = facts.report->workers;
      facts.progress.stages = facts.report->stages;
      facts.progress.stage = facts.report->stages.empty() ? 0 : facts.report->stages.size() - 1;
      facts.progress.rounds = facts.report->rounds;
    }
    return facts;
  }
  const ClusterTotals& totals() const override { return shell_.totals_; }
  FileSystem& files() const override { return shell_.options_.files; }

 private:
  TrackerShell& shell_;
};

Status TrackerShell::open_http() {
  if (options_.http_listen.empty()) return {};
  const auto handler = [this](const std::string& target, HttpServer::Reply reply) {
    post([this, target, reply = std::move(reply)] { reply(answer_status(Board(*this), target)); });
  };
  SINTER_ASSIGN(http_, HttpServer::start({options_.http_listen, options_.log}, handler));
  if (options_.on_http_listening) options_.on_http_listening(http_->address());
  return {};
}

Status TrackerShell::answer(net::PeerId peer, const net::Message& message) {
  SINTER_ASSIGN(const Ask ask, unpack<Ask>(message));
  HttpAnswer page = answer_status(Board(*this), ask.path);
  send(peer, pack(Answer{ask.number, page.status, std::move(page.content_type), std::move(page.body)}));
  return {};
}

/// The workers end as if their node had been lost: no fault of the task's, see KillWorker.
Status TrackerShell::kill_task(net::PeerId peer, const net::Message& message) {
  SINTER_ASSIGN(const KillTask kill, unpack<KillTask>(message));
  const auto found = jobs_.find(kill.run);
  if (found == jobs_.end()) return user_error("there is no job " + std::to_string(kill.run));
  if (found->second.view == nullptr) return user_error("job " + std::to_string(kill.run) + " has ended");
  JobView& view = *found->second.view;
  const std::optional<TaskId> task = view.find_task(kill.task);
  if (!task) return user_error("job " + std::to_string(kill.run) + " has no task '" + kill.task + "' (yet)");
  TaskKilled killed;
  for (const auto& [attempt, worker] : view.running_of(*task)) {
    const NodeEntry* const node = nodes_.node_of({kill.run, worker});
    if (node == nullptr) continue;
    send(node->peer, pack(KillWorker{kill.run, worker, attempt}));
    ++killed.attempts;
  }
  if (killed.attempts == 0) return user_error("no attempt of " + kill.task + " runs now");
  view.task_killed(*task);
  send(peer, pack(killed));
  return {};
}

std::shared_ptr<JobView> TrackerShell::make_view(RunId run, bool resumes) {
  return std::make_shared<JobView>(JobView::Surroundings{options_.files, options_.clock, options_.wall_clock, node_names_, totals_},
                                   store_.directory_of(run), resumes);
}

/// The job's thread has ended. What is kept of it is written before its end is.
void TrackerShell::keep_view(RunId run, Job& job) {
  job.view->ended(to_string(job.line.state), job.line.error);
  const auto report = [&](const Status& status, const char* what) {
    if (!status.ok()) options_.log.warning(what, {{"job", run}, {"reason", status.error().to_string()}});
  };
  report(job.view->take_history_failure(), "the history of a job is not complete");
  KeptJob kept{job.view->submitted_at(), job.view->now_text(), job.view->numbers(), 0};
  report(keep_job(options_.files, store_.directory_of(run), std::move(kept)), "the numbers of a job cannot be kept");
  job.view.reset();
}

}  // namespace sinter::cluster

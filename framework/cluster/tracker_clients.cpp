// TrackerShell: its clients and their jobs, from submission to the last word.
#include <algorithm>
#include <future>

#include "framework/cluster/tracker_shell.hpp"

namespace sinter::cluster {

cluster_event::JobAdded job_added(RunId run, const Submit& submitted) {
  cluster_event::JobAdded added{static_cast<JobId>(run), submitted.priority};
  added.native_code = submitted.planned.has_value();
  return added;
}

void TrackerShell::lose(net::PeerId peer, const std::string& reason) {
  desk_->peer_lost(peer);
  if (const NodeEntry* found = nodes_.find_peer(peer)) return lose_node(found->node, reason);
  for (auto& [id, job] : jobs_) {
    if (job.watcher != peer) continue;
    job.watcher.reset();
    // It may have been stopped or cut off, or we were.
    job.watched_until_ms = options_.clock.now_ms() + kReturnMs;
  }
}

void TrackerShell::cancel_unwatched() {
  const SteadyMs now = options_.clock.now_ms();
  for (auto& [id, job] : jobs_)
    if (job.run && job.needs_watcher && !job.watcher && now >= job.watched_until_ms) job.run->cancel();
}

/// Of a peer that is no node (yet).
Status TrackerShell::hear(net::PeerId peer, const net::Message& message) {
  switch (static_cast<Kind>(message.kind)) {
    case Kind::NodeHello: {
      SINTER_ASSIGN(NodeHello hello, unpack<NodeHello>(message));
      return take_node(peer, std::move(hello));
    }
    // Said before the node knew that we are another life of its tracker: what matters of it is said again.
    case Kind::WorkerIsUp:
    case Kind::FromWorker:
    case Kind::WorkerIsGone:
    case Kind::NodeDrains: return {};
    case Kind::Submit: {
      SINTER_ASSIGN(Submit submitted, unpack<Submit>(message));
      return submit(peer, std::move(submitted));
    }
    case Kind::WatchRun: {
      SINTER_ASSIGN(const WatchRun wanted, unpack<WatchRun>(message));
      return watch(peer, wanted.run);
    }
    case Kind::CancelRun: {
      SINTER_ASSIGN(const CancelRun cancel, unpack<CancelRun>(message));
      return cancel_run(peer, cancel.run);
    }
    case Kind::DrainNode: {
      SINTER_ASSIGN(const DrainNode drain, unpack<DrainNode>(message));
      return drain_node(peer, drain.node);
    }
    case Kind::CreateToken:
    case Kind::ListAccess:
    case Kind::RevokeAccess: return administer(peer, message);
    case Kind::Ask: return answer(peer, message);
    case Kind::KillTask: return kill_task(peer, message);
    default: return hear_files(peer, message);
  }
}

Status TrackerShell::submit(net::PeerId peer, Submit submitted) {
  submitted.submitter = net::public_key_text(keys_.at(peer));
  if (const auto known = submissions_.find({submitted.submitter, submitted.submission}); known != submissions_.end()) {
    // It did not hear our answer, or that of a life before.
    send(peer, pack(Submitted{known->second}));
    return submitted.watch ? watch(peer, known->second) : Status();
  }
  const RunId run = next_run_;
  if (submitted.planned) {
    SINTER_TRY(check_code(peer, *submitted.planned));
    SINTER_TRY(desk_->hold(run, submitted.planned->code.files));
  }
  Status added = submitted.ships ? desk_->hold(run, submitted.shipped) : Status();
  if (added.ok()) added = add(run, submitted);
  if (added.ok()) {
    ++next_run_;
    std::promise<Status> stored;
    // It is planned while the disk writes down that it was submitted.
    begin(run, submitted, false, stored.get_future().share());
    added = store_.add(run, submitted);
    stored.set_value(added);
    if (!added.ok()) drop(run);
  }
  if (!added.ok()) {
    desk_->release(run);
    return added;
  }
  send(peer, pack(Submitted{run}));
  if (submitted.watch) jobs_[run].watcher = peer;
  return {};
}

/// Whether this client may bring native code, and somebody is there that would run it.
Status TrackerShell::check_code(net::PeerId peer, const PlannedJob& planned) const {
  const std::optional<Grant> grant = options_.gatekeeper.grant_of(keys_.at(peer), options_.wall_clock());
  if (!grant || !grant->native_code)
    return user_error("the job brings native code, and this key may not: it has the role 'submit', not 'submit+native'")
        .with_hint("Ask who runs the tracker for a token: sinter token create --role submit+native");
  if (planned.sinter_version != options_.version)
    return user_error("the job's code is built with sinter " + planned.sinter_version + ", and this tracker is sinter " + options_.version)
        .with_hint("Build it with the version of the cluster");
  if (nodes_.slots() == 0 || nodes_.any_native_code()) return {};
  return user_error("the job brings native code, and none of the nodes that are there was started with --allow-native")
      .with_hint("`sinter node TRACKER --allow-native` is for hosts whose users trust those who may submit such jobs");
}

/// The job is known to the cluster; nothing of it runs.
Status TrackerShell::add(RunId run, const Submit& submitted) {
  jobs_[run].line.run = run;
  decide(job_added(run, submitted));
  if (!refusal_) return {};
  decide(cluster_event::JobRemoved{static_cast<JobId>(run)});
  jobs_.erase(run);
  return *std::exchange(refusal_, std::nullopt);
}

/// Whose the job is, and by what it is found when it is submitted again.
void TrackerShell::know(RunId run, std::string submitter, std::uint64_t submission) {
  Job& job = jobs_[run];
  job.submitter = std::move(submitter);
  job.submission = submission;
  if (submission != 0) submissions_[{job.submitter, submission}] = run;
}

void TrackerShell::forget(RunId run) {
  const auto found = jobs_.find(run);
  submissions_.erase({found->second.submitter, found->second.submission});
  jobs_.erase(found);
}

/// Nobody was told of it, and its thread waits to hear that nobody will be.
void TrackerShell::drop(RunId run) {
  jobs_.at(run).run.reset();
  jobs_.at(run).view.reset();
  decide(cluster_event::JobRemoved{static_cast<JobId>(run)});
  forget(run);
  if (const Status removed = options_.files.remove_all(store_.directory_of(run)); !removed.ok())
    options_.log.error("what is left of a job that was refused cannot be removed", {{"job", run}, {"reason", removed.error().to_string()}});
}

void TrackerShell::begin(RunId run, Submit submitted, bool resumes, std::shared_future<Status> stored) {
  Job& job = jobs_[run];
  job.began_ms = options_.clock.now_ms();
  job.line.run = run;
  job.line.priority = submitted.priority;
  job.needs_watcher = submitted.watch;
  job.watched_until_ms = options_.clock.now_ms() + kReturnMs;
  job.returning = resumes;
  know(run, submitted.submitter, submitted.submission);
  if (submitted.ships) {
    job.shipped = std::make_shared<const std::vector<ShippedFile>>(std::move(submitted.shipped));
    // For a job that goes on; one that begins has them already.
    if (const Status held = desk_->hold(run, *job.shipped); !held.ok())
      options_.log.error("files of a job are gone", {{"job", run}, {"reason", held.error().to_string()}});
  }
  if (submitted.planned) {
    job.code = std::make_shared<const JobCode>(submitted.planned->code);
    if (const Status held = desk_->hold(run, job.code->files); !held.ok())
      options_.log.error("code of a job is gone", {{"job", run}, {"reason", held.error().to_string()}});
  }
  job.view = make_view(run, resumes);
  const auto on_progress = [this, run](const std::string& name, const JobProgress& progress) {
    post([this, run, name, progress] { tell_progress(run, name, progress); });
  };
  const auto on_end = [this, run](Result<JobReport> report) {
    post([this, run, report = std::make_shared<Result<JobReport>>(std::move(report))] { end(run, *report); });
  };
  job.run = std::make_unique<ClusterRun>(
      ClusterRun::Request{run, {std::move(submitted.payload_kind), std::move(submitted.payload)}, std::move(submitted.working_directory),
                          submitted.overwrite, std::max(1u, nodes_.slots()), submitted.speculation, store_.directory_of(run), job.shipped,
                          options_.data_directory + "/files", store_.outputs_of(run), std::move(submitted.planned), std::move(stored)},
      ClusterRun::Surroundings{*this, options_.factory, options_.files, options_.clock, options_.log, options_.host, job.view, on_progress,
                               on_end});
}

/// One that has ended is told of at once.
Status TrackerShell::watch(net::PeerId peer, RunId run) {
  const auto found = jobs_.find(run);
  if (found == jobs_.end()) return user_error("there is no job " + std::to_string(run));
  Job& job = found->second;
  if (job.run) job.watcher = peer;
  else if (job.ended) send(peer, pack(*job.ended));
  return {};
}

Status TrackerShell::cancel_run(net::PeerId peer, RunId run) {
  const auto found = jobs_.find(run);
  if (found == jobs_.end()) return user_error("there is no job " + std::to_string(run));
  if (found->second.run) found->second.run->cancel();
  send(peer, pack(RunList{{line_of(run, found->second)}}));
  return {};
}

RunLine TrackerShell::line_of(RunId run, const Job& job) const {
  RunLine line = job.line;
  if (line.state != RunState::Running) return line;
  line.elapsed_ms = options_.clock.now_ms() - job.began_ms;
  line.workers = nodes_.workers_of(run);
  line.error = wait_reason(run, job);
  if (!line.error.empty()) line.state = RunState::Waiting;
  return line;
}

RunList TrackerShell::list() const {
  RunList list;
  for (auto job = jobs_.rbegin(); job != jobs_.rend() && list.runs.size() < kMaxListedRuns; ++job)
    list.runs.push_back(line_of(job->first, job->second));
  return list;
}

void TrackerShell::tell_progress(RunId run, const std::string& name, const JobProgress& progress) {
  if (!jobs_.contains(run)) return;  // it could not be stored
  Job& job = jobs_.at(run);
  job.line.name = name;
  job.progress = progress;
  if (progress.stage < progress.stages.size()) {
    const StageProgress& stage = progress.stages[progress.stage];
    job.line.stage = stage.name;
    job.line.tasks_done = stage.tasks_done;
    job.line.tasks_total = stage.tasks_total;
  }
  if (job.watcher) send(*job.watcher, pack(RunProgress{run, progress}));
}

void TrackerShell::end(RunId run, Result<JobReport>& report) {
  if (!jobs_.contains(run)) return;  // it could not be stored
  Job& job = jobs_.at(run);
  job.run.reset();
  if (pausing_) return;
  nodes_.release_all(run);
  decide(cluster_event::JobRemoved{static_cast<JobId>(run)});
  for (const NodeId id : job.on_nodes)
    if (const NodeEntry* node = nodes_.find(id)) send(node->peer, pack(CloseRun{run}));
  job.on_nodes.clear();
  job.open.reset();
  job.line.elapsed_ms = options_.clock.now_ms() - job.began_ms;
  job.line.state = report.ok() ? RunState::Done : was_cancelled(report.error()) ? RunState::Cancelled : RunState::Failed;
  if (!report.ok()) job.line.error = report.error().message();
  job.ended = RunEnded{run, {}, {}};
  if (report.ok()) job.ended->report = std::move(report).value();
  else job.ended->error = WireError::of(report.error());
  if (job.shipped || job.code) desk_->release(run);
  keep_view(run, job);
  // Before it is told: a client may only hear what another life of ours will say as well.
  const Status stored = store_.end({job.line, *job.ended, job.submitter, job.submission});
  const bool leaves_outputs = job.shipped && report.ok();
  if (leaves_outputs) keep_outputs(job, run);
  if (job.watcher) send(*job.watcher, pack(*job.ended));
  if (const Status kept = stored.ok() ? store_.clean(run, leaves_outputs) : stored; !kept.ok())
    options_.log.error("the end of a job cannot be written down", {{"job", run}, {"reason", kept.error().to_string()}});
  if (const auto old = jobs_.find(run - std::min<RunId>(run, kMaxListedRuns)); old != jobs_.end() && !old->second.run)
    forget(old->first);
}

}  // namespace sinter::cluster

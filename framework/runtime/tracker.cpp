// Tracker: the loop, what comes in, and how it ends. What goes out is in tracker_commands.cpp, stages are in
// tracker_stages.cpp.
#include "framework/runtime/tracker.hpp"

#include <algorithm>

#include "framework/api/readable_key.hpp"
#include "framework/runtime/job_observer.hpp"

namespace sinter {
namespace {

/// How long a cancel request may go unseen.
constexpr std::int64_t kCancelLookMs = 50;

}  // namespace

Tracker::Tracker(const Plan& plan, const JobDefinition& job, const JobLayout& layout, const RunOptions& options,
                 std::function<void(TaskId)> on_part, std::function<void(TaskId, std::uint32_t)> on_cut)
    : plan_(plan), job_(job), layout_(layout), options_(options), on_part_(std::move(on_part)), on_cut_(std::move(on_cut)),
      scheduler_(scheduler_options()) {
  for (std::string& name : stage_lines(job)) lines_.emplace_back().name = std::move(name);
  if (job.rounds) summary_ = job.rounds->first_summary;
}

SchedulerOptions Tracker::scheduler_options() const {
  SchedulerOptions made;
  made.workers = plan_.workers;
  made.max_attempts = plan_.max_attempts;
  made.quarantine = plan_.quarantine;
  made.task_timeout_ms = plan_.task_timeout_ms;
  made.heartbeat_timeout_ms = options_.heartbeat_timeout_ms;
  made.timeouts = !plan_.in_process;
  made.journal = !options_.job_directory.empty();
  made.speculation = options_.speculation;
  made.cut_ranges = options_.cut_ranges && !plan_.in_process;
  return made;
}

Status Tracker::open() {
  const PoolFactory make = options_.make_pool ? options_.make_pool : plan_.in_process ? make_thread_pool : make_process_pool;
  SINTER_ASSIGN(pool_, make(layout_, options_));
  return {};
}

Result<TrackerResult> Tracker::run() {
  SINTER_TRY(open());
  Status looped = restore();
  // Nobody is started before the pool says how many there may be, and before it is known who is there from a life before.
  if (looped.ok() && pool_->allots_workers()) take(event::WorkersAllowed{0});
  if (looped.ok()) looped = loop();
  if (!looped.ok()) failure_ = std::move(looped).error();
  report_progress(true);
  if (paused_) return environment_error("the job is paused", false);
  pool_->stop(failure_.has_value());
  if (failure_) return *failure_;
  TrackerResult result;
  result.counters = scheduler_.counters();
  result.stages = std::move(stages_);
  result.stopped = stopped_;
  if (!ranges_.empty()) result.ranges = *ranges_.back();
  result.progress = std::move(lines_);
  result.rounds = result.stages.back().round;
  if (result.rounds > 0) result.summary = std::move(summary_);
  result.shuffle_bytes = shuffle_bytes_;
  result.failed_attempts = scheduler_.failed_attempts();
  result.lost_workers = scheduler_.lost_workers();
  result.quarantined_records = scheduler_.quarantined_records();
  result.peak_worker_memory_bytes = peak_worker_memory_bytes_;
  return result;
}

Status Tracker::loop() {
  feed(event::Tick{});
  if (scheduler_.ended()) SINTER_TRY(pool_->receive(0));  // of a job without tasks, too, a pool may say that it is none
  while (!scheduler_.ended()) {
    // Timers last: see Scheduler::on(Tick).
    SINTER_TRY(drain_events());
    carry_out();
    if (options_.pause != nullptr && options_.pause->load()) {
      paused_ = true;
      return {};
    }
    if (options_.cancel != nullptr && options_.cancel->load() && !cancelled_) {
      cancelled_ = true;
      feed(event::Cancel{});
    }
    feed(event::Tick{});
    report_progress(false);
    if (scheduler_.ended()) break;
    SINTER_ASSIGN(const std::optional<PoolEvent> event, pool_->receive(wait_ms()));
    if (event) std::visit([this](const auto& one) { handle(one); }, *event);
  }
  carry_out();
  return {};
}

std::int64_t Tracker::wait_ms() const {
  const SteadyMs now = options_.clock.now_ms();
  std::int64_t wait = options_.cancel != nullptr ? kCancelLookMs : 1'000;
  if (const auto deadline = scheduler_.next_deadline()) wait = std::min<std::int64_t>(wait, *deadline - now);
  if (options_.on_progress) wait = std::min<std::int64_t>(wait, next_report_ms_ - now);
  return std::max<std::int64_t>(wait, 1);
}

Status Tracker::drain_events() {
  while (!scheduler_.ended()) {
    SINTER_ASSIGN(const std::optional<PoolEvent> event, pool_->receive(0));
    if (!event) return {};
    std::visit([this](const auto& one) { handle(one); }, *event);
  }
  return {};
}

/// Of what the attempt reads, as far as it is known before.
double Tracker::fraction_done(const Beat& beat) const {
  if (!beat.attempt || beat.attempt->task.stage >= stages_.size()) return -1;
  const Stage& stage = stages_[beat.attempt->task.stage];
  if (stage.work != StageWork::Map) {
    const KeyRange* range = range_of(beat.attempt->task);
    return marks_ && range != nullptr && marks_->input_stage() == stage.input_stage ? marks_->done(*range, beat.group) : -1;
  }
  const std::uint32_t task = beat.attempt->task.ordinal;
  if (task >= plan_.splits.size() || plan_.splits[task].size_bytes == 0) return -1;
  return static_cast<double>(beat.progress.bytes) / static_cast<double>(plan_.splits[task].size_bytes);
}

void Tracker::handle(const WorkerUp& up) { take(event::WorkerReady{up.worker, up.host}); }

void Tracker::handle(const WorkerSaid& said) {
  const WorkerId worker = said.worker;
  const net::Message& message = said.message;
  const auto kind = static_cast<MessageKind>(message.kind);
  // Who speaks so is of no use, but others are.
  const auto refuse = [&](const Error& error) {
    options_.log.error("a worker's message was refused", {{"worker", worker}, {"reason", error.to_string()}});
    pool_->kill(worker);
    take(event::WorkerLost{worker, Loss::Crash, "said what cannot be understood: " + error.message(), {}, {}, {}});
  };
  if (kind == MessageKind::Beat) {
    const auto beat = from_message<Beat>(message);
    if (!beat.ok()) return refuse(beat.error());
    peak_worker_memory_bytes_ = std::max(peak_worker_memory_bytes_, beat->peak_memory_bytes);
    if (beat->attempt && scheduler_.running_on(worker) == beat->attempt) {
      note_progress(*beat->attempt, beat->progress);
      hear_of_range(worker, *beat);
    }
    take(event::Heartbeat{worker, beat->attempt, beat->steps, fraction_done(*beat)});
  } else if (kind == MessageKind::AttemptDone) {
    auto done = from_message<AttemptDone>(message);
    if (!done.ok()) return refuse(done.error());
    peak_worker_memory_bytes_ = std::max(peak_worker_memory_bytes_, done->peak_memory_bytes);
    if (scheduler_.running_on(worker) == done->attempt) {
      note_progress(done->attempt, done->progress);
      hear_of_end(worker, done->attempt, done->end);
      if (const KeyRange* range = range_of(done->attempt.task); range != nullptr && range->end != done->end) {
        // A cut that came too late, beside another attempt: the next one does the whole task.
        const Error other = environment_error("the attempt did another part of its range than its task has");
        return take(event::AttemptFailed{worker, done->attempt, other, false, {}, {}, true});
      }
    }
    // A result that is made again has to be the same.
    const auto sum = std::find_if(done->checksums.begin(), done->checksums.end(), [&](const FileChecksum& one) {
      return layout_.attempt(done->attempt) + "/" + one.name == layout_.attempt_result(done->attempt);
    });
    if (journal_ && scheduler_.running_on(worker) == done->attempt)
      if (std::vector<FileChecksum> kept = kept_of(*done); !kept.empty()) to_keep_[done->attempt] = std::move(kept);
    take(event::AttemptDone{worker, done->attempt, std::move(done->counters),
                            sum == done->checksums.end() ? std::nullopt : std::optional(sum->checksum)});
  } else if (kind == MessageKind::AttemptFailed) {
    auto failed = from_message<AttemptFailed>(message);
    if (!failed.ok()) return refuse(failed.error());
    take(event::AttemptFailed{worker, failed->attempt, failed->error.error(), failed->threw, failed->record,
                              std::move(failed->lost_inputs)});
  } else {
    refuse(internal_error("a worker sent a message of kind " + std::to_string(message.kind)));
  }
}

void Tracker::handle(const WorkerEnded& ended) {
  groups_.erase(ended.worker);
  take(event::WorkerLost{ended.worker, ended.loss, ended.how, ended.position.record, place_of(ended.position), ended.output_tail});
}

void Tracker::handle(const ResultsGone& gone) { take(event::ResultsLost{gone.attempts}); }

void Tracker::handle(const WorkersMayBe& allowed) { take(event::WorkersAllowed{allowed.count}); }

void Tracker::handle(const WorkerReturned& returned) {
  take(event::WorkerAdopted{returned.worker, returned.host, returned.attempt});
}

/// Of a grant that was taken back meanwhile nobody wants to hear.
void Tracker::handle(const Kept& kept) {
  if (scheduler_.holds_grant(kept.attempt)) end_commit(kept.attempt, kept.status);
}

void Tracker::handle(const HostDrains& drains) { take(event::HostDraining{drains.host, drains.drains}); }

std::string Tracker::place_of(const ReadPosition& position) const {
  if (position.group) return "group " + readable_key(*position.group) + (job_.reduce_remark.empty() ? "" : ", " + job_.reduce_remark);
  if (!position.record || position.record->file >= plan_.files.size()) return "";
  const std::string line = position.record->line == 0 ? "" : ":" + std::to_string(position.record->line);
  return plan_.files[position.record->file].path + line + " (byte " + std::to_string(position.record->offset_bytes) + ")";
}

void Tracker::note_progress(const AttemptId& attempt, const AttemptProgress& progress) {
  running_[attempt] = progress;
  if (options_.observer != nullptr) options_.observer->progressed(attempt, progress);
}

void Tracker::feed(const Event& event) {
  take(event);
  carry_out();
}

void Tracker::take(const Event& event) {
  std::vector<Command> commands = scheduler_.step(event, options_.clock.now_ms());
  if (options_.observer != nullptr) options_.observer->stepped(event, commands);
  for (Command& command : commands) {
    if (const auto* decided = std::get_if<command::Journal>(&command)) journal_->append(decided->record);
    else if (const auto* cut = std::get_if<command::RangeCut>(&command)) cut_range(cut->task, cut->rest, cut->border);
    else due_.push_back(std::move(command));
  }
}

// Commands may cause events in turn; one loop instead of recursion keeps their order. What was decided is durable before anything follows
// from it that others see, and many decisions share one sync. What the next stage is we only find out.
void Tracker::carry_out() {
  while (!due_.empty() || !events_.empty()) {
    const auto is_seen = [](const Command& command) { return !std::holds_alternative<command::OpenStage>(command); };
    if (std::any_of(due_.begin(), due_.end(), is_seen)) sync_journal();
    std::vector<Command> now;
    now.swap(due_);
    for (const Command& command : now) std::visit([this](const auto& one) { apply(one); }, command);
    while (!events_.empty()) {
      const Event next = std::move(events_.front());
      events_.pop_front();
      take(next);
    }
  }
  sync_journal();
  if (const std::uint64_t wanted = scheduler_.wanted_workers(); wanted != wanted_) {
    wanted_ = wanted;
    pool_->want_workers(wanted);
  }
}

}  // namespace sinter

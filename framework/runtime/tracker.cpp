// Tracker: the loop, what comes in, and how it ends. What goes out is in tracker_commands.cpp, stages are in
// tracker_stages.cpp.
#include "framework/runtime/tracker.hpp"

#include <unistd.h>

#include <algorithm>

#include "framework/api/readable_key.hpp"
#include "framework/runtime/position_file.hpp"
#include "framework/runtime/worker.hpp"

namespace sinter {
namespace {

/// How long a cancel request may go unseen.
constexpr std::int64_t kCancelLookMs = 50;
/// How long workers may take to end by themselves when the job is done.
constexpr std::int64_t kGoodbyeMs = 1'000;
/// sockaddr_un holds 108 bytes with the final zero.
constexpr std::size_t kMaxSocketPathBytes = 107;

SchedulerOptions scheduler_options(const Plan& plan, const RunOptions& options) {
  SchedulerOptions made;
  made.workers = plan.workers;
  made.max_attempts = plan.max_attempts;
  made.quarantine = plan.quarantine;
  made.task_timeout_ms = plan.task_timeout_ms;
  made.heartbeat_timeout_ms = options.heartbeat_timeout_ms;
  made.timeouts = !plan.in_process;
  return made;
}

}  // namespace

Tracker::Tracker(const Plan& plan, const JobDefinition& job, const JobLayout& layout, const RunOptions& options,
                 std::function<void(TaskId)> on_part)
    : plan_(plan), job_(job), layout_(layout), options_(options), on_part_(std::move(on_part)),
      scheduler_(scheduler_options(plan, options)) {
  for (std::string& name : stage_lines(job)) lines_.emplace_back().name = std::move(name);
  if (job.rounds) summary_ = job.rounds->first_summary;
}

// The pool's threads call back into what is declared after it, so it goes first.
Tracker::~Tracker() { pool_.reset(); }

Status Tracker::open() {
  const auto on_exit = [this](WorkerExit exit) {
    {
      const std::lock_guard lock(exits_mutex_);
      exits_.push_back(std::move(exit));
    }
    transport_->wake();
  };
  if (plan_.in_process) {
    network_ = net::make_loopback_network();
    SINTER_ASSIGN(transport_, net::listen_in_process(network_, "tracker", control_transport_options(), options_.clock, options_.log));
    pool_ = make_thread_pool(network_, transport_->endpoint(), options_, on_exit);
    return {};
  }
  if (layout_.socket().size() > kMaxSocketPathBytes)
    return user_error("the scratch directory's path '" + layout_.root() + "' is too long for a socket in it (" +
                      std::to_string(kMaxSocketPathBytes) + " bytes)")
        .with_hint("Set execution.scratch to a directory with a shorter path");
  SINTER_ASSIGN(transport_, net::listen("ipc://" + layout_.socket(), control_transport_options(), options_.clock, options_.log));
  SINTER_ASSIGN(pool_, make_process_pool(options_.worker, transport_->endpoint(), layout_, on_exit));
  return {};
}

Result<TrackerResult> Tracker::run() {
  SINTER_TRY(open());
  Status looped = loop();
  if (!looped.ok()) failure_ = std::move(looped).error();
  report_progress(true);
  stop_workers();
  if (failure_) return *failure_;
  TrackerResult result;
  result.counters = scheduler_.counters();
  result.stages = std::move(stages_);
  result.stopped = stopped_;
  result.ranges = std::move(ranges_);
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
  while (!scheduler_.ended()) {
    // Messages first: a result that was sent before its worker ended still counts. Timers last: see Scheduler::on(Tick).
    SINTER_TRY(drain_messages());
    handle_exits();
    if (options_.cancel != nullptr && options_.cancel->load() && !cancelled_) {
      cancelled_ = true;
      feed(event::Cancel{});
    }
    feed(event::Tick{});
    report_progress(false);
    if (scheduler_.ended()) break;
    SINTER_ASSIGN(const std::optional<net::Event> event, transport_->receive(wait_ms()));
    if (event) handle(*event);
  }
  return {};
}

std::int64_t Tracker::wait_ms() const {
  const SteadyMs now = options_.clock.now_ms();
  std::int64_t wait = options_.cancel != nullptr ? kCancelLookMs : 1'000;
  if (const auto deadline = scheduler_.next_deadline()) wait = std::min<std::int64_t>(wait, *deadline - now);
  if (options_.on_progress) wait = std::min<std::int64_t>(wait, next_report_ms_ - now);
  return std::max<std::int64_t>(wait, 1);
}

Status Tracker::drain_messages() {
  while (!scheduler_.ended()) {
    SINTER_ASSIGN(const std::optional<net::Event> event, transport_->receive(0));
    if (!event) return {};
    handle(*event);
  }
  return {};
}

void Tracker::handle(const net::Event& event) {
  switch (event.kind) {
    case net::EventKind::Message: handle_message(event.peer, event.message); break;
    case net::EventKind::PeerJoined: break;  // its Hello follows
    case net::EventKind::PeerLost: {
      const auto found = workers_of_peers_.find(event.peer);
      if (found == workers_of_peers_.end()) break;
      // A worker that cannot be heard cannot be used; its end is reported by the pool.
      pool_->kill(found->second);
      peers_of_workers_.erase(found->second);
      workers_of_peers_.erase(found);
      break;
    }
  }
}

void Tracker::handle_message(net::PeerId peer, const net::Message& message) {
  const auto kind = static_cast<MessageKind>(message.kind);
  const auto refuse = [&](const Error& error) {
    options_.log.error("a worker's message was refused", {{"reason", error.to_string()}});
    feed(event::ShellFailed{error});
  };
  if (kind == MessageKind::Hello) {
    const auto hello = from_message<Hello>(message);
    return hello.ok() ? handle_hello(peer, *hello) : refuse(hello.error());
  }
  const auto found = workers_of_peers_.find(peer);
  if (found == workers_of_peers_.end()) return;  // of a connection that never said who it is, or was given up
  const WorkerId worker = found->second;
  if (kind == MessageKind::Beat) {
    const auto beat = from_message<Beat>(message);
    if (!beat.ok()) return refuse(beat.error());
    peak_worker_memory_bytes_ = std::max(peak_worker_memory_bytes_, beat->peak_memory_bytes);
    if (beat->attempt && scheduler_.running_on(worker) == beat->attempt) running_[*beat->attempt] = beat->progress;
    feed(event::Heartbeat{worker, beat->attempt, beat->steps});
  } else if (kind == MessageKind::AttemptDone) {
    auto done = from_message<AttemptDone>(message);
    if (!done.ok()) return refuse(done.error());
    peak_worker_memory_bytes_ = std::max(peak_worker_memory_bytes_, done->peak_memory_bytes);
    if (scheduler_.running_on(worker) == done->attempt) running_[done->attempt] = done->progress;
    feed(event::AttemptDone{worker, done->attempt, std::move(done->counters)});
  } else if (kind == MessageKind::AttemptFailed) {
    const auto failed = from_message<AttemptFailed>(message);
    if (!failed.ok()) return refuse(failed.error());
    feed(event::AttemptFailed{worker, failed->attempt, failed->error.error(), failed->threw, failed->record});
  } else {
    refuse(internal_error("a worker sent a message of kind " + std::to_string(message.kind)));
  }
}

void Tracker::handle_hello(net::PeerId peer, const Hello& hello) {
  workers_of_peers_[peer] = hello.worker;
  peers_of_workers_[hello.worker] = peer;
  send(hello.worker, to_message(Setup{layout_.root(), options_.heartbeat_interval_ms}));
  feed(event::WorkerReady{hello.worker});
}

void Tracker::handle_exits() {
  std::vector<WorkerExit> exits;
  {
    const std::lock_guard lock(exits_mutex_);
    exits.swap(exits_);
  }
  for (const WorkerExit& exit : exits) {
    alive_.erase(exit.worker);
    if (const auto found = peers_of_workers_.find(exit.worker); found != peers_of_workers_.end()) {
      workers_of_peers_.erase(found->second);
      peers_of_workers_.erase(found);
    }
    feed(describe_loss(exit));
  }
}

event::WorkerLost Tracker::describe_loss(const WorkerExit& exit) const {
  event::WorkerLost lost;
  lost.worker = exit.worker;
  lost.loss = exit.loss;
  lost.how = exit.how;
  if (plan_.in_process) return lost;
  const ReadPosition position = ReadPosition::of(layout_.worker_position(exit.worker));
  lost.record = position.record;
  if (position.record && position.record->file < plan_.files.size())
    lost.where = plan_.files[position.record->file].path + (position.record->line == 0 ? "" : ":" + std::to_string(position.record->line)) +
                 " (byte " + std::to_string(position.record->offset_bytes) + ")";
  if (position.group) lost.where = "group " + readable_key(*position.group) + (job_.reduce_remark.empty() ? "" : ", " + job_.reduce_remark);
  const std::string output_path = layout_.worker_output(exit.worker);
  const auto output = options_.files.open(output_path);
  if (!output.ok() || (*output)->size_bytes() == 0) return lost;
  const std::uint64_t size = std::min((*output)->size_bytes(), kMaxOutputTailBytes);
  std::string tail(size, '\0');
  const auto got = (*output)->read_at((*output)->size_bytes() - size, tail.data(), size);
  if (!got.ok()) return lost;
  tail.resize(*got);
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == '\r')) tail.pop_back();
  lost.output_tail = std::move(tail);
  return lost;
}

void Tracker::feed(const Event& event) {
  events_.push_back(event);
  // Commands may cause events in turn; one loop instead of recursion keeps their order.
  while (!events_.empty()) {
    const Event next = std::move(events_.front());
    events_.pop_front();
    for (const Command& command : scheduler_.step(next, options_.clock.now_ms()))
      std::visit([this](const auto& one) { apply(one); }, command);
  }
}

void Tracker::stop_workers() {
  if (failure_ && !plan_.in_process) {
    pool_.reset();  // kills and reaps
    return;
  }
  for (const auto& [worker, peer] : peers_of_workers_) send(worker, to_message(Stop{}));
  if (!plan_.in_process) {
    // Those still starting have no work to lose.
    for (const WorkerId worker : alive_)
      if (!peers_of_workers_.contains(worker)) pool_->kill(worker);
    const auto flushed = transport_->flush(kGoodbyeMs);
    if (flushed.ok() && *flushed) pool_->wait_all(kGoodbyeMs);
    pool_.reset();
    return;
  }
  // Threads end when they are told to, also those that say Hello only now.
  while (!pool_->wait_all(0)) {
    const auto event = transport_->receive(kCancelLookMs);
    if (!event.ok()) break;
    if (!*event || (*event)->kind != net::EventKind::Message || (*event)->message.kind != static_cast<std::uint16_t>(MessageKind::Hello))
      continue;
    const Status sent = transport_->send((*event)->peer, to_message(Stop{}));
    if (!sent.ok()) options_.log.warning("a worker thread was not told to stop", {{"reason", sent.error().message()}});
  }
  pool_.reset();
}

}  // namespace sinter

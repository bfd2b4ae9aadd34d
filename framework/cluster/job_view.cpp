// JobView: what it is told becomes numbers and lines of history. What people look at is in job_view_pages.cpp. See the header for threads.
#include "framework/cluster/job_view.hpp"

#include <algorithm>

#include "framework/io/json_writer.hpp"

namespace sinter::cluster {
namespace {

/// Of an error in a line of the history.
constexpr std::size_t kMaxReasonBytes = 2'000;

/// Members of a JSON object, without its braces.
class Members {
 public:
  explicit Members(std::string_view event) {
    writer_.begin_object();
    add("event", event);
  }
  template <class T>
  Members& add(std::string_view name, const T& value) {
    if constexpr (std::is_same_v<T, bool>) writer_.member(name, value);
    else if constexpr (std::is_integral_v<T>) writer_.member(name, static_cast<std::uint64_t>(value));
    else writer_.member(name, std::string_view(value));
    return *this;
  }
  Members& reason(const std::string& text) { return add("reason", std::string_view(text).substr(0, kMaxReasonBytes)); }
  std::string text() {
    writer_.end_object();
    return writer_.text().substr(1, writer_.text().size() - 2);
  }

 private:
  JsonWriter writer_;
};

/// To the millisecond.
std::string time_text(Timestamp at) { return format_timestamp({at.micros - at.micros % 1'000}); }

/// What an event says of why an attempt ended.
std::string reason_of(const Event& event) {
  if (const auto* failed = std::get_if<event::AttemptFailed>(&event)) return failed->error.to_string();
  if (const auto* lost = std::get_if<event::WorkerLost>(&event)) return "its worker " + lost->how;
  if (const auto* commit = std::get_if<event::CommitFailed>(&event)) return commit->error.to_string();
  return "it is no longer wanted";
}

/// Whose committed result is gone by this decision.
std::optional<AttemptId> lost_in(const JournalRecord& record) {
  if (const auto* lost = std::get_if<journal::ResultLost>(&record)) return lost->attempt;
  if (const auto* lost = std::get_if<journal::KeptLost>(&record)) return lost->attempt;
  return std::nullopt;
}

}  // namespace

void NodeNames::set(std::uint64_t node, std::string name) {
  const std::lock_guard lock(mutex_);
  names_[node] = std::move(name);
}

std::string NodeNames::name_of(std::uint64_t node) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(node);
  return found != names_.end() ? found->second : node == 0 ? "" : "node " + std::to_string(node);
}

JobView::JobView(const Surroundings& around, const std::string& directory, bool resumes)
    : around_(around), history_(around.files, directory, time_text(around.wall_clock())) {
  write(Members(resumes ? "resumed" : "submitted").text());
}

std::string JobView::now_text() const { return time_text(around_.wall_clock()); }

void JobView::write(const std::string& members) { history_.append(now_text(), members); }

JobView::Task* JobView::find(const TaskId& task) {
  return task.stage < stages_.size() && task.ordinal < stages_[task.stage].tasks.size() ? &stages_[task.stage].tasks[task.ordinal]
                                                                                        : nullptr;
}

std::string JobView::name_of(const TaskId& task) const {
  return task.stage < stages_.size() ? stages_[task.stage].name + "-" + std::to_string(task.ordinal) : to_string(task);
}

std::string JobView::name_of(const AttemptId& attempt) const { return name_of(attempt.task) + "-" + std::to_string(attempt.number); }

std::string JobView::where(WorkerId worker) const {
  const auto found = workers_.find(worker);
  return found == workers_.end() ? "" : around_.nodes.name_of(found->second);
}

void JobView::stage_opened(std::uint32_t number, const Stage& stage, std::uint64_t shuffle_bytes, bool replayed) {
  const std::lock_guard lock(mutex_);
  stages_.resize(number);  // a stage that was opened and could not be written down is opened again
  stages_.push_back({stage, tasks_name(stage), std::vector<Task>(stage.tasks), 0});
  // Bytes of a life before are in nobody's count of this one.
  if (!replayed && shuffle_bytes > numbers_.shuffle_bytes) around_.totals.shuffle_bytes += shuffle_bytes - numbers_.shuffle_bytes;
  numbers_.shuffle_bytes = shuffle_bytes;
  if (replayed) return;
  Members opened("stage_opened");
  opened.add("stage", stages_.back().name).add("tasks", stage.tasks);
  if (stage.work != StageWork::Map) opened.add("ranges", stage.tasks).add("shuffle_bytes", shuffle_bytes);
  write(opened.text());
}

void JobView::stepped(const Event& event, const std::vector<Command>& commands) {
  if (commands.empty() && (std::holds_alternative<event::Heartbeat>(event) || std::holds_alternative<event::Tick>(event))) return;
  const std::lock_guard lock(mutex_);
  hear(event);
  for (const Command& command : commands) carry(event, commands, command);
  // After what is said of its attempt.
  if (const auto* lost = std::get_if<event::WorkerLost>(&event)) lose_worker(*lost);
}

void JobView::hear(const Event& event) {
  if (const auto* ready = std::get_if<event::WorkerReady>(&event)) {
    starting_.erase(ready->worker);
    workers_[ready->worker] = ready->host;
    write(Members("worker_started").add("worker", ready->worker).add("node", where(ready->worker)).text());
  } else if (const auto* adopted = std::get_if<event::WorkerAdopted>(&event)) {
    workers_[adopted->worker] = adopted->host;
    write(Members("worker_returned").add("worker", adopted->worker).add("node", where(adopted->worker)).text());
    Task* const task = adopted->attempt ? find(adopted->attempt->task) : nullptr;
    if (task == nullptr || task->committed != 0) return;
    running_[*adopted->attempt] = {adopted->worker, around_.clock.now_ms(), {}};
    task->attempts = std::max(task->attempts, adopted->attempt->number);
  }
}

void JobView::carry(const Event& event, const std::vector<Command>& commands, const Command& command) {
  if (const auto* start = std::get_if<command::StartWorker>(&command)) starting_.insert(start->worker);
  else if (const auto* release = std::get_if<command::ReleaseWorker>(&command)) leaving_.insert(release->worker);
  else if (const auto* run = std::get_if<command::RunTask>(&command)) begin_attempt(run->attempt, run->worker);
  else if (const auto* discard = std::get_if<command::Discard>(&command)) tell_end_of_attempt(event, commands, discard->attempt);
  else if (const auto* journal = std::get_if<command::Journal>(&command)) {
    tell(journal->record);
    decide(journal->record);
  }
}

void JobView::begin_attempt(const AttemptId& attempt, WorkerId worker) {
  running_[attempt] = {worker, around_.clock.now_ms(), {}};
  if (Task* const task = find(attempt.task)) task->attempts = std::max(task->attempts, attempt.number);
  ++numbers_.attempts_started;
  ++around_.totals.attempts_started;
  write(Members("attempt_started").add("attempt", name_of(attempt)).add("worker", worker).add("node", where(worker)).text());
}

/// Failed, and it counts; or else: given up, killed, lost with its node.
void JobView::tell_end_of_attempt(const Event& event, const std::vector<Command>& commands, const AttemptId& attempt) {
  const auto found = running_.find(attempt);
  if (found == running_.end()) return;  // known to have ended
  const bool counts = std::any_of(commands.begin(), commands.end(), [&](const Command& command) {
    const auto* journal = std::get_if<command::Journal>(&command);
    if (journal == nullptr) return false;
    const auto* failed = std::get_if<journal::Failed>(&journal->record);
    return failed != nullptr && failed->attempt == attempt;
  });
  ++(counts ? numbers_.attempts_failed : numbers_.attempts_lost);
  ++(counts ? around_.totals.attempts_failed : around_.totals.attempts_lost);
  const Attempt& of = found->second;
  write(Members(counts ? "attempt_failed" : "attempt_lost")
            .add("attempt", name_of(attempt))
            .add("worker", of.worker)
            .add("node", where(of.worker))
            .add("ms", around_.clock.now_ms() - of.began_ms)
            .reason(reason_of(event))
            .text());
  running_.erase(found);
}

/// A record as a line, before it is counted.
void JobView::tell(const JournalRecord& record) {
  if (const auto* committed = std::get_if<journal::Committed>(&record)) {
    Members line("attempt_committed");
    line.add("attempt", name_of(committed->attempt));
    if (const auto found = running_.find(committed->attempt); found != running_.end()) {
      line.add("worker", found->second.worker).add("node", around_.nodes.name_of(committed->host));
      line.add("ms", around_.clock.now_ms() - found->second.began_ms).add("rows", found->second.progress.rows);
      running_.erase(found);
    }
    ++around_.totals.attempts_committed;
    write(line.text());
  } else if (const std::optional<AttemptId> lost = lost_in(record)) {
    ++around_.totals.results_lost;
    Members line("result_lost");
    line.add("attempt", name_of(*lost));
    if (std::holds_alternative<journal::KeptLost>(record)) line.reason("what the tracker kept of it is damaged or gone");
    write(line.text());
  } else if (const auto* cut = std::get_if<journal::RangeCut>(&record)) {
    write(Members("range_cut")
              .add("attempt", name_of(cut->attempt))
              .add("rest", name_of(TaskId{cut->attempt.task.stage, cut->rest}))
              .text());
  } else if (const auto* pinned = std::get_if<journal::Quarantined>(&record)) {
    write(Members("record_set_aside")
              .add("attempt", name_of(pinned->attempt))
              .add("file", pinned->record.file)
              .add("byte", pinned->record.offset_bytes)
              .text());
  }
}

void JobView::decide(const JournalRecord& record) {
  if (const auto* committed = std::get_if<journal::Committed>(&record)) {
    Task* const task = find(committed->attempt.task);
    if (task == nullptr) return;
    if (task->committed == 0) ++stages_[committed->attempt.task.stage].committed;
    task->committed = committed->attempt.number;
    task->attempts = std::max(task->attempts, committed->attempt.number);
    if (task->counted) return;  // a result that was lost is there again
    task->counted = true;
    for (const auto& [name, count] : committed->counters) numbers_.counters[name] += count;
  } else if (const std::optional<AttemptId> lost = lost_in(record)) {
    Task* const task = find(lost->task);
    if (task == nullptr || task->committed == 0) return;
    task->committed = 0;
    --stages_[lost->task.stage].committed;
  } else if (const auto* cut = std::get_if<journal::RangeCut>(&record)) {
    if (cut->attempt.task.stage >= stages_.size()) return;
    stages_[cut->attempt.task.stage].tasks.emplace_back();
  } else if (const auto* failed = std::get_if<journal::Failed>(&record)) {
    if (Task* const task = find(failed->attempt.task)) {
      ++task->failures;
      task->attempts = std::max(task->attempts, failed->attempt.number);
    }
  }
}

void JobView::lose_worker(const event::WorkerLost& lost) {
  starting_.erase(lost.worker);
  // Of an attempt that nobody spoke of any more.
  std::erase_if(running_, [&](const auto& entry) { return entry.second.worker == lost.worker; });
  const bool expected = leaving_.erase(lost.worker) > 0;
  if (!expected) {
    ++around_.totals.workers_lost;
    write(Members("worker_lost").add("worker", lost.worker).add("node", where(lost.worker)).reason(lost.how).text());
  }
  workers_.erase(lost.worker);
}

void JobView::replayed(const JournalRecord& record) {
  const std::lock_guard lock(mutex_);
  if (std::holds_alternative<journal::Failed>(record)) ++numbers_.attempts_failed;
  decide(record);
}

void JobView::progressed(const AttemptId& attempt, const AttemptProgress& progress) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(attempt); found != running_.end()) found->second.progress = progress;
}

void JobView::node_lost(const std::string& node, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  write(Members("node_lost").add("node", node).reason(reason).text());
}

void JobView::task_killed(const TaskId& task) {
  const std::lock_guard lock(mutex_);
  write(Members("task_killed").add("task", name_of(task)).text());
}

void JobView::ended(std::string_view state, const std::string& error) {
  const std::lock_guard lock(mutex_);
  Members line("ended");
  line.add("state", state);
  if (!error.empty()) line.reason(error);
  write(line.text());
  running_.clear();
  starting_.clear();
}

}  // namespace sinter::cluster

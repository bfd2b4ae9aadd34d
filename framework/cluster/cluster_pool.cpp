// ClusterPool: a job's requests to the cluster, and what comes back. One thread, but for the inbox.
#include "framework/cluster/cluster_pool.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "base/memory_budget.hpp"
#include "framework/cluster/file_keeper.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter::cluster {
namespace {

/// Files that nodes have sent along and nobody has read or kept yet, or that are read once more: of one job.
constexpr std::uint64_t kMaxHeldBytes = 4u << 20;

class ClusterPool final : public WorkerPool {
 public:
  ClusterPool(RunId run, ClusterDoor& door, RunInbox& inbox, PlacedFiles& files, const JobLayout& layout, const RunNeeds& needs,
              OpenRun open, Log& log)
      : run_(run), door_(door), inbox_(inbox), files_(files), layout_(layout), needs_(needs), open_(std::move(open)), log_(log),
        keeper_(files, log, [&inbox](const AttemptId& attempt, Status kept) { inbox.push(Kept{attempt, std::move(kept)}); }) {}

  void start(WorkerId worker) override { door_.start_worker(run_, worker); }
  void kill(WorkerId worker) override { door_.kill_worker(run_, worker); }
  void send(WorkerId worker, net::Message message) override { door_.send_to_worker(run_, worker, std::move(message)); }
  void gives(WorkerId worker, const AttemptId& attempt) override { given_[worker] = attempt; }
  void wake() override { inbox_.wake(); }
  void stop(bool at_once) override {
    keeper_.finish();
    door_.stop_workers(run_, at_once);
  }

  /// The job becomes known.
  Status open() {
    if (needs_.admit) {
      SINTER_ASSIGN(open_->run_secret, needs_.admit());
    }
    door_.open_run(*std::exchange(open_, std::nullopt));
    return {};
  }

  Result<std::optional<PoolEvent>> receive(std::int64_t timeout_ms) override {
    if (open_) SINTER_TRY(open());
    std::optional<RunEvent> event = inbox_.take(timeout_ms);
    if (!event) return std::optional<PoolEvent>();
    return std::visit([this](auto& one) { return tell(std::move(one)); }, *event);
  }

  Result<bool> keep(const AttemptId& attempt, const std::vector<std::string>& paths) override {
    std::vector<std::string> elsewhere;
    for (const std::string& path : paths) {
      if (files_.is_elsewhere(path)) elsewhere.push_back(path);
      else SINTER_TRY(files_.keep(path));
    }
    if (elsewhere.empty()) return false;
    keeper_.keep(attempt, std::move(elsewhere));
    return true;
  }
  bool loses_results() const override { return true; }
  bool allots_workers() const override { return true; }
  void want_workers(std::uint64_t count) override {
    const std::uint64_t wanted = std::min(count, needs_.most_workers);
    if (wanted != wanted_) door_.want_workers(run_, wanted, needs_.worker_memory_bytes);
    wanted_ = wanted;
  }
  void blame(HostId host) override { door_.blame(run_, host); }
  void will_read(const std::vector<std::string>& paths) const override { files_.prefetch(paths); }

  std::string place_of(const std::string& path) const override {
    const std::optional<Place> place = files_.placed(path);
    return place ? encode(*place) : "";
  }
  Status put_back(const std::string& path, const std::string& bytes) override {
    if (bytes.empty()) return {};
    SINTER_ASSIGN(Place place, decode<Place>(bytes, "place of '" + path + "' in the journal"));
    files_.place(path, std::move(place));
    return {};
  }

  std::vector<ResultsAt> inputs_of(const Stage& stage) override {
    std::map<std::uint64_t, ResultsAt> by_node;
    const auto add = [&](const TaskId& task) {
      const std::optional<Place> place = files_.placed(layout_.result(task));
      if (!place) return;
      ResultsAt& at = by_node[place->node];
      if (at.attempts.empty()) at = {place->host, place->endpoint, place->endpoint_key, place->scratch_directory, {}};
      at.attempts.push_back(place->attempt);
    };
    if (stage.work != StageWork::Map)
      for (std::uint32_t task = 0; task < stage.input_tasks; ++task) add(TaskId{stage.input_stage, task});
    if (stage.summary_stage) add(TaskId{*stage.summary_stage, 0});
    std::vector<ResultsAt> inputs;
    for (auto& [node, at] : by_node) inputs.push_back(std::move(at));
    return inputs;
  }

 private:
  std::optional<PoolEvent> tell(WorkerUp up) { return up; }
  std::optional<PoolEvent> tell(WorkersMayBe allowed) { return allowed; }
  std::optional<PoolEvent> tell(WorkerEnded ended) {
    given_.erase(ended.worker);
    return ended;
  }
  std::optional<PoolEvent> tell(WorkerReturned returned) {
    if (returned.attempt) given_[returned.worker] = *returned.attempt;
    return returned;
  }
  std::optional<PoolEvent> tell(HostDrains drains) { return drains; }
  std::optional<PoolEvent> tell(Kept kept) { return kept; }

  std::optional<PoolEvent> tell(NodeEnded from) {
    if (const auto given = given_.find(from.ended.worker); given != given_.end())
      for (const std::string& name : from.names)
        if (layout_.root() + "/" + name == layout_.attempt_log(given->second)) take_file(from.files_at, {given->second, {}}, name);
    return tell(std::move(from.ended));
  }

  std::optional<PoolEvent> tell(NodeSaid from) {
    const std::optional<Ended> ended = end_of(from.said.message);
    if (!ended) return std::move(from.said);
    // A node may spoil what it was given, and nothing else: what it says of other attempts and other files is not heard.
    if (const auto given = given_.find(from.said.worker); given == given_.end() || given->second != ended->attempt) {
      log_.warning("a worker spoke of an attempt that it does not have",
                   {{"worker", from.said.worker}, {"attempt", to_string(ended->attempt)}});
      return std::nullopt;
    }
    for (const std::string& name : from.names) {
      const auto sent = from.sent_along.find(name);
      take_file(from.files_at, *ended, name, sent == from.sent_along.end() ? nullptr : hold(std::move(sent->second)));
    }
    return std::move(from.said);
  }

  /// How a worker's message says that its attempt has ended.
  struct Ended {
    AttemptId attempt;
    std::vector<FileChecksum> checksums;
  };
  static std::optional<Ended> end_of(const net::Message& message) {
    if (message.kind == static_cast<std::uint16_t>(MessageKind::AttemptDone)) {
      if (auto done = from_message<AttemptDone>(message); done.ok()) return Ended{done->attempt, std::move(done->checksums)};
    } else if (message.kind == static_cast<std::uint16_t>(MessageKind::AttemptFailed)) {
      if (const auto failed = from_message<AttemptFailed>(message); failed.ok()) return Ended{failed->attempt, {}};
    }
    return std::nullopt;
  }

  /// Null when the job holds enough of such bytes: the file is fetched, then.
  std::shared_ptr<const std::string> hold(std::string bytes) {
    struct Held {
      std::shared_ptr<MemoryBudget> budget;
      Reservation room;  // before its budget goes
      std::string bytes;
    };
    Result<Reservation> room = held_->reserve(bytes.size(), "a file that a node has sent along");
    if (!room.ok()) return nullptr;
    auto held = std::make_shared<Held>(Held{held_, std::move(*room), std::move(bytes)});
    return {held, &held->bytes};
  }

  void take_file(const Place& files_at, const Ended& ended, const std::string& name, std::shared_ptr<const std::string> bytes = nullptr) {
    const AttemptId& attempt = ended.attempt;
    const std::string path = layout_.root() + "/" + name;
    const bool is_log = path == layout_.attempt_log(attempt);
    const std::string directory = layout_.attempt(attempt) + "/";
    if (!is_log && !path.starts_with(directory)) {
      log_.warning("a node names a file that is not its attempt's", {{"attempt", to_string(attempt)}, {"name", name}});
      return;
    }
    Place place = files_at;
    place.name = name;
    place.attempt = attempt;
    place.bytes = std::move(bytes);
    for (const FileChecksum& one : ended.checksums)
      if (path == directory + one.name) place.checksum = one.checksum;
    files_.place(path, std::move(place));
    // Lines about what went wrong outlive the node on which it did.
    if (is_log) keeper_.keep_log(path);
  }

  std::optional<PoolEvent> tell(NodeGone gone) {
    ResultsGone lost;
    for (const auto& [path, place] : files_.forget_node(gone.node))
      if (path == layout_.result(place.attempt.task)) lost.attempts.push_back(place.attempt);
    return lost;
  }

  RunId run_;
  ClusterDoor& door_;
  RunInbox& inbox_;
  PlacedFiles& files_;
  JobLayout layout_;
  RunNeeds needs_;
  std::optional<OpenRun> open_;  // until it was said
  std::optional<std::uint64_t> wanted_;  // as the cluster was told last
  Log& log_;
  std::shared_ptr<MemoryBudget> held_ = std::make_shared<MemoryBudget>("files that nodes have sent along", kMaxHeldBytes);
  std::map<WorkerId, AttemptId> given_;  // last, to each worker that there is
  FileKeeper keeper_;                    // last: its threads use the inbox
};

}  // namespace

void RunInbox::push(RunEvent event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  changed_.notify_one();
}

void RunInbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

std::optional<RunEvent> RunInbox::take(std::int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return woken_ || !events_.empty(); });
  woken_ = false;
  if (events_.empty()) return std::nullopt;
  std::optional<RunEvent> first(std::move(events_.front()));
  events_.pop_front();
  return first;
}

Result<std::unique_ptr<WorkerPool>> make_cluster_pool(RunId run, ClusterDoor& door, RunInbox& inbox, PlacedFiles& files,
                                                      const JobLayout& layout, const RunNeeds& needs, const RunOptions& options) {
  SINTER_ASSIGN(std::string plan, read_file(files, layout.plan(), kMaxShippedPlanBytes));
  auto pool = std::make_unique<ClusterPool>(run, door, inbox, files, layout, needs,
                                            OpenRun{run, std::move(plan), options.working_directory, options.run_secret}, options.log);
  if (!needs.admit) SINTER_TRY(pool->open());
  return std::unique_ptr<WorkerPool>(std::move(pool));
}

}  // namespace sinter::cluster

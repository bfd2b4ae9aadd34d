// StandbyWorker: a process that waits at a socket pair for its order. See the header for threads.
#include "framework/cluster/standby_worker.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>

#include "base/descriptor.hpp"

namespace sinter::cluster {
namespace {

constexpr SteadyMs kFirstPauseMs = 1'000;
constexpr SteadyMs kMaxPauseMs = 60'000;
/// Groups of jobs' workers have the job's number in this place, and jobs count from 1.
constexpr std::uint64_t kNoJob = 0;

}  // namespace

/// The launcher of one job's workers.
class StandbyWorker::JobLauncher final : public Launcher {
 public:
  JobLauncher(StandbyWorker& standby, OnWorkerExit on_exit) : standby_(standby), on_exit_(std::move(on_exit)) {}

  ~JobLauncher() override {
    own_.reset();
    std::unique_lock lock(mutex_);
    for (const auto& [worker, number] : taken_) standby_.launcher_->kill(number);
    none_left_.wait(lock, [this] { return taken_.empty(); });
  }

  void start(WorkerId worker, std::vector<std::string> command, const std::string& output_path,
             std::shared_ptr<const Descriptor> input) override {
    if (command.front() == standby_.program_.executable && input == nullptr && take(worker, command, output_path)) return;
    if (own_ == nullptr) {
      Result<std::unique_ptr<Launcher>> made = Launcher::create(on_exit_);
      if (!made.ok()) return on_exit_({worker, Loss::Start, "cannot be started: " + made.error().message()});
      own_ = std::move(*made);
    }
    own_->start(worker, std::move(command), output_path, std::move(input));
  }

  void kill(WorkerId worker) override {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = taken_.find(worker); found != taken_.end()) return standby_.launcher_->kill(found->second);
    }
    if (own_ != nullptr) own_->kill(worker);
  }

  bool wait_all(std::int64_t timeout_ms) override {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    {
      std::unique_lock lock(mutex_);
      if (!none_left_.wait_until(lock, until, [this] { return taken_.empty(); })) return false;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    return own_ == nullptr || own_->wait_all(std::max<std::int64_t>(0, left.count()));
  }

 private:
  bool take(WorkerId worker, const std::vector<std::string>& command, const std::string& output_path) {
    // Its end waits for the lock until we know its number.
    const std::lock_guard lock(mutex_);
    const StandbyOrder order{output_path, command[command.size() - 2], worker};
    const auto number = standby_.take(order, [this, worker](WorkerExit exit) {
      exit.worker = worker;
      on_exit_(std::move(exit));
      // Notified under the lock: after it a waiter may destroy this object.
      const std::lock_guard inner(mutex_);
      taken_.erase(worker);
      none_left_.notify_all();
    });
    if (number) taken_[worker] = *number;
    return number.has_value();
  }

  StandbyWorker& standby_;
  OnWorkerExit on_exit_;
  std::unique_ptr<Launcher> own_;  // made for the first that is not taken; of who calls start()
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::map<WorkerId, std::uint32_t> taken_;  // under mutex_: their numbers
};

Result<std::unique_ptr<StandbyWorker>> StandbyWorker::create(const WorkerProgram& program, std::string directory,
                                                             const MemoryGroups* groups, const Clock& clock, Log& log) {
  std::unique_ptr<StandbyWorker> made(new StandbyWorker(program, std::move(directory), groups, clock, log));
  SINTER_ASSIGN(made->launcher_, Launcher::create([standby = made.get()](WorkerExit exit) { standby->ended(std::move(exit)); }));
  return made;
}

StandbyWorker::StandbyWorker(const WorkerProgram& program, std::string directory, const MemoryGroups* groups, const Clock& clock, Log& log)
    : program_(program), directory_(std::move(directory)), groups_(groups), clock_(clock), log_(log), pause_ms_(kFirstPauseMs) {}

StandbyWorker::~StandbyWorker() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  launcher_.reset();
}

std::string StandbyWorker::group_of(std::uint32_t number) const {
  return groups_ == nullptr ? "" : memory_group_of(groups_->place_of(kNoJob), number);
}

void StandbyWorker::refill() {
  int ends[2];
  std::uint32_t number = 0;
  std::shared_ptr<const Descriptor> input;
  {
    const std::lock_guard lock(mutex_);
    if (program_.standby_arguments.empty() || waiting_ || clock_.now_ms() < next_start_ms_) return;
    next_start_ms_ = clock_.now_ms() + pause_ms_;
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;  // no descriptors are left: later, then
    number = ++started_;
    input = std::make_shared<const Descriptor>(ends[0]);
    waiting_ = Waiting{number, std::make_shared<const Descriptor>(ends[1])};
  }
  std::vector<std::string> command{program_.executable};
  command.insert(command.end(), program_.standby_arguments.begin(), program_.standby_arguments.end());
  if (groups_ != nullptr) command.push_back("--memory-group=" + group_of(number));
  launcher_->start(number, std::move(command), directory_ + "/standby.output", std::move(input));
}

bool StandbyWorker::is_waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.has_value();
}

std::unique_ptr<Launcher> StandbyWorker::launcher(OnWorkerExit on_exit) { return std::make_unique<JobLauncher>(*this, std::move(on_exit)); }

std::optional<std::uint32_t> StandbyWorker::take(const StandbyOrder& order, OnWorkerExit on_exit) {
  const std::lock_guard lock(mutex_);
  if (!waiting_) return std::nullopt;
  const std::string bytes = encode_order(order);
  const ssize_t sent = ::send(waiting_->order->number(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  // One that is dying; its end is on the way.
  if (sent != static_cast<ssize_t>(bytes.size())) return std::nullopt;
  const std::uint32_t number = waiting_->number;
  waiting_.reset();  // the end of what it is told
  taken_[number] = std::move(on_exit);
  pause_ms_ = kFirstPauseMs;
  next_start_ms_ = 0;
  return number;
}

/// On the launcher's thread.
void StandbyWorker::ended(WorkerExit exit) {
  const std::string group = group_of(exit.worker);
  const std::string too_much = group.empty() ? "" : end_memory_group(group);
  if (!too_much.empty()) {
    exit.loss = Loss::Crash;  // its own doing
    exit.how += ": " + too_much;
  }
  OnWorkerExit on_exit;
  {
    const std::lock_guard lock(mutex_);
    if (auto found = taken_.extract(exit.worker); !found.empty()) {
      on_exit = std::move(found.mapped());
    } else if (!closing_) {
      if (waiting_ && waiting_->number == exit.worker) waiting_.reset();
      next_start_ms_ = clock_.now_ms() + pause_ms_;
      log_.warning("a standby worker ended before it was needed", {{"how", exit.how}, {"next_in_ms", pause_ms_}});
      pause_ms_ = std::min(pause_ms_ * 2, kMaxPauseMs);
    }
  }
  if (on_exit) on_exit(std::move(exit));
}

}  // namespace sinter::cluster

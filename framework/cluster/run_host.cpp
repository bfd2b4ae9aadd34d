// RunHost: a process pool with a tracker far away. See the header for threads.
#include "framework/cluster/run_host.hpp"

#include "framework/cluster/last_words.hpp"
#include "framework/runtime/memory_group.hpp"
#include "framework/runtime/remote_results.hpp"

namespace sinter::cluster {
namespace {

/// A command wakes the pool before this is over.
constexpr std::int64_t kIdleMs = 1'000;
/// A tracker that is started again is there within these.
constexpr int kCodeTries = 20;
constexpr std::chrono::milliseconds kCodePause{500};
/// Sets a variable for the program that it becomes.
constexpr const char* kEnvironment = "/usr/bin/env";

}  // namespace

RunHost::RunHost(OpenRun open, std::string directory, const RunOptions& options, Shared shared, std::string memory_place,
                 std::function<void(net::Message)> tell)
    : open_(std::move(open)),
      layout_(std::move(directory)),
      options_(options),
      shared_(shared),
      memory_place_(std::move(memory_place)),
      tell_(std::move(tell)) {
  options_.working_directory = open_.working_directory;
  options_.run_secret = open_.run_secret;
  thread_ = std::thread([this] { work(); });
}

RunHost::~RunHost() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    if (fetches_ != nullptr) fetches_->stop();
    arrived_.notify_one();
    if (to_wake_ != nullptr) to_wake_->wake();
  }
  thread_.join();
}

void RunHost::start(WorkerId worker) {
  command([this, worker] {
    // A tracker that had ended its job may find, in another life, that something of it is damaged.
    if (!pool_ && !failure_)
      if (Status opened = open_pool(); !opened.ok()) failure_ = std::move(opened).error();
    if (pool_) pool_->start(worker);
    else handle(WorkerEnded{worker, Loss::Start, "cannot be started: " + failure_->to_string(), {}, {}});
  });
}

void RunHost::kill(WorkerId worker, const std::optional<AttemptId>& attempt) {
  command([this, worker, attempt] {
    if (!pool_ || (attempt && !runs(worker, *attempt))) return;
    if (attempt) unwanted_.insert(worker);
    pool_->kill(worker);
  });
}

bool RunHost::runs(WorkerId worker, const AttemptId& attempt) const {
  const std::lock_guard lock(mutex_);
  const auto held = workers_.find(worker);
  return held != workers_.end() && held->second.attempt == attempt && !held->second.answer;
}

void RunHost::send(WorkerId worker, net::Message message) {
  if (message.kind == static_cast<std::uint16_t>(MessageKind::RunAttempt)) {
    if (const auto run = from_message<RunAttempt>(message); run.ok()) {
      const Result<FileInfo> output = options_.files.info(layout_.worker_output(worker));
      {
        const std::lock_guard lock(mutex_);
        workers_[worker] = Held{run->attempt, task_name(run->stage, run->attempt.task.ordinal), output.ok() ? output->size_bytes : 0};
      }
      if (!has_room(worker, run->attempt)) return;
    }
  }
  command([this, worker, message = std::move(message)] {
    if (pool_) pool_->send(worker, message);
  });
}

/// An attempt that would fill the disk is not begun: it fails at once, with a reason, and another node may have room for it.
bool RunHost::has_room(WorkerId worker, const AttemptId& attempt) {
  const Status room = shared_.quota.room();
  if (room.ok()) return true;
  const net::Message failed = to_message(AttemptFailed{attempt, WireError::of(room.error()), false, {}, {}});
  FromWorker from{open_.run, worker, failed.kind, failed.body, layout_.root(), {}};
  tell_(pack(from));
  const std::lock_guard lock(mutex_);
  workers_[worker].answer = std::move(from);
  return false;
}

void RunHost::stop(bool at_once) {
  command([this, at_once] {
    if (!pool_) return;
    pool_->stop(at_once);
    const std::lock_guard lock(mutex_);
    to_wake_ = nullptr;  // whoever wakes holds the lock
    workers_.clear();
    pool_.reset();
  });
}

std::vector<HeldWorker> RunHost::workers() const {
  const std::lock_guard lock(mutex_);
  std::vector<HeldWorker> held;
  for (const auto& [worker, one] : workers_) held.push_back({open_.run, worker, one.attempt});
  return held;
}

void RunHost::answer_again() {
  std::vector<net::Message> answers;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [worker, one] : workers_)
      if (one.answer) answers.push_back(pack(*one.answer));
  }
  for (net::Message& answer : answers) tell_(std::move(answer));
}

void RunHost::drop(std::vector<std::string> names) {
  command([this, names = std::move(names)] {
    for (const std::string& name : names)
      if (const Status removed = options_.files.remove_all(layout_.root() + "/" + name); !removed.ok())
        options_.log.warning("a file that nobody reads cannot be removed", {{"reason", removed.error().message()}});
  });
}

void RunHost::command(Command one) {
  const std::lock_guard lock(mutex_);
  commands_.push_back(std::move(one));
  arrived_.notify_one();
  if (to_wake_ != nullptr) to_wake_->wake();
}

Status RunHost::open() {
  FileSystem& files = options_.files;
  SINTER_TRY(files.make_directories(layout_.root()));
  SINTER_TRY(write_file(files, layout_.plan(), open_.plan));
  open_.plan = {};
  if (open_.shipped) SINTER_TRY(write_shipped_inputs(files, layout_, *open_.shipped));
  open_.shipped.reset();
  if (open_.code) SINTER_TRY(bring_code());
  return open_pool();
}

Status RunHost::open_pool() {
  SINTER_ASSIGN(pool_, make_process_pool(layout_, options_));
  const std::lock_guard lock(mutex_);
  to_wake_ = pool_.get();
  return {};
}

/// Whoever closes us can end what is being fetched.
class RunHost::FetchesInReach {
 public:
  FetchesInReach(RunHost& host, RemoteResults& fetches) : host_(host) { reach(&fetches); }
  ~FetchesInReach() { reach(nullptr); }
  FetchesInReach(const FetchesInReach&) = delete;
  FetchesInReach& operator=(const FetchesInReach&) = delete;

 private:
  void reach(RemoteResults* fetches) {
    const std::lock_guard lock(host_.mutex_);
    host_.fetches_ = fetches;
    if (fetches != nullptr && host_.closing_) fetches->stop();
  }
  RunHost& host_;
};

bool RunHost::is_closing_after(std::chrono::milliseconds pause) {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, pause, [this] { return closing_; });
}

/// Workers are the job's program with its own libraries, or our own program that loads the job's plugins.
Status RunHost::bring_code() {
  if (shared_.code == nullptr)
    return user_error("this node runs no native code of jobs").with_hint("Start it with --allow-native to let it");
  const ShippedInputs& at = open_.code_at;
  SINTER_ASSIGN(const net::SecretKey secret, net::parse_secret_key(open_.run_secret));
  RemoteResults remote(std::make_shared<const net::KeyPair>(net::key_pair_of(secret)), kRemoteBudgetBytes, options_.clock, options_.log);
  const FetchesInReach in_reach(*this, remote);
  const auto fetch = [&](const ShippedFile& file) -> Result<std::unique_ptr<ReadableFile>> {
    if (at.host == options_.host)  // its own file, where this user may read it
      if (auto local = options_.files.open(at.blob_directory + "/" + file.hash); local.ok()) return local;
    return remote.open(Place{0, at.host, at.endpoint, at.endpoint_key, at.blob_directory, served_blob(file.hash), {}});
  };
  const auto stop = [this] { return is_closing_after(std::chrono::milliseconds(0)); };
  const std::string directory = layout_.code();
  for (const ShippedFile& file : open_.code->files) {
    Status provided = shared_.code->provide(file, directory + "/" + file.path, fetch, stop);
    for (int tries = 1; !provided.ok() && provided.error().retriable() && tries < kCodeTries && !is_closing_after(kCodePause); ++tries)
      provided = shared_.code->provide(file, directory + "/" + file.path, fetch, stop);
    if (!provided.ok()) return std::move(provided).with_context("while fetching the job's native code");
  }
  WorkerProgram& worker = options_.worker;
  if (open_.code->is_program) {
    // Before its own words come those of its client: so it makes the same job.
    std::vector<std::string> words{"LD_LIBRARY_PATH=" + directory + "/" + std::string(kCodeLibraries),
                                   directory + "/" + std::string(kCodeProgram)};
    words.insert(words.end(), open_.code->arguments.begin(), open_.code->arguments.end());
    words.insert(words.end(), worker.arguments.begin(), worker.arguments.end());
    worker = WorkerProgram{kEnvironment, std::move(words)};
  } else {
    worker.arguments.push_back("--code=" + directory);
  }
  return {};
}

void RunHost::work() {
  if (Status opened = open(); !opened.ok()) failure_ = std::move(opened).error();
  while (true) {
    std::deque<Command> due;
    {
      std::unique_lock lock(mutex_);
      if (!pool_) arrived_.wait(lock, [this] { return closing_ || !commands_.empty(); });
      if (closing_) break;
      due.swap(commands_);
    }
    for (const Command& one : due) one();
    if (!pool_) continue;
    auto event = pool_->receive(kIdleMs);
    if (!event.ok()) {
      options_.log.error("a job's workers cannot be heard", {{"reason", event.error().to_string()}});
      stop(true);
    } else if (*event) {
      std::visit([this](const auto& one) { handle(one); }, **event);
    }
  }
  if (pool_) pool_->stop(true);
  pool_.reset();
  if (!memory_place_.empty()) remove_memory_groups(memory_place_);
  if (const Status removed = options_.files.remove_all(layout_.root()); !removed.ok())
    options_.log.warning("a job's directory cannot be removed", {{"reason", removed.error().message()}});
}

void RunHost::handle(const WorkerUp& up) {
  {
    const std::lock_guard lock(mutex_);
    workers_[up.worker] = {};
  }
  tell_(pack(WorkerIsUp{open_.run, up.worker}));
}

/// What is said of an attempt that failed or died lies in its log from now on.
void RunHost::keep_words(WorkerId worker, const Held& held) {
  if (!held.attempt) return;
  const LastWords words{held.task, held.attempt->number, layout_.attempt_log(*held.attempt), layout_.worker_output(worker),
                        held.output_from};
  if (const Status kept = write_last_words(options_.files, words, Log::system_time()); !kept.ok())
    options_.log.warning("the last words of an attempt cannot be kept", {{"reason", kept.error().to_string()}});
}

void RunHost::handle(const WorkerSaid& said) {
  if (said.message.kind == static_cast<std::uint16_t>(MessageKind::AttemptFailed)) {
    Held held;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = workers_.find(said.worker); found != workers_.end()) held = found->second;
    }
    keep_words(said.worker, held);
  }
  FromWorker from{open_.run, said.worker, said.message.kind, said.message.body, layout_.root(), files_of(said.message)};
  from.sent_along = small_ones(from.files);
  tell_(pack(from));
  if (said.message.kind == static_cast<std::uint16_t>(MessageKind::Beat)) return;
  {
    const std::lock_guard lock(mutex_);
    if (const auto held = workers_.find(said.worker); held != workers_.end()) held->second.answer = std::move(from);
  }
  if (said.message.kind != static_cast<std::uint16_t>(MessageKind::AttemptFailed)) return;
  // It will never commit.
  if (const auto failed = from_message<AttemptFailed>(said.message); failed.ok())
    if (const Status removed = options_.files.remove_all(layout_.attempt(failed->attempt)); !removed.ok())
      options_.log.warning("an attempt's files cannot be removed", {{"reason", removed.error().message()}});
}

void RunHost::handle(const WorkerEnded& ended) {
  Held held;
  {
    const std::lock_guard lock(mutex_);
    if (auto found = workers_.extract(ended.worker); !found.empty()) held = std::move(found.mapped());
  }
  WorkerIsGone gone{open_.run, ended.worker, ended.loss, ended.how, ended.position.record, ended.position.group, ended.output_tail};
  if (const std::string too_much = memory_place_.empty() ? "" : end_memory_group(memory_group_of(memory_place_, ended.worker));
      !too_much.empty()) {
    gone.loss = Loss::Crash;  // its own doing
    gone.how += ": " + too_much;
  }
  if (unwanted_.erase(ended.worker) > 0) gone.loss = Loss::Node;
  if (held.attempt && !held.answer) {
    keep_words(ended.worker, held);
    gone.scratch_directory = layout_.root();
    gone.files = log_of(*held.attempt);
  }
  tell_(pack(gone));
}

/// Below our directory; nothing when nothing was logged.
std::vector<std::string> RunHost::log_of(const AttemptId& attempt) const {
  const std::string path = layout_.attempt_log(attempt);
  if (!options_.files.exists(path)) return {};
  return {path.substr(layout_.root().size() + 1)};
}

/// The bytes of those that are small, as far as one message takes them.
std::map<std::string, std::string> RunHost::small_ones(const std::vector<std::string>& names) const {
  std::map<std::string, std::string> small;
  std::uint64_t room = kMaxSentAlongBytes;
  for (const std::string& name : names) {
    const std::string path = layout_.root() + "/" + name;
    const Result<FileInfo> info = options_.files.info(path);
    if (!info.ok() || name.size() + info->size_bytes > room) continue;
    Result<std::string> bytes = read_file(options_.files, path, room - name.size());
    if (!bytes.ok()) continue;  // whoever fetches it hears why it cannot be read
    room -= name.size() + bytes->size();
    small.emplace(name, std::move(*bytes));
  }
  return small;
}

/// What an attempt that has ended has left; of one that failed, its log.
std::vector<std::string> RunHost::files_of(const net::Message& message) const {
  if (message.kind == static_cast<std::uint16_t>(MessageKind::AttemptDone)) {
    const auto done = from_message<AttemptDone>(message);
    if (!done.ok()) return {};  // the tracker says what is wrong with it
    std::vector<std::string> names = log_of(done->attempt);
    const std::string directory = layout_.attempt(done->attempt);
    if (const auto left = options_.files.list(directory); left.ok())
      for (const std::string& name : *left) names.push_back(directory.substr(layout_.root().size() + 1) + "/" + name);
    return names;
  }
  if (message.kind == static_cast<std::uint16_t>(MessageKind::AttemptFailed))
    if (const auto failed = from_message<AttemptFailed>(message); failed.ok()) return log_of(failed->attempt);
  return {};
}

}  // namespace sinter::cluster

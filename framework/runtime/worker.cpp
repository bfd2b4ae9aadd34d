// Worker: the communication loop and the task thread.
#include "framework/runtime/worker.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/descriptor.hpp"
#include "framework/runtime/memory_group.hpp"
#include "framework/runtime/memory_limit.hpp"
#include "framework/runtime/placed_files.hpp"
#include "framework/runtime/remote_results.hpp"
#include "framework/runtime/shipped_files.hpp"
#include "framework/runtime/worker_job.hpp"

namespace sinter {
namespace {

class Worker {
 public:
  Worker(net::Transport& transport, const WorkerOptions& options) : transport_(transport), options_(options) {}

  ~Worker() {
    stop_ = true;
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    work_arrived_.notify_all();
    if (task_thread_.joinable()) task_thread_.join();
  }

  Status serve() {
    SINTER_TRY(transport_.send(net::kListener, to_message(Hello{kControlProtocolVersion, options_.worker})));
    SteadyMs next_beat = options_.clock.now_ms() + beat_interval_ms_;
    while (true) {
      const SteadyMs now = options_.clock.now_ms();
      if (now >= next_beat) {
        beat();
        next_beat = now + beat_interval_ms_;
      }
      SINTER_ASSIGN(const std::optional<net::Event> event, transport_.receive(std::max<SteadyMs>(1, next_beat - now)));
      if (!event) continue;
      if (event->kind == net::EventKind::PeerLost) {
        options_.log.warning("lost the tracker", {{"reason", event->reason}});
        return {};
      }
      if (event->kind != net::EventKind::Message) continue;
      if (event->message.kind == static_cast<std::uint16_t>(MessageKind::Stop)) return {};
      SINTER_TRY(handle(event->message));
    }
  }

 private:
  Status handle(const net::Message& message) {
    if (message.kind == static_cast<std::uint16_t>(MessageKind::Setup)) {
      SINTER_ASSIGN(const Setup setup, from_message<Setup>(message));
      set_up(setup);
      return {};
    }
    if (message.kind == static_cast<std::uint16_t>(MessageKind::CutRange)) {
      SINTER_ASSIGN(CutRange cut, from_message<CutRange>(message));
      const std::lock_guard lock(mutex_);
      if (running_ == cut.attempt) progress_.range.ask(std::move(cut.border));
      return {};
    }
    SINTER_ASSIGN(RunAttempt run, from_message<RunAttempt>(message));
    {
      const std::lock_guard lock(mutex_);
      next_ = std::move(run);
    }
    work_arrived_.notify_all();
    return {};
  }

  void set_up(const Setup& setup) {
    beat_interval_ms_ = setup.beat_interval_ms;
    layout_ = JobLayout(setup.scratch_directory);
    // A host that does not have the directory may still have every input under its whole path.
    if (options_.owns_process && !setup.working_directory.empty() && ::chdir(setup.working_directory.c_str()) != 0)
      options_.log.info("the job's working directory is not on this host", {{"directory", setup.working_directory}});
    if (!setup.host.empty())
      placed_ = std::make_unique<PlacedFiles>(
          PlacedFiles::Options{options_.files, setup.host, {}, [this](const Place& place) { return open_remote(place); },
                               [this](const std::vector<Place>& places) {
                                 if (remote_) remote_->prefetch(places);
                               },
                               {},
                               true});
    auto job = load(setup);
    if (job.ok() && !setup.run_secret.empty() && !remote_) connect_to_results(setup.run_secret, (*job)->worker_bytes());
    const std::lock_guard lock(mutex_);
    if (job.ok() && options_.owns_process) limit((*job)->worker_bytes());
    if (job.ok()) job_ = std::move(job).value();
    else setup_error_ = std::move(job).error();
    if (!task_thread_.joinable()) task_thread_ = std::thread([this] { run_tasks(); });
  }

  Result<std::unique_ptr<WorkerJob>> load(const Setup& setup) {
    FileSystem& files = placed_ ? *placed_ : options_.files;
    if (!placed_ || !files.exists(layout_.shipped_inputs())) return WorkerJob::load(files, layout_, options_.factory, options_.worker);
    // The job's definition already looks into files that its client has sent.
    SINTER_ASSIGN(const PlanFile plan, read_plan_file(files, layout_.plan()));
    connect_to_results(setup.run_secret, plan.plan.memory.worker_bytes);
    SINTER_ASSIGN(ShippedInputs inputs, read_shipped_inputs(files, layout_));
    const std::vector<ShippedFile> shipped = std::move(inputs.files);
    const auto open = [this, inputs = std::move(inputs), here = setup.host](const ShippedFile& file) {
      return open_shipped(inputs, here, file);
    };
    shipped_ = std::make_unique<ShippedFiles>(
        ShippedFiles::Options{files, layout_.root(), layout_.root() + "/outputs", setup.working_directory, open}, shipped);
    const JobFactory factory = options_.factory_over ? options_.factory_over(*shipped_) : options_.factory;
    return WorkerJob::load(*shipped_, layout_, factory, options_.worker);
  }

  /// On the tracker's host its own file, where this user may read it.
  Result<std::unique_ptr<ReadableFile>> open_shipped(const ShippedInputs& inputs, const std::string& here, const ShippedFile& file) {
    if (inputs.host == here)
      if (auto local = options_.files.open(inputs.blob_directory + "/" + file.hash); local.ok()) return local;
    return open_remote(Place{0, inputs.host, inputs.endpoint, inputs.endpoint_key, inputs.blob_directory, served_blob(file.hash), {}});
  }

  void limit(std::uint64_t worker_bytes) {
    limit_memory(worker_bytes);
    if (options_.memory_group.empty()) return;
    Status limited = options_.is_in_group ? Status() : join_memory_group(options_.memory_group);
    if (limited.ok()) limited = limit_memory_group(options_.memory_group, memory_limit_bytes(worker_bytes));
    if (!limited.ok()) options_.log.warning("the kernel does not limit this worker's memory", {{"reason", limited.error().message()}});
  }

  /// What is read ahead of other hosts is a small share of the job's memory, beside it.
  void connect_to_results(const std::string& run_secret, std::uint64_t worker_bytes) {
    const auto secret = net::parse_secret_key(run_secret);
    if (!secret.ok()) return options_.log.error("the job's key is damaged", {{"reason", secret.error().message()}});
    remote_ = std::make_unique<RemoteResults>(std::make_shared<const net::KeyPair>(net::key_pair_of(*secret)),
                                              std::min(worker_bytes / 8, kRemoteBudgetBytes), options_.clock, options_.log);
  }

  Result<std::unique_ptr<ReadableFile>> open_remote(const Place& place) {
    if (remote_ == nullptr) return internal_error("the worker has no key to fetch results with");
    return remote_->open(place);
  }

  void beat() {
    Beat beat;
    {
      const std::lock_guard lock(mutex_);
      beat.attempt = running_;
      RangeDesk::View range = progress_.range.look();
      beat.group = std::move(range.group);
      beat.cut_at = std::move(range.cut_at);
      beat.refuses_cut = range.refused;
    }
    beat.steps = progress_.steps.load(std::memory_order_relaxed);
    beat.progress = progress_.read();
    beat.peak_memory_bytes = peak_memory_bytes();
    // A full queue means that the tracker is busy: the next beat will do.
    if (const Status sent = transport_.send(net::kListener, to_message(beat)); !sent.ok())
      options_.log.debug("a heartbeat was not sent", {{"reason", sent.error().message()}});
  }

  void run_tasks() {
    while (true) {
      RunAttempt run;
      {
        std::unique_lock lock(mutex_);
        running_.reset();
        work_arrived_.wait(lock, [this] { return ending_ || next_.has_value(); });
        if (ending_) return;
        run = std::move(*next_);
        next_.reset();
        running_ = run.attempt;
        progress_.clear();
        progress_.range.begin(run.range.end);
      }
      const net::Message answer = execute(run);
      if (const Status posted = transport_.post(net::kListener, answer); !posted.ok())
        options_.log.error("an attempt's result was not sent", {{"reason", posted.error().message()}});
    }
  }

  net::Message execute(const RunAttempt& run) {
    AttemptResult result;
    if (setup_error_) {
      result.status = *setup_error_;
    } else {
      if (placed_) {
        placed_->place_results(layout_, run.inputs);
        (void)placed_->take_checksums(layout_.attempt(run.attempt));  // those of an attempt that failed
      }
      result = job_->run(run, progress_, stop_);
    }
    std::string end = progress_.range.close();
    if (result.status.ok() && options_.judge_attempt) result.status = options_.judge_attempt(run.stage, run.attempt);
    if (result.status.ok())
      return to_message(AttemptDone{run.attempt, std::move(result.counters), progress_.read(), peak_memory_bytes(),
                                    placed_ ? placed_->take_checksums(layout_.attempt(run.attempt)) : std::vector<FileChecksum>(),
                                    std::move(end)});
    return to_message(AttemptFailed{run.attempt, WireError::of(result.status.error()), result.threw, result.record,
                                    placed_ ? placed_->take_failures() : std::vector<AttemptId>()});
  }

  net::Transport& transport_;
  const WorkerOptions& options_;
  SteadyMs beat_interval_ms_ = 500;
  std::atomic<bool> stop_{false};
  ProgressBoard progress_;
  // Written before the task thread starts, then its own.
  JobLayout layout_{""};
  std::unique_ptr<RemoteResults> remote_;
  std::unique_ptr<PlacedFiles> placed_;
  std::unique_ptr<ShippedFiles> shipped_;
  std::unique_ptr<WorkerJob> job_;
  std::optional<Error> setup_error_;
  std::mutex mutex_;
  std::condition_variable work_arrived_;
  bool ending_ = false;                // under mutex_
  std::optional<RunAttempt> next_;     // under mutex_
  std::optional<AttemptId> running_;   // under mutex_
  std::thread task_thread_;
};

/// What is done for the first time takes longer: code is read and bound, and ZeroMQ and libsodium look at the machine. Nobody answers here.
void rehearse() {
  const SteadyClock clock;
  Log log(LogLevel::Error);
  (void)net::connect("ipc:///proc/self/nobody", control_transport_options(), clock, log);
}

/// A process that is nothing but this worker.
int serve_process(const std::string& endpoint, WorkerId worker, const JobFactory& factory, const JobFactoryOver& factory_over,
                  const std::string& memory_group, bool is_in_group) {
  const SteadyClock clock;
  Log log(LogLevel::Warning);
  log.add_sink(make_stderr_log_sink());
  const std::unique_ptr<FileSystem> files = make_posix_file_system();
  auto transport = net::connect(endpoint, control_transport_options(), clock, log);
  const WorkerOptions options{worker, factory, *files, clock, log, {}, true, factory_over, memory_group, is_in_group};
  const Status status = transport.ok() ? run_worker(**transport, options) : Status(transport.error());
  if (status.ok()) return EXIT_SUCCESS;
  log.error("the worker ends", {{"reason", status.error().to_string()}});
  return EXIT_FAILURE;
}

}  // namespace

Status run_worker(net::Transport& transport, const WorkerOptions& options) {
  Status served = Worker(transport, options).serve();
  // The tracker waits for our acknowledgement of its Stop; how the goodbye went changes nothing.
  constexpr std::int64_t kGoodbyeMs = 200;
  const Result<bool> closed = transport.close(kGoodbyeMs);
  if (!closed.ok()) options.log.debug("closing the transport failed", {{"reason", closed.error().message()}});
  return served;
}

int worker_main(const std::string& endpoint, WorkerId worker, const JobFactory& factory, const JobFactoryOver& factory_over,
                const std::string& memory_place) {
  const std::string group = memory_place.empty() ? "" : memory_group_of(memory_place, worker);
  return serve_process(endpoint, worker, factory, factory_over, group, false);
}

std::string encode_order(const StandbyOrder& order) {
  const char end = '\0';
  return order.output_path + end + order.endpoint + end + std::to_string(order.worker) + end;
}

std::optional<StandbyOrder> decode_order(std::string_view bytes) {
  std::array<std::string, 3> words;
  for (std::string& word : words) {
    const std::size_t end = bytes.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    word = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
  }
  StandbyOrder order{std::move(words[0]), std::move(words[1]), 0};
  const auto parsed = std::from_chars(words[2].data(), words[2].data() + words[2].size(), order.worker);
  if (!bytes.empty() || parsed.ec != std::errc() || parsed.ptr != words[2].data() + words[2].size()) return std::nullopt;
  return order;
}

int standby_main(const JobFactory& factory, const JobFactoryOver& factory_over, const std::string& memory_group) {
  ::prctl(PR_SET_NAME, kStandbyName);
  const bool is_in_group = !memory_group.empty() && join_memory_group(memory_group).ok();
  rehearse();
  std::string bytes;
  std::array<char, 4096> piece;
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  }
  if (bytes.empty()) return EXIT_SUCCESS;
  const std::optional<StandbyOrder> order = decode_order(bytes);
  ::prctl(PR_SET_NAME, "sinter");
  // What it says from now on is the job's.
  const Descriptor output(order ? ::open(order->output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1);
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (output.number() < 0 || ::dup2(nothing.number(), STDIN_FILENO) < 0 || ::dup2(output.number(), STDOUT_FILENO) < 0 ||
      ::dup2(output.number(), STDERR_FILENO) < 0)
    return EXIT_FAILURE;
  return serve_process(order->endpoint, order->worker, factory, factory_over, memory_group, is_in_group);
}

net::TransportOptions control_transport_options() {
  net::TransportOptions options;
  options.max_message_bytes = kMaxControlMessageBytes;
  return options;
}

std::uint64_t peak_memory_bytes() {
  // Not getrusage(): its figure survives exec, so a worker would report the size of the client that forked it.
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  return 0;
}

}  // namespace sinter

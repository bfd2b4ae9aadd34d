// Launcher over Boost.Process v2. Its traps in Boost 1.81 and the ways out are in dependencies.md 3.1; each is marked below.
#define BOOST_PROCESS_V2_SEPARATE_COMPILATION  // header-only mode lacks symbols in 1.81
#include "framework/runtime/launcher.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/version.hpp>
#if BOOST_VERSION < 108600
#include <boost/process/v2/src.hpp>
#endif

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/descriptor.hpp"

namespace sinter {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;

constexpr int kExecFailed = 126;
constexpr int kParentGone = 127;

/// Runs in the child between fork and exec. It also moves the standard streams: the bindings of Boost 1.81's process_stdio close their
/// descriptor again with every copy, and so, later, somebody else's.
struct ChildSetup {
  int input;
  int output;
  pid_t parent = ::getpid();

  template <class Launch>
  boost::system::error_code on_exec_setup(Launch&, const process::filesystem::path&, const char* const* (&)) {
    if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0)
      return {errno, boost::system::system_category()};
    ::setpgid(0, 0);                      // Ctrl-C reaches the client only, and a kill reaches what user code spawned
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);   // fires when the spawning thread ends: the launcher's own
    ::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getppid() != parent) ::_exit(kParentGone);  // it died before prctl
    return {};
  }
  // Boost 1.81 and 1.83 test for the first overload and call the second; its own way would run exit handlers in the child.
  template <class Launch>
  void on_exec_error(Launch&, const boost::system::error_code&, const process::filesystem::path&, const char* const* (&),
                     const boost::system::error_code&) {
    ::_exit(kExecFailed);
  }
  template <class Launch>
  void on_exec_error(Launch&, const process::filesystem::path&, const char* const* (&), const boost::system::error_code&) {
    ::_exit(kExecFailed);
  }
};

WorkerExit describe(WorkerId worker, int native_status) {
  // wait() reports 15 for a signal and for exit(15) alike: only the native status tells.
  if (WIFSIGNALED(native_status)) {
    const int number = WTERMSIG(native_status);
    return {worker, number == SIGKILL ? Loss::Killed : Loss::Crash,
            "was killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")"};
  }
  return {worker, Loss::Crash, "exited with status " + std::to_string(WEXITSTATUS(native_status))};
}

class ProcessLauncher final : public Launcher {
 public:
  explicit ProcessLauncher(OnWorkerExit on_exit)
      : on_exit_(std::move(on_exit)), work_(asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}

  ~ProcessLauncher() override {
    asio::post(context_, [this] {
      for (auto& [worker, child] : children_) kill_group(*child);
    });
    work_.reset();  // run() returns when the last child is reaped
    thread_.join();
  }

  void start(WorkerId worker, std::vector<std::string> command, const std::string& output_path,
             std::shared_ptr<const Descriptor> input) override {
    {
      const std::lock_guard lock(mutex_);
      ++alive_;
    }
    asio::post(context_, [this, worker, words = std::move(command), output_path, input = std::move(input)] {
      spawn(worker, words, output_path, input.get());
    });
  }

  void kill(WorkerId worker) override {
    asio::post(context_, [this, worker] {
      if (const auto found = children_.find(worker); found != children_.end()) kill_group(*found->second);
    });
  }

  bool wait_all(std::int64_t timeout_ms) override {
    std::unique_lock lock(mutex_);
    return none_left_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return alive_ == 0; });
  }

 private:
  static void kill_group(process::process& child) { ::kill(-child.id(), SIGKILL); }

  void spawn(WorkerId worker, const std::vector<std::string>& words, const std::string& output_path, const Descriptor* given) {
    // Asked first because Boost 1.81 leaves a zombie behind a failed exec.
    if (::access(words.front().c_str(), X_OK) != 0) {
      report({worker, Loss::Start, "cannot be started: '" + words.front() + "': " + std::strerror(errno)});
      return;
    }
    const Descriptor output(::open(output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    const Descriptor nothing(given != nullptr ? -1 : ::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Descriptor& input = given != nullptr ? *given : nothing;
    if (output.number() < 0 || input.number() < 0) {
      report({worker, Loss::Start, "cannot be started: '" + output_path + "': " + std::strerror(errno)});
      return;
    }
    try {
      const std::vector<std::string> arguments(words.begin() + 1, words.end());
      auto child = std::make_unique<process::process>(
          process::default_process_launcher()(context_, words.front(), arguments, ChildSetup{input.number(), output.number()}));
      process::process& started = *children_.emplace(worker, std::move(child)).first->second;
      started.async_wait([this, worker](const boost::system::error_code& error, int) { reaped(worker, error); });
    } catch (const std::exception& failure) {
      report({worker, Loss::Start, std::string("cannot be started: ") + failure.what()});
    }
  }

  void reaped(WorkerId worker, const boost::system::error_code& error) {
    const auto found = children_.find(worker);
    WorkerExit exit = error ? WorkerExit{worker, Loss::Crash, "ended, how is unknown: " + error.message()}
                            : describe(worker, found->second->native_exit_code());
    // What user code left in its group dies with it.
    kill_group(*found->second);
    children_.erase(found);
    report(std::move(exit));
  }

  void report(WorkerExit exit) {
    on_exit_(std::move(exit));
    // Notified under the lock: after it a waiter may destroy this object.
    const std::lock_guard lock(mutex_);
    --alive_;
    none_left_.notify_all();
  }

  OnWorkerExit on_exit_;
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t alive_ = 0;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::map<WorkerId, std::unique_ptr<process::process>> children_;  // launcher's thread only
  std::thread thread_;  // last: it uses everything above
};

}  // namespace

Result<std::unique_ptr<Launcher>> Launcher::create(OnWorkerExit on_exit) {
  try {
    return std::unique_ptr<Launcher>(std::make_unique<ProcessLauncher>(std::move(on_exit)));
  } catch (const std::exception& failure) {
    return environment_error(std::string("cannot start the launcher's thread: ") + failure.what());
  }
}

}  // namespace sinter

// WorkerPool over the launcher, and over threads.
#include "framework/runtime/worker_pool.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "framework/runtime/worker.hpp"

namespace sinter {
namespace {

class ProcessPool final : public WorkerPool {
 public:
  ProcessPool(WorkerProgram program, std::string endpoint, JobLayout layout, std::unique_ptr<Launcher> launcher)
      : program_(std::move(program)), endpoint_(std::move(endpoint)), layout_(std::move(layout)), launcher_(std::move(launcher)) {}

  void start(WorkerId worker) override {
    std::vector<std::string> command{program_.executable};
    command.insert(command.end(), program_.arguments.begin(), program_.arguments.end());
    command.push_back(endpoint_);
    command.push_back(std::to_string(worker));
    launcher_->start(worker, std::move(command), layout_.worker_output(worker));
  }
  void kill(WorkerId worker) override { launcher_->kill(worker); }
  bool wait_all(std::int64_t timeout_ms) override { return launcher_->wait_all(timeout_ms); }

 private:
  WorkerProgram program_;
  std::string endpoint_;
  JobLayout layout_;
  std::unique_ptr<Launcher> launcher_;
};

class ThreadPool final : public WorkerPool {
 public:
  ThreadPool(std::shared_ptr<net::LoopbackNetwork> network, std::string endpoint, const RunOptions& options,
             std::function<void(WorkerExit)> on_exit)
      : network_(std::move(network)), endpoint_(std::move(endpoint)), options_(options), on_exit_(std::move(on_exit)) {}
  ~ThreadPool() override {
    for (std::thread& thread : threads_) thread.join();
  }

  void start(WorkerId worker) override {
    {
      const std::lock_guard lock(mutex_);
      ++alive_;
    }
    threads_.emplace_back([this, worker] { serve(worker); });
  }
  void kill(WorkerId) override {}
  bool wait_all(std::int64_t timeout_ms) override {
    std::unique_lock lock(mutex_);
    return none_left_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return alive_ == 0; });
  }

 private:
  void serve(WorkerId worker) {
    auto transport = net::connect_in_process(network_, endpoint_, control_transport_options(), options_.clock, options_.log);
    const WorkerOptions options{worker, options_.factory, options_.files, options_.clock, options_.log, options_.judge_attempt};
    const Status served = transport.ok() ? run_worker(**transport, options) : Status(transport.error());
    on_exit_({worker, Loss::Crash, served.ok() ? "ended" : "ended: " + served.error().to_string()});
    const std::lock_guard lock(mutex_);
    --alive_;
    none_left_.notify_all();
  }

  std::shared_ptr<net::LoopbackNetwork> network_;
  std::string endpoint_;
  const RunOptions& options_;
  std::function<void(WorkerExit)> on_exit_;
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t alive_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<WorkerPool>> make_process_pool(WorkerProgram program, std::string endpoint, JobLayout layout,
                                                      std::function<void(WorkerExit)> on_exit) {
  if (program.executable.empty()) return internal_error("RunOptions.worker names no program");
  SINTER_ASSIGN(std::unique_ptr<Launcher> launcher, Launcher::create(std::move(on_exit)));
  return std::unique_ptr<WorkerPool>(
      std::make_unique<ProcessPool>(std::move(program), std::move(endpoint), std::move(layout), std::move(launcher)));
}

std::unique_ptr<WorkerPool> make_thread_pool(std::shared_ptr<net::LoopbackNetwork> network, std::string endpoint, const RunOptions& options,
                                             std::function<void(WorkerExit)> on_exit) {
  return std::make_unique<ThreadPool>(std::move(network), std::move(endpoint), options, std::move(on_exit));
}

}  // namespace sinter

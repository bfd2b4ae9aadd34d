// FileKeeper: fetches what a job's attempts left for keeps, several files at once, beside the job's thread. Owned by the job's pool, which
// calls it from one thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "framework/runtime/placed_files.hpp"

namespace sinter::cluster {

class FileKeeper {
 public:
  /// What an attempt committed is here, or cannot be fetched.
  using OnKept = std::function<void(const AttemptId& attempt, Status kept)>;

  /// `on_kept` is called on threads of ours; `files` and `log` outlive us.
  FileKeeper(PlacedFiles& files, Log& log, OnKept on_kept) : files_(files), log_(log), on_kept_(std::move(on_kept)) {}
  /// Ends what was begun.
  ~FileKeeper();
  FileKeeper(const FileKeeper&) = delete;
  FileKeeper& operator=(const FileKeeper&) = delete;

  /// These, one after the other; `on_kept` follows.
  void keep(const AttemptId& attempt, std::vector<std::string> paths);
  /// A log, which is worth no more than a warning when it cannot be fetched.
  void keep_log(std::string path);
  /// What attempts committed is not wanted any more; returns when the logs are here.
  void finish();

 private:
  struct Order {
    std::optional<AttemptId> attempt;  // none: a log
    std::vector<std::string> paths;
  };
  void take(Order order);
  void work();
  void carry_out(const Order& order);

  PlacedFiles& files_;
  Log& log_;
  OnKept on_kept_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Order> orders_;  // under mutex_
  std::size_t busy_ = 0;      // under mutex_: threads with an order
  std::atomic<bool> closing_{false};         // set under mutex_
  std::atomic<bool> parts_unwanted_{false};
  std::vector<std::thread> threads_;
};

}  // namespace sinter::cluster

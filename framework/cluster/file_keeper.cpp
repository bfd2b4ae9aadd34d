// FileKeeper: a few threads, started when there is more to do than they can. See the header for who calls.
#include "framework/cluster/file_keeper.hpp"

#include <utility>

namespace sinter::cluster {
namespace {

/// Each waits for the network most of its time.
constexpr std::size_t kMostThreads = 4;

}  // namespace

FileKeeper::~FileKeeper() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    parts_unwanted_ = true;
    orders_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void FileKeeper::keep(const AttemptId& attempt, std::vector<std::string> paths) { take({attempt, std::move(paths)}); }

void FileKeeper::keep_log(std::string path) { take({std::nullopt, {std::move(path)}}); }

void FileKeeper::take(Order order) {
  std::size_t waiting = 0;
  {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(order));
    waiting = orders_.size() + busy_;
  }
  changed_.notify_all();
  if (waiting > threads_.size() && threads_.size() < kMostThreads) threads_.emplace_back([this] { work(); });
}

void FileKeeper::finish() {
  parts_unwanted_ = true;
  std::unique_lock lock(mutex_);
  std::erase_if(orders_, [](const Order& order) { return order.attempt.has_value(); });
  changed_.wait(lock, [this] { return orders_.empty() && busy_ == 0; });
}

void FileKeeper::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !orders_.empty(); });
    if (closing_) return;
    const Order order = std::move(orders_.front());
    orders_.pop_front();
    ++busy_;
    lock.unlock();
    carry_out(order);
    lock.lock();
    --busy_;
    changed_.notify_all();
  }
}

void FileKeeper::carry_out(const Order& order) {
  Status kept;
  for (const std::string& path : order.paths)
    if (kept.ok()) kept = files_.keep(path, order.attempt ? &parts_unwanted_ : &closing_);
  if (order.attempt) return on_kept_(*order.attempt, std::move(kept));
  if (!kept.ok()) log_.warning("a log cannot be fetched", {{"reason", kept.error().to_string()}});
}

}  // namespace sinter::cluster

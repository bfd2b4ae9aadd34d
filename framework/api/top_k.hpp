// TopMap, TopStep: a map or step of which only the first pairs in key order travel. Belongs to one attempt and one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_budget.hpp"
#include "framework/api/key_codec.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// The key of a single group of all pairs.
struct Everything {};
template <>
struct KeyCodec<Everything> {
  static void append(std::string& key, const Everything&, Order order) { append_key_null(key, order); }
  static Status read(KeyReader& reader, Everything&, Order order) { return reader.read_null(order); }
};

/// Keeps the `count` first pairs that it is given, in (key, value bytes) order, and gives them on at the end as values of one group whose
/// order is their key. What the worker's budget has no room for is given on at once: the reduce counts again.
class FirstPairs final : public RawEmitter {
 public:
  FirstPairs(std::uint64_t count, MemoryBudget& budget) : count_(count), budget_(budget) {}

  /// Where pairs go; before emit() is called.
  void set_target(RawEmitter& target) { target_ = &target; }
  Status emit(std::string_view key, std::size_t group_size, std::string_view value) override;
  Status give_on();

 private:
  using Pair = std::pair<std::string, std::string>;
  bool take_room(std::uint64_t bytes);

  std::uint64_t count_;
  MemoryBudget& budget_;
  RawEmitter* target_ = nullptr;
  std::vector<Pair> heap_;  // the last of those kept at the front
  std::uint64_t kept_bytes_ = 0;
  Reservation reservation_;
  std::string key_;
};

/// Runs another task into FirstPairs. `Task` is MapTask or StepTask.
template <class Task>
class TopTask : public Task {
 public:
  TopTask(std::unique_ptr<Task> task, std::uint64_t count, MemoryBudget& budget) : task_(std::move(task)), first_(count, budget) {}
  Status finish(RawEmitter& emitter) override {
    SINTER_TRY(task_->finish(before(emitter)));
    return first_.give_on();
  }

 protected:
  Task& task() { return *task_; }
  FirstPairs& before(RawEmitter& emitter) {
    first_.set_target(emitter);
    return first_;
  }

 private:
  std::unique_ptr<Task> task_;
  FirstPairs first_;
};

/// A map into FirstPairs.
class TopMap final : public TopTask<MapTask> {
 public:
  using TopTask::TopTask;
  Status begin_file(std::uint32_t file, std::string_view capture) override { return task().begin_file(file, capture); }
  Status map(std::span<const Record> batch, RawEmitter& emitter) override { return task().map(batch, before(emitter)); }
};

/// A step into FirstPairs.
class TopStep final : public TopTask<StepTask> {
 public:
  using TopTask::TopTask;
  Status reduce(RawGroup& group, RawEmitter& emitter) override { return task().reduce(group, before(emitter)); }
};

}  // namespace sinter

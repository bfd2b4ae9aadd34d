// A scheduler in a test: fed by hand, its last commands at hand. One thread.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "framework/control/scheduler.hpp"

namespace sinter {

class SchedulerTest : public ::testing::Test {
 protected:
  void start(std::uint32_t maps, std::uint32_t workers, bool quarantine = false) {
    options_.workers = workers;
    options_.quarantine = quarantine;
    scheduler_.emplace(options_);
    step(event::Tick{});
    step(event::StageOpened{0, maps});
    for (WorkerId worker = 1; worker <= std::min(maps, workers); ++worker) step(event::WorkerReady{worker});
  }
  const std::vector<Command>& step(const Event& event) {
    last_ = scheduler_->step(event, now_);
    for (const Command& command : last_) {
      if (const auto* run = std::get_if<command::RunTask>(&command)) runs_.push_back(*run);
      if (const auto* journal = std::get_if<command::Journal>(&command)) journal_.push_back(journal->record);
    }
    return last_;
  }
  template <class T>
  const T* find() const {
    for (const Command& command : last_)
      if (const auto* found = std::get_if<T>(&command)) return found;
    return nullptr;
  }
  /// Opens the stage over the inputs; its tasks start on idle workers.
  void open(std::uint32_t stage, std::uint32_t tasks, std::vector<std::uint32_t> inputs, std::vector<std::uint32_t> freed = {},
            bool keeps_results = false) {
    step(event::StageOpened{stage, tasks, std::move(inputs), std::move(freed), keeps_results});
  }
  void commit(WorkerId worker, AttemptId attempt, std::optional<std::uint64_t> checksum = {}) {
    step(event::AttemptDone{worker, attempt, {{"rows", 1}}, checksum});
    step(event::CommitDone{attempt});
  }
  /// How many commands of this kind the last step gave.
  template <class T>
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::count_if(last_.begin(), last_.end(), [](const Command& command) { return std::holds_alternative<T>(command); }));
  }
  std::optional<AttemptId> running_on(WorkerId worker) const { return scheduler_->running_on(worker); }
  void crash(WorkerId worker, std::optional<RecordAt> record = {}, Loss loss = Loss::Crash) {
    step(event::WorkerLost{worker, loss, "was killed by signal 11", record, record ? "a.csv:7 (byte 70)" : "", ""});
    if (const auto* started = find<command::StartWorker>()) step(event::WorkerReady{started->worker});
  }

  SchedulerOptions options_;
  std::optional<Scheduler> scheduler_;
  SteadyMs now_ = 1000;
  std::vector<Command> last_;
  std::vector<command::RunTask> runs_;
  std::vector<JournalRecord> journal_;
};

constexpr AttemptId map_attempt(std::uint32_t ordinal, std::uint32_t number) { return {{0, ordinal}, number}; }

}  // namespace sinter

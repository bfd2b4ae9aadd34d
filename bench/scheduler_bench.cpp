// How far one tracker carries: a job of a million tasks on ten thousand nodes, every task done once; then the same job found in its
// journal.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <string>

#include "framework/control/scheduler.hpp"

namespace sinter {
namespace {

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

struct Run {
  std::uint64_t steps = 0, commands = 0;
  std::vector<JournalRecord> journal;
};

/// Every worker says what it must at once; each is beside a heartbeat per task, as in a job with tasks of a second.
void drive(Scheduler& scheduler, std::uint32_t tasks, Run& run, bool keep) {
  std::deque<Event> events{event::Tick{}};
  SteadyMs now = 1;
  while (!events.empty() && !scheduler.ended()) {
    const Event next = std::move(events.front());
    events.pop_front();
    if (++run.steps % 10'000 == 0) ++now;
    for (Command& command : scheduler.step(next, now)) {
      ++run.commands;
      if (const auto* start = std::get_if<command::StartWorker>(&command))
        events.emplace_back(event::WorkerReady{start->worker, start->worker});
      if (const auto* task = std::get_if<command::RunTask>(&command)) {
        events.emplace_back(event::Heartbeat{task->worker, task->attempt, 1, 0.5});
        events.emplace_back(event::AttemptDone{task->worker, task->attempt, {{"rows", 1}}, 7});
      }
      if (const auto* commit = std::get_if<command::Commit>(&command)) events.emplace_back(event::CommitDone{commit->attempt});
      if (const auto* open = std::get_if<command::OpenStage>(&command)) {
        if (open->stage == 0) events.emplace_back(event::StageOpened{0, tasks});
        else events.emplace_back(event::NoMoreStages{open->stage});
      }
      if (auto* journal = std::get_if<command::Journal>(&command); journal != nullptr && keep)
        run.journal.push_back(std::move(journal->record));
    }
  }
}

int bench(std::uint32_t nodes, std::uint32_t tasks) {
  SchedulerOptions options;
  options.workers = nodes;
  options.journal = true;
  {
    Scheduler scheduler(options);
    Run run;
    const std::uint64_t before = resident_bytes();
    const auto began = std::chrono::steady_clock::now();
    drive(scheduler, tasks, run, false);
    const double took = seconds_since(began);
    std::printf("%u nodes, %u tasks: %.1f s, %.0f events and %.0f commands a second, %.0f bytes a task\n", nodes, tasks, took,
                static_cast<double>(run.steps) / took, static_cast<double>(run.commands) / took,
                static_cast<double>(resident_bytes() - before) / tasks);
  }
  Scheduler scheduler(options);
  Run run;
  drive(scheduler, tasks, run, true);
  run.journal.pop_back();  // that it has ended
  options.generation = 2;
  const auto began = std::chrono::steady_clock::now();
  const auto restored = Scheduler::restore(options, run.journal);
  std::printf("restored from %zu records in %.2f s, %u tasks committed\n", run.journal.size(), seconds_since(began),
              restored.ok() ? restored->stage().committed : 0);
  return restored.ok() ? 0 : 1;
}

}  // namespace
}  // namespace sinter

int main(int count, char** arguments) {
  const auto number = [&](int at, std::uint32_t otherwise) {
    return count > at ? static_cast<std::uint32_t>(std::strtoul(arguments[at], nullptr, 10)) : otherwise;
  };
  return sinter::bench(number(1, 10'000), number(2, 1'000'000));
}

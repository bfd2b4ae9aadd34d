// A node of a simulated cluster: its worker processes, the results on its disk, and what it reports until that is acknowledged. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "framework/control/events.hpp"
#include "tests/simulation/simulated_world.hpp"

namespace sinter::simulation {

/// A result and where it lies.
struct Located {
  AttemptId attempt;
  HostId host = 0;
};

/// A sign of life of one worker, with where its attempt ends.
struct Beat {
  JobId job = 0;
  event::Heartbeat heart;
  std::uint64_t end = 0;
  bool refused = false;
};

/// What is said until it is acknowledged.
struct Report {
  std::uint64_t number = 0;
  JobId job = 0;
  Event event;
  std::uint64_t end = 0;  // AttemptDone: of the keys that it did
};

/// What a node says when a session begins.
struct Registration {
  HostId host = 0;
  bool leaving = false;
  std::set<JobId> jobs;                                    // that it knows
  std::map<JobWorker, std::optional<AttemptId>> workers;   // with what they run, or have run and nobody has acknowledged
  std::map<JobId, std::vector<AttemptId>> held;
  std::map<std::uint64_t, Report> reports;                 // unacknowledged
};

class SimulatedNode {
 public:
  SimulatedNode(World& world, HostId host, std::uint32_t slots, std::uint64_t memory_bytes)
      : world_(world), host_(host), slots_(slots), memory_bytes_(memory_bytes) {}

  std::uint32_t slots() const { return slots_; }
  std::uint64_t memory_bytes() const { return memory_bytes_; }
  bool up() const { return up_; }
  /// It has left for good.
  bool gone() const { return gone_; }
  bool leaving() const { return leaving_; }
  bool holds(JobId job, AttemptId attempt) const;
  std::uint64_t content(JobId job, AttemptId attempt) const { return held_.at(job).at(attempt); }
  /// Whether nothing of any job is left on it.
  bool is_clean() const { return workers_.empty() && held_.empty() && reports_.empty() && jobs_.empty(); }

  void boot();
  void crash(bool wipe);
  /// Tells the tracker that it leaves; it waits only so long to be told that it may.
  void drain();
  void leave();
  void set_slow(bool slow) { slow_ = slow; }
  Registration registration();

  // Orders of the tracker.
  void start(JobWorker worker);
  void kill(JobWorker worker);
  void run(JobWorker worker, AttemptId attempt, Keys keys, const std::vector<Located>& inputs);
  void cut(JobWorker worker, AttemptId attempt, std::uint64_t border);
  void discard(JobId job, AttemptId attempt);
  void acknowledge(std::uint64_t report);
  /// The job needs its workers no more.
  void stop(JobId job);
  /// The job has ended: all that is left of it goes.
  void close(JobId job);

 private:
  struct Process {
    bool ready = false;
    bool running = false;
    bool stuck = false;
    bool silent = false;
    std::uint64_t progress = 0;
    std::uint64_t run = 0;
    std::optional<AttemptId> attempt;
    std::optional<AttemptId> ordered;  // last: an order that comes twice is one
    Keys keys;
    bool refused = false;
    std::uint64_t report = 0;  // that ends the attempt, while it is not acknowledged
  };
  void beat();
  std::uint64_t report(JobId job, Event event, std::uint64_t end = 0);
  /// In `ms`, if the worker still runs what it runs now.
  void later(JobWorker worker, SteadyMs ms, std::function<void(Process&)> what);
  void read_inputs(JobWorker worker, const std::vector<Located>& inputs, SteadyMs rest);
  void finish(JobWorker worker, std::uint64_t read, SteadyMs rest);
  void end_attempt(JobWorker worker, Process& process, Event event, std::uint64_t end = 0);
  void exit(JobWorker worker, Loss loss, const std::string& how);
  void on_fault(JobWorker worker, AttemptId attempt);

  World& world_;
  HostId host_;
  std::uint32_t slots_;
  std::uint64_t memory_bytes_;
  bool up_ = false;
  bool gone_ = false;
  bool leaving_ = false;
  bool slow_ = false;
  std::uint64_t boot_ = 0;
  std::uint64_t runs_ = 0;
  std::uint64_t next_report_ = 1;
  std::set<JobId> jobs_;
  std::map<JobWorker, Process> workers_;
  std::map<JobId, std::map<AttemptId, std::uint64_t>> held_;
  std::map<std::uint64_t, Report> reports_;
};

}  // namespace sinter::simulation

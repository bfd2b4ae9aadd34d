// A node of a simulated cluster: its worker processes, the results on its disk, and what it reports until that is acknowledged. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
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
  event::Heartbeat heart;
  std::uint64_t end = 0;
  bool refused = false;
};

/// What is said until it is acknowledged.
struct Report {
  std::uint64_t number = 0;
  Event event;
  std::uint64_t end = 0;  // AttemptDone: of the keys that it did
};

/// What a node says when a session begins.
struct Registration {
  HostId host = 0;
  std::map<WorkerId, std::optional<AttemptId>> workers;  // with what they run, or have run and nobody has acknowledged
  std::vector<AttemptId> held;
  std::vector<Report> reports;  // unacknowledged
};

class SimulatedNode {
 public:
  SimulatedNode(World& world, HostId host, std::uint32_t slots) : world_(world), host_(host), slots_(slots) {}

  std::uint32_t slots() const { return slots_; }
  bool up() const { return up_; }
  std::size_t workers() const { return workers_.size(); }
  bool holds(AttemptId attempt) const { return held_.contains(attempt); }
  std::uint64_t content(AttemptId attempt) const { return held_.at(attempt); }

  void boot();
  void crash(bool wipe);
  void set_slow(bool slow) { slow_ = slow; }
  Registration registration();

  // Orders of the tracker.
  void start(WorkerId worker);
  void kill(WorkerId worker);
  void run(WorkerId worker, AttemptId attempt, Keys keys, const std::vector<Located>& inputs);
  void cut(WorkerId worker, AttemptId attempt, std::uint64_t border);
  void discard(AttemptId attempt) { held_.erase(attempt); }
  void acknowledge(std::uint64_t report);

 private:
  struct Process {
    bool ready = false;
    bool running = false;
    bool stuck = false;
    bool silent = false;
    std::uint64_t progress = 0;
    std::uint64_t run = 0;
    std::optional<AttemptId> attempt;
    Keys keys;
    bool refused = false;
    std::uint64_t report = 0;  // that ends the attempt, while it is not acknowledged
  };
  void beat();
  std::uint64_t report(Event event, std::uint64_t end = 0);
  /// In `ms`, if the worker still runs what it runs now.
  void later(WorkerId worker, SteadyMs ms, std::function<void(Process&)> what);
  void read_inputs(WorkerId worker, const std::vector<Located>& inputs, SteadyMs rest);
  void finish(WorkerId worker, std::uint64_t read, SteadyMs rest);
  void end_attempt(Process& process, Event event, std::uint64_t end = 0);
  void exit(WorkerId worker, Loss loss, const std::string& how);

  World& world_;
  HostId host_;
  std::uint32_t slots_;
  bool up_ = false;
  bool slow_ = false;
  std::uint64_t boot_ = 0;
  std::uint64_t runs_ = 0;
  std::uint64_t next_report_ = 1;
  std::map<WorkerId, Process> workers_;
  std::map<AttemptId, std::uint64_t> held_;
  std::deque<Report> reports_;
};

}  // namespace sinter::simulation

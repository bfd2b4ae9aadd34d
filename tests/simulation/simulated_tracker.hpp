// One life of a simulated tracker: a shell as thin as the real one around the real scheduler, with a journal. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "framework/control/scheduler.hpp"
#include "tests/simulation/simulated_node.hpp"
#include "tests/simulation/simulated_world.hpp"

namespace sinter::simulation {

/// How long a node may be out of session until it counts as lost. Shorter than silence of a worker, which is blamed.
inline constexpr SteadyMs kNodeTimeoutMs = 5'000;

class SimulatedTracker {
 public:
  SimulatedTracker(World& world, std::uint32_t life);

  void begin();
  void on_registration(const Registration& said);
  void on_report(HostId host, const Report& report);
  void on_beat(const Beat& beat);
  void on_session_lost(HostId host);
  void sync();

 private:
  struct Connection {
    bool counted = false;            // its slots are in use
    bool registered = false;         // in this session
    std::uint64_t registrations = 0;
  };
  bool alive() const { return world_.tracker_lives(life_) && !world_.ended(); }
  SteadyMs time();
  void tick();
  void feed(const Event& event);
  void carry_out(std::vector<Command> commands);
  void apply(const command::StartWorker& start);
  void apply(const command::KillWorker& kill);
  void apply(const command::RunTask& run);
  void apply(const command::Commit& commit);
  void apply(const command::Discard& discard);
  void apply(const command::OpenStage& open);
  void apply(const command::FinishJob& finish);
  void apply(const command::FailJob& fail);
  void apply(const command::ReleaseWorker& release);
  void apply(const command::BlameHost&) {}  // the cluster's matter
  void apply(const command::Journal& journal);
  void apply(const command::AskToCut& ask);
  void apply(const command::RangeCut& cut);
  void open_keys(std::uint32_t tasks) { keys_.push_back(JobModel::keys_of(tasks)); }
  void hear_of_end(WorkerId worker, AttemptId attempt, std::uint64_t end);
  void send(HostId host, std::function<void(SimulatedNode&)> message);
  void node_lost(HostId host);
  void meet_workers(const Registration& said, const std::vector<WorkerId>& known);
  void sort_out_held(const Registration& said);
  void count_slots();
  bool place(WorkerId worker);
  void send_run(WorkerId worker, AttemptId attempt);
  std::vector<Located> inputs_of(std::uint32_t stage);
  std::optional<AttemptId> unreachable_result(std::uint32_t stage);
  Event as_mistaken(const Event& event);
  std::optional<WorkerId> runner_of_task(TaskId task) const;

  World& world_;
  std::uint32_t life_;
  std::optional<Scheduler> scheduler_;
  std::deque<Event> events_;
  bool feeding_ = false;
  bool opening_ = false;             // looks for the next stage
  SteadyMs last_time_ = 0;
  std::map<HostId, Connection> connections_;
  std::map<WorkerId, HostId> placed_;
  std::set<WorkerId> waiting_;       // to be started, and no slot is free
  std::set<WorkerId> doomed_;        // killed or released, and not known to be gone
  std::set<AttemptId> committing_;
  std::map<WorkerId, SteadyMs> heard_, ran_;
  std::map<std::uint32_t, std::vector<Located>> remembered_;
  std::vector<JournalRecord> unsynced_;  // nobody else has seen what follows from them
  std::vector<std::vector<Keys>> keys_;  // of each stage's tasks
};

}  // namespace sinter::simulation

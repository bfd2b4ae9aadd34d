// The world of a simulated cluster: time, links, faults, all from one seed. Nodes and trackers live in it. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "tests/simulation/cluster_oracle.hpp"

namespace sinter::simulation {

/// Mistakes that a tracker's shell or a node could have, planted to see that the simulation finds them.
enum class Bug : std::uint8_t {
  None,
  LateDoneTaken,         // a late success counts as that of whoever runs the task now
  LateFailureTaken,      // a late failure likewise
  SyncForgotten,         // commits are not synced before what follows from them
  JournalAfterwards,     // commands are carried out before the records they depend on are written
  GenerationForgotten,   // a restarted tracker believes that it is the first
  TornRecordTaken,       // a record that was half written counts
  LossForgotten,         // results on a lost node, and fetches that failed, are not told
  PartAppended,          // a part of the output that is taken again does not replace itself
  ZombiesSpared,         // a node that returns keeps the workers it was given up with
  WipeUnnoticed,         // a node that returns is not asked what it still holds
  FreedEarly,            // results are freed when their last reader begins
  NodeLossBlamed,        // a lost node counts as a crash of its workers
  InputsRemembered,      // where inputs lie is looked up once per stage
  WallClock,             // time goes with the wall clock
  ReportsForgotten,      // a node does not repeat what it said before the session broke
  ZombieCutTaken,        // where a late attempt ends counts for whoever runs the task now
  CutForgotten,          // a range that was cut is not journalled
  EndUnchecked,          // nobody looks whether an attempt did the range that its task has
  RangeRemembered        // who runs a task is told the range that it had at first
};
inline constexpr Bug kLastBug = Bug::RangeRemembered;

class SimulatedNode;
class SimulatedTracker;

struct Odds {
  double worker_crash = 0, hang = 0, silent = 0, disk_full = 0, fetch = 0, commit = 0, start = 0;  // each time
  double session = 0, node_crash = 0, wipe = 0, partition = 0, slow = 0, tracker_crash = 0, wall_jump = 0;  // twice a second
  double tracker_step_crash = 0;  // at each command
  double late = 0;                // a message takes seconds
};

class World {
 public:
  World(std::uint64_t seed, Bug bug);
  ~World();

  /// Lives until the job has ended or the time is over. The oracle knows what was wrong.
  void run();
  bool done() const { return outcome_ == JobState::Done; }
  std::uint32_t lives() const { return lives_; }
  const Oracle& oracle() const { return oracle_; }

  // For nodes and trackers.
  Random& random() { return random_; }
  SteadyMs now() const { return now_; }
  SteadyMs wall_now() const { return now_ + wall_offset_; }
  Bug bug() const { return bug_; }
  const Odds& odds() const { return odds_; }
  Oracle& oracle() { return oracle_; }
  const JobModel& model() const { return model_; }
  bool speculation() const { return speculation_; }
  bool cut_ranges() const { return cut_ranges_; }
  bool faulty() const { return now_ < faults_end_; }
  bool happens(double odds) { return faulty() && random_.chance(odds); }
  void after(SteadyMs ms, std::function<void()> what);
  /// Messages of one session arrive in order or, when it breaks, a suffix of them does not.
  void to_tracker(HostId host, std::function<void(SimulatedTracker&)> message);
  void to_node(HostId host, std::function<void(SimulatedNode&)> message);
  bool in_session(HostId host) const { return links_.at(host).open; }
  bool reachable(HostId from, HostId to);
  SimulatedNode& node(HostId host) { return *nodes_.at(host); }
  std::vector<HostId> hosts() const;
  void crash_tracker();
  bool tracker_lives(std::uint32_t life) const { return tracker_up_ && life == lives_; }
  void end(JobState outcome);
  bool ended() const { return outcome_ != JobState::Running; }

  // What a tracker has on disk.
  std::vector<JournalRecord> journal;
  std::map<TaskId, std::vector<std::uint64_t>> output;

 private:
  struct Link {
    bool open = false;
    bool connecting = false;
    std::uint64_t session = 0;
    SteadyMs last_up = 0, last_down = 0;
    SteadyMs cut_until = 0;
  };
  struct Planned {
    SteadyMs at = 0;
    std::uint64_t order = 0;
    std::function<void()> what;
    friend bool operator<(const Planned& a, const Planned& b) { return std::tie(b.at, b.order) < std::tie(a.at, a.order); }
  };
  void draw_odds();
  SteadyMs delay();
  void fault_round();
  void break_session(HostId host);
  void connect_later(HostId host);
  void connect(HostId host);
  void crash_node(HostId host);
  void start_tracker();

  Random random_;
  Bug bug_;
  Odds odds_;
  bool speculation_ = false;
  bool cut_ranges_ = false;
  JobModel model_;
  Oracle oracle_;
  SteadyMs now_ = 0;
  SteadyMs wall_offset_ = 0;
  SteadyMs faults_end_ = 0;
  std::priority_queue<Planned> queue_;
  std::uint64_t order_ = 0;
  std::map<HostId, Link> links_;
  std::map<HostId, std::unique_ptr<SimulatedNode>> nodes_;
  std::unique_ptr<SimulatedTracker> tracker_;
  bool tracker_up_ = false;
  std::uint32_t lives_ = 0;
  JobState outcome_ = JobState::Running;
};

}  // namespace sinter::simulation

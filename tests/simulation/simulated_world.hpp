// The world of a simulated cluster: time, links, clients, faults, all from one seed. Nodes and trackers live in it. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "framework/control/cluster.hpp"
#include "tests/simulation/cluster_oracle.hpp"
#include "tests/simulation/shares_judge.hpp"

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
  RangeRemembered,       // who runs a task is told the range that it had at first
  // Between jobs.
  EndedJobTaken,         // what is said of a job that has ended counts for the next one
  CancelledKeepsSlots,   // nobody tells the Cluster that a cancelled job has ended
  JobForgotten,          // of several jobs a restarted tracker goes on with all but the newest
  CloseForgotten,        // nodes are not told that a job has ended
  GoneForgotten,         // the Cluster is not always told that a worker has ended
  DemandForgotten,       // nor that a job could use more of them
  AllowanceForgotten,    // a job is not always told that it may have more
  DrainUntold,           // nor that a node leaves
  KeptUnchecked          // a tracker that restarts believes that what it kept is whole
};
inline constexpr Bug kLastBug = Bug::KeptUnchecked;

class SimulatedNode;
class SimulatedTracker;

struct Odds {
  double worker_crash = 0, hang = 0, silent = 0, disk_full = 0, fetch = 0, commit = 0, start = 0;  // each time
  double session = 0, node_crash = 0, wipe = 0, partition = 0, slow = 0, tracker_crash = 0, wall_jump = 0;  // twice a second
  double drain = 0;  // likewise
  double tracker_step_crash = 0;  // at each command
  double late = 0;                // a message takes seconds
  double stall = 0;               // a thread of the tracker reads its mailbox later
};

/// What a client wants.
struct Submission {
  SteadyMs at = 0;
  std::int32_t priority = 0;
  std::uint32_t weight = 1;
  std::uint64_t worker_memory_bytes = 1;
  std::uint64_t most_workers = UINT64_MAX;
  bool speculation = false;
  bool cut_ranges = false;
  std::uint32_t tasks = 0;               // of the only stage; 0: some stages at random
  std::optional<SteadyMs> cancelled_after_ms = {};
};

/// A job: what the tracker's disk has of it, and its judge.
struct StoredJob {
  StoredJob(JobId number, const Submission& wanted, Random& random, std::vector<std::string>& violations)
      : id(number), submission(wanted), model(number, random, wanted.tasks), oracle(model, violations) {}

  JobId id;
  Submission submission;
  JobModel model;
  Oracle oracle;
  bool acknowledged = false;             // to its client
  bool cancel_asked = false;
  std::uint32_t lives = 0;               // of trackers that went on with it
  std::vector<JournalRecord> journal;
  // All but the journal may be spoiled by a power cut.
  std::map<TaskId, std::vector<std::uint64_t>> output;
  std::map<TaskId, bool> rejects;        // whether they are whole
  std::optional<JobState> ended;
};

/// A life without faults: these jobs on these nodes.
struct QuietLife {
  std::vector<Submission> jobs;
  std::vector<std::uint32_t> nodes;  // slots of each
  SteadyMs until_ms = 0;
};

class World {
 public:
  World(std::uint64_t seed, Bug bug);
  World(std::uint64_t seed, const QuietLife& life);
  ~World();

  /// Lives until all jobs have ended or the time is over. violations() says what was wrong.
  void run();
  const std::vector<std::string>& violations() const { return violations_; }
  std::uint32_t lives() const { return lives_; }
  const std::map<JobId, std::unique_ptr<StoredJob>>& jobs() const { return jobs_; }
  const SimulatedTracker& tracker() const { return *tracker_; }
  struct Counts {
    std::uint64_t shared = 0, in_turn = 0, left = 0, refused = 0;
  };
  const Counts& counts() const { return counts_; }

  // For nodes and trackers.
  Random& random() { return random_; }
  SteadyMs now() const { return now_; }
  SteadyMs wall_now() const { return now_ + wall_offset_; }
  Bug bug() const { return bug_; }
  const Odds& odds() const { return odds_; }
  const ClusterOptions& sharing() const { return sharing_; }
  void violate(std::string sentence) { violations_.push_back(std::move(sentence)); }
  std::vector<std::string>& violations() { return violations_; }
  /// Something that grows must not grow for ever.
  void note_length(const char* of, std::size_t length);
  bool faulty() const { return now_ < faults_end_; }
  bool happens(double odds) { return odds > 0 && faulty() && random_.chance(odds); }
  void after(SteadyMs ms, std::function<void()> what);
  /// Messages of one session arrive in order or, when it breaks, a suffix of them does not.
  void to_tracker(HostId host, std::function<void(SimulatedTracker&)> message);
  void to_node(HostId host, std::function<void(SimulatedNode&)> message);
  bool in_session(HostId host) const { return links_.at(host).open; }
  bool reachable(HostId from, HostId to);
  SimulatedNode& node(HostId host) { return *nodes_.at(host); }
  /// Those that have not left.
  std::vector<HostId> hosts() const;
  void node_left(HostId host);
  void crash_tracker();
  bool tracker_lives(std::uint32_t life) const { return tracker_up_ && life == lives_; }
  bool ended() const { return to_come_ == 0 && running_ == 0; }

  // What a tracker has on disk.
  StoredJob& job(JobId id) { return *jobs_.at(id); }
  /// As a client wants it.
  StoredJob& store(std::size_t submission);
  const Submission& submission(std::size_t index) const { return submissions_[index]; }
  void on_acknowledged(std::size_t submission, JobId job);
  void on_refused() { ++counts_.refused; }
  void on_ended(JobId job, JobState state);
  std::set<HostId> known_hosts;          // that joined and were not given up
  void count(const SharesJudge& judge);  // when the life of its tracker is over

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
  void draw_jobs();
  HostId add_node();
  void submit(std::size_t index);
  void cancel(JobId id);
  void check_left_behind();
  SteadyMs delay();
  void fault_round();
  void break_session(HostId host);
  void connect_later(HostId host);
  void connect(HostId host);
  void crash_node(HostId host);
  void start_tracker();
  void cut_power();

  Random random_;
  Random power_;  // of its own, so that what else a seed means does not change
  double power_cuts_ = 0;
  Bug bug_;
  Odds odds_;
  ClusterOptions sharing_;
  std::vector<std::string> violations_;
  Counts counts_;
  SteadyMs now_ = 0;
  SteadyMs wall_offset_ = 0;
  SteadyMs faults_end_ = 0;
  std::optional<SteadyMs> quiet_until_;
  std::priority_queue<Planned> queue_;
  std::uint64_t order_ = 0;
  std::map<HostId, Link> links_;
  std::map<HostId, std::unique_ptr<SimulatedNode>> nodes_;
  std::map<JobId, std::unique_ptr<StoredJob>> jobs_;
  std::vector<Submission> submissions_;
  std::vector<JobId> acknowledged_;      // of each submission; 0: none yet
  std::size_t to_come_ = 0;              // submissions that were not acknowledged
  std::size_t running_ = 0;              // jobs that are stored and have not ended
  std::unique_ptr<SimulatedTracker> tracker_;
  bool tracker_up_ = false;
  std::uint32_t lives_ = 0;
};

}  // namespace sinter::simulation

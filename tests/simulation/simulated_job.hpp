// One job in one life of a simulated tracker: a shell as thin as the real one around the real scheduler, with a journal. It hears and says
// everything through mailboxes, as a thread of its own would. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "framework/control/scheduler.hpp"
#include "tests/simulation/mailbox.hpp"
#include "tests/simulation/simulated_node.hpp"
#include "tests/simulation/simulated_world.hpp"

namespace sinter::simulation {

class SimulatedJob {
 public:
  SimulatedJob(World& world, SimulatedTracker& tracker, StoredJob& stored, std::uint32_t life);
  /// Reads its journal and goes on.
  void begin();

  // What the tracker's thread tells it.
  void hear(Event event);
  void hear_report(HostId host, const Report& report);
  void hear_beat(const Beat& beat);
  /// A session with the host begins, which holds these of its results.
  void hear_session(HostId host, std::vector<AttemptId> held);
  /// What became of the workers of that session is known: results that nobody wants go.
  void sort_out(HostId host, std::vector<AttemptId> held);
  /// In a session that begins, the worker runs this.
  void hear_worker(WorkerId worker, std::optional<AttemptId> attempt);
  void adopt(WorkerId worker, HostId host, std::optional<AttemptId> attempt);
  void hear_host_gone(HostId host);

  /// How far it is, for people.
  std::string describe() const;

 private:
  bool alive() const { return !over_ && world_.tracker_lives(life_); }
  void in(std::function<void()> what);
  /// Its own timers.
  void later(SteadyMs ms, std::function<void()> what);
  SteadyMs time();
  void restore();
  /// Attempts of which something that is kept is not as it was.
  std::vector<AttemptId> look_at_kept(const Scheduler& restored);
  void take(HostId host, const Report& report);
  void take(const Beat& beat);
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
  void apply(const command::BlameHost& blame);
  void apply(const command::Journal& journal);
  void apply(const command::AskToCut& ask);
  void apply(const command::RangeCut& cut);
  void end_commit(AttemptId attempt, HostId host);
  void open_stage(std::uint32_t stage);
  void end(JobState state);
  void sync();
  void tell_demand();
  void open_keys(std::uint32_t tasks) { keys_.push_back(JobModel::keys_of(tasks)); }
  void hear_of_end(WorkerId worker, AttemptId attempt, std::uint64_t end);
  void send_run(WorkerId worker, AttemptId attempt, bool again);
  void forget(WorkerId worker);
  std::vector<Located> inputs_of(std::uint32_t stage);
  std::optional<AttemptId> unreachable_result(std::uint32_t stage);
  Event as_mistaken(const Event& event);
  std::optional<WorkerId> runner_of_task(TaskId task) const;
  Oracle& oracle() { return stored_.oracle; }

  World& world_;
  SimulatedTracker& tracker_;
  StoredJob& stored_;
  std::uint32_t life_;
  std::shared_ptr<bool> token_ = std::make_shared<bool>(true);  // timers end with us
  Mailbox inbox_;
  std::optional<Scheduler> scheduler_;
  std::deque<Event> events_;
  bool feeding_ = false;
  bool opening_ = false;                 // looks for the next stage
  bool over_ = false;
  SteadyMs last_time_ = 0;
  std::uint64_t wanted_ = 0;             // workers, as the cluster was told last
  std::set<WorkerId> workers_;           // that were started or adopted and did not end
  std::set<WorkerId> doomed_;            // of them, killed or released
  std::set<AttemptId> committing_;
  std::map<WorkerId, SteadyMs> heard_, ran_;
  std::map<std::uint32_t, std::vector<Located>> remembered_;
  std::vector<JournalRecord> unsynced_;  // nobody else has seen what follows from them
  std::vector<std::vector<Keys>> keys_;  // of each stage's tasks
};

}  // namespace sinter::simulation

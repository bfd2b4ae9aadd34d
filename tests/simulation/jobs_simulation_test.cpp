// Thousands of seeded lives of several jobs on one cluster: their real schedulers under the real Cluster machine, with priorities, weights,
// memory, quotas, nodes that fail, are blamed, are drained and come back. Links, disks and restarts are in the simulation of one job.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <queue>
#include <set>

#include "base/random.hpp"
#include "framework/control/cluster.hpp"
#include "framework/control/scheduler.hpp"

namespace sinter {
namespace {

/// Mistakes of a shell, planted to see that they are found.
enum class Mistake : std::uint8_t { None, GoneForgotten, DemandForgotten, AllowanceForgotten, DrainUntold, LossUntold };
constexpr Mistake kLastMistake = Mistake::LossUntold;

class JobsLife {
 public:
  JobsLife(std::uint64_t seed, Mistake mistake) : random_(seed), mistake_(mistake) {
    for (double* odd : {&crash_, &fail_, &start_fails_, &node_dies_, &drain_})
      if (random_.below(2) == 0) *odd = 0.01 + random_.unit() * 0.15;
    sharing_.max_running_jobs = static_cast<std::uint32_t>(1 + random_.below(3));
    if (random_.below(3) == 0) sharing_.max_slots_per_job = static_cast<std::uint32_t>(1 + random_.below(4));
    cluster_.emplace(sharing_);
  }

  void run() {
    const auto nodes = static_cast<HostId>(1 + random_.below(4));
    for (HostId host = 1; host <= nodes; ++host) join(host);
    const auto jobs = static_cast<JobId>(1 + random_.below(3));
    for (JobId id = 1; id <= jobs; ++id) after(static_cast<SteadyMs>(random_.below(8'000)), [this, id] { submit(id); });
    jobs_to_come_ = jobs;
    disturb();
    tick();
    while (!queue_.empty() && violation_.empty() && !(jobs_to_come_ == 0 && jobs_.empty())) {
      if (queue_.top().at > kFaultsEndMs + kTimeToEndMs) return violate(std::to_string(jobs_.size()) + " jobs do not end");
      now_ = queue_.top().at;
      const std::function<void()> what = queue_.top().what;
      queue_.pop();
      what();
    }
    for (auto& [host, node] : nodes_)
      if (node.draining && !node.workers.empty()) violate("a node that drains cannot leave, though no job is there");
  }

  const std::string& violation() const { return violation_; }
  std::uint64_t served_in_turn() const { return served_in_turn_; }
  std::uint64_t drained() const { return drained_; }
  std::uint64_t shared() const { return shared_; }

 private:
  static constexpr SteadyMs kFaultsEndMs = 60'000;
  static constexpr SteadyMs kTimeToEndMs = 1'500'000;  // longer than nodes are left alone

  struct Planned {
    SteadyMs at = 0;
    std::uint64_t order = 0;
    std::function<void()> what;
    friend bool operator<(const Planned& a, const Planned& b) { return std::tie(b.at, b.order) < std::tie(a.at, a.order); }
  };
  struct Node {
    bool up = false;
    bool draining = false;
    std::uint64_t life = 0;
    std::uint32_t slots = 0;
    std::uint64_t memory_bytes = 0;
    std::map<std::pair<JobId, WorkerId>, std::uint64_t> workers;  // with their memory
  };
  struct Job {
    std::int32_t priority = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t wanted = 0;  // as last said
    std::uint32_t allowed = 0;
    std::deque<std::uint32_t> stages;  // tasks of each to come
    std::optional<Scheduler> scheduler;
    std::map<WorkerId, HostId> workers;  // that are placed
    std::vector<std::uint32_t> tasks;    // of the stages so far
    std::map<AttemptId, std::pair<HostId, std::uint64_t>> results;  // of attempts that ended well: where, and in which life of the node
  };

  void violate(const std::string& sentence) {
    if (violation_.empty()) violation_ = sentence;
  }
  void after(SteadyMs ms, std::function<void()> what) { queue_.push({now_ + ms, order_++, std::move(what)}); }
  bool happens(double odds) { return now_ < kFaultsEndMs && random_.chance(odds); }
  SteadyMs below(std::uint64_t ms) { return static_cast<SteadyMs>(random_.below(ms)); }

  // Nodes.
  void join(HostId host) {
    Node& node = nodes_[host];
    // Every node can hold a worker of every job.
    node = {true, false, node.life + 1, static_cast<std::uint32_t>(1 + random_.below(4)), 8 + random_.below(8), {}};
    decide(cluster_event::NodeJoined{host, node.slots, node.memory_bytes});
  }

  void disturb() {
    if (now_ >= kFaultsEndMs) {
      for (auto& [host, node] : nodes_)
        if (!node.up || node.draining) come_back(host);
      return;
    }
    for (auto& [host, node] : nodes_) {
      if (!node.up) {
        if (random_.below(6) == 0) come_back(host);
      } else if (happens(node_dies_)) {
        lose(host);
      } else if (!node.draining && happens(drain_)) {
        node.draining = true;
        decide(cluster_event::NodeDraining{host});
        if (mistake_ != Mistake::DrainUntold) tell_all(event::HostDraining{host, true});
      }
      if (node.up && node.draining && node.workers.empty()) {
        ++drained_;
        lose(host);
      }
    }
    after(1'000, [this] { disturb(); });
  }

  void come_back(HostId host) {
    if (nodes_[host].up) lose(host);
    join(host);
    tell_all(event::HostDraining{host, false});
  }

  void lose(HostId host) {
    Node& node = nodes_[host];
    node.up = false;
    const auto workers = std::move(node.workers);
    node.workers.clear();
    for (const auto& [who, bytes] : workers) jobs_.at(who.first)->workers.erase(who.second);
    decide(cluster_event::NodeLost{host});
    std::vector<JobId> all;
    for (const auto& [id, job] : jobs_) all.push_back(id);
    for (const JobId id : all)
      if (jobs_.contains(id) && mistake_ != Mistake::LossUntold) feed(id, event::ResultsLost{jobs_.at(id)->scheduler->results_on(host)});
    for (const auto& [who, bytes] : workers) feed(who.first, event::WorkerLost{who.second, Loss::Node, "its node is gone", {}, "", ""});
  }

  void tell_all(const Event& event) {
    std::vector<JobId> all;
    for (const auto& [id, job] : jobs_) all.push_back(id);
    for (const JobId id : all)
      if (jobs_.contains(id)) feed(id, event);
  }

  // Jobs.
  void submit(JobId id) {
    --jobs_to_come_;
    auto job = std::make_unique<Job>();
    job->priority = static_cast<std::int32_t>(random_.below(3));
    job->memory_bytes = 1 + random_.below(8);
    for (std::uint64_t stages = 1 + random_.below(3); stages > 0; --stages)
      job->stages.push_back(static_cast<std::uint32_t>(1 + random_.below(12)));
    SchedulerOptions options;
    options.max_attempts = 1'000;
    options.speculation = random_.below(2) == 0;
    options.cut_ranges = random_.below(2) == 0;
    options.heartbeat_timeout_ms = options.task_timeout_ms = options.start_timeout_ms = 10'000'000;
    job->scheduler.emplace(options);
    Job& made = *job;
    jobs_[id] = std::move(job);
    decide(cluster_event::JobAdded{id, made.priority, static_cast<std::uint32_t>(1 + random_.below(3)), 0, made.memory_bytes});
    feed(id, event::WorkersAllowed{made.allowed});
  }

  void feed(JobId id, const Event& event) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return;
    for (const Command& command : found->second->scheduler->step(event, now_)) {
      if (!jobs_.contains(id)) return;
      std::visit([&](const auto& one) { obey(id, one); }, command);
    }
    if (!jobs_.contains(id)) return;
    Job& job = *jobs_.at(id);
    const std::uint64_t wanted = job.scheduler->wanted_workers();
    if (wanted == job.wanted || (mistake_ == Mistake::DemandForgotten && wanted > job.wanted)) return;
    job.wanted = wanted;
    decide(cluster_event::JobDemand{id, wanted});
  }
  void feed_later(JobId id, Event event) {
    after(below(20), [this, id, event = std::move(event)] { feed(id, event); });
  }

  void obey(JobId id, const command::StartWorker& start) { decide(cluster_event::WorkerWanted{id, start.worker}); }
  void obey(JobId id, const command::KillWorker& kill) { end_later(id, kill.worker, Loss::Killed); }
  void obey(JobId id, const command::ReleaseWorker& release) { end_later(id, release.worker, Loss::Killed); }
  void obey(JobId id, const command::RunTask& run) {
    const WorkerId worker = run.worker;
    const AttemptId attempt = run.attempt;
    check_run(*jobs_.at(id), worker, attempt);
    const SteadyMs takes = below(random_.below(8) == 0 ? 15'000 : 2'000);
    if (happens(crash_)) return after(takes, [this, id, worker] { end_worker(id, worker, Loss::Crash); });
    const bool fails = happens(fail_);
    after(takes, [this, id, worker, attempt, fails] {
      if (!jobs_.contains(id) || !jobs_.at(id)->workers.contains(worker)) return;
      if (fails) feed(id, event::AttemptFailed{worker, attempt, environment_error("disk"), false, {}});
      else end_well(id, worker, attempt);
    });
  }
  void end_well(JobId id, WorkerId worker, AttemptId attempt) {
    Job& job = *jobs_.at(id);
    const HostId host = job.workers.at(worker);
    job.results[attempt] = {host, nodes_[host].life};
    feed(id, event::AttemptDone{worker, attempt, {}});
  }
  void check_run(const Job& job, WorkerId worker, AttemptId attempt) {
    const auto placed = job.workers.find(worker);
    if (placed == job.workers.end()) return;  // it has ended, and its scheduler hears of it next
    if (nodes_[placed->second].draining) violate(to_string(attempt) + " starts on a node that leaves");
    if (attempt.task.stage == 0) return;
    const std::uint32_t input = attempt.task.stage - 1;
    for (std::uint32_t ordinal = 0; ordinal < job.tasks[input]; ++ordinal) {
      const AttemptId read{{input, ordinal}, job.scheduler->committed_attempt({input, ordinal})};
      if (!is_there(job, read)) violate(to_string(attempt) + " is to read what is gone");
    }
  }
  bool is_there(const Job& job, AttemptId result) const {
    const auto& [host, life] = job.results.at(result);
    return nodes_.at(host).up && nodes_.at(host).life == life;
  }
  void obey(JobId id, const command::Commit& commit) {
    const AttemptId attempt = commit.attempt;
    after(below(20), [this, id, attempt] {
      if (!jobs_.contains(id)) return;
      if (is_there(*jobs_.at(id), attempt)) feed(id, event::CommitDone{attempt});
      else feed(id, event::CommitFailed{attempt, environment_error("its node is gone"), true});
    });
  }
  void obey(JobId, const command::Discard&) {}
  void obey(JobId id, const command::OpenStage& open) {
    Job& job = *jobs_.at(id);
    if (job.stages.empty()) return feed_later(id, event::NoMoreStages{open.stage});
    event::StageOpened opened{open.stage, job.stages.front(), {}, {}, job.stages.size() == 1};
    if (open.stage > 0) opened.inputs.push_back(open.stage - 1);
    job.tasks.push_back(opened.tasks);
    job.stages.pop_front();
    feed_later(id, opened);
  }
  void obey(JobId id, const command::AskToCut& ask) { feed_later(id, event::RangeCut{ask.worker, ask.attempt, "border"}); }
  void obey(JobId id, const command::RangeCut& cut) { ++jobs_.at(id)->tasks[cut.task.stage]; }
  void obey(JobId id, const command::BlameHost& blame) { decide(cluster_event::NodeFailed{blame.host, id}); }
  void obey(JobId, const command::Journal&) {}
  void obey(JobId id, const command::FinishJob&) { end_job(id); }
  void obey(JobId id, const command::FailJob& fail) {
    violate("job " + std::to_string(id) + " failed: " + fail.error.to_string());
    end_job(id);
  }

  void end_job(JobId id) {
    for (const auto& [worker, host] : jobs_.at(id)->workers) nodes_[host].workers.erase({id, worker});
    // step() of its scheduler is on the stack.
    after(0, [this, id, kept = std::shared_ptr<Job>(std::move(jobs_.at(id)))] {});
    jobs_.erase(id);
    decide(cluster_event::JobRemoved{id});
  }

  // Workers.
  void end_later(JobId id, WorkerId worker, Loss loss) {
    after(below(100), [this, id, worker, loss] { end_worker(id, worker, loss); });
  }
  void end_worker(JobId id, WorkerId worker, Loss loss) {
    if (!jobs_.contains(id)) return;
    Job& job = *jobs_.at(id);
    const auto placed = job.workers.find(worker);
    if (placed != job.workers.end()) {
      nodes_[placed->second].workers.erase({id, worker});
      job.workers.erase(placed);
    } else if (!cluster_->waits(id, worker)) {
      return;  // it has ended already
    }
    if (mistake_ != Mistake::GoneForgotten || random_.below(4) != 0) decide(cluster_event::WorkerGone{id, worker});
    feed(id, event::WorkerLost{worker, loss, "ended", {}, "", ""});
  }

  // The cluster's decisions are carried out when the machine has said them all: they cause others.
  void decide(const ClusterEvent& event) {
    decisions_.push_back(event);
    if (deciding_) return;
    deciding_ = true;
    while (!decisions_.empty()) {
      const ClusterEvent next = decisions_.front();
      decisions_.pop_front();
      const std::vector<ClusterCommand> commands = cluster_->step(next, now_);
      for (const ClusterCommand& command : commands) std::visit([this](const auto& one) { apply(one); }, command);
      check_turn(commands);
    }
    deciding_ = false;
  }

  void apply(const cluster_command::Spawn& spawn) {
    if (!jobs_.contains(spawn.job)) return;  // it has just ended, and the cluster hears of it next
    Node& node = nodes_[spawn.node];
    Job& job = *jobs_.at(spawn.job);
    if (!node.up) return violate("a worker is placed on a node that is not there");
    if (node.draining) violate("a worker is placed on a node that leaves");
    if (!node.workers.emplace(std::pair(spawn.job, spawn.worker), job.memory_bytes).second) violate("a worker is placed twice");
    std::uint64_t bytes = 0;
    std::set<JobId> users;
    for (const auto& [who, one] : node.workers) {
      bytes += one;
      users.insert(who.first);
    }
    shared_ += users.size() > 1 ? 1 : 0;
    if (node.workers.size() > node.slots) violate("a slot is given twice");
    if (bytes > node.memory_bytes) violate("a node's memory is overbooked");
    if (job.workers.size() >= sharing_.max_slots_per_job) violate("a job has more than its quota");
    job.workers[spawn.worker] = spawn.node;
    const JobId id = spawn.job;
    const WorkerId worker = spawn.worker;
    if (happens(start_fails_)) return end_later(id, worker, Loss::Node);
    after(below(300), [this, id, worker] {
      if (!jobs_.contains(id)) return;
      const auto placed = jobs_.at(id)->workers.find(worker);
      if (placed != jobs_.at(id)->workers.end()) feed(id, event::WorkerReady{worker, placed->second});
    });
  }
  void apply(const cluster_command::Allow& allow) {
    if (!jobs_.contains(allow.job)) return;
    jobs_.at(allow.job)->allowed = allow.count;
    if (mistake_ == Mistake::AllowanceForgotten && random_.below(8) == 0) return;
    after(0, [this, allow] {
      if (jobs_.contains(allow.job)) feed(allow.job, event::WorkersAllowed{jobs_.at(allow.job)->allowed});
    });
  }
  void apply(const cluster_command::Refuse&) { violate("a job is refused, and there are few"); }

  /// Who is allowed more than it has while one of a higher priority is allowed less than it wants: only where no node has room for that
  /// one.
  void check_turn(const std::vector<ClusterCommand>& commands) {
    if (!decisions_.empty()) return;  // the cluster does not know yet all that we know
    for (const ClusterCommand& command : commands) {
      const auto* allow = std::get_if<cluster_command::Allow>(&command);
      if (allow == nullptr || !jobs_.contains(allow->job) || allow->count <= jobs_.at(allow->job)->workers.size()) continue;
      for (const auto& [id, other] : jobs_) {
        if (other->priority <= jobs_.at(allow->job)->priority || !cluster_->is_running(id)) continue;
        ++served_in_turn_;
        const std::uint64_t allowed = allowed_in(commands, id, other->allowed);
        const std::uint64_t most = std::min<std::uint64_t>(other->wanted, sharing_.max_slots_per_job);
        if (allowed >= most || allowed > other->workers.size() || is_promised(commands, *other) || !has_room(id, *other)) continue;
        violate("job " + std::to_string(allow->job) + ", allowed " + std::to_string(allow->count) + ", is served before job " +
                std::to_string(id) + " of a higher priority, which has " + std::to_string(other->workers.size()) + " workers, is allowed " +
                std::to_string(allowed) + " and wants " + std::to_string(other->wanted));
      }
    }
  }
  /// Whether room may be kept for a job that comes no later.
  bool is_promised(const std::vector<ClusterCommand>& commands, const Job& than) const {
    for (const auto& [id, job] : jobs_)
      if (job.get() != &than && job->priority >= than.priority && allowed_in(commands, id, job->allowed) > job->workers.size()) return true;
    return false;
  }
  static std::uint64_t allowed_in(const std::vector<ClusterCommand>& commands, JobId id, std::uint64_t before) {
    for (const ClusterCommand& command : commands)
      if (const auto* allow = std::get_if<cluster_command::Allow>(&command); allow != nullptr && allow->job == id) return allow->count;
    return before;
  }
  bool has_room(JobId id, const Job& job) const {
    for (const auto& [host, node] : nodes_) {
      if (!node.up || node.draining || cluster_->avoids(id, host) || node.workers.size() >= node.slots) continue;
      std::uint64_t bytes = job.memory_bytes;
      for (const auto& [who, one] : node.workers) bytes += one;
      if (bytes <= node.memory_bytes) return true;
    }
    return false;
  }

  void tick() {
    decide(cluster_event::Tick{});
    std::vector<JobId> all;
    for (const auto& [id, job] : jobs_) all.push_back(id);
    for (const JobId id : all) {
      if (!jobs_.contains(id)) continue;
      const std::map<WorkerId, HostId> workers = jobs_.at(id)->workers;
      for (const auto& [worker, host] : workers)
        if (jobs_.contains(id)) feed(id, event::Heartbeat{worker, jobs_.at(id)->scheduler->running_on(worker), ++beats_, random_.unit()});
      feed(id, event::Tick{});
    }
    after(1'000, [this] { tick(); });
  }

  Random random_;
  Mistake mistake_;
  ClusterOptions sharing_;
  double crash_ = 0, fail_ = 0, start_fails_ = 0, node_dies_ = 0, drain_ = 0;
  std::optional<Cluster> cluster_;
  std::map<HostId, Node> nodes_;
  std::map<JobId, std::unique_ptr<Job>> jobs_;
  JobId jobs_to_come_ = 0;
  std::priority_queue<Planned> queue_;
  std::uint64_t order_ = 0;
  SteadyMs now_ = 0;
  std::deque<ClusterEvent> decisions_;
  bool deciding_ = false;
  std::uint64_t beats_ = 0, served_in_turn_ = 0, drained_ = 0, shared_ = 0;
  std::string violation_;
};

/// SINTER_SIMULATION_SEEDS asks for more than 5,000.
TEST(JobsSimulation, jobs_that_share_nodes_all_end_and_nothing_is_given_twice) {
  const char* asked = std::getenv("SINTER_SIMULATION_SEEDS");
  const std::uint64_t count = asked == nullptr ? 5'000 : std::strtoull(asked, nullptr, 10);
  std::uint64_t in_turn = 0, drained = 0, shared = 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    JobsLife life(seed, Mistake::None);
    life.run();
    ASSERT_EQ(life.violation(), "") << "seed " << seed;
    in_turn += life.served_in_turn();
    drained += life.drained();
    shared += life.shared();
  }
  std::cout << in_turn << " turns of lower priorities, " << drained << " nodes left in good order, " << shared << " nodes shared\n";
  // What never happens proves nothing.
  EXPECT_GT(in_turn, count / 2);
  EXPECT_GT(drained, count / 2);
  EXPECT_GT(shared, count);
}

TEST(JobsSimulation, each_planted_mistake_of_the_shell_is_found) {
  for (int mistake = 1; mistake <= static_cast<int>(kLastMistake); ++mistake) {
    std::string found;
    std::uint64_t seed = 0;
    while (found.empty() && ++seed <= 1'000) {
      JobsLife life(seed, static_cast<Mistake>(mistake));
      life.run();
      found = life.violation();
    }
    EXPECT_NE(found, "") << "mistake " << mistake;
    std::cout << "mistake " << mistake << " found by seed " << seed << ": " << found << "\n";
  }
}

}  // namespace
}  // namespace sinter

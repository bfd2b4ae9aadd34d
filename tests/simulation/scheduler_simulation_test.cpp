// Thousands of seeded lives of the scheduler over chains of stages: crashes, hangs, silence, failed commits and starts, duplicate and late
// messages. After each: every task committed exactly once, no attempt was granted beside another, the job ended, counters are those of
// committed attempts.
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <queue>
#include <set>

#include "base/random.hpp"
#include "framework/control/scheduler.hpp"

namespace sinter {
namespace {

struct Odds {
  double crash = 0, killed = 0, hang = 0, silent = 0, fail = 0, commit_fails = 0, start_fails = 0, duplicate = 0, late = 0, poison = 0;
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {
    stages_ = static_cast<std::uint32_t>(1 + random_.below(6));
    options_.workers = static_cast<std::uint32_t>(1 + random_.below(6));
    options_.quarantine = random_.below(2) == 0;
    options_.task_timeout_ms = 20'000;
    options_.max_attempts = static_cast<std::uint32_t>(2 + random_.below(4));
    for (double* odd : {&odds_.crash, &odds_.killed, &odds_.hang, &odds_.silent, &odds_.fail, &odds_.commit_fails, &odds_.start_fails,
                        &odds_.duplicate, &odds_.late})
      if (random_.below(3) == 0) *odd = chance_size();
    if (random_.below(4) == 0) odds_.poison = 0.3;
    for (std::uint32_t task = 0; task < kMaxTasks; ++task)
      while (happens(odds_.poison)) poison_[task].insert(1 + random_.below(1000));
    options_.cut_ranges = random_.below(2) == 0;
    scheduler_.emplace(options_);
  }

  void run() {
    feed(event::Tick{});
    for (int steps = 0; !scheduler_->ended(); ++steps) {
      ASSERT_LT(steps, 200'000) << "the job does not end";
      ASSERT_FALSE(HasFailure());
      const auto deadline = scheduler_->next_deadline();
      if (queue_.empty() || (deadline && *deadline < queue_.top().at)) {
        ASSERT_TRUE(deadline.has_value()) << "nothing will ever happen again";
        now_ = std::max(now_, *deadline);
        feed(event::Tick{});
        continue;
      }
      const Planned next = queue_.top();
      queue_.pop();
      now_ = std::max(now_, next.at);
      happen(next);
    }
    check_end();
  }

  bool done() const { return scheduler_->state() == JobState::Done; }

 private:
  struct Planned {
    SteadyMs at = 0;
    std::uint64_t order = 0;
    Event event;
    bool beat = false;
    friend bool operator<(const Planned& a, const Planned& b) { return std::tie(b.at, b.order) < std::tie(a.at, a.order); }
  };
  struct SimulatedWorker {
    bool alive = true;
    bool ready = false;
    bool silent = false;
    bool stuck = false;
    std::uint64_t progress = 0;
    std::optional<AttemptId> attempt;
    std::optional<RecordAt> at;
  };

  double chance_size() { return 0.02 + static_cast<double>(random_.below(1000)) / 1000 * 0.25; }
  // Faults stop after a while, so that every life can end.
  bool happens(double odds) { return now_ < 400'000 && static_cast<double>(random_.below(1'000'000)) < odds * 1e6; }
  SteadyMs delay() {
    return static_cast<SteadyMs>(random_.below(50)) + (happens(odds_.late) ? static_cast<SteadyMs>(random_.below(30'000)) : 0);
  }

  void plan(SteadyMs in, Event event, bool beat = false) { queue_.push({now_ + in, order_++, std::move(event), beat}); }
  void say(Event event) {
    if (happens(odds_.duplicate)) plan(delay(), event);
    plan(delay(), std::move(event));
  }

  void happen(const Planned& next) {
    if (!next.beat) {
      if (const auto* lost = std::get_if<event::WorkerLost>(&next.event)) {
        SimulatedWorker& worker = workers_[lost->worker];
        if (!worker.alive) return;
        worker.alive = false;
      }
      feed(next.event);
      return;
    }
    const WorkerId id = std::get<event::Heartbeat>(next.event).worker;
    SimulatedWorker& worker = workers_[id];
    if (!worker.alive) return;
    plan(500, event::Heartbeat{id, {}, 0}, true);
    if (worker.silent) return;
    if (!worker.stuck) ++worker.progress;
    feed(event::Heartbeat{id, worker.attempt, worker.progress, random_.unit()});
  }

  void feed(const Event& event) {
    std::deque<Event> more{event};
    while (!more.empty()) {
      const Event next = more.front();
      more.pop_front();
      for (const Command& command : scheduler_->step(next, now_))
        std::visit([&](const auto& one) { obey(one, more); }, command);
    }
  }

  void obey(const command::StartWorker& start, std::deque<Event>&) {
    ASSERT_TRUE(workers_.emplace(start.worker, SimulatedWorker{}).second) << "a worker's id is used once";
    std::size_t alive = 0;
    for (const auto& [id, worker] : workers_) alive += worker.alive ? 1 : 0;
    // A worker counted as lost after kill_timeout may still be on its way out.
    EXPECT_LE(alive, options_.workers);
    if (happens(odds_.start_fails)) {
      plan(delay(), event::WorkerLost{start.worker, Loss::Start, "cannot be started", {}, "", ""});
      return;
    }
    workers_[start.worker].ready = true;
    say(event::WorkerReady{start.worker});
    plan(500, event::Heartbeat{start.worker, {}, 0}, true);
  }

  void obey(const command::KillWorker& kill, std::deque<Event>&) {
    plan(static_cast<SteadyMs>(random_.below(200)),
         event::WorkerLost{kill.worker, Loss::Killed, "was killed", workers_[kill.worker].at, "", ""});
  }

  void obey(const command::RunTask& run, std::deque<Event>&) {
    SimulatedWorker& worker = workers_[run.worker];
    ASSERT_TRUE(worker.ready);
    EXPECT_TRUE(seen_attempts_.insert(run.attempt).second) << "an attempt number is used twice";
    EXPECT_FALSE(published_.contains(run.attempt.task)) << "a committed task runs again";
    // Only the open stage runs, and only when every task before it is published.
    EXPECT_EQ(run.attempt.task.stage + 1, tasks_of_stage_.size());
    EXPECT_GE(published_.size(), all_tasks() - tasks_of_stage_.back());
    EXPECT_LT(run.attempt.task.ordinal, tasks_of_stage_.back());
    worker.attempt = run.attempt;
    worker.at.reset();
    worker.stuck = false;
    const SteadyMs takes = static_cast<SteadyMs>(random_.below(3000));
    if (run.attempt.task.stage == 0) {
      for (const std::uint64_t offset : poison_[run.attempt.task.ordinal]) {
        const RecordAt record{0, offset, offset};
        if (std::find(run.skip.begin(), run.skip.end(), record) != run.skip.end()) continue;
        worker.at = run.careful ? record : RecordAt{0, 0, 0};
        plan(takes, event::WorkerLost{run.worker, Loss::Crash, "crashed", worker.at, "a.csv", ""});
        return;
      }
      EXPECT_TRUE(run.skip.size() <= poison_[run.attempt.task.ordinal].size() || suspicious_);
      if (run.careful) worker.at = RecordAt{0, random_.below(1000) + 2000, 1};
    }
    end_attempt(run, worker, takes);
  }

  void end_attempt(const command::RunTask& run, SimulatedWorker& worker, SteadyMs takes) {
    if (happens(odds_.crash)) {
      suspicious_ = true;  // a random crash in careful mode blames an innocent record, as it must
      plan(takes, event::WorkerLost{run.worker, Loss::Crash, "crashed", worker.at, "", ""});
    } else if (happens(odds_.killed)) {
      plan(takes, event::WorkerLost{run.worker, Loss::Killed, "was killed", worker.at, "", ""});
    } else if (happens(odds_.hang)) {
      suspicious_ = true;
      worker.stuck = true;
    } else if (happens(odds_.silent)) {
      worker.silent = true;
    } else if (happens(odds_.fail)) {
      say(event::AttemptFailed{run.worker, run.attempt, environment_error("disk"), false, {}});
    } else {
      Counters counters{{"rows", 1 + random_.below(1000)}, {"attempt-" + std::to_string(run.attempt.number), 1}};
      offered_[run.attempt] = counters;
      if (happens(odds_.duplicate)) plan(takes + delay(), event::AttemptDone{run.worker, run.attempt, counters});
      plan(takes + delay(), event::AttemptDone{run.worker, run.attempt, counters});
    }
  }

  void obey(const command::Commit& commit, std::deque<Event>& more) {
    EXPECT_TRUE(granted_.emplace(commit.attempt.task, commit.attempt).second) << "two attempts of one task hold a grant";
    EXPECT_FALSE(published_.contains(commit.attempt.task)) << "a task commits twice";
    EXPECT_FALSE(discarded_.contains(commit.attempt)) << "files of a discarded attempt are published";
    if (happens(odds_.commit_fails)) {
      granted_.erase(commit.attempt.task);
      more.emplace_back(event::CommitFailed{commit.attempt, environment_error("rename")});
      return;
    }
    published_[commit.attempt.task] = commit.attempt;
    granted_.erase(commit.attempt.task);
    if (random_.below(2) == 0) more.emplace_back(event::CommitDone{commit.attempt});
    else plan(static_cast<SteadyMs>(random_.below(1000)), event::CommitDone{commit.attempt});
  }

  void obey(const command::Discard& discard, std::deque<Event>&) {
    discarded_.insert(discard.attempt);
    const auto published = published_.find(discard.attempt.task);
    EXPECT_TRUE(published == published_.end() || published->second != discard.attempt) << "a published attempt is discarded";
  }

  void obey(const command::OpenStage& open, std::deque<Event>& more) {
    EXPECT_EQ(open.stage, tasks_of_stage_.size());
    EXPECT_EQ(published_.size(), all_tasks());
    Event answer = event::NoMoreStages{open.stage};
    if (open.stage < stages_) {
      tasks_of_stage_.push_back(static_cast<std::uint32_t>(random_.below(kMaxTasks)));
      answer = event::StageOpened{open.stage, tasks_of_stage_.back()};
    }
    if (random_.below(2) == 0) more.push_back(answer);
    else plan(delay(), answer);
  }
  void obey(const command::AskToCut& ask, std::deque<Event>&) {
    EXPECT_TRUE(options_.cut_ranges);
    EXPECT_GT(ask.attempt.task.stage, 0u);
    if (random_.below(4) == 0) say(event::CutRefused{ask.worker, ask.attempt});
    else say(event::RangeCut{ask.worker, ask.attempt, "border"});
  }
  void obey(const command::RangeCut& cut, std::deque<Event>&) {
    EXPECT_EQ(cut.task.stage + 1, tasks_of_stage_.size());
    EXPECT_FALSE(published_.contains(cut.task)) << "what has committed is cut";
    EXPECT_EQ(cut.rest, tasks_of_stage_.back()++);
  }
  std::size_t all_tasks() const { return std::accumulate(tasks_of_stage_.begin(), tasks_of_stage_.end(), std::size_t{0}); }
  void obey(const command::ReleaseWorker&, std::deque<Event>&) { ADD_FAILURE() << "nobody took a worker away"; }
  void obey(const command::BlameHost&, std::deque<Event>&) { ADD_FAILURE() << "no worker has a host here"; }
  void obey(const command::Journal&, std::deque<Event>&) { ADD_FAILURE() << "nobody asked for a journal"; }
  void obey(const command::FinishJob&, std::deque<Event>&) {
    ++finished_;
    EXPECT_EQ(tasks_of_stage_.size(), stages_);
  }
  void obey(const command::FailJob& fail, std::deque<Event>&) {
    ++finished_;
    failure_ = fail.error;
  }

  void check_end() {
    EXPECT_EQ(finished_, 1);
    if (scheduler_->state() != JobState::Done) {
      ASSERT_TRUE(failure_.has_value());
      return;
    }
    EXPECT_EQ(published_.size(), all_tasks());
    Counters expected;
    for (const auto& [task, attempt] : published_)
      for (const auto& [name, value] : offered_[attempt]) expected[name] += value;
    EXPECT_EQ(scheduler_->counters(), expected);
    for (const auto& [task, attempt] : published_) EXPECT_EQ(scheduler_->committed_attempt(task), attempt.number);
  }

  bool HasFailure() const { return ::testing::Test::HasFailure(); }

  Random random_;
  static constexpr std::uint32_t kMaxTasks = 12;

  SchedulerOptions options_;
  std::uint32_t stages_ = 0;
  std::vector<std::uint32_t> tasks_of_stage_;  // opened so far
  Odds odds_;
  std::optional<Scheduler> scheduler_;
  std::priority_queue<Planned> queue_;
  std::uint64_t order_ = 0;
  SteadyMs now_ = 0;
  std::map<WorkerId, SimulatedWorker> workers_;
  std::map<std::uint32_t, std::set<std::uint64_t>> poison_;
  std::set<AttemptId> seen_attempts_;
  std::set<AttemptId> discarded_;
  std::map<TaskId, AttemptId> granted_;
  std::map<TaskId, AttemptId> published_;
  std::map<AttemptId, Counters> offered_;
  int finished_ = 0;
  std::optional<Error> failure_;
  bool suspicious_ = false;
};

TEST(SchedulerSimulation, every_life_ends_with_each_task_committed_once_or_a_told_failure) {
  int done = 0;
  constexpr int kLives = 6000;
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(seed);
    life.run();
    if (HasFailure()) return;
    done += life.done() ? 1 : 0;
  }
  // Faults that never let a job end would hide everything else.
  EXPECT_GT(done, kLives / 2);
  EXPECT_LT(done, kLives);
}

}  // namespace
}  // namespace sinter

// What a simulated cluster must do for one job: the job with its known answer, and a judge who follows its journal beside the tracker. One
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "framework/control/scheduler.hpp"

namespace sinter::simulation {

/// The keys of one task, [begin, end).
struct Keys {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t count() const { return end - begin; }
  friend bool operator==(const Keys&, const Keys&) = default;
};
inline constexpr std::uint64_t kKeysPerTask = 32;

/// A job of a few stages; the result of a task is a number for each of its keys, made of the key and what it reads, summed: however a range
/// is cut, its parts sum to the whole.
class JobModel {
 public:
  struct Stage {
    std::uint32_t tasks = 0;
    std::vector<std::uint32_t> inputs;
    std::vector<std::uint32_t> freed;  // when it is opened
    bool keeps_results = false;
  };

  /// Of this number: its results are those of no other. `tasks`: of its only stage; 0: it has some stages, at random.
  JobModel(std::uint64_t job, Random& random, std::uint32_t tasks = 0);

  const std::vector<Stage>& stages() const { return stages_; }
  /// When the stage is opened.
  static std::vector<Keys> keys_of(std::uint32_t tasks);
  std::uint64_t content(std::uint32_t stage, const Keys& keys) const { return content_of(stage, keys, read_[stage]); }
  /// `read`: the sum of all that the stage reads.
  std::uint64_t content_of(std::uint32_t stage, const Keys& keys, std::uint64_t read) const;
  std::uint64_t all_rows() const;
  /// Whether something is kept of the task, beside its result.
  static bool leaves_rejects(TaskId task) { return (task.stage + task.ordinal) % 4 == 0; }

 private:
  void draw_stages(Random& random);

  std::uint64_t job_;
  std::vector<Stage> stages_;
  std::vector<std::uint64_t> read_;  // by each stage
};

/// Judges by what is durable in the journal and what processes really did. Each broken rule is a sentence in `violations`.
class Oracle {
 public:
  Oracle(const JobModel& model, std::vector<std::string>& violations) : model_(model), violations_(violations) {}

  void violate(std::string sentence) { violations_.push_back(std::move(sentence)); }
  void expect(bool held, const std::string& sentence) {
    if (!held) violate(sentence);
  }

  // What the tracker decides and says.
  void on_journal(const JournalRecord& record);
  /// All of the records so far are durable.
  void on_synced();
  /// Those that were not are forgotten, and nothing that anybody saw has followed from them.
  void on_crashed();
  void on_start_worker(WorkerId worker);
  void on_kill(WorkerId worker) { expect_durable("worker " + std::to_string(worker) + " is ended"); }
  void on_run(AttemptId attempt, const std::vector<AttemptId>& inputs);
  void on_discard(AttemptId attempt);
  void on_blocked(AttemptId attempt) { blocked_.insert(attempt.task); }
  void on_open(std::uint32_t stage);
  void on_doubled() { ++doubled_; }
  bool is_committed(TaskId task) const { return is_known(task) && stages_[task.stage][task.ordinal].committed != 0; }
  std::uint32_t tasks(std::uint32_t stage) const { return static_cast<std::uint32_t>(stages_[stage].size()); }
  void on_restored(const Scheduler& scheduler);
  void on_finished(const Scheduler& scheduler, const std::map<TaskId, std::vector<std::uint64_t>>& output,
                   const std::map<TaskId, bool>& rejects);

  // What really happened.
  void on_begun(AttemptId attempt) { expect(begun_.insert(attempt).second, to_string(attempt) + " runs twice"); }
  void on_written(AttemptId attempt) { written_.insert(attempt); }
  /// It will end there.
  void on_agreed(AttemptId attempt, std::uint64_t border) { agreed_.insert({attempt, border}); }
  void on_fault(AttemptId attempt) { faulted_.insert(attempt); }

  std::uint64_t lost_results() const { return lost_results_; }
  std::uint64_t remade() const { return remade_; }
  std::uint64_t doubled() const { return doubled_; }
  /// Decisions that a crash took along.
  std::uint64_t forgotten() const { return forgotten_; }
  std::uint64_t cuts() const { return cuts_; }
  /// What was kept of tasks and spoiled by power cuts.
  std::uint64_t spoiled() const { return spoiled_; }

 private:
  struct State {
    Keys keys;
    std::uint32_t committed = 0;  // attempt; 0: none now
    bool ever = false;
  };
  void on(const journal::StageOpened& opened);
  void on(const journal::Committed& committed);
  void on(const journal::ResultLost& lost);
  void on(const journal::KeptLost& lost);
  void on(const journal::Failed& failed);
  void on(const journal::Quarantined& quarantined);
  void on(const journal::RangeCut& cut);
  void on(const journal::Ended& ended);
  void expect_durable(const std::string& what) { expect(unsynced_.empty(), what + " before what it follows from is durable"); }
  /// In the journal, as far as it was not forgotten.
  bool is_known(TaskId task) const { return task.stage < stages_.size() && task.ordinal < stages_[task.stage].size(); }
  bool complete(std::uint32_t stage) const;
  bool needed(std::uint32_t stage) const;

  const JobModel& model_;
  std::vector<std::string>& violations_;
  std::vector<JournalRecord> synced_, unsynced_;
  std::vector<std::vector<State>> stages_;  // opened, in the journal
  std::set<AttemptId> ordered_, begun_, written_, faulted_;
  std::set<std::pair<AttemptId, std::uint64_t>> agreed_;
  std::set<WorkerId> workers_;
  std::set<TaskId> blocked_;
  std::optional<JobState> ended_;
  std::uint64_t lost_results_ = 0;
  std::uint64_t remade_ = 0;
  std::uint64_t doubled_ = 0;
  std::uint64_t forgotten_ = 0;
  std::uint64_t cuts_ = 0;
  std::uint64_t spoiled_ = 0;
};

}  // namespace sinter::simulation

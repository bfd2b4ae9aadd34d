// The reduce attempt: runs -> group cursor -> reducer -> one part of the output, or, in steps and rounds, one sorted run. A job that leaves
// sorted pairs passes its groups on.
#include "framework/runtime/attempt.hpp"
#include "framework/api/pass_on.hpp"
#include "framework/api/readable_key.hpp"
#include "framework/runtime/attempt_context.hpp"
#include "framework/runtime/attempt_targets.hpp"
#include "framework/runtime/round_verdict.hpp"
#include "framework/runtime/stage_reader.hpp"

namespace sinter {
namespace {

/// Values of one group between two signs of progress.
constexpr std::uint64_t kValuesPerStep = 4096;

/// One group of the cursor as reducers see it.
class CursorGroup final : public RawGroup {
 public:
  CursorGroup(GroupCursor& cursor, ProgressBoard& progress) : cursor_(cursor), progress_(progress) {}

  std::string_view key() const override { return cursor_.group(); }
  Result<bool> next() override {
    Result<bool> more = cursor_.next_value();
    if (more.ok() && *more && ++values_ % kValuesPerStep == 0) {
      publish();
      progress_.range.inside(cursor_.group());
    }
    return more;
  }
  std::string_view value() const override { return cursor_.value(); }
  std::string_view full_key() const override { return cursor_.key(); }
  void publish() {
    progress_.rows.store(values_, std::memory_order_relaxed);
    // One writer: a plain store saves the locked instruction, once per group.
    progress_.steps.store(++steps_, std::memory_order_relaxed);
  }

 private:
  GroupCursor& cursor_;
  ProgressBoard& progress_;
  std::uint64_t values_ = 0;
  std::uint64_t steps_ = 0;
};

/// `Target` is a RunTarget, a SortedTarget or a PartTarget.
template <class Target>
class ReduceAttempt {
 public:
  using Task = ReduceTaskTo<typename Target::Interface>;

  ReduceAttempt(const AttemptSurroundings& around, const RunAttempt& run, const TaskFactory<Task>& make_task)
      : around_(around), run_(run), make_task_(make_task), context_(around, run), target_(around, run) {}

  AttemptResult run() {
    AttemptResult result;
    result.status = execute();
    result.threw = threw_;
    result.counters = context_.counters();
    around_.position.nowhere();
    return result;
  }

 private:
  Status execute() {
    around_.regions.clear();  // the budget is for merging now
    SINTER_TRY(context_.open());
    SINTER_TRY(guarded(threw_, "reducer's factory", [&]() -> Status {
      SINTER_ASSIGN(task_, make_task_(context_));
      return {};
    }));
    // Before the cursor: a sort buffer has its size, read buffers take what is left.
    SINTER_TRY(target_.open(threw_));
    SINTER_TRY(guarded(threw_, "combiner", [&]() -> Status {
      SINTER_ASSIGN(reader_, open_stage_reader(around_, run_, context_.scratch_directory()));
      return {};
    }));
    SINTER_TRY(reduce_groups());
    SINTER_TRY(target_.finish(threw_));
    return context_.close();
  }

  Status reduce_groups() {
    GroupCursor& cursor = *reader_.groups;
    CursorGroup group(cursor, around_.progress);
    while (true) {
      SINTER_ASSIGN(const bool more, guarded(threw_, "combiner", [&] { return cursor.next_group(); }));
      if (!more || around_.progress.range.ends_before(cursor.group())) break;
      if (around_.stop.load(std::memory_order_relaxed)) return environment_error("the job was stopped", false);
      around_.position.at_group(cursor.group());
      Status status = guarded(threw_, "reducer", [&] { return task_->reduce(group, target_); });
      if (!status.ok()) return std::move(status).with_context("while reducing group " + readable_key(cursor.group()));
      group.publish();
    }
    around_.position.nowhere();
    return guarded(threw_, "reducer", [&] { return task_->finish(target_); });
  }

  const AttemptSurroundings& around_;
  const RunAttempt& run_;
  const TaskFactory<Task>& make_task_;
  AttemptContext context_;
  Target target_;
  StageReader reader_;
  std::unique_ptr<Task> task_;
  bool threw_ = false;
};

/// The merge of a round, and the author's verdict on the summary that it left: code of a job runs in its workers only.
AttemptResult run_merge_attempt(const AttemptSurroundings& around, const RunAttempt& run) {
  AttemptResult result = ReduceAttempt<PartTarget>(around, run, around.job.rounds->make_merge).run();
  const auto& converged = around.job.rounds->converged;
  if (!result.status.ok() || !converged) return result;
  const auto judge = [&]() -> Status {
    SINTER_ASSIGN(const std::string current, read_file(around.files, around.layout.attempt_result(run.attempt), kMaxSummaryBytes));
    std::string_view previous = around.job.rounds->first_summary;
    if (run.stage.summary_stage) {
      SINTER_ASSIGN(previous, around.side_data.summary(around.layout.result(TaskId{*run.stage.summary_stage, 0})));
    }
    return guarded(result.threw, "condition that ends the rounds", [&]() -> Status {
      if (converged(run.stage.round, previous, current)) result.counters[converged_counter(run.stage.round)] = 1;
      return {};
    });
  };
  result.status = judge();
  return result;
}

}  // namespace

AttemptResult run_reduce_attempt(const AttemptSurroundings& around, const RunAttempt& run) {
  const JobDefinition& job = around.job;
  const Stage& stage = run.stage;
  const bool in_rounds = stage.work == StageWork::Round || stage.work == StageWork::Merge || stage.round > 0;
  if ((in_rounds && !job.rounds) || (stage.work == StageWork::Step && stage.step >= job.steps.size())) {
    AttemptResult result;
    result.status = internal_error("the worker's job has other stages than the tracker's");
    return result;
  }
  switch (stage.work) {
    case StageWork::Step: return ReduceAttempt<RunTarget>(around, run, job.steps[stage.step].make).run();
    case StageWork::Round: return ReduceAttempt<RunTarget>(around, run, job.rounds->make_round).run();
    case StageWork::Merge: return run_merge_attempt(around, run);
    case StageWork::Map:
    case StageWork::Reduce: break;
  }
  if (job.sorted_output) {
    const TaskFactory<StepTask> pass_on = [](TaskContext&) -> Result<std::unique_ptr<StepTask>> {
      return std::unique_ptr<StepTask>(std::make_unique<PassOn>());
    };
    return ReduceAttempt<SortedTarget>(around, run, pass_on).run();
  }
  return ReduceAttempt<PartTarget>(around, run, job.make_reduce).run();
}

}  // namespace sinter

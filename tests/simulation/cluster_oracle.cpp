// The rules that hold at every moment of every life of a cluster.
#include "tests/simulation/cluster_oracle.hpp"

#include <algorithm>

namespace sinter::simulation {

JobModel::JobModel(std::uint64_t job, Random& random, std::uint32_t tasks) : job_(job) {
  if (tasks > 0) stages_.push_back({tasks, {}, {}, true});
  else draw_stages(random);
  for (std::uint32_t index = 0; index < stages_.size(); ++index) {
    std::uint64_t& read = read_.emplace_back(0);
    for (const std::uint32_t input : stages_[index].inputs) read += content(input, {0, stages_[input].tasks * kKeysPerTask});
  }
}

void JobModel::draw_stages(Random& random) {
  const auto count = static_cast<std::uint32_t>(1 + random.below(4));
  std::vector<std::uint32_t> last_reader(count, 0);
  for (std::uint32_t index = 0; index < count; ++index) {
    Stage& stage = stages_.emplace_back();
    stage.tasks = static_cast<std::uint32_t>(1 + random.below(index == 0 ? 9 : 5));
    if (index > 0) {
      stage.inputs.push_back(index - 1);
      // As rounds do: the runs of an early stage are read again, unless they are gone.
      const auto early = static_cast<std::uint32_t>(random.below(index));
      if (early + 1 < index && last_reader[early] + 1 == index) stage.inputs.push_back(early);
      for (const std::uint32_t input : stage.inputs) last_reader[input] = index;
    }
    stage.keeps_results = index + 1 == count;
  }
  for (std::uint32_t index = 2; index < count; ++index)
    for (std::uint32_t input = 0; input + 1 < index; ++input)
      if (last_reader[input] == index - 1) stages_[index].freed.push_back(input);
}

std::vector<Keys> JobModel::keys_of(std::uint32_t tasks) {
  std::vector<Keys> keys;
  for (std::uint64_t task = 0; task < tasks; ++task) keys.push_back({task * kKeysPerTask, (task + 1) * kKeysPerTask});
  return keys;
}

std::uint64_t JobModel::content_of(std::uint32_t stage, const Keys& keys, std::uint64_t read) const {
  std::uint64_t content = 0;
  for (std::uint64_t key = keys.begin; key < keys.end; ++key)
    content += split_mix64((std::uint64_t{stage} << 32 | key) ^ split_mix64(read ^ job_ << 48));
  return content;
}

std::uint64_t JobModel::all_rows() const {
  std::uint64_t rows = 0;
  for (const Stage& stage : stages_) rows += stage.tasks * kKeysPerTask;
  return rows;
}

bool Oracle::complete(std::uint32_t stage) const {
  return std::all_of(stages_[stage].begin(), stages_[stage].end(), [](const State& one) { return one.committed != 0; });
}

bool Oracle::needed(std::uint32_t stage) const {
  if (stage + 1 == stages_.size()) return true;
  for (std::uint32_t reader = stage + 1; reader < stages_.size(); ++reader) {
    const std::vector<std::uint32_t>& inputs = model_.stages()[reader].inputs;
    if (std::find(inputs.begin(), inputs.end(), stage) == inputs.end() || complete(reader)) continue;
    // A reader with nothing but lost results that nobody needs is no reason.
    if (needed(reader)) return true;
    if (std::any_of(blocked_.begin(), blocked_.end(), [&](TaskId task) { return task.stage == reader; })) return true;
  }
  return false;
}

void Oracle::on_journal(const JournalRecord& record) {
  const bool revokes = ended_ == JobState::Done && std::holds_alternative<journal::KeptLost>(record);
  expect(!ended_ || revokes, "something is decided after the end of the job");
  unsynced_.push_back(record);
  std::visit([this](const auto& one) { on(one); }, record);
}

void Oracle::on_synced() {
  synced_.insert(synced_.end(), unsynced_.begin(), unsynced_.end());
  unsynced_.clear();
}

void Oracle::on_crashed() {
  if (unsynced_.empty()) return;
  forgotten_ += unsynced_.size();
  unsynced_.clear();
  std::vector<std::string> known;
  Oracle again(model_, known);
  again.written_ = written_;
  again.faulted_ = faulted_;
  for (const JournalRecord& record : synced_) std::visit([&](const auto& one) { again.on(one); }, record);
  stages_ = std::move(again.stages_);
  ended_ = again.ended_;
}

void Oracle::on(const journal::Ended& ended) {
  expect(ended.state != JobState::Failed, "the job failed: " + (ended.error ? ended.error->to_string() : ""));
  ended_ = ended.state;
}

void Oracle::on(const journal::StageOpened& opened) {
  expect(opened.stage == stages_.size(), "stage " + std::to_string(opened.stage) + " is opened out of turn");
  for (const std::uint32_t freed : opened.freed) {
    expect(std::find(opened.inputs.begin(), opened.inputs.end(), freed) == opened.inputs.end(), "a stage that is read is freed");
    for (State& one : stages_[freed]) one.committed = 0;
  }
  std::vector<State>& stage = stages_.emplace_back();
  for (const Keys& keys : JobModel::keys_of(opened.tasks)) stage.push_back({keys, 0, false});
  blocked_.clear();
}

void Oracle::on(const journal::Committed& committed) {
  const std::string name = to_string(committed.attempt);
  if (!is_known(committed.attempt.task)) return violate(name + " commits, and the journal does not know its task");
  State& state = stages_[committed.attempt.task.stage][committed.attempt.task.ordinal];
  expect(state.committed == 0, name + " commits beside attempt " + std::to_string(state.committed));
  expect(written_.contains(committed.attempt), name + " commits, and nobody wrote its result");
  expect(committed.checksum == model_.content(committed.attempt.task.stage, state.keys), name + " commits a wrong result");
  if (state.ever) ++remade_;
  state.committed = committed.attempt.number;
  state.ever = true;
}

void Oracle::on(const journal::RangeCut& cut) {
  const std::string name = to_string(cut.attempt);
  std::vector<State>& stage = stages_[cut.attempt.task.stage];
  State& state = stage[cut.attempt.task.ordinal];
  const std::uint64_t border = std::stoull(cut.border);
  expect(cut.attempt.task.stage > 0 && cut.rest == stage.size(), name + " is cut into a task that is there");
  expect(!state.ever && state.keys.begin < border && border < state.keys.end, name + " is cut where it cannot be");
  expect(agreed_.contains({cut.attempt, border}), name + " is cut where it did not agree to end");
  const Keys rest{border, state.keys.end};
  state.keys.end = border;
  stage.push_back({rest, 0, false});
  ++cuts_;
}

void Oracle::on(const journal::ResultLost& lost) {
  State& state = stages_[lost.attempt.task.stage][lost.attempt.task.ordinal];
  expect(state.committed == lost.attempt.number, to_string(lost.attempt) + " is lost and was not committed");
  expect(!model_.stages()[lost.attempt.task.stage].keeps_results, "a part of the output is lost");
  state.committed = 0;
  ++lost_results_;
}

void Oracle::on(const journal::KeptLost& lost) {
  State& state = stages_[lost.attempt.task.stage][lost.attempt.task.ordinal];
  expect(state.ever, "what is kept of " + to_string(lost.attempt) + " is lost, and it never committed");
  state.committed = 0;
  ended_.reset();
  blocked_.insert(lost.attempt.task);
  ++lost_results_;
  ++spoiled_;
}

void Oracle::on(const journal::Failed& failed) {
  expect(faulted_.contains(failed.attempt), to_string(failed.attempt) + " is blamed, and nothing was wrong with it");
}

void Oracle::on(const journal::Quarantined& quarantined) { violate(to_string(quarantined.attempt) + " lost an innocent record"); }

void Oracle::on_start_worker(WorkerId worker) {
  expect_durable("worker " + std::to_string(worker) + " is started");
  expect(workers_.insert(worker).second, "worker " + std::to_string(worker) + " is started twice");
}

void Oracle::on_run(AttemptId attempt, const std::vector<AttemptId>& inputs) {
  const std::string name = to_string(attempt);
  expect_durable(name + " is ordered");
  expect(ordered_.insert(attempt).second, name + " is ordered twice");
  expect(!ended_, name + " is ordered after the end of the job");
  if (!is_known(attempt.task)) return violate(name + " is of a task that the journal does not know");
  const State& state = stages_[attempt.task.stage][attempt.task.ordinal];
  expect(state.committed == 0, name + " does again what attempt " + std::to_string(state.committed) + " has committed");
  if (state.ever) expect(needed(attempt.task.stage) || blocked_.contains(attempt.task), name + " makes again what nobody needs");
  for (const std::uint32_t input : model_.stages()[attempt.task.stage].inputs)
    expect(complete(input), name + " starts without all of stage " + std::to_string(input));
  for (const AttemptId& input : inputs)
    expect(is_known(input.task) && stages_[input.task.stage][input.task.ordinal].committed == input.number,
           name + " is told to read " + to_string(input) + ", which is not the one that committed");
}

void Oracle::on_discard(AttemptId attempt) {
  expect_durable(to_string(attempt) + " is discarded");
  if (!is_known(attempt.task)) return;
  expect(stages_[attempt.task.stage][attempt.task.ordinal].committed != attempt.number,
         to_string(attempt) + " is discarded, and committed");
}

void Oracle::on_open(std::uint32_t stage) {
  expect(stage == stages_.size() && (stage == 0 || complete(stage - 1) || lost_results_ > 0),
         "stage " + std::to_string(stage) + " is asked for before its time");
  expect(stage == 0 || std::all_of(stages_[stage - 1].begin(), stages_[stage - 1].end(), [](const State& one) { return one.ever; }),
         "stage " + std::to_string(stage) + " is asked for before the one before it has committed");
}

void Oracle::on_restored(const Scheduler& scheduler) {
  const StageCount newest = scheduler.stage();
  const auto committed = stages_.empty() ? 0 : std::count_if(stages_.back().begin(), stages_.back().end(), [](const State& one) {
    return one.committed != 0;
  });
  expect(newest.total == (stages_.empty() ? 0 : stages_.back().size()), "a restarted tracker knows another stage than its journal");
  if (newest.total != (stages_.empty() ? 0 : stages_.back().size())) return;
  expect(newest.committed == static_cast<std::uint32_t>(committed), "a restarted tracker knows " + std::to_string(newest.committed) +
                                                                        " committed tasks, its life before had " +
                                                                        std::to_string(committed));
  for (std::uint32_t stage = 0; stage < stages_.size(); ++stage)
    for (std::uint32_t ordinal = 0; ordinal < stages_[stage].size(); ++ordinal)
      if (stages_[stage][ordinal].committed != 0 &&
          (stage + 1 < stages_.size() || newest.committed == static_cast<std::uint32_t>(committed)))
        expect(scheduler.committed_attempt({stage, ordinal}) == stages_[stage][ordinal].committed,
               "a restarted tracker knows another attempt");
}

void Oracle::on_finished(const Scheduler& scheduler, const std::map<TaskId, std::vector<std::uint64_t>>& output,
                         const std::map<TaskId, bool>& rejects) {
  expect_durable("the job is finished");
  const auto last = static_cast<std::uint32_t>(model_.stages().size() - 1);
  expect(stages_.size() == model_.stages().size(), "the job finishes early");
  expect(output.size() == stages_[last].size(), "the output has " + std::to_string(output.size()) + " parts");
  for (const auto& [task, parts] : output)
    expect(task.ordinal < stages_[last].size() && parts == std::vector{model_.content(last, stages_[last][task.ordinal].keys)},
           to_string(task) + " counts " + std::to_string(parts.size()) + " times in the output");
  for (std::uint32_t stage = 0; stage < stages_.size(); ++stage)
    for (std::uint32_t ordinal = 0; ordinal < stages_[stage].size(); ++ordinal)
      if (const auto kept = rejects.find({stage, ordinal}); JobModel::leaves_rejects({stage, ordinal}))
        expect(kept != rejects.end() && kept->second, to_string(TaskId{stage, ordinal}) + " has no whole rejects");
  const auto rows = scheduler.counters().find("rows");
  expect(rows != scheduler.counters().end() && rows->second == model_.all_rows(), "counters are not those of each task once");
}

}  // namespace sinter::simulation

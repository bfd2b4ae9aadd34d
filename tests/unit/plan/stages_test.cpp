// Stages: their order, what they read, what may go, and shapes that are no jobs.
#include "framework/plan/stages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/plan/job_outline.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class Task>
TaskFactory<Task> never_run() {
  return [](TaskContext&) -> Result<std::unique_ptr<Task>> { return internal_error("not run"); };
}

JobDefinition job_with(std::size_t steps, std::uint32_t max_rounds) {
  JobDefinition job;
  job.make_map = [](std::size_t, TaskContext&) -> Result<std::unique_ptr<MapTask>> { return internal_error("not run"); };
  job.make_reduce = never_run<ReduceTask>();
  for (std::size_t step = 0; step < steps; ++step) job.steps.push_back({"", never_run<StepTask>(), {}});
  if (max_rounds == 0) return job;
  job.rounds.emplace();
  job.rounds->make_round = never_run<StepTask>();
  job.rounds->make_merge = never_run<ReduceTask>();
  job.rounds->max_rounds = max_rounds;
  return job;
}

struct Walk {
  std::vector<std::string> names;
  std::vector<Stage> stages;
  std::vector<std::vector<std::uint32_t>> freed;  // when each stage was done
};

/// Every stage with two tasks, merges with one; the rounds converge at `converges_at`.
Walk walk(const JobDefinition& job, std::uint32_t converges_at = 1000) {
  Walk walked;
  bool converged = false;
  while (const auto next = next_stage(job, walked.stages, converged)) {
    walked.stages.push_back(*next);
    walked.stages.back().tasks = next->work == StageWork::Merge ? 1 : 2;
    walked.names.push_back(stage_name(job, *next));
    walked.freed.push_back(stages_to_free(walked.stages));
    converged = next->work == StageWork::Merge && next->round == converges_at;
  }
  return walked;
}

TEST(StagesTest, map_and_reduce) {
  const Walk walked = walk(job_with(0, 0));
  EXPECT_THAT(walked.names, ElementsAre("map", "reduce"));
  EXPECT_EQ(walked.stages[1].input_stage, 0u);
  EXPECT_EQ(walked.stages[1].input_tasks, 2u);
  EXPECT_THAT(walked.freed, ElementsAre(IsEmpty(), ElementsAre(0)));
}

TEST(StagesTest, map_only_is_one_stage) {
  JobDefinition job;
  job.make_map_output = [](std::size_t, TaskContext&) -> Result<std::unique_ptr<MapOutputTask>> { return internal_error("not run"); };
  EXPECT_TRUE(check_shape(job).ok());
  EXPECT_THAT(walk(job).names, ElementsAre("map"));
  EXPECT_THAT(stage_lines(job), ElementsAre("map"));
}

TEST(StagesTest, each_step_reads_the_stage_before_and_frees_it) {
  JobDefinition job = job_with(2, 0);
  job.steps[1].name = "totals";
  const Walk walked = walk(job);
  EXPECT_THAT(walked.names, ElementsAre("map", "step 1", "totals", "reduce"));
  for (std::uint32_t stage = 1; stage < 4; ++stage) {
    EXPECT_EQ(walked.stages[stage].input_stage, stage - 1);
    EXPECT_THAT(walked.freed[stage], ElementsAre(stage - 1));
  }
}

TEST(StagesTest, rounds_read_the_same_runs_and_the_summary_before_theirs) {
  const JobDefinition job = job_with(1, 3);
  const Walk walked = walk(job);
  EXPECT_THAT(walked.names, ElementsAre("map", "step 1", "round 1", "merge of round 1", "round 2", "merge of round 2", "round 3",
                                        "merge of round 3", "reduce"));
  for (const std::size_t round : {2u, 4u, 6u, 8u}) EXPECT_EQ(walked.stages[round].input_stage, 1u) << round;
  for (const std::size_t merge : {3u, 5u, 7u}) EXPECT_EQ(walked.stages[merge].input_stage, merge - 1);
  for (const std::size_t first : {2u, 3u}) EXPECT_EQ(walked.stages[first].summary_stage, std::nullopt);
  for (const std::size_t second : {4u, 5u}) EXPECT_EQ(walked.stages[second].summary_stage, 3u);
  EXPECT_EQ(walked.stages[8].summary_stage, 7u);
  EXPECT_EQ(walked.stages[8].round, 3u);
  EXPECT_THAT(walked.freed, ElementsAre(IsEmpty(), ElementsAre(0), IsEmpty(), ElementsAre(2), IsEmpty(), ElementsAre(4, 3), IsEmpty(),
                                        ElementsAre(6, 5), ElementsAre(1, 7)));
  EXPECT_THAT(stage_lines(job), ElementsAre("map", "step 1", "rounds", "reduce"));
  EXPECT_EQ(line_of_stage(job, walked.stages[7]), 2u);
  EXPECT_EQ(line_of_stage(job, walked.stages[8]), 3u);
}

TEST(StagesTest, a_verdict_ends_the_rounds) {
  const Walk walked = walk(job_with(0, 100), 2);
  EXPECT_THAT(walked.names, ElementsAre("map", "round 1", "merge of round 1", "round 2", "merge of round 2", "reduce"));
  EXPECT_EQ(walked.stages.back().round, 2u);
}

TEST(StagesTest, each_stage_reads_with_the_combiner_of_who_wrote) {
  JobDefinition job = job_with(2, 1);
  int asked = 0;
  const auto factory = [&asked](int id) { return [&asked, id]() -> std::unique_ptr<Combiner> { return asked = id, nullptr; }; };
  job.make_combiner = factory(1);
  job.steps[0].make_combiner = factory(2);
  job.steps[1].make_combiner = factory(3);
  job.rounds->make_combiner = factory(4);
  const auto told = [&asked](const CombinerFactory& make) {
    asked = 0;
    if (make) make();
    return asked;
  };
  std::vector<int> reads;
  std::vector<int> writes;
  for (const Stage& stage : walk(job).stages) {
    reads.push_back(told(input_combiner(job, stage)));
    writes.push_back(told(output_combiner(job, stage)));
  }
  EXPECT_THAT(reads, ElementsAre(0, 1, 2, 3, 4, 3));
  EXPECT_THAT(writes, ElementsAre(1, 2, 3, 4, 0, 0));
}

TEST(StagesTest, the_rest_of_a_range_comes_right_behind_what_was_left_of_it) {
  Stage stage{.work = StageWork::Reduce, .tasks = 3};
  EXPECT_THAT(tasks_in_order(stage), ElementsAre(0, 1, 2));
  stage.tasks = 7;
  stage.cut_from = {0, 2, 0, 3};
  EXPECT_THAT(tasks_in_order(stage), ElementsAre(0, 5, 3, 6, 1, 2, 4));
  EXPECT_EQ(first_owner(stage, 1), 1u);
  EXPECT_EQ(first_owner(stage, 4), 2u);
  EXPECT_EQ(first_owner(stage, 6), 0u) << "cut off 3, which was cut off 0";
  EXPECT_THAT(tasks_in_order(Stage{}), IsEmpty());
}

TEST(StagesTest, ranges_are_not_cut_again_where_that_would_be_seen) {
  JobDefinition job = job_with(1, 1);
  job.output.path = "out.csv";
  EXPECT_FALSE(may_cut_again(job, {.work = StageWork::Map}));
  EXPECT_TRUE(may_cut_again(job, {.work = StageWork::Step}));
  EXPECT_TRUE(may_cut_again(job, {.work = StageWork::Round}));
  EXPECT_FALSE(may_cut_again(job, {.work = StageWork::Merge}));
  EXPECT_TRUE(may_cut_again(job, {.work = StageWork::Reduce}));
  job.side_outputs.emplace_back().output.path = "side/";
  EXPECT_FALSE(may_cut_again(job, {.work = StageWork::Reduce}));
  job.side_outputs[0].output.path = "side.csv";
  EXPECT_TRUE(may_cut_again(job, {.work = StageWork::Reduce}));
  job.output.path = "out/";
  EXPECT_FALSE(may_cut_again(job, {.work = StageWork::Step})) << "another number of runs would cut the reduce elsewhere";
}

TEST(StagesTest, shapes_that_are_no_jobs_are_told_by_name) {
  const auto said = [](const JobDefinition& job) { return check_shape(job).error().to_string(); };
  EXPECT_THAT(said({}), HasSubstr("no map"));
  JobDefinition job = job_with(0, 0);
  EXPECT_TRUE(check_shape(job).ok());
  job.make_reduce = {};
  EXPECT_THAT(said(job), HasSubstr("make_map_output"));
  job = job_with(1, 0);
  job.steps[0].make = {};
  EXPECT_THAT(said(job), HasSubstr("step 1 has no task"));
  job = job_with(0, 1);
  job.rounds->make_merge = {};
  EXPECT_THAT(said(job), HasSubstr("make_merge"));
  job = job_with(0, 1);
  job.rounds->max_rounds = 0;
  EXPECT_THAT(said(job), HasSubstr("max_rounds"));
  job = job_with(0, 0);
  job.make_map_output = [](std::size_t, TaskContext&) -> Result<std::unique_ptr<MapOutputTask>> { return internal_error("not run"); };
  EXPECT_THAT(said(job), HasSubstr("both"));
  job.make_map = {};
  EXPECT_THAT(said(job), HasSubstr("no combiner, steps, rounds or reduce"));
  job.sorted_inputs.push_back({"pairs/", {}, ""});
  EXPECT_THAT(said(job), HasSubstr("no sorted inputs"));
  job = job_with(0, 1);
  job.sorted_output.emplace();
  EXPECT_THAT(said(job), HasSubstr("both make_reduce and sorted_output"));
  job.make_reduce = {};
  EXPECT_THAT(said(job), HasSubstr("rounds end in a reduce"));
  job.rounds.reset();
  EXPECT_THAT(said(job), HasSubstr("End the path with '/'"));
  job.output.path = "out/";
  EXPECT_TRUE(check_shape(job).ok());
}

TEST(StagesTest, sorted_inputs_need_no_map_and_sorted_outputs_no_reduce) {
  JobDefinition job = job_with(1, 0);
  job.make_map = {};
  job.sorted_inputs.push_back({"pairs/", {}, ""});
  job.make_reduce = {};
  job.sorted_output.emplace();
  job.output.path = "out/";
  ASSERT_TRUE(check_shape(job).ok());
  EXPECT_THAT(walk(job).names, ElementsAre("map", "step 1", "sorted output"));
  EXPECT_EQ(stage_lines(job).back(), "sorted output");
}

TEST(StagesTest, an_outline_has_the_stages_of_its_job_and_no_code) {
  JobDefinition job = job_with(2, 3);
  job.steps[0].name = "first";
  job.steps[1].whole_partitions = true;
  job.inputs.resize(2);
  job.execution.memory_bytes = 64u << 20;
  const auto known = definition_of(outline_of(job));
  ASSERT_TRUE(known.ok()) << known.error().to_string();
  EXPECT_EQ(walk(*known, 2).names, walk(job, 2).names);
  EXPECT_EQ(stage_lines(*known), stage_lines(job));
  EXPECT_TRUE(known->steps[1].whole_partitions);
  EXPECT_EQ(known->inputs.size(), 2u);
  EXPECT_EQ(known->execution.memory_bytes, job.execution.memory_bytes);
  JobDefinition writes;
  writes.make_map_output = [](std::size_t, TaskContext&) -> Result<std::unique_ptr<MapOutputTask>> { return internal_error("not run"); };
  EXPECT_TRUE(writes_output(*definition_of(outline_of(writes)), Stage{}));
}

TEST(StagesTest, an_outline_of_no_job_is_refused) {
  const auto said_of = [](JobOutline outline) { return definition_of(outline).error().message(); };
  JobOutline outline = outline_of(job_with(0, 0));
  outline.reduces = false;
  EXPECT_THAT(said_of(outline), HasSubstr("has no reduce"));
  outline = outline_of(job_with(0, 0));
  outline.side_inputs = UINT32_MAX;
  EXPECT_THAT(said_of(outline), HasSubstr("kMaxOutlineParts"));
  outline = outline_of(job_with(0, 0));
  outline.memory_bytes = 1;
  EXPECT_THAT(said_of(outline), HasSubstr("a worker needs at least"));
}

}  // namespace
}  // namespace sinter

// explain: golden text of one plan.
#include <gtest/gtest.h>

#include "framework/plan/plan.hpp"

namespace sinter {
namespace {

TEST(ExplainTest, tells_inputs_tasks_workers_and_where_memory_goes) {
  JobDefinition job;
  job.name = "shops";
  InputDeclaration a;
  a.name = "a";
  a.paths = {"shops/a.csv"};
  a.columns = {{"isbn", true}, {"price", false}};
  InputDeclaration b;
  b.name = "b";
  b.paths = {"shops/b-*.jsonl.gz"};
  job.inputs = {a, b};
  job.output.path = "out/books.csv";
  job.make_reduce = [](TaskContext&) -> Result<std::unique_ptr<ReduceTask>> { return internal_error("not run"); };

  Plan plan;
  plan.job_name = job.name;
  plan.files = {{0, "shops/a.csv", "", 8u << 20, {FormatKind::Csv, Codec::None, ',', '"', true, {}, false}},
                {1, "shops/b-1.jsonl.gz", "", 100, {FormatKind::JsonLines, Codec::Gzip, ',', '"', true, {}, false}},
                {1, "shops/b-2.jsonl.gz", "", 50, {FormatKind::JsonLines, Codec::Gzip, ',', '"', true, {}, false}}};
  plan.splits = {
      {0, 4u << 20, {{0, 0, 4u << 20, 1}}}, {1, 4u << 20, {{0, 4u << 20, 8u << 20, 900}}}, {2, 150, {{1, 0, 100, 1}, {2, 0, 50, 1}}}};
  plan.input_bytes = (8u << 20) + 150;
  plan.split_bytes = 4u << 20;
  plan.workers = 2;
  plan.memory = plan_memory(64u << 20, false);
  plan.max_attempts = 4;

  const std::vector<std::string> expected = {
      "job: shops",
      "inputs: 2 inputs, 3 files, 8 MiB",
      "  a: shops/a.csv (1 file, 8 MiB, csv)",
      "    columns: isbn, price",
      "  b: shops/b-*.jsonl.gz (2 files, 150 B, jsonl, gzip)",
      "map: 3 tasks, splits of about 4 MiB, no combining, runs not compressed",
      "  split 0: 4 MiB (shops/a.csv, bytes 0 to 4194304)",
      "  split 1: 4 MiB (shops/a.csv, bytes 4194304 to 8388608)",
      "  split 2: 150 B (2 files from shops/b-1.jsonl.gz to shops/b-2.jsonl.gz)",
      "reduce: key ranges cut from the finished runs, about 9 tasks of 1 MiB if the shuffle is as large as the input",
      "workers: 2 processes, 4 attempts per task, crashing records fail the job",
      "memory: 64 MiB per worker, 128 MiB in all",
      "  map:    48 MiB combining and sorting, 16 MiB reading and the mapper",
      "  reduce: 24 MiB merging (64 runs at once, blocks of 128 KiB), 40 MiB the reducer",
      "output: out/books.csv (one file)",
  };
  EXPECT_EQ(explain(plan, job), expected);
}

JobDefinition small_job() {
  JobDefinition job;
  job.name = "shapes";
  InputDeclaration input;
  input.name = "a";
  input.paths = {"a.csv"};
  job.inputs = {input};
  job.output.path = "out.csv";
  return job;
}

Plan small_plan(bool side_data) {
  Plan plan;
  plan.files = {{0, "a.csv", "", 100, {FormatKind::Csv, Codec::None, ',', '"', true, {}, false}}};
  plan.splits = {{0, 100, {{0, 0, 100, 1}}}};
  plan.input_bytes = 100;
  plan.split_bytes = 4u << 20;
  plan.memory = plan_memory(64u << 20, side_data);
  plan.max_attempts = 1;
  return plan;
}

TEST(ExplainTest, tells_steps_rounds_and_side_inputs) {
  JobDefinition job = small_job();
  InputDeclaration side;
  side.name = "rates";
  job.side_inputs = {side};
  job.make_reduce = [](TaskContext&) -> Result<std::unique_ptr<ReduceTask>> { return internal_error("not run"); };
  job.steps = {{"per shop", {}, [] { return std::unique_ptr<Combiner>(); }}, {"", {}, {}}};
  job.rounds.emplace();
  job.rounds->max_rounds = 20;
  Plan plan = small_plan(true);
  plan.side_files = {{{0, "rates.csv", "", 2048, {}}, 7}};
  const std::vector<std::string> expected = {
      "job: shapes",
      "inputs: 1 input, 1 file, 100 B",
      "  a: a.csv (1 file, 100 B, csv)",
      "side inputs: read whole by every worker",
      "  rates: rates.csv (2 KiB)",
      "map: 1 task, splits of about 4 MiB, no combining, runs not compressed",
      "  split 0: 100 B (a.csv)",
      "per shop: groups of the runs of map, cut into key ranges; emits records that are grouped anew, values of equal keys are combined",
      "step 2: groups of the runs of per shop, cut into key ranges; emits records that are grouped anew, no combining",
      "rounds: at most 20 over the runs of step 2, which stay; one task merges what a round emits into its summary, no combining",
      "reduce: key ranges cut from the finished runs, about 1 task of 1 MiB if the shuffle is as large as the input",
      "workers: 1 processes, 1 attempt per task, crashing records fail the job",
      "memory: 64 MiB per worker, 64 MiB in all",
      "  always: 16 MiB side inputs and summaries",
      "  map:    36 MiB combining and sorting, 12 MiB reading and the mapper",
      "  step:   24 MiB merging (64 runs at once, blocks of 128 KiB), 18 MiB combining and sorting, 6 MiB the step",
      "  reduce: 24 MiB merging (64 runs at once, blocks of 128 KiB), 24 MiB the reducer",
      "output: out.csv (one file)",
  };
  EXPECT_EQ(explain(plan, job), expected);
}

TEST(ExplainTest, a_map_only_job_neither_sorts_nor_reduces) {
  JobDefinition job = small_job();
  job.make_map_output = [](std::size_t, TaskContext&) -> Result<std::unique_ptr<MapOutputTask>> { return internal_error("not run"); };
  const std::vector<std::string> expected = {
      "job: shapes",
      "inputs: 1 input, 1 file, 100 B",
      "  a: a.csv (1 file, 100 B, csv)",
      "map: 1 task, splits of about 4 MiB, each writes its part of the output",
      "  split 0: 100 B (a.csv)",
      "workers: 1 processes, 1 attempt per task, crashing records fail the job",
      "memory: 64 MiB per worker, 64 MiB in all",
      "  map:    64 MiB reading and the mapper",
      "output: out.csv (one file)",
  };
  EXPECT_EQ(explain(small_plan(false), job), expected);
}

}  // namespace
}  // namespace sinter

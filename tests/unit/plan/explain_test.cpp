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

}  // namespace
}  // namespace sinter

// make_plan and its arithmetic, on files in memory.
#include "framework/plan/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::HasSubstr;

JobDefinition job_over(const std::string& path) {
  JobDefinition job;
  job.name = "test";
  InputDeclaration input;
  input.name = "a";
  input.paths = {path};
  job.inputs = {input};
  job.output.path = "out.csv";
  job.make_map = [](std::size_t, TaskContext&) -> Result<std::unique_ptr<MapTask>> { return internal_error("not run"); };
  job.make_reduce = [](TaskContext&) -> Result<std::unique_ptr<ReduceTask>> { return internal_error("not run"); };
  return job;
}

TEST(PlanTest, splits_default_to_some_per_worker_between_4_and_256_mib) {
  EXPECT_EQ(default_split_bytes(0, 2, false), kMinSplitBytes);
  EXPECT_EQ(default_split_bytes(800u << 20, 2, false), 50u << 20);
  EXPECT_EQ(default_split_bytes(800u << 20, 2, true), 200u << 20) << "a combiner wants more rows";
  EXPECT_EQ(default_split_bytes(std::uint64_t{1} << 40, 2, false), kMaxSplitBytes);
}

TEST(PlanTest, ranges_default_to_four_per_worker_unless_the_job_says) {
  Plan plan;
  plan.workers = 2;
  EXPECT_EQ(range_bytes(plan, 80u << 20), 10u << 20);
  EXPECT_EQ(range_bytes(plan, 0), kMinRangeBytes);
  plan.reduce_bytes = 4096;
  EXPECT_EQ(range_bytes(plan, 80u << 20), 4096u);
}

TEST(PlanTest, every_part_of_the_memory_fits_into_the_budget) {
  for (std::uint64_t mib : {8u, 16u, 31u, 32u, 64u, 256u, 1024u, 16384u}) {
    for (const bool side_data : {false, true}) {
      const MemoryPlan memory = plan_memory(mib << 20, side_data);
      EXPECT_EQ(memory.side_bytes > 0, side_data);
      EXPECT_LE(memory.sort_bytes + (2u << 20), memory.task_bytes()) << mib;
      EXPECT_LE(memory.merge_bytes + memory.step_sort_bytes + (1u << 20), memory.task_bytes()) << mib;
      EXPECT_GE(memory.step_sort_bytes, 6u * memory.block_bytes) << mib;
      EXPECT_GE(memory.merge_fan_in, 4u) << mib;
    }
  }
}

TEST(PlanTest, options_outside_their_limits_are_refused_by_name) {
  const auto files = make_memory_file_system();
  JobDefinition job = job_over("a.csv");
  job.execution.memory_bytes = 1u << 20;
  EXPECT_THAT(make_plan(*files, job, 2).error().message(), HasSubstr("execution.memory is 1 MiB, a worker needs at least 8 MiB"));
  job.execution = {};
  job.execution.workers = 5000;
  EXPECT_THAT(make_plan(*files, job, 2).error().message(), HasSubstr("execution.workers is 5000"));
  job.execution = {};
  job.execution.max_attempts = 0;
  EXPECT_THAT(make_plan(*files, job, 2).error().message(), HasSubstr("execution.max_attempts"));
}

TEST(PlanTest, a_plan_knows_files_splits_and_when_files_changed) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "a.csv", "k,v\n1,2\n").ok());
  const auto plan = make_plan(*files, job_over("a.csv"), 3);
  ASSERT_TRUE(plan.ok()) << plan.error().to_string();
  EXPECT_EQ(plan->workers, 3u);
  EXPECT_EQ(plan->files.size(), 1u);
  EXPECT_EQ(plan->modified_ns.size(), 1u);
  EXPECT_EQ(plan->input_bytes, 8u);
  ASSERT_EQ(plan->splits.size(), 1u);
  EXPECT_EQ(describe_split(*plan, plan->splits[0]), "a.csv");
}

TEST(PlanTest, a_missing_input_is_an_error_that_names_it) {
  const auto files = make_memory_file_system();
  EXPECT_THAT(make_plan(*files, job_over("none.csv"), 2).error().to_string(), HasSubstr("none.csv"));
}

TEST(PlanTest, splits_are_described_by_their_files_and_bytes) {
  Plan plan;
  plan.files.resize(3);
  plan.files[0].path = "a.csv";
  plan.files[0].size_bytes = 100;
  plan.files[1].path = "b.csv";
  plan.files[2].path = "c.csv";
  EXPECT_EQ(describe_split(plan, {0, 50, {{0, 50, 100, 7}}}), "a.csv, bytes 50 to 100");
  EXPECT_EQ(describe_split(plan, {0, 100, {{0, 0, 100, 1}}}), "a.csv");
  EXPECT_EQ(describe_split(plan, {0, 0, {{1, 0, 0, 1}, {2, 0, 0, 1}}}), "2 files from b.csv to c.csv");
}

TEST(PlanTest, bytes_are_written_for_people) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1024), "1 KiB");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(64u << 20), "64 MiB");
  EXPECT_EQ(format_bytes((10u << 20) + (1u << 19)), "10.5 MiB");
  EXPECT_EQ(format_bytes(UINT64_MAX), "16 EiB");
}

}  // namespace
}  // namespace sinter

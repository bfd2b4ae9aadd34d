// run_job: one test body over the matrix of everything that may not change the answer.
#include "tests/cluster/cluster_fixture.hpp"

namespace sinter::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunJobTest : public ClusterTest {};

TEST_F(RunJobTest, sums_a_small_file_with_worker_processes) {
  ASSERT_TRUE(write_file(*files_, options_.input, "key,value,note\nb,2,\na,1,\nb,40,\nc,x,\n").ok());
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(read(options_.output), "key,sum,count\na,1,1\nb,42,2\n");
  EXPECT_EQ(report->counters.at("rows_read"), 4u);
  EXPECT_EQ(report->counters.at("rows_rejected"), 1u);
  EXPECT_EQ(report->counters.at("rows_fused"), 3u);
  EXPECT_THAT(read(report->rejects.path), HasSubstr("\"rule\":\"number\""));
  EXPECT_THAT(read(report->rejects.path), HasSubstr("\"line\":5"));
  EXPECT_THAT(read(report->manifest_path), HasSubstr("\"rows_fused\": 3"));
  EXPECT_THAT(leftovers(), IsEmpty());
  EXPECT_GT(report->peak_worker_memory_bytes, 0u);
  RecordProperty("total_ms", static_cast<int>(report->total_ms));
}

TEST_F(RunJobTest, an_empty_input_gives_the_header_only) {
  ASSERT_TRUE(write_file(*files_, options_.input, "key,value,note\n").ok());
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(read(options_.output), "key,sum,count\n");
}

struct Variant {
  std::uint32_t workers;
  std::uint64_t memory_mib;
  std::uint64_t split_kib;
  bool lz4;
  bool in_process;
  bool combine;
  const char* fault_place;
  const char* fault_action;
};

TEST_F(RunJobTest, one_fingerprint_over_workers_memory_splits_compression_modes_and_kills) {
  write_input(20'000);
  const Variant variants[] = {
      {1, 64, 100'000, false, false, true, "", ""},        {2, 64, 64, false, false, true, "", ""},
      {5, 8, 16, true, false, true, "", ""},               {2, 8, 100, true, true, true, "", ""},
      {1, 8, 33, false, true, false, "", ""},              {5, 64, 32, true, false, false, "", ""},
      {2, 64, 64, false, false, true, "map", "kill"},      {5, 8, 16, true, false, false, "map", "segv"},
      {2, 8, 64, false, false, true, "map", "exit"},       {2, 64, 64, false, false, true, "map_finish", "kill"},
      {2, 64, 64, true, false, true, "reduce", "kill"},    {5, 64, 16, false, false, false, "reduce", "segv"},
      {1, 8, 64, false, false, true, "reduce_finish", "kill"}, {2, 64, 64, false, false, true, "written", "kill"},
      {5, 8, 32, true, false, false, "written", "kill"},    {2, 64, 64, false, false, true, "map", "error"},
      {2, 64, 64, false, false, true, "reduce", "error"},  {2, 64, 64, false, true, true, "map", "error"},
  };
  std::string expected;
  std::string expected_rejects;
  options_.overwrite = true;
  int number = 0;
  for (const Variant& variant : variants) {
    SCOPED_TRACE("variant " + std::to_string(number) + " " + variant.fault_place + " " + variant.fault_action);
    options_.execution.workers = variant.workers;
    options_.execution.memory_bytes = variant.memory_mib << 20;
    options_.execution.split_bytes = variant.split_kib << 10;
    options_.execution.reduce_bytes = number % 3 == 0 ? 4096 : 0;
    options_.execution.lz4 = variant.lz4;
    options_.execution.in_process = variant.in_process;
    options_.combine = variant.combine;
    options_.fault = {variant.fault_place, variant.fault_action, 1, directory_ + "/fault-" + std::to_string(number) + "-"};
    const auto report = run();
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    const bool faulty = *variant.fault_place != '\0';
    EXPECT_TRUE(!faulty || files_->exists(options_.fault.flag_path + "0")) << "the fault did not happen";
    EXPECT_TRUE(!faulty || report->failed_attempts > 0);
    EXPECT_EQ(report->counters.at("rows_read"), 20'001u);
    EXPECT_EQ(report->counters.at("rows_fused") + report->counters.at("rows_rejected"), 20'001u);
    if (number == 0) {
      expected = read(options_.output);
      expected_rejects = read(report->rejects.path);
      EXPECT_GT(expected.size(), 1000u);
      EXPECT_GT(expected_rejects.size(), 1000u);
    }
    EXPECT_EQ(read(options_.output), expected);
    EXPECT_EQ(read(report->rejects.path), expected_rejects);
    EXPECT_THAT(leftovers(), IsEmpty());
    ++number;
  }
}

TEST_F(RunJobTest, no_worker_exceeds_its_memory_by_more_than_64_mib) {
  write_input(600'000, 100'000'000);
  options_.combine = false;
  options_.execution.memory_bytes = 8u << 20;
  options_.execution.split_bytes = 4u << 20;
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  RecordProperty("peak_worker_memory_mib", static_cast<int>(report->peak_worker_memory_bytes >> 20));
  EXPECT_GT(report->input_bytes, std::uint64_t{8} << 20);
  EXPECT_LE(report->peak_worker_memory_bytes, std::uint64_t{72} << 20);
}

TEST_F(RunJobTest, a_directory_of_parts_holds_the_same_rows_in_order) {
  write_input(3'000);
  const auto single = run();
  ASSERT_TRUE(single.ok()) << single.error().to_string();
  const std::string whole = read(options_.output);
  options_.output = directory_ + "/parts/";
  options_.execution.reduce_bytes = 4096;
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  std::string joined = "key,sum,count\n";
  for (const OutputFileReport& part : report->outputs) joined += read(part.path).substr(std::string("key,sum,count\n").size());
  EXPECT_EQ(joined, whole);
  EXPECT_TRUE(files_->exists(directory_ + "/parts/_SUCCESS.json"));
}

TEST_F(RunJobTest, an_existing_output_stops_the_job_before_anything_runs) {
  write_input(10);
  ASSERT_TRUE(write_file(*files_, options_.output, "mine").ok());
  const auto report = run();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), HasSubstr("exists"));
  EXPECT_EQ(read(options_.output), "mine");
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(RunJobTest, progress_ends_with_every_task_done_and_every_row_counted) {
  write_input(5'000);
  JobProgress last;
  std::vector<std::pair<JobPhase, std::size_t>> stages;
  on_progress_ = [&](const JobProgress& now) {
    last = now;
    stages.emplace_back(now.phase, now.stage);
  };
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(last.phase, JobPhase::Done);
  ASSERT_EQ(last.stages.size(), 2u);
  for (const StageProgress& stage : last.stages) EXPECT_EQ(stage.tasks_done, stage.tasks_total) << stage.name;
  EXPECT_EQ(last.stages[0].rows, 5'001u);
  EXPECT_EQ(last.stages[0].bytes, report->input_bytes);
  EXPECT_TRUE(std::is_sorted(stages.begin(), stages.end()));
}

}  // namespace
}  // namespace sinter::test

// The plan file: round trip and damage.
#include "framework/runtime/plan_file.hpp"

#include <gtest/gtest.h>

namespace sinter {
namespace {

PlanFile sample() {
  PlanFile file;
  file.payload = {"kind", "body"};
  file.plan.job_name = "job";
  file.plan.input_names = {"a"};
  file.plan.files = {{0, "a.csv", "cap", 10, {FormatKind::Csv, Codec::Gzip, '\t', '\'', false, {"x", "y"}, true}}};
  file.plan.modified_ns = {-5};
  file.plan.splits = {{0, 10, {{0, 2, 10, 3}}}};
  file.plan.memory = plan_memory(64u << 20, true);
  file.plan.side_files = {{{0, "rates.csv", "", 7, {}}, 99}};
  file.plan.sorted_runs = {{3, "pairs/part-00000.run", 70, -8}};
  file.plan.lz4 = true;
  return file;
}

TEST(PlanFileTest, comes_back_as_it_was) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_plan_file(*files, "plan", sample()).ok());
  const auto back = read_plan_file(*files, "plan");
  ASSERT_TRUE(back.ok()) << back.error().to_string();
  EXPECT_EQ(back->payload.body, "body");
  const InputFile& file = back->plan.files.at(0);
  EXPECT_EQ(file.capture, "cap");
  EXPECT_EQ(file.format.codec, Codec::Gzip);
  EXPECT_EQ(file.format.delimiter, '\t');
  EXPECT_EQ(file.format.columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(back->plan.modified_ns.at(0), -5);
  EXPECT_EQ(back->plan.splits.at(0).pieces.at(0).first_line, 3u);
  EXPECT_EQ(back->plan.memory.sort_bytes, sample().plan.memory.sort_bytes);
  EXPECT_EQ(back->plan.memory.step_sort_bytes, sample().plan.memory.step_sort_bytes);
  EXPECT_EQ(back->plan.side_files.at(0).file.path, "rates.csv");
  EXPECT_EQ(back->plan.side_files.at(0).checksum, 99u);
  const SortedRun& run = back->plan.sorted_runs.at(0);
  EXPECT_EQ(std::tie(run.input, run.path, run.size_bytes, run.modified_ns), std::make_tuple(3u, "pairs/part-00000.run", 70u, -8));
  EXPECT_TRUE(back->plan.lz4);
}

TEST(PlanFileTest, every_damaged_byte_is_noticed) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_plan_file(*files, "plan", sample()).ok());
  const std::string good = *read_file(*files, "plan");
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    ASSERT_TRUE(write_file(*files, "plan", bad).ok());
    EXPECT_FALSE(read_plan_file(*files, "plan").ok()) << at;
  }
}

TEST(PlanFileTest, a_split_of_a_file_that_is_not_there_is_refused) {
  const auto files = make_memory_file_system();
  PlanFile file = sample();
  file.plan.splits[0].pieces[0].file = 1;
  ASSERT_TRUE(write_plan_file(*files, "plan", file).ok());
  EXPECT_FALSE(read_plan_file(*files, "plan").ok());
}

}  // namespace
}  // namespace sinter

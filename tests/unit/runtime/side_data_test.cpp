// SideData: side inputs as bytes and records, summaries, and what does not fit.
#include "framework/runtime/side_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/io/byte_source.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

class SideDataTest : public ::testing::Test {
 protected:
  SideDataTest() {
    job_.make_map = [](std::size_t, TaskContext&) -> Result<std::unique_ptr<MapTask>> { return internal_error("not run"); };
    job_.make_reduce = [](TaskContext&) -> Result<std::unique_ptr<ReduceTask>> { return internal_error("not run"); };
    job_.execution.memory_bytes = 8u << 20;
    put("in.csv", "k\na\n");
    job_.inputs = {input("in", {"in.csv"}, {"k"})};
  }
  void put(const std::string& path, const std::string& text) { EXPECT_TRUE(write_file(*files_, path, text).ok()); }
  static InputDeclaration input(const std::string& name, std::vector<std::string> paths, std::vector<std::string> columns) {
    InputDeclaration made;
    made.name = name;
    made.paths = std::move(paths);
    for (const std::string& column : columns) made.columns.push_back({column, true});
    return made;
  }
  Status plan() {
    SINTER_ASSIGN(plan_, make_plan(*files_, job_, 1));
    return {};
  }

  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
  JobDefinition job_;
  Plan plan_;
};

TEST_F(SideDataTest, records_of_all_files_stay_valid) {
  put("a.csv", "key,name\n1,one\n2,\"t\nwo\"\n");
  std::string many = "key,name\n";
  for (int i = 0; i < 5000; ++i) many += std::to_string(i) + ",n" + std::to_string(i) + "\n";
  put("b.csv", many);
  job_.side_inputs = {input("names", {"a.csv", "b.csv"}, {"name"})};
  ASSERT_TRUE(plan().ok());
  SideData side(*files_, plan_, job_);
  const auto records = side.records("names");
  ASSERT_TRUE(records.ok()) << records.error().to_string();
  ASSERT_EQ(records->size(), 5002u);
  EXPECT_EQ((*records)[0].fields[0].text, "one");
  EXPECT_EQ((*records)[1].fields[0].text, "t\nwo");
  EXPECT_EQ((*records)[1].line, 3u);
  EXPECT_EQ((*records)[5001].fields[0].text, "n4999");
  EXPECT_EQ(records->data(), side.records("names")->data()) << "read once";
}

TEST_F(SideDataTest, bytes_are_the_files_one_after_the_other) {
  put("a.txt", "abc");
  put("b.txt", std::string(600'000, 'x'));
  job_.side_inputs = {input("model", {"b.txt", "a.txt"}, {})};
  job_.side_inputs[0].format.kind = FormatKind::Lines;
  ASSERT_TRUE(plan().ok());
  SideData side(*files_, plan_, job_);
  const auto bytes = side.bytes("model");
  ASSERT_TRUE(bytes.ok()) << bytes.error().to_string();
  EXPECT_EQ(*bytes, "abc" + std::string(600'000, 'x'));
  put("a.txt", "abd");
  EXPECT_EQ(side.bytes("model")->data(), bytes->data()) << "read once";
}

TEST_F(SideDataTest, a_file_of_the_same_size_that_changed_after_planning_is_refused) {
  put("a.csv", "key\n1\n");
  job_.side_inputs = {input("a", {"a.csv"}, {"key"})};
  ASSERT_TRUE(plan().ok());
  put("a.csv", "key\n2\n");
  SideData side(*files_, plan_, job_);
  EXPECT_THAT(side.records("a").error().to_string(), HasSubstr("'a.csv' changed while the job was running"));
  EXPECT_THAT(side.bytes("a").error().to_string(), HasSubstr("changed"));
}

TEST_F(SideDataTest, a_name_that_is_not_declared_is_told_with_those_that_are) {
  put("a.csv", "key\n1\n");
  job_.side_inputs = {input("rates", {"a.csv"}, {"key"})};
  ASSERT_TRUE(plan().ok());
  SideData side(*files_, plan_, job_);
  EXPECT_THAT(side.bytes("rate").error().to_string(), HasSubstr("no side input 'rate'; it has: rates"));
}

TEST_F(SideDataTest, a_broken_record_is_an_error_with_its_line) {
  put("a.csv", "key,name\n1,one\n2\n");
  job_.side_inputs = {input("a", {"a.csv"}, {"key"})};
  ASSERT_TRUE(plan().ok());
  SideData side(*files_, plan_, job_);
  EXPECT_THAT(side.records("a").error().to_string(), HasSubstr("a.csv:3: "));
}

TEST_F(SideDataTest, what_cannot_fit_is_refused_by_the_plan_or_when_it_is_read) {
  put("a.csv", "key\n" + std::string(3u << 20, '1') + "\n");
  job_.side_inputs = {input("a", {"a.csv"}, {"key"})};
  EXPECT_THAT(plan().error().to_string(), HasSubstr("2 MiB for them (a quarter of execution.memory)"));
  std::string rows = "key\n";
  for (int i = 0; i < 100'000; ++i) rows += "1\n";
  put("a.csv", rows);
  ASSERT_TRUE(plan().ok());
  SideData side(*files_, plan_, job_);
  EXPECT_TRUE(side.bytes("a").ok());
  EXPECT_THAT(side.records("a").error().to_string(), HasSubstr("Raise execution.memory"));
}

TEST_F(SideDataTest, summaries_are_read_once_and_replace_each_other) {
  job_.rounds.emplace();
  job_.rounds->max_rounds = 1;
  job_.rounds->make_round = [](TaskContext&) -> Result<std::unique_ptr<StepTask>> { return internal_error("not run"); };
  job_.rounds->make_merge = job_.make_reduce;
  ASSERT_TRUE(plan().ok());
  SideData side(*files_, plan_, job_);
  put("one", "first");
  put("two", std::string(1'500'000, 'x'));
  put("three", std::string(1'500'000, 'y'));
  EXPECT_EQ(*side.summary("one"), "first");
  put("one", "changed");
  EXPECT_EQ(*side.summary("one"), "first");
  EXPECT_EQ(side.summary("two")->size(), 1'500'000u);
  EXPECT_EQ(side.summary("three")->size(), 1'500'000u) << "the room of the last one is free again";
  put("four", std::string(3'000'000, 'z'));
  EXPECT_THAT(side.summary("four").error().to_string(), HasSubstr("while reading the summary of a round"));
}

}  // namespace
}  // namespace sinter

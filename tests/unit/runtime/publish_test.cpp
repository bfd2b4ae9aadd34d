// Output paths and the manifest.
#include "framework/runtime/publish.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::HasSubstr;

TEST(PublishTest, paths_have_defaults_beside_the_output) {
  JobDefinition job;
  job.output.path = "out/books.csv";
  OutputPaths paths = output_paths(job);
  EXPECT_EQ(paths.parent, "out");
  EXPECT_EQ(paths.rejects, "out/books.csv.rejects.jsonl");
  EXPECT_EQ(paths.manifest, "out/books.csv.success.json");
  job.output.path = "books/";
  paths = output_paths(job);
  EXPECT_EQ(paths.parent, ".");
  EXPECT_EQ(paths.rejects, "books.rejects.jsonl");
  EXPECT_EQ(paths.manifest, "books/_SUCCESS.json");
}

class PublishJobTest : public ::testing::Test {
 protected:
  PublishJobTest() {
    job_.name = "job";
    job_.output.path = "out/a.csv";
    job_.output.header = "k,v\n";
    EXPECT_TRUE(files_->make_directories("scratch/committed").ok());
    EXPECT_TRUE(files_->make_directories("out").ok());
    put(layout_.result({1, 0}), "a,1\n");
    put(layout_.result({1, 1}), "b,2\n");
  }
  void put(const std::string& path, const std::string& text) { EXPECT_TRUE(write_file(*files_, path, text).ok()); }
  std::string get(const std::string& path) { return *read_file(*files_, path); }
  Status publish(JobReport& report) {
    const OutputPaths paths = output_paths(job_);
    OutputAssembly output(*files_, output_of(job_));
    for (const std::uint32_t ordinal : {1u, 0u}) output.part_ready(ordinal, layout_.result({1, ordinal}));
    return publish_job(*files_, clock_, {job_, paths, layout_, output, stages_}, report);
  }

  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
  ManualClock clock_;
  JobLayout layout_{"scratch"};
  JobDefinition job_;
  std::vector<Stage> stages_ = {{.tasks = 2}, {.work = StageWork::Reduce, .tasks = 2}};
};

TEST_F(PublishJobTest, joins_parts_and_rejects_in_order_and_writes_the_manifest) {
  put(layout_.rejects({1, 0}), "third\n");
  put(layout_.rejects({0, 1}), "second\n");
  put(layout_.rejects({0, 0}), "first\n");
  JobReport report;
  report.counters = {{"rows", 2}};
  ASSERT_TRUE(publish(report).ok());
  EXPECT_EQ(get("out/a.csv"), "k,v\na,1\nb,2\n");
  EXPECT_EQ(get("out/a.csv.rejects.jsonl"), "first\nsecond\nthird\n");
  EXPECT_THAT(get("out/a.csv.success.json"), HasSubstr("\"rows\": 2"));
  EXPECT_EQ(report.outputs.at(0).bytes, 12u);
}

TEST_F(PublishJobTest, an_output_whose_manifest_cannot_be_written_is_not_put_in_place) {
  EXPECT_TRUE(files_->make_directories("out/a.csv.success.json.tmp").ok());  // where it is written first
  JobReport report;
  EXPECT_FALSE(publish(report).ok());
  EXPECT_FALSE(files_->exists("out/a.csv"));
  EXPECT_FALSE(files_->exists("out/a.csv.success.json"));
}

TEST_F(PublishJobTest, stale_rejects_of_an_earlier_run_go_when_nothing_is_rejected) {
  put("out/a.csv.rejects.jsonl", "old\n");
  JobReport report;
  ASSERT_TRUE(publish(report).ok());
  EXPECT_FALSE(files_->exists("out/a.csv.rejects.jsonl"));
  EXPECT_TRUE(report.rejects.path.empty());
}

TEST_F(PublishJobTest, an_output_in_the_way_keeps_its_manifest) {
  put("out/a.csv", "old");
  put("out/a.csv.success.json", "{}");
  JobReport report;
  EXPECT_FALSE(publish(report).ok());
  EXPECT_EQ(get("out/a.csv.success.json"), "{}");
  EXPECT_EQ(get("out/a.csv"), "old");
}

}  // namespace
}  // namespace sinter

// What a power cut makes of files that a tracker keeps beside its journal: another life sees it, and makes their tasks again.
#include <filesystem>

#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/watched_file_system.hpp"

namespace sinter::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class KeptFilesTest : public ClusterTest {
 protected:
  KeptFilesTest() {
    write_input(20'000, 5'000);
    host_ = "here";  // so that workers sum up what they write, as they do on a cluster
    options_.execution.reduce_bytes = 2'048;
    options_.execution.memory_bytes = 8u << 20;
    options_.overwrite = true;
  }

  /// As it is without any of this.
  void run_undisturbed() {
    const auto report = run();
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    expected_ = read(options_.output);
    expected_rejects_ = read(report->rejects.path);
    counters_ = report->counters;
    ASSERT_GT(expected_rejects_.size(), 100u);
    ASSERT_TRUE(files_->remove(options_.output).ok());
    job_directory_ = directory_ + "/life";
  }

  /// A life that ends when so many tasks of a stage have been renamed, or when the output is: then all tasks have committed.
  void live_until(const std::string& words, std::size_t times = 1) {
    ASSERT_TRUE(files_->remove_all(job_directory_).ok());
    ASSERT_TRUE(files_->make_directories(job_directory_).ok());
    std::size_t seen = 0;
    WatchedFileSystem watched(*files_, [&](const std::string& to) -> Status {
      const bool publishes = to == options_.output;
      if (publishes ? words != to : to.find(words + "-") == std::string::npos) return {};
      if (++seen < times) return {};
      pause_ = !publishes;
      return publishes ? Status(environment_error("the power is cut")) : Status();
    });
    ASSERT_FALSE(run_with(watched).ok());
    ASSERT_GE(seen, times);
    pause_ = false;
  }

  void damage(const std::string& how, const std::string& path) {
    const auto size = std::filesystem::file_size(path);
    if (how == "truncated") std::filesystem::resize_file(path, 0);
    else if (how == "zeroed") ASSERT_TRUE(write_file(*files_, path, std::string(size, '\0')).ok());
    else if (how == "shorter") std::filesystem::resize_file(path, size - 1);
    else std::filesystem::remove(path);
  }

  /// Those of the committed files whose names have these words.
  std::vector<std::string> kept(const std::string& words) {
    std::vector<std::string> paths;
    const auto names = files_->list(job_directory_ + "/committed");
    for (const std::string& name : *names)
      if (name.find(words) != std::string::npos) paths.push_back(job_directory_ + "/committed/" + name);
    return paths;
  }

  void expect_same(const Result<JobReport>& report) {
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_TRUE(read(options_.output) == expected_);
    EXPECT_EQ(read(report->rejects.path), expected_rejects_);
    EXPECT_EQ(report->counters, counters_);
    EXPECT_EQ(report->failed_attempts, 0u);
  }

  /// Lines of the log that say so.
  std::string damaged_since(std::size_t mark) const {
    std::string text;
    const std::vector<std::string> lines = log_memory_->lines();
    for (std::size_t line = mark; line < lines.size(); ++line)
      if (lines[line].find("a file that was kept is damaged") != std::string::npos) text += lines[line] + "\n";
    return text;
  }

  std::string expected_;
  std::string expected_rejects_;
  Counters counters_;
};

TEST_F(KeptFilesTest, an_output_whose_parts_are_damaged_before_it_is_published_is_made_again) {
  run_undisturbed();
  for (const char* how : {"truncated", "zeroed", "shorter", "removed"}) {
    for (const char* which : {"stage-1-", ".rejects"}) {
      SCOPED_TRACE(std::string(which) + " " + how);
      live_until(options_.output);
      const std::vector<std::string> paths = kept(which);
      ASSERT_GT(paths.size(), 1u);
      damage(how, paths.back());
      const std::size_t mark = log_memory_->lines().size();
      expect_same(run());
      EXPECT_THAT(damaged_since(mark), AllOf(HasSubstr(paths.back()), Not(HasSubstr(paths.front()))));
    }
  }
}

TEST_F(KeptFilesTest, what_is_damaged_while_the_job_runs_is_made_again) {
  run_undisturbed();
  live_until("/committed/stage-1", 3);
  for (const std::string& path : kept(".rejects")) damage("truncated", path);
  for (const std::string& path : kept("stage-1-")) damage("zeroed", path);
  expect_same(run());
}

TEST_F(KeptFilesTest, a_life_that_is_cut_while_it_makes_them_again_is_followed_by_one_that_does) {
  run_undisturbed();
  live_until(options_.output);
  for (const char* which : {"stage-1-", ".rejects"})
    for (const std::string& path : kept(which)) damage("truncated", path);
  WatchedFileSystem watched(*files_, [&](const std::string& to) -> Status {
    if (to.find("/committed/stage-0-") != std::string::npos) pause_ = true;
    return {};
  });
  ASSERT_FALSE(run_with(watched).ok());
  pause_ = false;
  expect_same(run());
}

TEST_F(KeptFilesTest, stages_that_were_freed_long_ago_are_made_again_for_them) {
  options_.shape = "chain";
  run_undisturbed();
  live_until(options_.output);
  ASSERT_TRUE(kept("stage-1-").empty());
  for (const std::string& path : kept("stage-3-")) damage("removed", path);
  expect_same(run());
}

TEST_F(KeptFilesTest, what_is_whole_is_published_as_it_is) {
  run_undisturbed();
  live_until(options_.output);
  ASSERT_TRUE(files_->remove(options_.input).ok());  // so that no task could run
  const std::size_t mark = log_memory_->lines().size();
  expect_same(run());
  EXPECT_EQ(damaged_since(mark), "");
}

}  // namespace
}  // namespace sinter::test

// Power cuts of trackers and nodes: what their disks may hold then is found out, and made again.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/cluster/lan.hpp"
#include "tests/cluster/readings.hpp"

namespace sinter::testing {
namespace {

class PowerCutTest : public ::testing::Test {
 protected:
  void prepare(Lan& lan) {
    job_ = make_readings_job(lan.directory(), 60'000);
    const CommandResult here = lan.sinter({"run", job_, "-q", "-j", "2", "-o", lan.directory() / "job/out/expected.csv"});
    ASSERT_EQ(here.exit_code, 0) << here.err;
  }
  static std::string output(Lan& lan, const std::string& name) { return read_whole_file(lan.directory() / ("job/out/" + name)); }
  static void expect_same(Lan& lan) {
    EXPECT_TRUE(output(lan, "fused.csv") == output(lan, "expected.csv"));
    EXPECT_EQ(output(lan, "fused.csv.rejects.jsonl"), output(lan, "expected.csv.rejects.jsonl"));
  }
  /// Those of the files that the tracker keeps of job 1 whose names have these words.
  static std::vector<std::string> kept(Lan& lan, const std::string& words) {
    std::vector<std::string> paths;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(lan.directory() / "tracker-data/jobs/1/committed", gone))
      if (entry.path().filename().string().find(words) != std::string::npos) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  /// Each in another way.
  static void damage(const std::vector<std::string>& paths) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const auto size = std::filesystem::file_size(paths[i]);
      if (i % 3 == 2) std::filesystem::remove(paths[i]);
      else std::filesystem::resize_file(paths[i], 0);
      if (i % 3 == 1) std::filesystem::resize_file(paths[i], size);  // zeros
    }
  }
  static std::size_t damaged_in_log(Lan& lan) {
    const std::string log = lan.log_of_tracker();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find("a file that was kept is damaged", at)) != std::string::npos; ++at) ++count;
    return count;
  }

  std::string job_;
};

TEST_F(PowerCutTest, parts_and_rejects_that_a_tracker_lost_while_its_job_ran_are_made_again) {
  Lan lan(2, 1);
  prepare(lan);
  const auto client = lan.run_in_background(job_, {"--set", "execution.split_size=32KiB", "--set", "execution.reduce_size=8KiB"});
  ASSERT_TRUE(wait_until([&] { return kept(lan, "stage-1-").size() > 5 || !client->running(); }, 60));
  lan.tracker().signal(SIGKILL);
  EXPECT_NE(lan.tracker().wait(10), -1);
  ASSERT_FALSE(std::filesystem::exists(lan.directory() / "tracker-data/jobs/1/ended")) << "the job was too short for this test";
  const std::vector<std::string> rejects = kept(lan, ".rejects");
  ASSERT_GT(rejects.size(), 2u);
  damage(rejects);
  damage(kept(lan, "stage-1-"));
  lan.start_tracker_again();
  EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log") << lan.log_of_tracker();
  expect_same(lan);
  // All maps had committed.
  EXPECT_GE(damaged_in_log(lan), rejects.size()) << lan.log_of_tracker();
  EXPECT_NE(lan.log_of_tracker().find("stage-0-0.rejects"), std::string::npos) << lan.log_of_tracker();
  EXPECT_NE(lan.job("history", "1").find("what the tracker kept of it is damaged"), std::string::npos);
  EXPECT_EQ(lan.stop(), "");
}

TEST_F(PowerCutTest, a_job_that_was_done_and_not_yet_published_is_not_done_when_its_parts_are_damaged) {
  Lan lan(2, 1);
  prepare(lan);
  // Whoever writes the manifest waits for ever: the output is whole then and has not its name yet.
  const std::string manifest = lan.directory() / "job/out/fused.csv.success.json.tmp";
  ASSERT_EQ(::mkfifo(manifest.c_str(), 0600), 0);
  const auto client = lan.run_in_background(job_, {"--force"});
  const auto size = std::filesystem::file_size(lan.directory() / "job/out/expected.csv");
  const auto is_whole = [&](const std::filesystem::directory_entry& one) {
    return one.is_regular_file() && one.path().filename().string().starts_with(".fused.csv") && one.file_size() == size;
  };
  const auto waits = [&] {
    std::error_code gone;
    const std::filesystem::directory_iterator all(lan.directory() / "job/out", gone);
    return std::any_of(begin(all), end(all), is_whole);
  };
  ASSERT_TRUE(wait_until(waits, 60));
  lan.tracker().signal(SIGKILL);
  EXPECT_NE(lan.tracker().wait(10), -1);
  std::filesystem::remove(manifest);
  const std::vector<std::string> parts = kept(lan, "stage-1-");
  ASSERT_GT(parts.size(), 2u);
  damage(parts);
  lan.start_tracker_again();
  EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log") << lan.log_of_tracker();
  expect_same(lan);
  EXPECT_EQ(damaged_in_log(lan), parts.size()) << lan.log_of_tracker();
  EXPECT_EQ(lan.stop(), "");
}

TEST_F(PowerCutTest, a_node_that_comes_back_uses_nothing_of_what_its_disk_holds) {
  Lan lan(2, 1);
  prepare(lan);
  const auto client = lan.run_in_background(job_, {"--set", "execution.split_size=32KiB", "--set", "execution.reduce_size=8KiB"});
  ASSERT_TRUE(wait_until([&] { return !kept(lan, "stage-1-").empty() || !client->running(); }, 60));
  lan.node(0).signal(SIGKILL);
  EXPECT_NE(lan.node(0).wait(10), -1);
  ASSERT_TRUE(client->running());
  std::vector<std::string> runs = lan.left_on_nodes();
  std::erase_if(runs, [&](const std::string& path) {
    return !path.starts_with(lan.scratch_of(0)) || !path.ends_with("/result") || !std::filesystem::is_regular_file(path);
  });
  EXPECT_FALSE(runs.empty());
  damage(runs);
  lan.start_node_again(0);
  EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log") << lan.log_of_tracker();
  expect_same(lan);
  EXPECT_NE(lan.job("history", "1").find("result_lost"), std::string::npos) << lan.job("history", "1");
  for (const std::string& run : runs) EXPECT_FALSE(std::filesystem::exists(run)) << run;
  EXPECT_EQ(lan.stop(), "");
}

}  // namespace
}  // namespace sinter::testing

// Jobs whose client does not hear that the tracker has them: it submits them again, and each runs once.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/cluster/lan.hpp"
#include "tests/cluster/readings.hpp"
#include "tests/cluster/relay.hpp"

namespace sinter::testing {
namespace {

int port_of(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

class SubmissionTest : public ::testing::Test {
 protected:
  SubmissionTest() : lan_(0, 1), relay_(port_of(lan_.address())) {
    job_ = make_readings_job(lan_.directory(), 2'000);
    // A client that has said half of this has come in, and not yet submitted the job.
    std::ofstream(job_, std::ios::app) << "# " << std::string(2 * kHalf, '-') << "\n";
    relay_.withhold_answers_after(kHalf);
    const std::string home = lan_.directory() / "home/127.0.0.1_";
    std::filesystem::copy(home + std::to_string(port_of(lan_.address())), home + std::to_string(relay_.port()));
    const CommandResult here = lan_.sinter({"run", job_, "-q", "-o", lan_.directory() / "job/out/expected.csv"});
    EXPECT_EQ(here.exit_code, 0) << here.err;
  }

  std::unique_ptr<BackgroundCommand> submit(const std::vector<std::string>& words = {}) {
    std::vector<std::string> all{std::string(SINTER_BIN_DIR) + "/sinter", "run", job_, "--cluster",
                                 "127.0.0.1:" + std::to_string(relay_.port()), "--files", "shared", "--progress", "none"};
    all.insert(all.end(), words.begin(), words.end());
    return std::make_unique<BackgroundCommand>(all, lan_.directory() / "client.log");
  }
  std::string client_log() const { return read_whole_file(lan_.directory() / "client.log"); }
  bool client_says(const std::string& words) const { return client_log().find(words) != std::string::npos; }
  bool tracker_has(const std::string& file) const { return std::filesystem::exists(lan_.directory() / ("tracker-data/jobs/1/" + file)); }
  void expect_one_job_done() {
    EXPECT_TRUE(wait_until([&] { return lan_.job("list").find("1  done") != std::string::npos; }, 30)) << lan_.job("list");
    const std::string jobs = lan_.job("list");
    EXPECT_EQ(std::count(jobs.begin(), jobs.end(), '\n'), 1) << jobs;
    EXPECT_TRUE(read_whole_file(lan_.directory() / "job/out/fused.csv") == read_whole_file(lan_.directory() / "job/out/expected.csv"));
  }

  static constexpr std::size_t kHalf = 50'000;
  Lan lan_;
  Relay relay_;
  std::string job_;
};

TEST_F(SubmissionTest, a_tracker_that_dies_between_taking_a_job_and_saying_so_runs_it_once) {
  const auto client = submit({"--detach"});
  ASSERT_TRUE(wait_until([&] { return tracker_has("submission"); }, 20)) << client_log();
  lan_.tracker().signal(SIGKILL);
  EXPECT_NE(lan_.tracker().wait(10), -1);
  EXPECT_EQ(client->wait(6), -1) << "it waits longer than for a first answer: " << client_log();
  relay_.answer_again();
  lan_.start_tracker_again();
  EXPECT_EQ(client->wait(30), 0) << client_log();
  EXPECT_TRUE(client_says("lost the tracker; waiting for it")) << client_log();
  EXPECT_TRUE(client_says("job 1 runs on")) << client_log();
  lan_.add_node(1);
  expect_one_job_done();
  EXPECT_EQ(lan_.stop(), "");
}

TEST_F(SubmissionTest, a_client_that_was_cut_off_before_the_answer_sees_its_job_end_that_ended_meanwhile) {
  lan_.add_node(1);
  const auto client = submit();
  ASSERT_TRUE(wait_until([&] { return tracker_has("ended"); }, 20)) << client_log() << lan_.log_of_tracker();
  ASSERT_TRUE(wait_until([&] { return client_says("lost the tracker; waiting for it"); }, 20)) << client_log();
  EXPECT_TRUE(client->running()) << client_log();
  relay_.answer_again();
  EXPECT_EQ(client->wait(30), 0) << client_log() << lan_.log_of_tracker();
  expect_one_job_done();
  EXPECT_EQ(lan_.stop(), "");
}

}  // namespace
}  // namespace sinter::testing

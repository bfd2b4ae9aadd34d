// A job that is submitted again, by a client that did not hear that the tracker has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <set>
#include <thread>

#include "framework/cluster/client_connection.hpp"
#include "framework/cluster/cluster_tracker.hpp"
#include "framework/cluster/run_store.hpp"
#include "tests/support/command.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::cluster {
namespace {

using ::testing::HasSubstr;

using Key = std::shared_ptr<const net::KeyPair>;

Key make_key() { return std::make_shared<const net::KeyPair>(net::make_key_pair()); }

class SubmissionsTest : public ::testing::Test {
 protected:
  SubmissionsTest() {
    gatekeeper_ = std::move(*Gatekeeper::open(*files_, directory_ / "access", Log::system_time(), log_));
    const Grant grant{AccessRole::Submit, false};
    EXPECT_TRUE(gatekeeper_->add_member(ann_->public_key, grant, "ann", Log::system_time()).ok());
    EXPECT_TRUE(gatekeeper_->add_member(ben_->public_key, grant, "ben", Log::system_time()).ok());
  }

  /// One life of the tracker. Its jobs wait until it stops, and are there for the next one; or they fail at once.
  class Life {
   public:
    Life(SubmissionsTest& test, bool jobs_wait) {
      if (!jobs_wait) go_.set_value();
      thread_ = std::thread([this, &test, jobs_wait] { serve(test, jobs_wait); });
      endpoint_ = listening_.get_future().get();
    }
    ~Life() {
      stop_ = true;
      thread_.join();
    }
    const std::string& endpoint() const { return endpoint_; }

   private:
    void serve(SubmissionsTest& test, bool jobs_wait) {
      const std::shared_future<void> go = go_.get_future().share();
      const TrackerOptions options{.listen = "tcp://127.0.0.1:*",
                                   .data_directory = test.directory_.path(),
                                   .key = test.tracker_,
                                   .gatekeeper = *test.gatekeeper_,
                                   .host = "here",
                                   .sharing = {},
                                   .factory = [go](FileSystem&, const JobPayload&) -> Result<JobDefinition> {
                                     go.wait();
                                     return user_error("nobody can make this job");
                                   },
                                   .files = *test.files_,
                                   .clock = test.clock_,
                                   .log = test.log_,
                                   .wall_clock = Log::system_time,
                                   .stop = stop_,
                                   .pause = [&] {
                                     if (jobs_wait) go_.set_value();
                                     return true;
                                   },
                                   .on_listening = [&](const std::string& endpoint) {
                                     listening_.set_value(endpoint);
                                     return Status();
                                   }};
      const Status ended = run_tracker(options);
      EXPECT_TRUE(ended.ok()) << ended.error().to_string();
    }

    std::promise<void> go_;
    std::promise<std::string> listening_;
    std::atomic<bool> stop_{false};
    std::string endpoint_;
    std::thread thread_;
  };

  ClientOptions options(const Life& life, const Key& who) const {
    return {life.endpoint(), net::SocketSecurity::for_connection(who, tracker_->public_key), clock_, log_};
  }
  static Submit submission(std::uint64_t number) {
    Submit submit;
    submit.watch = false;
    submit.submission = number;
    return submit;
  }
  /// The number of the job, as the tracker answers.
  RunId submit(const Life& life, const Key& who, std::uint64_t number) const {
    const ClientOptions as = options(life, who);
    ClientConnection connection(as);
    EXPECT_TRUE(connection.open().ok());
    const Result<Submitted> answer = connection.ask<Submitted>(submission(number));
    EXPECT_TRUE(answer.ok()) << answer.error().to_string();
    return answer.ok() ? answer->run : 0;
  }
  std::set<std::string> stored() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / "jobs")) names.insert(entry.path().filename());
    return names;
  }
  bool has(RunId run, const std::string& file) const {
    return std::filesystem::exists(directory_ / ("jobs/" + std::to_string(run) + "/" + file));
  }

  testing::TemporaryDirectory directory_;
  std::unique_ptr<FileSystem> files_ = make_posix_file_system();
  SteadyClock clock_;
  mutable Log log_{LogLevel::Error};
  std::unique_ptr<Gatekeeper> gatekeeper_;
  const Key tracker_ = make_key();
  const Key ann_ = make_key();
  const Key ben_ = make_key();
};

TEST_F(SubmissionsTest, what_a_key_submits_again_under_its_number_is_the_same_job_also_to_later_lives_of_the_tracker) {
  {
    const Life life(*this, true);
    EXPECT_EQ(submit(life, ann_, 7), 1u);
    EXPECT_EQ(submit(life, ann_, 7), 1u);
    EXPECT_EQ(submit(life, ben_, 7), 2u) << "somebody else's";
    EXPECT_EQ(submit(life, ann_, 8), 3u);
    EXPECT_EQ(submit(life, ann_, 0), 4u) << "no number";
    EXPECT_EQ(submit(life, ann_, 0), 5u);
    EXPECT_EQ(stored(), (std::set<std::string>{"1", "2", "3", "4", "5"}));
  }
  for (RunId run = 1; run <= 5; ++run) EXPECT_TRUE(has(run, "submission")) << run;
  {
    const Life life(*this, false);
    EXPECT_EQ(submit(life, ann_, 7), 1u);
    EXPECT_EQ(submit(life, ben_, 7), 2u);
    for (RunId run = 1; run <= 5; ++run)
      EXPECT_TRUE(testing::wait_until([&] { return has(run, "ended") && !has(run, "submission"); }, 20)) << run;
    EXPECT_EQ(submit(life, ann_, 7), 1u) << "it has ended";
  }
  const Life life(*this, false);
  EXPECT_EQ(submit(life, ann_, 7), 1u);
  EXPECT_EQ(submit(life, ben_, 7), 2u);
  EXPECT_EQ(submit(life, ann_, 8), 3u);
  const ClientOptions as = options(life, ann_);
  ClientConnection connection(as);
  ASSERT_TRUE(connection.open().ok());
  const Result<JobReport> seen = run_on_cluster(connection, submission(7), {});
  ASSERT_FALSE(seen.ok());
  EXPECT_THAT(seen.error().message(), HasSubstr("nobody can make this job")) << "who watches is told of the end that was";
  EXPECT_EQ(stored().size(), 5u);
  EXPECT_EQ(submit(life, ann_, 9), 6u);
}

TEST_F(SubmissionsTest, a_job_that_is_no_longer_listed_is_not_known_by_its_number_either) {
  RunStore store(*files_, directory_ / "jobs");
  EndedRun ended;
  ended.line.state = RunState::Failed;
  ended.submitter = net::public_key_text(ann_->public_key);
  for (const RunId run : {RunId{1}, RunId{2}}) {
    ended.line.run = ended.told.run = run;
    ended.submission = run == 1 ? 7 : 0;
    ASSERT_TRUE(files_->make_directories(store.directory_of(run)).ok());
    ASSERT_TRUE(store.end(ended).ok());
  }
  for (RunId run = 3; run <= kMaxListedRuns; ++run) std::filesystem::copy(store.directory_of(2), store.directory_of(run));
  const Life life(*this, false);
  EXPECT_EQ(submit(life, ann_, 7), 1u);
  EXPECT_EQ(submit(life, ann_, 8), kMaxListedRuns + 1);
  ASSERT_TRUE(testing::wait_until([&] { return !std::filesystem::exists(store.directory_of(1)); }, 20));
  EXPECT_EQ(submit(life, ann_, 7), kMaxListedRuns + 2);
}

}  // namespace
}  // namespace sinter::cluster

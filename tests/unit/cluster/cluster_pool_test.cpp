// ClusterPool: a job's requests to the cluster, and what it makes of what comes back.
#include "framework/cluster/cluster_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "framework/runtime/run_job.hpp"

namespace sinter::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const AttemptId kAttempt{{0, 1}, 3};

/// Writes down what is asked of it.
class RecordingDoor final : public ClusterDoor {
 public:
  void open_run(OpenRun open) override {
    said.push_back("open " + std::to_string(open.run) + " " + open.plan);
    secret = open.run_secret;
  }
  void want_workers(RunId, std::uint64_t count, std::uint64_t memory_bytes) override {
    said.push_back("want " + std::to_string(count) + " of " + std::to_string(memory_bytes));
  }
  void blame(RunId, HostId node) override { said.push_back("blame " + std::to_string(node)); }
  void start_worker(RunId, WorkerId worker) override { said.push_back("start " + std::to_string(worker)); }
  void kill_worker(RunId, WorkerId worker) override { said.push_back("kill " + std::to_string(worker)); }
  void send_to_worker(RunId, WorkerId worker, net::Message message) override {
    said.push_back("to " + std::to_string(worker) + " " + message.body);
  }
  void stop_workers(RunId, bool at_once) override { said.push_back(at_once ? "stop at once" : "stop"); }
  void drop_file(RunId, const Place& place) override { said.push_back("drop " + place.name); }
  std::vector<std::string> said;
  std::string secret;
};

/// Holds back whoever opens files of other hosts until it is opened.
class Gate {
 public:
  RemoteOpener opener(FileSystem& files) {
    return [this, &files](const Place& place) -> Result<std::unique_ptr<ReadableFile>> {
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
      return files.open(place.scratch_directory + "/" + place.name);
    };
  }
  void wait_for(int many) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= many; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class ClusterPoolTest : public ::testing::Test {
 protected:
  ClusterPoolTest()
      : disk_(make_memory_file_system()), files_({*disk_, "here", {}, {}, {}, {}}), layout_("/job"), log_(LogLevel::Error) {
    EXPECT_TRUE(disk_->make_directories("/job").ok());
    EXPECT_TRUE(write_file(*disk_, layout_.plan(), "a plan").ok());
    remake_pool(files_);
  }

  void remake_pool(PlacedFiles& files) {
    RunOptions options{.worker = {}, .factory = {}, .files = files, .clock = clock_, .log = log_, .on_progress = {}};
    auto pool = make_cluster_pool(5, door_, inbox_, files, layout_, RunNeeds{64, 3}, options);
    EXPECT_TRUE(pool.ok());
    pool_ = std::move(*pool);
  }

  NodeSaid done(const AttemptId& attempt, std::uint64_t node, std::vector<std::string> names) {
    return {WorkerSaid{1, to_message(AttemptDone{attempt, {}, {}, 0})},
            Place{node, "host-" + std::to_string(node), "tcp://n:1", "key", "/node/run-5", {}, {}}, std::move(names)};
  }
  /// The same of one that was given to the worker.
  NodeSaid given_and_done(const AttemptId& attempt, std::uint64_t node, std::vector<std::string> names) {
    pool_->gives(1, attempt);
    return done(attempt, node, std::move(names));
  }
  PoolEvent next() { return **pool_->receive(1'000); }

  std::unique_ptr<FileSystem> disk_;
  PlacedFiles files_;
  JobLayout layout_;
  SteadyClock clock_;
  Log log_;
  RecordingDoor door_;
  RunInbox inbox_;
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(ClusterPoolTest, asks_the_cluster_and_ships_the_plan_first) {
  pool_->start(4);
  pool_->send(4, {7, "hello"});
  pool_->kill(4);
  pool_->stop(false);
  EXPECT_THAT(door_.said, ElementsAre("open 5 a plan", "start 4", "to 4 hello", "kill 4", "stop"));
}

TEST_F(ClusterPoolTest, says_once_how_many_workers_it_wants_and_never_more_than_the_job_allows) {
  EXPECT_TRUE(pool_->allots_workers());
  pool_->want_workers(2);
  pool_->want_workers(9);
  pool_->want_workers(8);
  pool_->want_workers(0);
  pool_->blame(7);
  EXPECT_THAT(door_.said, ElementsAre("open 5 a plan", "want 2 of 64", "want 3 of 64", "want 0 of 64", "blame 7"));
}

TEST_F(ClusterPoolTest, places_the_files_of_an_attempt_before_it_tells_of_it) {
  inbox_.push(given_and_done(kAttempt, 9, {"attempts/stage-0-1-3/result", "attempts/stage-0-1-3/rejects"}));
  const PoolEvent event = next();
  ASSERT_TRUE(std::holds_alternative<WorkerSaid>(event));
  EXPECT_TRUE(files_.exists(layout_.attempt_result(kAttempt)));
  EXPECT_TRUE(files_.exists(layout_.attempt_rejects(kAttempt)));
  EXPECT_EQ(files_.placed(layout_.attempt_result(kAttempt))->attempt, kAttempt);
}

TEST_F(ClusterPoolTest, tells_tasks_where_their_inputs_lie) {
  for (std::uint32_t task = 0; task < 3; ++task) {
    const AttemptId attempt{{0, task}, 1};
    inbox_.push(given_and_done(attempt, 9 + task % 2, {layout_.attempt_result(attempt).substr(5)}));
    (void)next();
    EXPECT_TRUE(files_.rename(layout_.attempt_result(attempt), layout_.result(attempt.task)).ok());
  }
  EXPECT_TRUE(pool_->inputs_of(Stage{}).empty());
  const std::vector<ResultsAt> inputs = pool_->inputs_of(Stage{.work = StageWork::Reduce, .input_stage = 0, .input_tasks = 3});
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[0].host, "host-9");
  EXPECT_EQ(inputs[0].scratch_directory, "/node/run-5");
  EXPECT_THAT(inputs[0].attempts, ElementsAre(AttemptId{{0, 0}, 1}, AttemptId{{0, 2}, 1}));
  EXPECT_THAT(inputs[1].attempts, ElementsAre(AttemptId{{0, 1}, 1}));
}

TEST_F(ClusterPoolTest, a_lost_node_takes_committed_results_along_but_not_those_of_others) {
  for (std::uint32_t task = 0; task < 3; ++task) {
    const AttemptId attempt{{0, task}, 1};
    inbox_.push(given_and_done(attempt, task == 0 ? 8 : 9, {layout_.attempt_result(attempt).substr(5)}));
    (void)next();
    // The last one was never committed.
    if (task < 2) {
      EXPECT_TRUE(files_.rename(layout_.attempt_result(attempt), layout_.result(attempt.task)).ok());
    }
  }
  inbox_.push(NodeGone{9});
  const PoolEvent event = next();
  ASSERT_TRUE(std::holds_alternative<ResultsGone>(event));
  EXPECT_THAT(std::get<ResultsGone>(event).attempts, ElementsAre(AttemptId{{0, 1}, 1}));
  EXPECT_FALSE(files_.exists(layout_.attempt_result({{0, 2}, 1})));
}

TEST_F(ClusterPoolTest, a_node_is_not_heard_about_attempts_and_files_that_are_not_its_own) {
  const AttemptId other{{0, 2}, 1};
  pool_->gives(1, kAttempt);
  inbox_.push(done(other, 9, {"attempts/stage-0-2-1/result"}));
  EXPECT_FALSE(pool_->receive(1'000)->has_value());
  EXPECT_FALSE(files_.exists(layout_.attempt_result(other)));
  // The result of a task that has committed, the plan, what begins with the same letters.
  inbox_.push(done(kAttempt, 9, {"committed/stage-0-2", "plan", "attempts/stage-0-1-30/result", "logs/attempt-stage-0-2-1.jsonl"}));
  EXPECT_TRUE(std::holds_alternative<WorkerSaid>(next()));
  EXPECT_FALSE(files_.placed(layout_.result(other.task)));
  EXPECT_FALSE(files_.placed(layout_.plan()));
  EXPECT_FALSE(files_.placed(layout_.attempt_result({{0, 1}, 30})));
  EXPECT_FALSE(files_.placed(layout_.attempt_log(other)));
}

TEST_F(ClusterPoolTest, a_worker_of_a_life_before_has_the_attempt_that_its_node_says) {
  inbox_.push(WorkerReturned{1, 9, kAttempt});
  (void)next();
  inbox_.push(done(kAttempt, 9, {"attempts/stage-0-1-3/result"}));
  (void)next();
  EXPECT_TRUE(files_.placed(layout_.attempt_result(kAttempt)));
}

TEST_F(ClusterPoolTest, nobody_hears_of_a_job_that_is_not_admitted) {
  door_.said.clear();
  std::vector<Result<std::string>> answers{environment_error("the disk is full"), std::string("its key")};
  for (const Result<std::string>& answer : answers) {
    RunOptions options{.worker = {}, .factory = {}, .files = files_, .clock = clock_, .log = log_, .on_progress = {}};
    RunNeeds needs{64, 3};
    needs.admit = [&] { return answer; };
    pool_ = make_cluster_pool(5, door_, inbox_, files_, layout_, needs, options).value();
    EXPECT_THAT(door_.said, IsEmpty());
    EXPECT_EQ(pool_->receive(0).ok(), answer.ok());
  }
  EXPECT_THAT(door_.said, ElementsAre("open 5 a plan"));
  EXPECT_EQ(door_.secret, "its key");
}

TEST_F(ClusterPoolTest, what_comes_along_is_not_fetched) {
  PlacedFiles files({*disk_, "here", {}, {}, {}, {}});  // which cannot fetch anything
  remake_pool(files);
  const std::string name = layout_.attempt_result(kAttempt).substr(layout_.root().size() + 1);
  NodeSaid said = given_and_done(kAttempt, 9, {name});
  said.sent_along = {{name, "a part"}, {"plan", "what nobody asked for"}};
  inbox_.push(std::move(said));
  ASSERT_TRUE(std::holds_alternative<WorkerSaid>(next()));
  EXPECT_EQ(read_file(files, layout_.attempt_result(kAttempt)).value(), "a part");
  EXPECT_EQ(read_file(files, layout_.plan()).value(), "a plan");
  ASSERT_TRUE(files.rename(layout_.attempt_result(kAttempt), layout_.result(kAttempt.task)).ok());
  ASSERT_EQ(pool_->keep(kAttempt, {layout_.result(kAttempt.task)}).value(), true);
  const PoolEvent event = next();
  ASSERT_TRUE(std::holds_alternative<Kept>(event) && std::get<Kept>(event).status.ok());
  EXPECT_EQ(read_file(*disk_, layout_.result(kAttempt.task)).value(), "a part");
  pool_.reset();
}

TEST_F(ClusterPoolTest, a_job_holds_so_much_of_what_comes_along_and_no_more) {
  const std::string bytes(64 << 10, 'x');
  const auto send = [&](std::uint32_t task) {
    const AttemptId attempt{{0, task}, 1};
    const std::string name = layout_.attempt_result(attempt).substr(layout_.root().size() + 1);
    NodeSaid said = given_and_done(attempt, 9, {name});
    said.sent_along = {{name, bytes}};
    inbox_.push(std::move(said));
    (void)next();
    return files_.open(layout_.attempt_result(attempt)).ok();  // else it would have to be fetched
  };
  for (std::uint32_t task = 0; task < 64; ++task) EXPECT_TRUE(send(task)) << task;
  EXPECT_FALSE(send(64));
  ASSERT_TRUE(files_.remove(layout_.attempt_result({{0, 7}, 1})).ok());
  EXPECT_TRUE(send(65));
}

TEST_F(ClusterPoolTest, what_was_committed_elsewhere_is_fetched_beside_the_jobs_thread_several_at_once) {
  Gate gate;
  PlacedFiles files({*disk_, "here", {}, gate.opener(*disk_), {}, {}});
  EXPECT_TRUE(write_file(*disk_, "/part", "a part").ok());
  remake_pool(files);
  const auto result = [&](std::uint32_t task) { return layout_.result({0, task}); };
  for (std::uint32_t task = 0; task < 2; ++task) {
    const AttemptId attempt{{0, task}, 1};
    files.place(result(task), Place{9, "there", "tcp://n:1", "key", "", "part", attempt});
    EXPECT_EQ(pool_->keep(attempt, {layout_.rejects(attempt.task), result(task)}).value(), true);
  }
  gate.wait_for(2);  // both are on their way, and we are here
  EXPECT_FALSE(pool_->receive(0)->has_value());
  gate.open();
  for (int i = 0; i < 2; ++i) {
    const PoolEvent event = next();
    ASSERT_TRUE(std::holds_alternative<Kept>(event));
    EXPECT_TRUE(std::get<Kept>(event).status.ok()) << std::get<Kept>(event).status.error().to_string();
  }
  EXPECT_FALSE(files.placed(result(1)));
  EXPECT_EQ(read_file(*disk_, result(1)).value(), "a part");
  // What lies here already is no matter of a wait.
  files.place(result(2), Place{9, "here", "", "", "", "part", {{0, 2}, 1}});
  EXPECT_EQ(pool_->keep({{0, 2}, 1}, {result(2)}).value(), false);
  EXPECT_EQ(read_file(*disk_, result(2)).value(), "a part");
  pool_.reset();
}

TEST_F(ClusterPoolTest, what_arrives_for_an_attempt_that_is_lost_meanwhile_takes_nobodys_place) {
  Gate gate;
  PlacedFiles files({*disk_, "here", {}, gate.opener(*disk_), {}, {}});
  EXPECT_TRUE(write_file(*disk_, "/part", "a part").ok());
  remake_pool(files);
  const std::string path = layout_.result(kAttempt.task);
  files.place(path, Place{9, "there", "tcp://n:1", "key", "", "part", kAttempt});
  EXPECT_EQ(pool_->keep(kAttempt, {path}).value(), true);
  gate.wait_for(1);
  files.place(path, Place{8, "elsewhere", "tcp://n:2", "key", "", "part", {kAttempt.task, 4}});
  gate.open();
  const PoolEvent event = next();
  ASSERT_TRUE(std::holds_alternative<Kept>(event));
  EXPECT_FALSE(std::get<Kept>(event).status.ok());
  EXPECT_EQ(files.placed(path)->node, 8u);
  EXPECT_FALSE(disk_->exists(path));
  EXPECT_EQ(disk_->list(directory_of(path)).value().size(), 0u);
  pool_.reset();
}

TEST_F(ClusterPoolTest, the_log_of_a_worker_that_died_is_fetched_and_no_other_file) {
  Gate gate;
  gate.open();
  PlacedFiles files({*disk_, "here", {}, gate.opener(*disk_), {}, {}});
  remake_pool(files);
  pool_->gives(1, kAttempt);
  const std::string name = layout_.attempt_log(kAttempt).substr(layout_.root().size() + 1);
  EXPECT_TRUE(disk_->make_directories("/node/logs").ok());
  EXPECT_TRUE(write_file(*disk_, "/node/" + name, "its last words").ok());
  inbox_.push(NodeEnded{WorkerEnded{1, Loss::Crash, "died", {}, {}}, Place{9, "there", "tcp://n:1", "key", "/node", {}, {}},
                        {name, "plan", layout_.attempt_log({{0, 2}, 1}).substr(layout_.root().size() + 1)}});
  EXPECT_TRUE(std::holds_alternative<WorkerEnded>(next()));
  pool_->stop(true);
  EXPECT_EQ(read_file(*disk_, layout_.attempt_log(kAttempt)).value(), "its last words");
  EXPECT_FALSE(files.placed(layout_.plan()));
  EXPECT_FALSE(files.placed(layout_.attempt_log({{0, 2}, 1})));
  pool_.reset();
}

TEST_F(ClusterPoolTest, waiting_ends_when_it_is_woken) {
  std::thread waker([this] { pool_->wake(); });
  EXPECT_FALSE(pool_->receive(60'000)->has_value());
  waker.join();
}

}  // namespace
}  // namespace sinter::cluster

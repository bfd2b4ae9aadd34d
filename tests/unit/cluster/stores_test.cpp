// What a tracker keeps on disk of its jobs and nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/faulty_file_system.hpp"
#include "framework/cluster/kept_job.hpp"
#include "framework/cluster/node_register.hpp"
#include "framework/cluster/run_store.hpp"

namespace sinter::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Submit submission(const std::string& body) {
  Submit submit;
  submit.payload_kind = "fusion";
  submit.payload = body;
  return submit;
}

TEST(RunStoreTest, jobs_that_run_and_jobs_that_ended_are_found_again) {
  const auto files = make_memory_file_system();
  RunStore store(*files, "/data/jobs");
  EXPECT_THAT(*store.load(), IsEmpty());
  for (RunId run = 1; run <= 11; ++run) ASSERT_TRUE(store.add(run, submission("job " + std::to_string(run))).ok());
  EXPECT_TRUE(write_file(*files, store.directory_of(2) + "/journal", "much").ok());
  EndedRun ended;
  ended.line.run = 2;
  ended.line.state = RunState::Failed;
  ended.told.run = 2;
  ended.told.error = WireError::of(user_error("no such file"));
  ASSERT_TRUE(store.end(ended).ok());
  // A tracker that dies now has not cleaned up: the next one does.
  EXPECT_TRUE(files->exists(store.directory_of(2) + "/journal"));
  const auto found = *RunStore(*files, "/data/jobs").load();
  ASSERT_EQ(found.size(), 11u);
  EXPECT_EQ(found[9].run, 10u);  // by number, not by name
  EXPECT_EQ(found[9].submit.payload, "job 10");
  EXPECT_FALSE(found[0].ended.has_value());
  ASSERT_TRUE(found[1].ended.has_value());
  EXPECT_EQ(found[1].ended->line.state, RunState::Failed);
  EXPECT_EQ(found[1].ended->told.error.message, "no such file");
  EXPECT_THAT(*files->list(store.directory_of(2)), ElementsAre("ended"));
}

TEST(RunStoreTest, what_was_stored_is_found_after_a_power_cut) {
  const auto memory = make_memory_file_system();
  FaultyFileSystem files(*memory);
  ASSERT_TRUE(RunStore(files, "/data/jobs").add(1, submission("x")).ok());
  ASSERT_TRUE(files.crash().ok());
  EndedRun ended;
  ended.line.run = 1;
  ASSERT_TRUE(RunStore(files, "/data/jobs").end(ended).ok());
  ASSERT_TRUE(RunStore(files, "/data/jobs").add(2, submission("y")).ok());
  ASSERT_TRUE(files.crash().ok());
  const auto found = *RunStore(files, "/data/jobs").load();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].ended.has_value());
  EXPECT_EQ(found[1].submit.payload, "y");
}

TEST(RunStoreTest, what_another_life_found_is_found_after_a_power_cut) {
  const auto memory = make_memory_file_system();
  FaultyFileSystem files(*memory);
  ASSERT_TRUE(RunStore(files, "/data/jobs").add(1, submission("x")).ok());
  // A life that dies before its last step: the name of the job is not synced.
  files.fail(FileOperation::SyncDirectory, 1, EIO);
  ASSERT_FALSE(RunStore(files, "/data/jobs").add(2, submission("y")).ok());
  EXPECT_EQ(RunStore(files, "/data/jobs").load()->size(), 2u);
  ASSERT_TRUE(files.crash().ok());
  EXPECT_EQ(RunStore(files, "/data/jobs").load()->size(), 2u);
}

TEST(RunStoreTest, an_end_that_was_torn_while_it_was_written_down_is_none_yet) {
  const auto files = make_memory_file_system();
  RunStore store(*files, "/data/jobs");
  ASSERT_TRUE(store.add(1, submission("x")).ok());
  EndedRun ended;
  ended.line.run = 1;
  ASSERT_TRUE(store.end(ended).ok());
  const std::string path = store.directory_of(1) + "/ended";
  const std::string whole = read_file(*files, path).value();
  for (const std::size_t size : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
    ASSERT_TRUE(write_file(*files, path, whole.substr(0, size)).ok());
    const auto found = RunStore(*files, "/data/jobs").load();
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    ASSERT_EQ(found->size(), 1u);
    EXPECT_FALSE(found->front().ended.has_value()) << size;
    EXPECT_EQ(found->front().submit.payload, "x");
    EXPECT_FALSE(files->exists(path));
  }
  // What the job would go on from goes when its end is durable: what is broken then was damaged later.
  ASSERT_TRUE(store.end(ended).ok());
  ASSERT_TRUE(store.clean(1).ok());
  ASSERT_TRUE(write_file(*files, path, whole.substr(1)).ok());
  EXPECT_FALSE(RunStore(*files, "/data/jobs").load().ok());
}

TEST(RunStoreTest, an_end_that_could_not_be_written_down_leaves_nothing_and_the_job_goes_on) {
  const auto memory = make_memory_file_system();
  for (const FileOperation operation : {FileOperation::Append, FileOperation::Sync, FileOperation::SyncDirectory}) {
    FaultyFileSystem files(*memory);
    RunStore store(files, "/data/jobs");
    ASSERT_TRUE(store.add(1, submission("x")).ok());
    EndedRun ended;
    ended.line.run = 1;
    files.fail(operation, 0, EIO);
    ASSERT_FALSE(store.end(ended).ok());
    EXPECT_FALSE(files.exists(store.directory_of(1) + "/ended"));
    // Nor is it forgotten when that could not be removed.
    ASSERT_TRUE(write_file(files, store.directory_of(1) + "/ended", "torn").ok());
    ASSERT_TRUE(files.make_directories(store.directory_of(1 + kMaxKeptHistories)).ok());
    ASSERT_TRUE(store.clean(1 + kMaxKeptHistories).ok());
    ASSERT_TRUE(files.remove_all(store.directory_of(1 + kMaxKeptHistories)).ok());
    const auto found = RunStore(files, "/data/jobs").load();
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    EXPECT_EQ(found->front().submit.payload, "x");
  }
}

TEST(RunStoreTest, what_a_job_left_for_its_client_stays_with_its_key_until_it_is_dropped) {
  const auto files = make_memory_file_system();
  RunStore store(*files, "/data/jobs");
  ASSERT_TRUE(store.add(1, submission("x")).ok());
  for (const std::string name : {"/private", "/outputs/home/ann"}) ASSERT_TRUE(files->make_directories(store.directory_of(1) + name).ok());
  for (const std::string name : {"/private/run.key", "/outputs/home/ann/out.csv", "/outputs/x", "/plan"})
    ASSERT_TRUE(write_file(*files, store.directory_of(1) + name, name).ok());
  EXPECT_FALSE(store.kept_outputs_since_ns(1).has_value());
  EndedRun ended;
  ended.line.run = 1;
  ended.submitter = "ann";
  ended.told.report = JobReport{};
  ASSERT_TRUE(store.end(ended).ok());
  ASSERT_TRUE(store.clean(1, true).ok());
  EXPECT_THAT(*files->list(store.directory_of(1)), ElementsAre("ended", "outputs", "private"));
  EXPECT_THAT(*store.outputs(1), ElementsAre("/home/ann/out.csv", "/x"));
  EXPECT_TRUE(store.kept_outputs_since_ns(1).has_value());
  EXPECT_EQ(store.load()->front().ended->submitter, "ann");
  ASSERT_TRUE(store.drop_outputs(1).ok());
  EXPECT_THAT(*files->list(store.directory_of(1)), ElementsAre("ended"));
  EXPECT_FALSE(store.kept_outputs_since_ns(1).has_value());
  // Of a job that leaves nothing for its client the key goes too, also when the tracker dies before.
  ASSERT_TRUE(files->make_directories(store.directory_of(1) + "/private").ok());
  ASSERT_EQ(store.load()->size(), 1u);
  EXPECT_THAT(*files->list(store.directory_of(1)), ElementsAre("ended"));
}

TEST(RunStoreTest, a_job_that_nobody_was_told_of_is_removed_and_damage_is_an_error) {
  const auto files = make_memory_file_system();
  RunStore store(*files, "/data/jobs");
  ASSERT_TRUE(store.add(1, submission("x")).ok());
  ASSERT_TRUE(files->make_directories(store.directory_of(2)).ok());
  EXPECT_EQ(store.load()->size(), 1u);
  EXPECT_FALSE(files->exists(store.directory_of(2)));
  std::string bytes = *read_file(*files, store.directory_of(1) + "/submission");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_TRUE(write_file(*files, store.directory_of(1) + "/submission", bytes).ok());
  EXPECT_THAT(store.load().error().message(), HasSubstr("is damaged"));
}

TEST(NodeRegisterTest, numbers_outlive_the_tracker_and_absent_nodes_are_missed) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(files->make_directories("/data").ok());
  NodeId first = 0;
  NodeId second = 0;
  {
    const auto nodes = *NodeRegister::open(*files, "/data/nodes");
    first = *nodes->joined(0xaaaa);
    second = *nodes->joined(0xbbbb);
    EXPECT_NE(first, second);
    EXPECT_EQ(*nodes->joined(0xaaaa), first);
    const NodeId third = *nodes->joined(0xcccc);
    EXPECT_TRUE(nodes->left(third).ok());
    EXPECT_THAT(nodes->missing(), IsEmpty());
  }
  const auto nodes = *NodeRegister::open(*files, "/data/nodes");
  EXPECT_THAT(nodes->missing(), ElementsAre(first, second));
  EXPECT_EQ(*nodes->joined(0xbbbb), second);
  EXPECT_THAT(nodes->missing(), ElementsAre(first));
  EXPECT_GT(*nodes->joined(0xdddd), second);
}

}  // namespace
}  // namespace sinter::cluster

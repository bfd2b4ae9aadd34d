// PlacedFiles: a view in which paths stand for files on nodes.
#include "framework/runtime/placed_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/checksum.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const AttemptId kAttempt{{0, 4}, 2};

class PlacedFilesTest : public ::testing::Test {
 protected:
  PlacedFilesTest() : disk_(make_memory_file_system()) {
    for (const std::string directory : {"/node/run-1/attempts/a", "/job/logs", "/node/run-1/attempts/stage-0-4-2"})
      EXPECT_TRUE(disk_->make_directories(directory).ok());
    EXPECT_TRUE(write_file(*disk_, "/node/run-1/attempts/a/result", "of a node on this host").ok());
    EXPECT_TRUE(write_file(*disk_, "/job/plan", "the tracker's own").ok());
  }

  PlacedFiles make(std::string working_directory = "") {
    return PlacedFiles(
        {*disk_, "here", std::move(working_directory), remote_, {}, [this](const Place& place) { removed_.push_back(place.name); }});
  }
  static Place place(const std::string& host, const std::string& name, std::uint64_t node = 7) {
    return {node, host, "tcp://" + host + ":7078", "key of " + host, "/node/run-1", name, kAttempt};
  }

  std::unique_ptr<FileSystem> disk_;
  RemoteOpener remote_;
  std::vector<std::string> removed_;
};

TEST_F(PlacedFilesTest, a_placed_file_is_read_where_it_is_and_others_where_they_were) {
  PlacedFiles files = make();
  files.place("/job/attempts/a/result", place("here", "attempts/a/result"));
  EXPECT_EQ(*read_file(files, "/job/attempts/a/result"), "of a node on this host");
  EXPECT_EQ(files.info("/job/attempts/a/result")->size_bytes, 22u);
  EXPECT_TRUE(files.exists("/job/attempts/a/result"));
  EXPECT_EQ(*read_file(files, "/job/plan"), "the tracker's own");
  EXPECT_FALSE(files.exists("/job/attempts/b/result"));
}

TEST_F(PlacedFilesTest, what_is_written_has_the_checksum_of_what_is_there_in_the_end) {
  PlacedFiles files({*disk_, "here", {}, {}, {}, {}, true});
  for (const std::string directory : {"/job/a", "/job/b"}) ASSERT_TRUE(disk_->make_directories(directory).ok());
  ASSERT_TRUE(write_file(files, "/job/a/spill", "gone again").ok());
  ASSERT_TRUE(write_file(files, "/job/a/draft", "the result").ok());
  ASSERT_TRUE(write_file(files, "/job/b/result", "of another attempt").ok());
  ASSERT_TRUE(files.rename("/job/a/draft", "/job/a/result").ok());
  ASSERT_TRUE(files.remove("/job/a/spill").ok());
  const auto sums = files.take_checksums("/job/a");
  ASSERT_EQ(sums.size(), 1u);
  EXPECT_EQ(sums[0].name, "result");
  EXPECT_EQ(sums[0].checksum, checksum64("the result"));
  EXPECT_THAT(files.take_checksums("/job/b"), IsEmpty()) << "they were of an earlier attempt";
}

TEST_F(PlacedFilesTest, a_copy_that_is_not_what_its_writer_said_is_refused) {
  remote_ = [&](const Place&) { return disk_->open("/job/plan"); };
  PlacedFiles files = make();
  Place honest = place("there", "attempts/stage-0-4-2/result");
  honest.checksum = checksum64("the tracker's own");
  files.place("/job/honest", honest);
  EXPECT_TRUE(files.keep("/job/honest").ok());
  Place lying = honest;
  lying.checksum = *honest.checksum + 1;
  files.place("/job/lying", lying);
  const Status kept = files.keep("/job/lying");
  ASSERT_FALSE(kept.ok());
  EXPECT_EQ(kept.error().fault(), Fault::Environment);
  EXPECT_THAT(kept.error().message(), HasSubstr("on the host 'there' is not what"));
}

TEST_F(PlacedFilesTest, files_of_other_hosts_are_fetched_or_told_to_be_out_of_reach) {
  PlacedFiles blind = make();
  blind.place("/job/x", place("there", "x"));
  const auto unreachable = blind.open("/job/x");
  ASSERT_FALSE(unreachable.ok());
  EXPECT_THAT(unreachable.error().message(), HasSubstr("'/node/run-1/x' is on the host 'there'"));

  std::string asked;
  remote_ = [&](const Place& of) {
    asked = of.endpoint + " " + of.endpoint_key + " " + of.name;
    return disk_->open("/job/plan");
  };
  PlacedFiles files = make();
  files.place("/job/x", place("there", "x"));
  EXPECT_EQ(*read_file(files, "/job/x"), "the tracker's own");
  EXPECT_EQ(asked, "tcp://there:7078 key of there x");
}

TEST_F(PlacedFilesTest, moving_changes_the_name_only) {
  PlacedFiles files = make();
  files.place("/job/attempts/a/result", place("here", "attempts/a/result"));
  EXPECT_TRUE(files.rename("/job/attempts/a/result", "/job/committed/stage-0-4").ok());
  EXPECT_FALSE(files.exists("/job/attempts/a/result"));
  EXPECT_EQ(*read_file(files, "/job/committed/stage-0-4"), "of a node on this host");
  EXPECT_EQ(files.placed("/job/committed/stage-0-4")->attempt, kAttempt);
  EXPECT_TRUE(disk_->exists("/node/run-1/attempts/a/result"));
  // What is not placed moves on the disk.
  EXPECT_TRUE(files.rename("/job/plan", "/job/plan2").ok());
  EXPECT_TRUE(disk_->exists("/job/plan2"));
}

TEST_F(PlacedFilesTest, removing_tells_the_node_once_for_each_file) {
  PlacedFiles files = make();
  for (const std::string name : {"attempts/a/result", "attempts/a/rejects", "attempts/ab/result"})
    files.place("/job/" + name, place("here", name));
  EXPECT_TRUE(files.remove_all("/job/attempts/a").ok());
  EXPECT_THAT(removed_, ElementsAre("attempts/a/rejects", "attempts/a/result"));
  EXPECT_TRUE(files.exists("/job/attempts/ab/result"));
  EXPECT_TRUE(files.remove("/job/attempts/ab/result").ok());
  EXPECT_THAT(removed_, ElementsAre("attempts/a/rejects", "attempts/a/result", "attempts/ab/result"));
}

TEST_F(PlacedFilesTest, lists_what_is_placed_with_what_is_there) {
  PlacedFiles files = make();
  files.place("/job/logs/one", place("here", "logs/one"));
  files.place("/job/logs/deep/two", place("here", "logs/deep/two"));
  EXPECT_THAT(*files.list("/job/logs"), ElementsAre("deep", "one"));
  EXPECT_TRUE(write_file(*disk_, "/job/logs/three", "").ok());
  EXPECT_THAT(*files.list("/job/logs"), ElementsAre("deep", "one", "three"));
  EXPECT_FALSE(files.list("/job/nothing").ok());
}

TEST_F(PlacedFilesTest, a_node_that_is_gone_takes_its_files_along) {
  PlacedFiles files = make();
  files.place("/job/committed/stage-0-4", place("here", "a", 7));
  files.place("/job/committed/stage-0-5", place("here", "b", 8));
  const auto gone = files.forget_node(7);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].first, "/job/committed/stage-0-4");
  EXPECT_EQ(gone[0].second.attempt, kAttempt);
  EXPECT_FALSE(files.exists("/job/committed/stage-0-4"));
  EXPECT_TRUE(files.exists("/job/committed/stage-0-5"));
  EXPECT_THAT(removed_, IsEmpty());
}

TEST_F(PlacedFilesTest, a_worker_reads_results_under_the_names_of_its_own_layout) {
  const JobLayout here("/worker/run-1");
  const JobLayout there("/node/run-1");
  EXPECT_TRUE(write_file(*disk_, there.attempt_result(kAttempt), "a run").ok());
  PlacedFiles files = make();
  files.place_results(here, {{"here", "", "", "/node/run-1", {kAttempt}}});
  EXPECT_EQ(*read_file(files, here.result(kAttempt.task)), "a run");
  files.place_results(here, {});
  EXPECT_FALSE(files.exists(here.result(kAttempt.task)));
}

TEST_F(PlacedFilesTest, relative_paths_start_in_the_working_directory) {
  PlacedFiles files = make("/job");
  EXPECT_EQ(*read_file(files, "plan"), "the tracker's own");
  EXPECT_TRUE(write_file(files, "new", "").ok());
  EXPECT_TRUE(disk_->exists("/job/new"));
  EXPECT_THAT(*files.list("."), ::testing::Contains("plan"));
}

}  // namespace
}  // namespace sinter

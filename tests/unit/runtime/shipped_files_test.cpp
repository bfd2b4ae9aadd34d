// ShippedFiles: a job sees what its client sent, what it wrote and its scratch, and nothing else.
#include "framework/runtime/shipped_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/glob.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ShippedFilesTest : public ::testing::Test {
 protected:
  ShippedFilesTest() : disk_(make_memory_file_system()) {
    for (const std::string directory : {"/data/jobs/1", "/data/files", "/home/ann/in"})
      EXPECT_TRUE(disk_->make_directories(directory).ok());
    EXPECT_TRUE(write_file(*disk_, "/data/files/h1", "of the client").ok());
    EXPECT_TRUE(write_file(*disk_, "/data/secret", "of the host").ok());
    EXPECT_TRUE(write_file(*disk_, "/home/ann/in/a.csv", "another file of this host").ok());
    EXPECT_TRUE(write_file(*disk_, "/data/jobs/1/plan", "its own").ok());
  }
  ShippedFiles make() {
    const auto open = [this](const ShippedFile& file) { return disk_->open("/data/files/" + file.hash); };
    return ShippedFiles({*disk_, "/data/jobs/1", "/data/jobs/1/outputs", "/home/ann", open},
                        {{"/home/ann/in/a.csv", 13, "h1"}, {"/home/ann/in/b.csv", 13, "h1"}, {"/home/bob/../x.csv", 13, "h1"}});
  }
  std::unique_ptr<FileSystem> disk_;
};

TEST_F(ShippedFilesTest, the_clients_files_are_there_under_their_names_and_the_hosts_are_not) {
  ShippedFiles files = make();
  for (const std::string path : {"in/a.csv", "./in//a.csv", "/home/ann/in/b.csv", "/home/bob/../x.csv"})
    EXPECT_EQ(*read_file(files, path), "of the client") << path;
  EXPECT_EQ(files.info("in/a.csv")->size_bytes, 13u);
  EXPECT_TRUE(files.info("in")->is_directory);
  EXPECT_THAT(*files.list("in"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(*expand_glob(files, "in/*.csv"), ElementsAre("in/a.csv", "in/b.csv"));
  EXPECT_FALSE(files.exists("/data/secret"));
  EXPECT_FALSE(files.exists("/data/files/h1"));
  EXPECT_THAT(files.open("/data/secret").error().message(), HasSubstr("not among the files that the client has sent"));
}

TEST_F(ShippedFilesTest, what_it_writes_stays_in_its_directory_wherever_it_says) {
  ShippedFiles files = make();
  for (const std::string path : {"out/x.csv", "/data/secret", "../../data/secret", "/data/jobs/1/../../secret", ".."}) {
    ASSERT_TRUE(write_file(files, path + "/f", "written").ok()) << path;
    EXPECT_EQ(*read_file(files, path + "/f"), "written");
    EXPECT_EQ(*read_file(*disk_, "/data/jobs/1/outputs" + confined_path(whole_path("/home/ann", path)) + "/f"), "written") << path;
  }
  EXPECT_EQ(*read_file(*disk_, "/data/secret"), "of the host");
  ASSERT_TRUE(write_file(files, "/home/ann/in/a.csv", "written").ok());
  EXPECT_EQ(*read_file(*disk_, "/home/ann/in/a.csv"), "another file of this host");
  ASSERT_TRUE(files.rename("out/x.csv/f", "out/g").ok());
  EXPECT_TRUE(files.exists("out/g"));
  // Its scratch is where it is.
  EXPECT_EQ(*read_file(files, "/data/jobs/1/plan"), "its own");
  ASSERT_TRUE(write_file(files, "/data/jobs/1/journal", "too").ok());
  EXPECT_TRUE(disk_->exists("/data/jobs/1/journal"));
}

TEST_F(ShippedFilesTest, a_file_of_another_size_is_an_error) {
  ASSERT_TRUE(write_file(*disk_, "/data/files/h1", "shorter").ok());
  ShippedFiles files = make();
  EXPECT_THAT(files.open("in/a.csv").error().message(), HasSubstr("was sent with 13 bytes and has 7 now"));
}

TEST_F(ShippedFilesTest, the_list_of_sent_files_is_read_back) {
  const JobLayout layout("/data/jobs/1");
  const ShippedInputs written{"host", "/data/files", "tcp://*:7", "key", {{"/a", 1, "h"}, {"/b", 2, "i"}}};
  ASSERT_TRUE(write_shipped_inputs(*disk_, layout, written).ok());
  const ShippedInputs read = *read_shipped_inputs(*disk_, layout);
  EXPECT_EQ(read.endpoint, "tcp://*:7");
  ASSERT_EQ(read.files.size(), 2u);
  EXPECT_EQ(read.files[1].path, "/b");
}

}  // namespace
}  // namespace sinter

// Open files of a server: opened once, closed when old or least recently used, versions, and what is not served.
#include "shuffle/exchange/served_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/faulty_file_system.hpp"

namespace sinter {
namespace {

class ServedFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(write_file(*memory_, std::string("/") + name, name).ok());
  }
  ServedFiles served() {
    return ServedFiles(files_, [](const std::string& name) -> Result<std::string> { return "/" + name; }, 2, 1'000);
  }
  std::uint64_t opened() const { return files_.operations(FileOperation::Open); }

  std::unique_ptr<FileSystem> memory_ = make_memory_file_system();
  FaultyFileSystem files_{*memory_};
};

TEST_F(ServedFilesTest, opens_a_file_once_until_it_is_old) {
  ServedFiles served = this->served();
  const std::uint64_t version = served.find("a", 0).value()->version;
  EXPECT_NE(version, 0u);
  EXPECT_EQ(served.find("a", 999).value()->version, version);
  EXPECT_EQ(opened(), 1u);
  EXPECT_EQ(served.find("a", 1'000).value()->version, version);
  EXPECT_EQ(opened(), 2u);
  served.close_old(1'999);
  EXPECT_FALSE(served.empty());
  served.close_old(2'000);
  EXPECT_TRUE(served.empty());
}

TEST_F(ServedFilesTest, closes_the_least_recently_used_first) {
  ServedFiles served = this->served();
  for (const char* name : {"a", "b", "a", "c", "a"}) ASSERT_TRUE(served.find(name, 0).ok());
  EXPECT_EQ(opened(), 3u);
  ASSERT_TRUE(served.find("b", 0).ok());
  EXPECT_EQ(opened(), 4u);
}

TEST_F(ServedFilesTest, a_file_of_another_size_has_another_version) {
  ServedFiles served = this->served();
  const std::uint64_t version = served.find("a", 0).value()->version;
  ASSERT_TRUE(write_file(*memory_, "/a", "longer").ok());
  EXPECT_NE(served.find("a", 5'000).value()->version, version);
}

TEST_F(ServedFilesTest, directories_pipes_and_what_is_missing_are_not_served) {
  const auto posix = make_posix_file_system();
  std::string directory = ::testing::TempDir() + "sinter-served-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  ASSERT_EQ(::mkfifo((directory + "/pipe").c_str(), 0600), 0);
  ServedFiles served(*posix, [&](const std::string& name) -> Result<std::string> { return directory + "/" + name; }, 2, 1'000);
  EXPECT_FALSE(served.find(".", 0).ok());
  EXPECT_FALSE(served.find("pipe", 0).ok());
  EXPECT_FALSE(served.find("missing", 0).ok());
  EXPECT_TRUE(served.empty());
  EXPECT_TRUE(posix->remove_all(directory).ok());
}

}  // namespace
}  // namespace sinter

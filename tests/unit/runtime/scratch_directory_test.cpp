// ScratchDirectory: made, locked, removed; what the dead leave is removed, what the living hold is not.
#include "framework/runtime/scratch_directory.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sinter {
namespace {

class ScratchDirectoryTest : public ::testing::Test {
 protected:
  ScratchDirectoryTest() {
    std::string pattern = ::testing::TempDir() + "sinter-scratch-test-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    parent_ = pattern;
  }
  ~ScratchDirectoryTest() override { EXPECT_TRUE(files_->remove_all(parent_).ok()); }

  std::unique_ptr<FileSystem> files_ = make_posix_file_system();
  Log log_{LogLevel::Error};
  std::string parent_;
};

TEST_F(ScratchDirectoryTest, lives_as_long_as_its_object) {
  auto scratch = ScratchDirectory::create(*files_, parent_ + "/made", log_);
  ASSERT_TRUE(scratch.ok());
  ASSERT_TRUE(write_file(*files_, (*scratch)->path() + "/file", "x").ok());
  *scratch = nullptr;
  EXPECT_TRUE(files_->list(parent_ + "/made")->empty());
}

TEST_F(ScratchDirectoryTest, of_a_killed_process_is_removed_by_the_next) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto scratch = ScratchDirectory::create(*files_, parent_, log_);
    ::_exit(scratch.ok() ? 0 : 1);  // no destructors
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(files_->list(parent_)->size(), 1u);
  auto mine = ScratchDirectory::create(*files_, parent_, log_);
  ASSERT_TRUE(mine.ok());
  ASSERT_EQ(files_->list(parent_)->size(), 1u);
  EXPECT_EQ(parent_ + "/" + files_->list(parent_)->front(), (*mine)->path());
}

TEST_F(ScratchDirectoryTest, of_two_living_runs_do_not_meet) {
  auto one = ScratchDirectory::create(*files_, parent_, log_);
  auto two = ScratchDirectory::create(*files_, parent_, log_);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_NE((*one)->path(), (*two)->path());
  EXPECT_EQ(files_->list(parent_)->size(), 2u);
}

TEST_F(ScratchDirectoryTest, where_nothing_can_be_made_is_an_error_that_names_it) {
  ASSERT_TRUE(write_file(*files_, parent_ + "/file", "x").ok());
  const auto scratch = ScratchDirectory::create(*files_, parent_ + "/file", log_);
  ASSERT_FALSE(scratch.ok());
  EXPECT_NE(scratch.error().to_string().find(parent_ + "/file"), std::string::npos);
}

}  // namespace
}  // namespace sinter

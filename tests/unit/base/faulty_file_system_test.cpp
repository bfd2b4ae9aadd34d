// Fault plans, full disks, torn writes and power cuts of FaultyFileSystem; and that atomic writes survive every crash point.
#include "base/faulty_file_system.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace sinter {
namespace {

class FaultyFileSystemTest : public testing::Test {
 protected:
  std::unique_ptr<FileSystem> memory_ = make_memory_file_system();
  FaultyFileSystem files_{*memory_};

  std::string get(const std::string& path) {
    auto bytes = read_file(*memory_, path);
    return bytes.ok() ? *bytes : "missing";
  }
};

TEST_F(FaultyFileSystemTest, fails_the_nth_operation_of_a_kind_and_only_that) {
  files_.fail(FileOperation::Create, 1, EACCES);
  EXPECT_TRUE(write_file(files_, "/a", "1").ok());
  const Status second = write_file(files_, "/b", "2");
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message().find("create '/b': Permission denied"), std::string::npos);
  EXPECT_FALSE(memory_->exists("/b"));
  EXPECT_TRUE(write_file(files_, "/c", "3").ok());
}

TEST_F(FaultyFileSystemTest, every_kind_of_operation_can_fail) {
  ASSERT_TRUE(write_file(files_, "/a", "1").ok());
  const auto failing = [&](FileOperation operation, auto call) {
    files_.fail(operation, 0, EIO);
    EXPECT_FALSE(call()) << static_cast<int>(operation);
    EXPECT_TRUE(call()) << static_cast<int>(operation);
  };
  failing(FileOperation::Open, [&] { return files_.open("/a").ok(); });
  failing(FileOperation::Read, [&] { return read_file(files_, "/a").ok(); });
  failing(FileOperation::Map, [&] { return !files_.open("/a").value()->map().empty(); });
  failing(FileOperation::Info, [&] { return files_.info("/a").ok(); });
  failing(FileOperation::List, [&] { return files_.list("/").ok(); });
  failing(FileOperation::MakeDirectories, [&] { return files_.make_directories("/d").ok(); });
  failing(FileOperation::SyncDirectory, [&] { return files_.sync_directory("/").ok(); });
  failing(FileOperation::Append, [&] { return write_file(files_, "/b", "x").ok(); });
  failing(FileOperation::Sync, [&] { return write_file_atomically(files_, "/b", "x").ok(); });
  failing(FileOperation::Close, [&] { return write_file(files_, "/b", "x").ok(); });
  failing(FileOperation::Rename, [&] { return files_.rename("/b", "/c").ok(); });
  failing(FileOperation::Remove, [&] { return files_.remove("/c").ok(); });
}

TEST_F(FaultyFileSystemTest, a_torn_write_keeps_its_prefix) {
  files_.fail(FileOperation::Append, 0, EIO, 1, 3);
  EXPECT_FALSE(write_file(files_, "/a", "abcdef").ok());
  EXPECT_EQ(get("/a"), "abc");
}

TEST_F(FaultyFileSystemTest, a_full_disk_keeps_what_fits_and_says_so) {
  files_.set_free_bytes(10);
  EXPECT_TRUE(write_file(files_, "/a", "123456").ok());
  EXPECT_EQ(files_.free_bytes("/").value(), 4u);
  const Status full = write_file(files_, "/b", "123456");
  ASSERT_FALSE(full.ok());
  EXPECT_NE(full.error().message().find("'/b': No space left"), std::string::npos);
  EXPECT_EQ(get("/b"), "1234");
}

TEST_F(FaultyFileSystemTest, a_crash_loses_what_was_not_synced) {
  auto file = files_.create("/a").value();
  ASSERT_TRUE(file->append("synced").ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_TRUE(files_.sync_directory("/").ok());
  ASSERT_TRUE(file->append(" lost").ok());
  ASSERT_TRUE(write_file(files_, "/nameless", "its directory was not synced").ok());
  ASSERT_TRUE(files_.crash().ok());
  EXPECT_EQ(get("/a"), "synced");
  EXPECT_FALSE(memory_->exists("/nameless"));
  EXPECT_FALSE(file->append("x").ok()) << "file objects of before the crash are dead";
}

TEST_F(FaultyFileSystemTest, a_crash_with_a_seed_keeps_a_prefix_of_the_tail) {
  std::size_t shortest = 100, longest = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto memory = make_memory_file_system();
    FaultyFileSystem files(*memory);
    auto file = files.create("/a").value();
    ASSERT_TRUE(file->append("0123").ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(files.sync_directory("/").ok());
    ASSERT_TRUE(file->append("456789").ok());
    ASSERT_TRUE(files.crash(seed).ok());
    const std::string found = read_file(*memory, "/a").value();
    EXPECT_TRUE(std::string_view("0123456789").starts_with(found)) << "seed " << seed;
    shortest = std::min(shortest, found.size());
    longest = std::max(longest, found.size());
  }
  EXPECT_EQ(shortest, 4u);
  EXPECT_EQ(longest, 10u);
}

TEST_F(FaultyFileSystemTest, a_rename_without_a_directory_sync_is_undone_by_a_crash) {
  ASSERT_TRUE(write_file(*memory_, "/old", "content").ok());
  ASSERT_TRUE(files_.rename("/old", "/new").ok());
  ASSERT_TRUE(files_.crash().ok());
  EXPECT_EQ(get("/old"), "content");
  EXPECT_FALSE(memory_->exists("/new"));
}

TEST_F(FaultyFileSystemTest, a_new_directory_outlives_a_crash_when_the_one_above_it_was_synced) {
  const auto write_below = [&](const std::string& directory) {
    EXPECT_TRUE(write_file_atomically(files_, directory + "/file", "content").ok());
    EXPECT_TRUE(files_.crash().ok());
    return get(directory + "/file");
  };
  ASSERT_TRUE(files_.make_directories("/a/b").ok());
  ASSERT_TRUE(files_.sync_directory("/a").ok());
  EXPECT_EQ(write_below("/a/b"), "missing");
  EXPECT_FALSE(memory_->exists("/a"));
  ASSERT_TRUE(files_.make_directories("/a/b").ok());
  ASSERT_TRUE(files_.sync_directory("/a").ok());
  ASSERT_TRUE(files_.sync_directory("/").ok());
  EXPECT_EQ(write_below("/a/b"), "content");
  ASSERT_TRUE(files_.make_directories("/a/c").ok());
  EXPECT_EQ(write_below("/a/c"), "missing");
  EXPECT_EQ(get("/a/b/file"), "content");
  ASSERT_TRUE(make_directories_durably(files_, "/a/c/d/").ok());
  EXPECT_EQ(write_below("/a/c/d"), "content");
  const std::uint64_t synced = files_.operations(FileOperation::SyncDirectory);
  ASSERT_TRUE(make_directories_durably(files_, "/a/c/d").ok());
  EXPECT_EQ(files_.operations(FileOperation::SyncDirectory), synced) << "it was there";
}

TEST_F(FaultyFileSystemTest, atomic_writes_leave_the_old_or_the_new_file_at_every_crash_point) {
  bool finished = false;
  std::uint64_t crash_points = 0;
  for (std::uint64_t operations = 0; !finished; ++operations) {
    auto memory = make_memory_file_system();
    ASSERT_TRUE(write_file(*memory, "/a", "old").ok());
    FaultyFileSystem files(*memory);
    files.lose_power_after(operations);
    finished = write_file_atomically(files, "/a", "the new content").ok();
    ASSERT_TRUE(files.crash(operations + 1).ok());
    const std::string found = read_file(*memory, "/a").value();
    EXPECT_TRUE(found == "old" || found == "the new content") << "after " << operations << " operations: " << found;
    if (finished) {
      EXPECT_EQ(found, "the new content");
    }
    ++crash_points;
  }
  EXPECT_EQ(crash_points, 7u) << "create, append, sync, close, rename, sync directory, and none";
}

TEST_F(FaultyFileSystemTest, a_failed_atomic_write_leaves_the_old_file_and_no_temporary) {
  ASSERT_TRUE(write_file(files_, "/a", "old").ok());
  for (const auto operation : {FileOperation::Append, FileOperation::Sync, FileOperation::Close, FileOperation::Rename}) {
    files_.fail(operation, 0, ENOSPC);
    EXPECT_FALSE(write_file_atomically(files_, "/a", "new").ok());
    EXPECT_EQ(get("/a"), "old");
    EXPECT_EQ(memory_->list("/").value(), std::vector<std::string>{"a"});
  }
}

}  // namespace
}  // namespace sinter

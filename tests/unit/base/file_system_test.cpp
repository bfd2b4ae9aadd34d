// The contract of FileSystem, over the posix and the in-memory one.
#include "base/file_system.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace sinter {
namespace {

enum class Which { Posix, Memory };

class FileSystemContract : public testing::TestWithParam<Which> {
 protected:
  void SetUp() override {
    if (GetParam() == Which::Memory) {
      files_ = make_memory_file_system();
      root_ = "/root";
    } else {
      files_ = make_posix_file_system();
      std::string pattern = testing::TempDir() + "sinter-files-XXXXXX";
      ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
      root_ = pattern;
    }
    ASSERT_TRUE(files_->make_directories(root_).ok());
  }
  void TearDown() override { EXPECT_TRUE(files_->remove_all(root_).ok()); }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  void put(const std::string& name, std::string_view bytes) { ASSERT_TRUE(write_file(*files_, path(name), bytes).ok()); }
  std::string get(const std::string& name) {
    auto bytes = read_file(*files_, path(name));
    return bytes.ok() ? *bytes : "error: " + bytes.error().to_string();
  }

  std::unique_ptr<FileSystem> files_;
  std::string root_;
};

TEST_P(FileSystemContract, what_is_written_is_read_back) {
  std::string bytes(100'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  put("a", bytes);
  EXPECT_EQ(get("a"), bytes);
  put("empty", "");
  EXPECT_EQ(get("empty"), "");
}

TEST_P(FileSystemContract, appends_add_up_and_are_seen_at_once) {
  auto file = files_->create(path("a"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->append("one ").ok());
  EXPECT_EQ(get("a"), "one ");
  ASSERT_TRUE((*file)->append("two").ok());
  EXPECT_EQ((*file)->size_bytes(), 7u);
  EXPECT_EQ(files_->info(path("a"))->size_bytes, 7u);
  ASSERT_TRUE((*file)->sync().ok());
  ASSERT_TRUE((*file)->close().ok());
  EXPECT_EQ((*file)->size_bytes(), 7u);
  EXPECT_EQ(get("a"), "one two");
}

TEST_P(FileSystemContract, create_truncates) {
  put("a", "a long text");
  put("a", "short");
  EXPECT_EQ(get("a"), "short");
}

TEST_P(FileSystemContract, reads_at_an_offset_stop_at_the_end) {
  put("a", "0123456789");
  auto file = files_->open(path("a"));
  ASSERT_TRUE(file.ok());
  char buffer[8] = {};
  EXPECT_EQ((*file)->read_at(7, buffer, 8).value(), 3u);
  EXPECT_EQ(std::string_view(buffer, 3), "789");
  EXPECT_EQ((*file)->read_at(10, buffer, 8).value(), 0u);
  EXPECT_EQ((*file)->read_at(1000, buffer, 8).value(), 0u);
  EXPECT_EQ((*file)->size_bytes(), 10u);
}

TEST_P(FileSystemContract, map_is_the_whole_file_and_stable) {
  put("a", "0123456789");
  put("empty", "");
  auto file = files_->open(path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->map(), "0123456789");
  EXPECT_EQ((*file)->map().data(), (*file)->map().data());
  EXPECT_EQ((*files_->open(path("empty")))->map(), "");
}

TEST_P(FileSystemContract, an_open_file_survives_its_removal_and_replacement) {
  put("a", "old");
  auto file = files_->open(path("a"));
  ASSERT_TRUE(file.ok());
  put("b", "new");
  ASSERT_TRUE(files_->rename(path("b"), path("a")).ok());
  EXPECT_EQ((*file)->map(), "old");
  EXPECT_EQ(get("a"), "new");
}

TEST_P(FileSystemContract, missing_files_are_errors_that_name_the_path_and_are_not_retriable) {
  for (const auto& error : {files_->open(path("no")).error(), files_->info(path("no")).error(), files_->remove(path("no")).error(),
                            files_->list(path("no")).error(), files_->rename(path("no"), path("b")).error(),
                            files_->create(path("no/file")).error(), files_->sync_directory(path("no")).error()}) {
    EXPECT_EQ(error.fault(), Fault::Environment);
    EXPECT_FALSE(error.retriable());
    EXPECT_NE(error.message().find(path("no")), std::string::npos) << error.message();
    EXPECT_NE(error.message().find("No such file"), std::string::npos) << error.message();
  }
  EXPECT_FALSE(files_->exists(path("no")));
}

TEST_P(FileSystemContract, a_directory_is_no_file) {
  ASSERT_TRUE(files_->make_directories(path("d")).ok());
  EXPECT_NE(files_->open(path("d")).error().message().find("Is a directory"), std::string::npos);
  EXPECT_NE(files_->create(path("d")).error().message().find("Is a directory"), std::string::npos);
  EXPECT_TRUE(files_->info(path("d"))->is_directory);
  EXPECT_FALSE(files_->info(path("d"))->is_regular);
}

TEST_P(FileSystemContract, a_file_is_no_directory) {
  put("f", "x");
  EXPECT_FALSE(files_->list(path("f")).ok());
  EXPECT_FALSE(files_->create(path("f/x")).ok());
  EXPECT_FALSE(files_->make_directories(path("f")).ok());
  EXPECT_FALSE(files_->make_directories(path("f/x")).ok());
  EXPECT_FALSE(files_->sync_directory(path("f")).ok());
}

TEST_P(FileSystemContract, list_gives_names_sorted_bytewise_and_only_of_that_level) {
  put("b", "");
  put("B", "");
  put("a\xc3\xa9", "");
  put("aa", "");
  ASSERT_TRUE(files_->make_directories(path("dir/inner")).ok());
  put("dir/x", "");
  const std::vector<std::string> expected = {"B", "aa", "a\xc3\xa9", "b", "dir"};
  EXPECT_EQ(files_->list(root_).value(), expected);
  EXPECT_EQ(files_->list(root_ + "/").value(), expected);
  EXPECT_EQ(files_->list(path("dir")).value(), (std::vector<std::string>{"inner", "x"}));
}

TEST_P(FileSystemContract, make_directories_makes_all_levels_and_may_be_repeated) {
  ASSERT_TRUE(files_->make_directories(path("x/y/z")).ok());
  ASSERT_TRUE(files_->make_directories(path("x/y/z/")).ok());
  EXPECT_TRUE(files_->info(path("x/y"))->is_directory);
}

TEST_P(FileSystemContract, rename_replaces_files_and_moves_trees) {
  put("a", "1");
  put("b", "2");
  ASSERT_TRUE(files_->rename(path("a"), path("b")).ok());
  EXPECT_EQ(get("b"), "1");
  EXPECT_FALSE(files_->exists(path("a")));
  ASSERT_TRUE(files_->make_directories(path("d/e")).ok());
  put("d/e/f", "deep");
  ASSERT_TRUE(files_->rename(path("d"), path("moved")).ok());
  EXPECT_EQ(get("moved/e/f"), "deep");
  EXPECT_FALSE(files_->exists(path("d/e/f")));
  EXPECT_FALSE(files_->rename(path("b"), path("moved")).ok()) << "a file over a directory";
  EXPECT_FALSE(files_->rename(path("moved"), path("moved/e/below")).ok()) << "a directory into itself";
}

TEST_P(FileSystemContract, remove_takes_files_and_empty_directories_only) {
  ASSERT_TRUE(files_->make_directories(path("d")).ok());
  put("d/f", "");
  EXPECT_FALSE(files_->remove(path("d")).ok());
  ASSERT_TRUE(files_->remove(path("d/f")).ok());
  ASSERT_TRUE(files_->remove(path("d")).ok());
  EXPECT_FALSE(files_->exists(path("d")));
}

TEST_P(FileSystemContract, remove_all_takes_a_tree_and_nothing_beside_it) {
  ASSERT_TRUE(files_->make_directories(path("d/e")).ok());
  put("d/e/f", "");
  put("d2", "stays");
  ASSERT_TRUE(files_->remove_all(path("d")).ok());
  ASSERT_TRUE(files_->remove_all(path("d")).ok()) << "good when it does not exist";
  EXPECT_FALSE(files_->exists(path("d")));
  EXPECT_EQ(get("d2"), "stays");
}

TEST_P(FileSystemContract, modification_times_never_go_back) {
  put("a", "1");
  const auto first = files_->info(path("a"))->modified_ns;
  put("a", "2");
  EXPECT_GE(files_->info(path("a"))->modified_ns, first);
  EXPECT_GT(first, 0);
}

TEST_P(FileSystemContract, there_is_free_space) { EXPECT_GT(files_->free_bytes(root_).value(), 0u); }

TEST_P(FileSystemContract, atomic_writes_replace_and_leave_no_temporary) {
  put("a", "old");
  ASSERT_TRUE(write_file_atomically(*files_, path("a"), "new").ok());
  EXPECT_EQ(get("a"), "new");
  EXPECT_EQ(files_->list(root_).value(), std::vector<std::string>{"a"});
}

TEST_P(FileSystemContract, read_file_refuses_what_is_above_its_limit) {
  put("a", "12345");
  EXPECT_EQ(read_file(*files_, path("a"), 5).value(), "12345");
  auto refused = read_file(*files_, path("a"), 4);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().fault(), Fault::User);
}

INSTANTIATE_TEST_SUITE_P(Over, FileSystemContract, testing::Values(Which::Posix, Which::Memory),
                         [](const auto& which) { return which.param == Which::Posix ? "posix" : "memory"; });

TEST(FileSystemPosix, a_full_disk_names_the_file_at_the_write) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  auto files = make_posix_file_system();
  auto file = files->create("/dev/full");
  ASSERT_TRUE(file.ok());
  const Status written = (*file)->append("x");
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().message().find("'/dev/full': No space left"), std::string::npos) << written.error().message();
  EXPECT_FALSE(written.error().retriable());
  EXPECT_FALSE((*file)->append("x").ok());
  EXPECT_FALSE((*file)->sync().ok()) << "a sync after a failed write must not say that all is well";
  EXPECT_FALSE((*file)->close().ok());
}

TEST(FileSystemPosix, a_fifo_is_refused_instead_of_waited_for) {
  std::string directory = testing::TempDir() + "sinter-fifo-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  auto files = make_posix_file_system();
  auto opened = files->open(path);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message().find("not a regular file"), std::string::npos);
  ASSERT_TRUE(files->remove_all(directory).ok());
}

TEST(FileSystemPosix, dev_null_is_an_empty_file) { EXPECT_EQ(read_file(*make_posix_file_system(), "/dev/null").value(), ""); }

}  // namespace
}  // namespace sinter

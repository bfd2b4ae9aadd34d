// Native code on a node: fetched once, looked at, executable and not writable, there for as long as somebody uses it.
#include "framework/cluster/code_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/net/content_hash.hpp"

namespace sinter::cluster {
namespace {

using ::testing::HasSubstr;
using std::filesystem::perms;

class CodeCacheTest : public ::testing::Test {
 protected:
  CodeCacheTest() : sent_(make_memory_file_system()), files_(make_posix_file_system()) {
    std::string name = (std::filesystem::temp_directory_path() / "sinter-code-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~CodeCacheTest() override { std::filesystem::remove_all(directory_); }

  /// What a client has sent under its hash.
  ShippedFile send(const std::string& bytes) {
    net::ContentHasher hasher;
    hasher.append(bytes);
    ShippedFile file{"program", bytes.size(), hasher.text()};
    EXPECT_TRUE(write_file(*sent_, "/" + file.hash, bytes).ok());
    return file;
  }
  Status provide(CodeCache& cache, const ShippedFile& file, const std::string& job) {
    return cache.provide(file, path_of(job), [this](const ShippedFile& wanted) {
      ++fetched_;
      return sent_->open("/" + wanted.hash);
    });
  }
  std::string path_of(const std::string& job) const { return directory_ + "/" + job + "/program"; }

  std::unique_ptr<FileSystem> sent_;
  std::unique_ptr<FileSystem> files_;
  std::string directory_;
  int fetched_ = 0;
};

TEST_F(CodeCacheTest, a_file_is_fetched_once_and_can_be_executed_and_not_written) {
  CodeCache cache(*files_, directory_ + "/code");
  const ShippedFile file = send("one");
  ASSERT_TRUE(provide(cache, file, "a").ok());
  ASSERT_TRUE(provide(cache, file, "b").ok());
  EXPECT_EQ(fetched_, 1);
  EXPECT_EQ(*read_file(*files_, path_of("b")), "one");
  EXPECT_EQ(std::filesystem::status(path_of("a")).permissions(), perms::owner_read | perms::owner_exec);
  EXPECT_EQ(std::filesystem::status(directory_ + "/code").permissions(), perms::owner_all);
}

TEST_F(CodeCacheTest, bytes_that_do_not_have_the_hash_are_refused_and_not_kept) {
  CodeCache cache(*files_, directory_ + "/code");
  const ShippedFile file = send("one");
  for (const std::string other : {"two", "three", ""}) {
    ASSERT_TRUE(write_file(*sent_, "/" + file.hash, other).ok());
    const Status refused = provide(cache, file, "a");
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message(), HasSubstr("has other bytes than its hash says"));
    EXPECT_FALSE(refused.error().retriable());
  }
  EXPECT_EQ(cache.used_bytes(), 0u);
  EXPECT_FALSE(files_->exists(path_of("a")));
  ASSERT_TRUE(write_file(*sent_, "/" + file.hash, "one").ok());
  EXPECT_TRUE(provide(cache, file, "a").ok());
}

TEST_F(CodeCacheTest, what_was_used_longest_ago_goes_and_stays_with_the_job_that_uses_it) {
  CodeCache cache(*files_, directory_ + "/code", 7);
  const ShippedFile one = send("one");
  const ShippedFile two = send("two");
  ASSERT_TRUE(provide(cache, one, "a").ok());
  ASSERT_TRUE(provide(cache, two, "b").ok());
  ASSERT_TRUE(provide(cache, one, "c").ok());
  ASSERT_TRUE(provide(cache, send("six"), "d").ok());
  EXPECT_EQ(cache.used_bytes(), 6u);
  EXPECT_EQ(*read_file(*files_, path_of("b")), "two");
  ASSERT_TRUE(provide(cache, one, "e").ok());
  EXPECT_EQ(fetched_, 3);
  ASSERT_TRUE(provide(cache, two, "f").ok());
  EXPECT_EQ(fetched_, 4);
}

TEST_F(CodeCacheTest, a_job_that_ends_while_its_code_comes_leaves_none) {
  CodeCache cache(*files_, directory_ + "/code");
  const ShippedFile file = send("one");
  const auto open = [this](const ShippedFile& wanted) { return sent_->open("/" + wanted.hash); };
  EXPECT_FALSE(cache.provide(file, path_of("a"), open, [] { return true; }).ok());
  EXPECT_EQ(cache.used_bytes(), 0u);
  EXPECT_TRUE(cache.provide(file, path_of("a"), open, [] { return false; }).ok());
}

}  // namespace
}  // namespace sinter::cluster

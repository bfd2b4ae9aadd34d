// Key files on the real file system: modes, links, damage, and two processes that start at once.
#include "base/net/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file_system.hpp"

namespace sinter::net {
namespace {

class KeyFileTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "sinter-keys-XXXXXX";
    ASSERT_NE(::mkdtemp(root_.data()), nullptr);
    directory_ = root_ + "/keys";
    path_ = directory_ + "/node.key";
  }
  void TearDown() override { EXPECT_TRUE(files_->remove_all(root_).ok()); }

  unsigned mode_of(const std::string& path) {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }
  void refuses(const std::string& part_of_message) {
    const auto loaded = load_or_make_key_pair(path_);
    ASSERT_FALSE(loaded.ok());
    EXPECT_NE(loaded.error().to_string().find(part_of_message), std::string::npos) << loaded.error().to_string();
    EXPECT_NE(loaded.error().to_string().find(path_.substr(0, directory_.size())), std::string::npos) << "names the file or its directory";
  }

  std::unique_ptr<FileSystem> files_ = make_posix_file_system();
  std::string root_, directory_, path_;
};

TEST_F(KeyFileTest, is_made_private_and_stays_the_same) {
  const mode_t old_mask = ::umask(0);
  const KeyPair made = load_or_make_key_pair(path_).value();
  ::umask(old_mask);
  EXPECT_EQ(mode_of(path_), 0600u);
  EXPECT_EQ(mode_of(directory_), 0700u);
  const KeyPair loaded = load_or_make_key_pair(path_).value();
  EXPECT_EQ(loaded.public_key, made.public_key);
  EXPECT_EQ(loaded.secret_key.bytes(), made.secret_key.bytes());
  EXPECT_EQ(files_->list(directory_).value(), std::vector<std::string>{"node.key"});
}

TEST_F(KeyFileTest, a_file_or_directory_that_others_may_open_is_refused_with_the_repair) {
  ASSERT_TRUE(load_or_make_key_pair(path_).ok());
  for (const mode_t mode : {0644, 0640, 0606, 0601}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    refuses("chmod 600");
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0400), 0);
  EXPECT_TRUE(load_or_make_key_pair(path_).ok()) << "less than 0600 is private too";
  for (const mode_t mode : {0755, 0710, 0777}) {
    ASSERT_EQ(::chmod(directory_.c_str(), mode), 0);
    refuses("chmod 700");
  }
}

TEST_F(KeyFileTest, damage_links_and_odd_files_are_refused) {
  ASSERT_TRUE(load_or_make_key_pair(path_).ok());
  const std::string good = read_file(*files_, path_).value();
  const std::string secret_line = good.substr(good.find('\n') + 1);
  const std::string other_public = "public " + public_key_text(make_key_pair().public_key) + "\n";
  for (const std::string& text : {std::string(), good.substr(0, 40), good.substr(0, good.size() - 1), good + "x", secret_line + good,
                                  other_public + secret_line, std::string(kMaxKeyFileBytes + 1, '\n')}) {
    ASSERT_TRUE(write_file(*files_, path_, text).ok());
    ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
    refuses("key file");
    EXPECT_EQ(load_or_make_key_pair(path_).error().to_string().find(secret_line.substr(25, 20)), std::string::npos) << "repeats the secret";
  }
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  ASSERT_EQ(::symlink("/etc/passwd", path_.c_str()), 0);
  refuses("key file");
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  refuses("no regular file");
}

TEST_F(KeyFileTest, a_file_of_somebody_else_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  ASSERT_TRUE(load_or_make_key_pair(path_).ok());
  ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
  refuses("belongs to user 12345");
}

TEST_F(KeyFileTest, processes_that_start_at_once_get_one_pair) {
  ASSERT_TRUE(make_private_directory(directory_).ok());
  for (int round = 0; round < 10; ++round) {
    path_ = directory_ + "/node-" + std::to_string(round) + ".key";
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        const auto pair = load_or_make_key_pair(path_);
        const std::string said = pair.ok() ? public_key_text(pair->public_key) : pair.error().to_string();
        (void)write_file(*files_, root_ + "/said-" + std::to_string(round) + "-" + std::to_string(i), said);
        ::_exit(0);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::string wanted = public_key_text(load_or_make_key_pair(path_).value().public_key);
    for (int i = 0; i < 6; ++i)
      EXPECT_EQ(read_file(*files_, root_ + "/said-" + std::to_string(round) + "-" + std::to_string(i)).value(), wanted);
  }
  EXPECT_EQ(files_->list(directory_).value().size(), 10u) << "nothing is left over";
}

}  // namespace
}  // namespace sinter::net

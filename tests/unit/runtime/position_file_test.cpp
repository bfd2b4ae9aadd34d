// PositionFile: what it says after its writer is dead.
#include "framework/runtime/position_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "framework/api/readable_key.hpp"
#include "shuffle/record/key.hpp"

namespace sinter {
namespace {

std::string path_of(const char* name) { return ::testing::TempDir() + "sinter-position-" + std::to_string(::getpid()) + "-" + name; }

TEST(PositionFileTest, says_nothing_before_anything_was_written_and_without_a_file) {
  const std::string path = path_of("empty");
  auto position = PositionFile::create(path);
  ASSERT_TRUE(position.ok());
  EXPECT_FALSE(ReadPosition::of(path).record.has_value());
  EXPECT_FALSE(ReadPosition::of(path + "-none").record.has_value());
  ::unlink(path.c_str());
}

TEST(PositionFileTest, holds_a_record_then_a_group_then_nothing) {
  const std::string path = path_of("turns");
  auto position = PositionFile::create(path);
  ASSERT_TRUE(position.ok());
  position->at_record({3, 70, 7});
  EXPECT_EQ(ReadPosition::of(path).record, (RecordAt{3, 70, 7}));
  position->at_group("key");
  EXPECT_EQ(ReadPosition::of(path).group, "key");
  EXPECT_FALSE(ReadPosition::of(path).record.has_value());
  position->at_group(std::string(10'000, 'k'));
  EXPECT_EQ(ReadPosition::of(path).group->size(), kMaxPositionKeyBytes);
  position->nowhere();
  EXPECT_FALSE(ReadPosition::of(path).group.has_value());
  ::unlink(path.c_str());
}

TEST(PositionFileTest, survives_the_death_of_its_writer) {
  const std::string path = path_of("death");
  const pid_t child = ::fork();
  if (child == 0) {
    auto position = PositionFile::create(path);
    if (position.ok()) position->at_record({1, 2, 3});
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(ReadPosition::of(path).record, (RecordAt{1, 2, 3}));
  ::unlink(path.c_str());
}

TEST(PositionFileTest, keys_are_readable) {
  std::string key;
  append_key_string(key, "B00\"1");
  append_key_int64(key, -5);
  append_key_null(key);
  append_key_bool(key, true);
  append_key_double(key, 1.5);
  append_key_timestamp(key, Timestamp{0});
  EXPECT_EQ(readable_key(key), "\"B00\\\"1\", -5, null, true, 1.5, 1970-01-01T00:00:00Z");
  EXPECT_EQ(readable_key("\xff\x01"), "0xff01");
}

}  // namespace
}  // namespace sinter

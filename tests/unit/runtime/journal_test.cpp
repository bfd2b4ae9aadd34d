// Journal: what was synced is there in the next life, whatever happened to the bytes behind it.
#include "framework/runtime/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/faulty_file_system.hpp"
#include "base/random.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kPath = "/data/journal";

std::unique_ptr<FileSystem> disk() {
  auto files = make_memory_file_system();
  EXPECT_TRUE(files->make_directories("/data").ok());
  return files;
}

std::vector<std::string> read_back(FileSystem& files) {
  std::vector<std::string> records;
  const auto journal = Journal::open(files, kPath, records);
  EXPECT_TRUE(journal.ok()) << journal.error().to_string();
  return records;
}

TEST(JournalTest, records_come_back_in_order_over_several_lives) {
  const auto files = disk();
  std::vector<std::string> records;
  {
    const auto journal = *Journal::open(*files, kPath, records);
    EXPECT_THAT(records, IsEmpty());
    journal->append("one");
    journal->append("");
    EXPECT_TRUE(journal->sync().ok());
    journal->append(std::string("t\0wo", 4));
    EXPECT_TRUE(journal->sync().ok());
    EXPECT_TRUE(journal->sync().ok());
    journal->append("never synced");
  }
  {
    const auto journal = *Journal::open(*files, kPath, records);
    EXPECT_THAT(records, ElementsAre("one", "", std::string("t\0wo", 4)));
    journal->append("three");
    EXPECT_TRUE(journal->sync().ok());
  }
  EXPECT_THAT(read_back(*files), ElementsAre("one", "", std::string("t\0wo", 4), "three"));
}

TEST(JournalTest, a_torn_last_batch_is_dropped_at_every_byte) {
  const auto files = disk();
  std::vector<std::string> records;
  std::size_t first_batch_end = 0;
  {
    const auto journal = *Journal::open(*files, kPath, records);
    journal->append("first");
    EXPECT_TRUE(journal->sync().ok());
    first_batch_end = read_file(*files, kPath)->size();
    journal->append("second");
    EXPECT_TRUE(journal->sync().ok());
  }
  const std::string whole = *read_file(*files, kPath);
  for (std::size_t size = first_batch_end; size < whole.size(); ++size) {
    EXPECT_TRUE(write_file(*files, kPath, whole.substr(0, size)).ok());
    EXPECT_THAT(read_back(*files), ElementsAre("first")) << size;
    // As a disk leaves it that had the place of the bytes, and not the bytes.
    EXPECT_TRUE(write_file(*files, kPath, whole.substr(0, size) + std::string(whole.size() - size, '\0')).ok());
    EXPECT_THAT(read_back(*files), ElementsAre("first")) << size;
  }
}

TEST(JournalTest, one_that_was_never_synced_is_none) {
  const auto files = disk();
  for (std::size_t size = 0; size <= 8; ++size) {
    for (const std::string& left : {std::string("SNTRJRN1").substr(0, size), std::string(size, '\0')}) {
      EXPECT_TRUE(write_file(*files, kPath, left).ok());
      EXPECT_THAT(read_back(*files), IsEmpty()) << size;
    }
  }
  std::vector<std::string> records;
  const auto journal = *Journal::open(*files, kPath, records);
  journal->append("first");
  EXPECT_TRUE(journal->sync().ok());
  EXPECT_THAT(read_back(*files), ElementsAre("first"));
}

TEST(JournalTest, damage_before_the_last_batch_is_an_error_and_nothing_is_overwritten) {
  const auto files = disk();
  std::vector<std::string> records;
  {
    const auto journal = *Journal::open(*files, kPath, records);
    for (const char* text : {"first record", "second record"}) {
      journal->append(text);
      EXPECT_TRUE(journal->sync().ok());
    }
  }
  const std::string whole = *read_file(*files, kPath);
  for (std::size_t at = 8; at < 8 + 16 + 13; ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    EXPECT_TRUE(write_file(*files, kPath, bad).ok());
    const auto journal = Journal::open(*files, kPath, records);
    ASSERT_FALSE(journal.ok()) << "byte " << at;
    EXPECT_THAT(journal.error().message(), HasSubstr("damaged at byte 8"));
    EXPECT_EQ(*read_file(*files, kPath), bad);
  }
  EXPECT_TRUE(write_file(*files, kPath, "something else").ok());
  EXPECT_THAT(Journal::open(*files, kPath, records).error().message(), HasSubstr("is no journal"));
}

/// Records that a journal said to be durable.
std::vector<std::string> live_until_it_fails(FileSystem& files, std::vector<std::string> known) {
  std::vector<std::string> durable = known;
  std::vector<std::string> records;
  auto journal = Journal::open(files, kPath, records);
  if (!journal.ok()) return durable;
  for (int step = 0; step < 6; ++step) {
    const std::string text = "record " + std::to_string(known.size() + static_cast<std::size_t>(step));
    (*journal)->append(text);
    if (!(*journal)->sync().ok()) {
      // And never again.
      EXPECT_FALSE((*journal)->sync().ok());
      return durable;
    }
    durable.push_back(text);
  }
  return durable;
}

TEST(JournalTest, what_was_durable_survives_power_cuts_at_every_operation) {
  for (std::uint64_t operation = 0; operation < 40; ++operation) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE("operation " + std::to_string(operation) + ", seed " + std::to_string(seed));
      const auto inner = disk();
      FaultyFileSystem files(*inner);
      const std::vector<std::string> first = live_until_it_fails(files, {});
      files.lose_power_after(operation);
      const std::vector<std::string> durable = live_until_it_fails(files, first);
      ASSERT_TRUE(files.crash(seed).ok());
      const std::vector<std::string> found = read_back(files);
      ASSERT_GE(found.size(), durable.size());
      EXPECT_TRUE(std::equal(durable.begin(), durable.end(), found.begin()));
      EXPECT_LE(found.size(), durable.size() + 1);  // one may have reached the disk without our knowing
    }
  }
}

TEST(JournalTest, so_it_does_in_its_first_life) {
  for (std::uint64_t operation = 0; operation < 20; ++operation) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE("operation " + std::to_string(operation) + ", seed " + std::to_string(seed));
      const auto inner = disk();
      FaultyFileSystem files(*inner);
      files.lose_power_after(operation);
      const std::vector<std::string> durable = live_until_it_fails(files, {});
      ASSERT_TRUE(files.crash(seed).ok());
      const std::vector<std::string> found = read_back(files);
      ASSERT_GE(found.size(), durable.size());
      EXPECT_TRUE(std::equal(durable.begin(), durable.end(), found.begin()));
      EXPECT_LE(found.size(), durable.size() + 1);
    }
  }
}

TEST(JournalTest, a_full_disk_leaves_the_old_journal_as_it_was) {
  const auto inner = disk();
  FaultyFileSystem files(*inner);
  const std::vector<std::string> durable = live_until_it_fails(files, {});
  for (std::uint64_t free = 0; free < 200; free += 7) {
    files.set_free_bytes(free);
    (void)live_until_it_fails(files, durable);
    files.set_free_bytes(std::nullopt);
    const std::vector<std::string> found = read_back(files);
    ASSERT_GE(found.size(), durable.size()) << free;
  }
}

}  // namespace
}  // namespace sinter

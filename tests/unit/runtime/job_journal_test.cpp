// Records of a job's journal: round trips, and bytes that are none.
#include "framework/runtime/job_journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sinter {
namespace {

const AttemptId kAttempt{{2, 5}, 3};

std::vector<JobRecord> one_of_each() {
  return {JournalRecord(journal::StageOpened{1, 9, {0}, {0, 3}, true}),
          JournalRecord(journal::Committed{kAttempt, 4, {{"rows", 7}}, 0x1234}),
          JournalRecord(journal::ResultLost{kAttempt}),
          JournalRecord(journal::Failed{kAttempt, 8, 4, user_error("bad row").with_hint("remove it"), true, RecordAt{1, 2, 3}}),
          JournalRecord(journal::Quarantined{kAttempt, RecordAt{1, 2, 3}}),
          JournalRecord(journal::Ended{JobState::Failed, environment_error("disk", false), kAttempt}),
          JournalRecord(journal::Ended{JobState::Done, {}, {}}),
          journal::LifeBegan{},
          journal::StageFound{{StageWork::Round, 0, 2, 1, 12, 5, 0}, 3, false, {{"", "m"}, {"m", ""}}, 7, 99},
          journal::ResultAt{kAttempt, "somewhere", {1, 2, 3, "busy"}},
          JournalRecord(journal::RangeCut{kAttempt, 9, "m"}),
          journal::FilesKept{kAttempt, {{"stage-2-5", 17}, {"stage-2-5.rejects", 18}}},
          JournalRecord(journal::KeptLost{kAttempt})};
}

TEST(JobJournalTest, each_record_comes_back_as_it_was) {
  for (const JobRecord& record : one_of_each()) {
    const std::string bytes = encode_record(record);
    const auto back = decode_record(bytes);
    ASSERT_TRUE(back.ok()) << back.error().to_string();
    EXPECT_EQ(back->index(), record.index());
    EXPECT_EQ(encode_record(*back), bytes);
  }
  const auto failed = decode_record(encode_record(one_of_each()[3]));
  const auto& told = std::get<journal::Failed>(std::get<JournalRecord>(*failed));
  EXPECT_EQ(told.error.hint(), "remove it");
  EXPECT_EQ(told.suspect, (RecordAt{1, 2, 3}));
  const auto found = decode_record(encode_record(one_of_each()[8]));
  EXPECT_EQ(std::get<journal::StageFound>(*found).ranges[1].begin, "m");
  EXPECT_EQ(std::get<journal::StageFound>(*found).judged, 7u);
  const auto kept = decode_record(encode_record(one_of_each()[11]));
  EXPECT_EQ(std::get<journal::FilesKept>(*kept).files[1].name, "stage-2-5.rejects");
}

TEST(JobJournalTest, a_journal_of_them_is_read_in_the_next_life) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(files->make_directories("/job").ok());
  std::vector<JobRecord> records;
  {
    const auto journal = *JobJournal::open(*files, "/job/journal", records);
    for (const JobRecord& record : one_of_each()) journal->append(record);
    EXPECT_TRUE(journal->sync().ok());
  }
  EXPECT_TRUE(JobJournal::open(*files, "/job/journal", records).ok());
  EXPECT_EQ(records.size(), one_of_each().size());
}

TEST(JobJournalTest, bytes_that_are_no_record_are_refused) {
  EXPECT_FALSE(decode_record("").ok());
  EXPECT_FALSE(decode_record("\x63").ok());
  constexpr std::uint64_t kSeed = 3;
  Random random(kSeed);
  for (const JobRecord& record : one_of_each()) {
    const std::string good = encode_record(record);
    for (std::size_t size = 1; size < good.size(); ++size) EXPECT_FALSE(decode_record(good.substr(0, size)).ok());
    for (int round = 0; round < 2'000; ++round) {
      std::string bad = good;
      bad[random.below(bad.size())] = static_cast<char>(random.below(256));
      const auto decoded = decode_record(bad);
      if (decoded.ok()) {
        (void)encode_record(*decoded);
      }
    }
  }
}

}  // namespace
}  // namespace sinter

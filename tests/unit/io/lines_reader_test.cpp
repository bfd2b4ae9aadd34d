// LinesReader: every byte of every line but its LF, over any cut of the file.
#include "framework/io/lines_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "reading.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadRecord;

InputFile lines_file(const std::string& path, std::uint64_t size_bytes) {
  InputFile file = testing::csv_file(path, size_bytes);
  file.format.kind = FormatKind::Lines;
  return file;
}

std::vector<std::string> read_lines(const std::string& text) {
  Format format;
  format.kind = FormatKind::Lines;
  std::vector<std::string> lines;
  for (const ReadRecord& record : testing::read_text(text, {}, format)) lines.push_back(record.problem + record.fields.at(0));
  return lines;
}

TEST(LinesReader, keeps_every_byte_but_the_newline) {
  EXPECT_THAT(read_lines(""), ElementsAre());
  EXPECT_THAT(read_lines("\n"), ElementsAre("T:"));
  EXPECT_THAT(read_lines("a,\"b\n\n c \r\nd"), ElementsAre("T:a,\"b", "T:", "T: c \r", "T:d"));
  EXPECT_THAT(read_lines("\xEF\xBB\xBFmark\n"), ElementsAre("T:\xEF\xBB\xBFmark"));
  EXPECT_THAT(read_lines("\xFF\xFEnot UTF-16\n"), ElementsAre("T:\xFF\xFEnot UTF-16"));
  EXPECT_THAT(read_lines(std::string("a\0b\n", 4)), ElementsAre(std::string("T:a\0b", 5)));
}

TEST(LinesReader, a_line_above_the_limit_is_a_problem_and_reading_goes_on) {
  const std::string text = "first\n" + std::string(kMaxRecordBytes + 1, 'x') + "\nlast\n";
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "t", text).ok());
  const auto records = testing::read_whole(*files, lines_file("t", text.size()), {}, 4 * kMaxRecordBytes);
  ASSERT_TRUE(records.ok()) << records.error().to_string();
  ASSERT_EQ(records->size(), 3u);
  EXPECT_THAT((*records)[1].problem, HasSubstr("kMaxRecordBytes"));
  EXPECT_EQ((*records)[1].line, 2u);
  EXPECT_THAT((*records)[2].fields, ElementsAre("T:last"));
  EXPECT_EQ((*records)[2].line, 3u);
}

TEST(LinesReader, pieces_hold_the_lines_of_the_whole_file) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string text = seed % 5 == 0 ? "\xEF\xBB\xBF" : "";
    for (std::uint64_t i = random() % 80; i > 0; --i) text += std::string(random() % 9, '"') + (random() % 3 == 0 ? "\r\n" : "\n");
    if (seed % 2 == 0) text += "no line end";
    const auto files = make_memory_file_system();
    ASSERT_TRUE(write_file(*files, "t", text).ok());
    const InputFile file = lines_file("t", text.size());
    const auto whole = testing::read_whole(*files, file, {});
    ASSERT_TRUE(whole.ok());
    ASSERT_EQ(whole->size(), static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n') + (seed % 2 == 0 ? 1 : 0)));
    const auto splits = plan_splits(*files, {file}, 1 + random() % 60, 2);
    ASSERT_TRUE(splits.ok());
    std::vector<ReadRecord> pieces;
    for (const Split& split : *splits) {
      const auto piece = testing::read_piece(*files, file, split.pieces.at(0), {});
      ASSERT_TRUE(piece.ok());
      pieces.insert(pieces.end(), piece->begin(), piece->end());
    }
    ASSERT_EQ(pieces, *whole);
  }
}

TEST(LinesReader, no_file_is_lines_unless_the_job_says_so) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "t.txt", "a,b\n").ok());
  const auto inferred = expand_inputs(*files, {{"t", {"t.txt"}, {}, {}}});
  ASSERT_TRUE(inferred.ok());
  EXPECT_EQ((*inferred)[0].format.kind, FormatKind::Csv);
  Format format;
  format.kind = FormatKind::Lines;
  const auto said = expand_inputs(*files, {{"t", {"t.txt"}, format, {}}});
  ASSERT_TRUE(said.ok());
  const auto names = read_columns(*files, (*said)[0]);
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(*names, ElementsAre("line"));
}

}  // namespace
}  // namespace sinter

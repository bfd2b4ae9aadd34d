// plan_splits: pieces hold exactly the records of the whole file, packing respects inputs, any number of threads agree.
#include <gtest/gtest.h>

#include "reading.hpp"

namespace sinter {
namespace {

using testing::ReadRecord;

std::vector<ReadRecord> read_pieces(FileSystem& files, const InputFile& file, const std::vector<Split>& splits,
    const std::vector<ColumnRequest>& wanted) {
  std::vector<ReadRecord> all;
  for (const Split& split : splits) {
    for (const SplitPiece& piece : split.pieces) {
      auto records = testing::read_piece(files, file, piece, wanted);
      EXPECT_TRUE(records.ok()) << records.error().to_string();
      if (records.ok()) all.insert(all.end(), records->begin(), records->end());
    }
  }
  return all;
}

void expect_pieces_cover(const std::vector<Split>& splits, std::uint64_t size) {
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < splits.size(); ++i) {
    EXPECT_EQ(splits[i].ordinal, i);
    for (const SplitPiece& piece : splits[i].pieces) {
      EXPECT_EQ(piece.begin_bytes, at);
      EXPECT_LT(piece.begin_bytes, piece.end_bytes);
      at = piece.end_bytes;
    }
  }
  EXPECT_EQ(at, size);
}

TEST(PlanSplits, pieces_of_random_csv_hold_the_records_of_the_whole_file) {
  std::size_t cuts = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::string text = (seed % 7 == 0 ? "\xEF\xBB\xBF" : "") + testing::random_csv(random, 50 + random() % 4000, seed % 40);
    const auto files = make_memory_file_system();
    ASSERT_TRUE(write_file(*files, "t", text).ok());
    InputFile file = testing::csv_file("t", text.size());
    file.format.allow_short_rows = true;
    file.format.header = seed % 3 == 0;
    if (!file.format.header) file.format.columns = {"1", "2", "3", "4"};
    const std::vector<ColumnRequest> wanted{{"1", false}, {"3", false}};
    const auto whole = testing::read_whole(*files, file, wanted);
    if (!whole.ok()) continue;  // a header that cannot be read
    const std::uint64_t split_bytes = 1 + random() % (seed % 4 == 0 ? text.size() + 10 : 200);
    const auto splits = plan_splits(*files, {file}, split_bytes, 1 + seed % 3);
    ASSERT_TRUE(splits.ok()) << splits.error().to_string();
    expect_pieces_cover(*splits, text.size());
    ASSERT_EQ(read_pieces(*files, file, *splits, wanted), *whole) << "split size " << split_bytes;
    cuts += splits->size();
  }
  EXPECT_GT(cuts, 3000u) << "the test must really cut files";
}

TEST(PlanSplits, pieces_of_json_lines_hold_the_records_of_the_whole_file) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string text = seed % 7 == 0 ? "\xEF\xBB\xBF" : "";
    for (std::uint64_t i = random() % 60; i > 0; --i) {
      static constexpr const char* kLines[] = {"{\"a\":1}\n", "{\"a\":\"x\\n\",\"b\":[1,2]}\r\n", "\n", "{bad\n",
          "{\"a\": \"quote \\\" \"}\n"};
      text += kLines[random() % 5];
    }
    if (seed % 2 == 0) text += "{\"a\":7}";
    const auto files = make_memory_file_system();
    ASSERT_TRUE(write_file(*files, "t", text).ok());
    const InputFile file = testing::json_file("t", text.size());
    const auto whole = testing::read_whole(*files, file, testing::columns({"a"}));
    ASSERT_TRUE(whole.ok());
    const auto splits = plan_splits(*files, {file}, 1 + random() % 100, 2);
    ASSERT_TRUE(splits.ok());
    ASSERT_EQ(read_pieces(*files, file, *splits, testing::columns({"a"})), *whole);
  }
}

TEST(PlanSplits, a_quoted_newline_is_never_cut) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100; ++i) text += "\"many\nlines\nin one field\n,\",x\n";
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "t", text).ok());
  const auto splits = plan_splits(*files, {testing::csv_file("t", text.size())}, 40, 2);
  ASSERT_TRUE(splits.ok());
  EXPECT_GT(splits->size(), 30u);
  for (const Split& split : *splits) {
    for (const SplitPiece& piece : split.pieces) {
      if (piece.begin_bytes == 0) continue;
      EXPECT_EQ((piece.begin_bytes - 4) % 30, 0u);
      EXPECT_EQ(piece.first_line, 2 + (piece.begin_bytes - 4) / 30 * 4);
    }
  }
}

TEST(PlanSplits, threads_do_not_change_the_plan) {
  std::mt19937_64 random(7);
  const std::string text = testing::random_csv(random, 1 << 20, 3);
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "t", text).ok());
  const auto one = plan_splits(*files, {testing::csv_file("t", text.size())}, 50'000, 1);
  const auto four = plan_splits(*files, {testing::csv_file("t", text.size())}, 50'000, 4);
  ASSERT_TRUE(one.ok() && four.ok());
  ASSERT_EQ(one->size(), four->size());
  for (std::size_t i = 0; i < one->size(); ++i) {
    EXPECT_EQ((*one)[i].pieces[0].begin_bytes, (*four)[i].pieces[0].begin_bytes);
    EXPECT_EQ((*one)[i].pieces[0].first_line, (*four)[i].pieces[0].first_line);
  }
}

TEST(PlanSplits, a_hundred_thousand_tiny_files_are_packed_without_being_opened) {
  const auto files = make_memory_file_system();  // holds none of them: planning must not need to
  std::vector<InputFile> inputs;
  for (int i = 0; i < 100'000; ++i) inputs.push_back(testing::csv_file("f" + std::to_string(i), 100));
  const auto splits = plan_splits(*files, inputs, 4u << 20, 2);
  ASSERT_TRUE(splits.ok());
  EXPECT_LT(splits->size(), 200u);
  std::uint32_t next = 0;
  for (const Split& split : *splits) {
    for (const SplitPiece& piece : split.pieces) EXPECT_EQ(piece.file, next++);
  }
  EXPECT_EQ(next, 100'000u);
}

TEST(PlanSplits, files_of_two_inputs_never_share_a_split) {
  const auto files = make_memory_file_system();
  std::vector<InputFile> inputs{testing::csv_file("a", 10), testing::csv_file("b", 10), testing::csv_file("c", 10)};
  inputs[1].input = inputs[2].input = 1;
  const auto splits = plan_splits(*files, inputs, 1 << 20, 1);
  ASSERT_TRUE(splits.ok());
  ASSERT_EQ(splits->size(), 2u);
  EXPECT_EQ((*splits)[0].pieces.size(), 1u);
  EXPECT_EQ((*splits)[1].pieces.size(), 2u);
  EXPECT_EQ((*splits)[1].size_bytes, 20u);
}

TEST(PlanSplits, compressed_files_stay_whole) {
  const auto files = make_memory_file_system();
  InputFile file = testing::csv_file("a.csv.gz", 100 << 20);
  file.format.codec = Codec::Gzip;
  const auto splits = plan_splits(*files, {file}, 1 << 20, 1);
  ASSERT_TRUE(splits.ok());
  ASSERT_EQ(splits->size(), 1u);
  EXPECT_EQ((*splits)[0].pieces[0].end_bytes, file.size_bytes);
}

TEST(PlanSplits, a_file_that_shrank_is_an_error_that_names_it) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "t.csv", "a\n1\n").ok());
  const auto splits = plan_splits(*files, {testing::csv_file("t.csv", 1000)}, 100, 2);
  ASSERT_FALSE(splits.ok());
  EXPECT_NE(splits.error().to_string().find("'t.csv' became shorter"), std::string::npos) << splits.error().to_string();
}

}  // namespace
}  // namespace sinter

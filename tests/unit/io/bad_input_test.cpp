// Inputs that are not what they should be: each gives a clear error or problem records, bounded memory, and nothing is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "reading.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::read_text;

/// A huge file that is never in memory: `prefix`, then `filler` bytes, then `suffix`.
class LongFile final : public ReadableFile {
 public:
  LongFile(std::string prefix, char filler, std::uint64_t filler_bytes, std::string suffix)
      : prefix_(std::move(prefix)), filler_(filler), filler_bytes_(filler_bytes), suffix_(std::move(suffix)) {}
  Result<std::size_t> read_at(std::uint64_t offset, char* to, std::size_t size) const override {
    std::size_t done = 0;
    for (; done < size && offset + done < size_bytes(); ++done) {
      const std::uint64_t at = offset + done;
      if (at < prefix_.size()) to[done] = prefix_[at];
      else if (at < prefix_.size() + filler_bytes_) to[done] = filler_;
      else to[done] = suffix_[at - prefix_.size() - filler_bytes_];
    }
    return done;
  }
  std::uint64_t size_bytes() const override { return prefix_.size() + filler_bytes_ + suffix_.size(); }
  std::string_view map() const override { return {}; }

 private:
  std::string prefix_;
  char filler_;
  std::uint64_t filler_bytes_;
  std::string suffix_;
};

/// A file system whose only file is one LongFile.
class LongFileSystem final : public FileSystem {
 public:
  explicit LongFileSystem(LongFile file) : file_(std::move(file)) {}
  Result<std::unique_ptr<ReadableFile>> open(const std::string&) override {
    return std::unique_ptr<ReadableFile>(std::make_unique<LongFile>(file_));
  }
  Result<std::unique_ptr<WritableFile>> create(const std::string&) override { return internal_error("read only"); }
  Result<FileInfo> info(const std::string&) override { return FileInfo{file_.size_bytes(), false, true, 0}; }
  bool exists(const std::string&) override { return true; }
  Result<std::vector<std::string>> list(const std::string&) override { return std::vector<std::string>{}; }
  Status make_directories(const std::string&) override { return {}; }
  Status rename(const std::string&, const std::string&) override { return {}; }
  Status remove(const std::string&) override { return {}; }
  Status remove_all(const std::string&) override { return {}; }
  Status sync_directory(const std::string&) override { return {}; }
  Result<std::uint64_t> free_bytes(const std::string&) override { return std::uint64_t{0}; }

 private:
  LongFile file_;
};

TEST(BadInput, an_empty_file_gives_no_records) {
  EXPECT_TRUE(read_text("", {"a"}).empty());
  EXPECT_TRUE(read_text("\n\r\n", {"a"}).empty());
  EXPECT_TRUE(read_text("", {}).empty());
}

TEST(BadInput, a_header_alone_gives_no_records) {
  EXPECT_TRUE(read_text("a,b\n", {"a"}).empty());
  EXPECT_TRUE(read_text("a,b", {"a"}).empty());
}

TEST(BadInput, an_empty_json_file_gives_no_records) {
  Format format;
  format.kind = FormatKind::JsonLines;
  EXPECT_TRUE(read_text("", {"a"}, format).empty());
}

TEST(BadInput, binary_garbage_never_crashes_and_every_row_is_accounted_for) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string text(20'000, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    Format csv;
    csv.header = false;
    csv.columns = {"1", "2"};
    EXPECT_EQ(read_text(text, {"1"}, csv).size(), testing::model_rows(text).size());
    Format json;
    json.kind = FormatKind::JsonLines;
    for (const auto& record : read_text(text, {"a"}, json)) EXPECT_NE(record.problem, "");
  }
}

TEST(BadInput, utf_16_is_named) { EXPECT_THAT(read_text(std::string("\xFF\xFE" "a\0,\0", 6), {"a"})[0].problem, HasSubstr("UTF-16")); }

Format no_header(std::vector<std::string> columns) {
  Format format;
  format.header = false;
  format.columns = std::move(columns);
  return format;
}

Format json_lines() {
  Format format;
  format.kind = FormatKind::JsonLines;
  return format;
}

TEST(BadInput, old_mac_line_ends_are_named) {
  const auto error_of = [](const std::string& text, const Format& format = {}) { return read_text(text, {"1"}, format)[0].problem; };
  EXPECT_THAT(error_of("a,b\r1,2\r3,4\r"), AllOf(HasSubstr("'t'"), HasSubstr("old Mac"), HasSubstr("tr '\\r' '\\n'")));
  EXPECT_THAT(error_of("isbn\r1\r2"), HasSubstr("old Mac"));
  EXPECT_THAT(error_of("1,2\r3,4\r", no_header({})), HasSubstr("old Mac"));
  EXPECT_THAT(error_of("\"a\rb\",b\r\n1,2\r\n"), HasSubstr("no column named 1")) << "a quoted one is part of the name";
  // With declared columns no row is looked at before the first is read: it is a bad record then.
  const auto rows = read_text("1,2\r3,4\r", {"x"}, no_header({"x", "y"}));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0].problem, AllOf(HasSubstr("row has 3 fields, the job declares 2"), HasSubstr("old Mac")));
}

TEST(BadInput, a_byte_order_mark_where_json_files_were_put_together_does_not_show) {
  const auto rows = read_text("{\"a\":1}\n\xEF\xBB\xBF{\"a\":2}\n\xEF\xBB\xBF\n{\"a\":3}\n", {"a"}, json_lines());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].problem, "");
  EXPECT_THAT(rows[1].fields, ::testing::ElementsAre("#:2"));
  EXPECT_THAT(rows[2].fields, ::testing::ElementsAre("#:3"));
  EXPECT_THAT(read_text("{\"a\":\xEF\xBB\xBF 1}\n", {"a"}, json_lines())[0].problem, HasSubstr("byte 6"));
}

TEST(BadInput, old_mac_line_ends_of_json_lines_are_named) {
  const auto rows = read_text("{\"a\":1}\r{\"a\":2}\r", {"a"}, json_lines());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0].problem, HasSubstr("old Mac"));
}

TEST(BadInput, invalid_utf_8_in_csv_passes_through_as_bytes) {
  const auto records = read_text("a\n\xFF\xC3\n", {"a"});
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].fields[0], "T:\xFF\xC3");
}

TEST(BadInput, a_line_of_200_mb_is_one_problem_and_reading_goes_on_in_bounded_memory) {
  for (const char filler : {'x', ',', '"'}) {
    for (const bool json : {false, true}) {
      LongFileSystem files(LongFile("a,b\n1,2\n", filler, 200 * kMiB, "\n3,4\n"));
      const std::uint64_t size = 8 + 200 * kMiB + 5;
      const InputFile file = json ? testing::json_file("t", size) : testing::csv_file("t", size);
      // The budget is smaller than one record may be, let alone this one.
      const auto records = testing::read_whole(files, file, testing::columns({"a"}), 16 * kMiB);
      ASSERT_TRUE(records.ok()) << records.error().to_string();
      if (json) continue;  // the other lines are no JSON either; counted below
      ASSERT_EQ(records->size(), 3u) << filler;
      EXPECT_EQ((*records)[1].problem, "record has 209715200 bytes; the limit is 67108864 (kMaxRecordBytes)");
      EXPECT_EQ((*records)[1].raw.size(), kMaxRejectBytes);
      EXPECT_EQ((*records)[2].fields[0], "T:3");
      EXPECT_EQ((*records)[2].line, 4u);
      EXPECT_EQ((*records)[2].offset, 8 + 200 * kMiB + 1);
    }
  }
}

TEST(BadInput, a_large_json_line_is_one_problem_and_reading_goes_on) {
  LongFileSystem files(LongFile("{\"a\":1}\n{\"a\":\"", 'x', 100 * kMiB, "\"}\n{\"a\":2}\n"));
  const auto records = testing::read_whole(files, testing::json_file("t", 14 + 100 * kMiB + 11), testing::columns({"a"}), 16 * kMiB);
  ASSERT_TRUE(records.ok()) << records.error().to_string();
  ASSERT_EQ(records->size(), 3u);
  EXPECT_THAT((*records)[1].problem, HasSubstr("kMaxRecordBytes"));
  EXPECT_EQ((*records)[2].fields[0], "#:2");
}

TEST(BadInput, a_quote_that_swallows_a_huge_file_names_its_line_in_bounded_memory) {
  LongFileSystem files(LongFile("a,b\n1,2\n3,\"", '\n', 100 * kMiB, "end"));
  const auto records = testing::read_whole(files, testing::csv_file("t", 11 + 100 * kMiB + 3), testing::columns({"a"}), 16 * kMiB);
  ASSERT_TRUE(records.ok()) << records.error().to_string();
  ASSERT_EQ(records->size(), 2u);
  EXPECT_THAT((*records)[1].problem, AllOf(HasSubstr("the quote opened on line 3 is never closed"), HasSubstr("104857601 lines")));
}

TEST(BadInput, a_record_below_the_limit_that_does_not_fit_the_memory_is_an_error_that_says_so) {
  LongFileSystem files(LongFile("a,b\n", 'x', 20 * kMiB, ",2\n"));
  const auto records = testing::read_whole(files, testing::csv_file("t", 4 + 20 * kMiB + 3), testing::columns({"a"}), 16 * kMiB);
  ASSERT_FALSE(records.ok());
  EXPECT_THAT(records.error().to_string(), AllOf(HasSubstr("line 2"), HasSubstr("execution.memory")));
  EXPECT_TRUE(testing::read_whole(files, testing::csv_file("t", 4 + 20 * kMiB + 3), testing::columns({"a"}), 100 * kMiB).ok());
}

std::string row_of(std::size_t columns, const std::string& text) {
  std::string row;
  for (std::size_t i = 0; i < columns; ++i) row += (i == 0 ? "" : ",") + text + std::to_string(i);
  return row + "\n";
}

TEST(BadInput, ten_thousand_columns_work) {
  const auto records = read_text(row_of(10'000, "c") + row_of(10'000, "v") + row_of(9'999, "v"), {"c0", "c9999", "c5000"});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].fields, (std::vector<std::string>{"T:v0", "T:v9999", "T:v5000"}));
  EXPECT_EQ(records[1].problem, "row has 9999 fields, the header has 10000");
}

TEST(BadInput, more_columns_than_the_limit_is_an_error_that_names_it) {
  EXPECT_THAT(read_text(row_of(20'000, "c"), {"c0"})[0].problem, HasSubstr("kMaxColumns"));
  EXPECT_THAT(read_text(row_of(200'000, "c") + "1\n", {"c0"})[0].problem, HasSubstr("kMaxColumns"));
}

TEST(BadInput, a_row_of_a_million_fields_is_one_problem) {
  const auto records = read_text("a,b\n" + std::string(1'000'000, ',') + "\n1,2\n", {"a"});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].problem, "row has 1000001 fields, the header has 2");
  EXPECT_EQ(records[1].fields[0], "T:1");
}

TEST(BadInput, a_file_that_is_gone_is_an_error_that_names_it) {
  const auto files = make_posix_file_system();
  const auto records = testing::read_whole(*files, testing::csv_file("/nonexistent/x.csv", 10), testing::columns({"a"}));
  ASSERT_FALSE(records.ok());
  EXPECT_THAT(records.error().to_string(), HasSubstr("/nonexistent/x.csv"));
}

}  // namespace
}  // namespace sinter

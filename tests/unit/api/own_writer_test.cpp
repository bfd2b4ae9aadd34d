// Writers of one's own: bytes of rows, what an output begins with, what is refused.
#include <gmock/gmock.h>

#include "framework/api/own_formats.hpp"
#include "tests/unit/api/job_fixture.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using OwnWriterTest = testing::JobTest;

/// Each value by its type's letter.
struct LetterWriter {
  Status write(std::span<const RowValue> row, std::string& out) const {
    for (const RowValue& value : row) {
      out += "-bsudtx"[value.index()];
      if (const auto* text = std::get_if<std::string_view>(&value)) out += *text;
      else if (const auto* number = std::get_if<std::int64_t>(&value)) out += std::to_string(*number);
      else if (const auto* positive = std::get_if<std::uint64_t>(&value)) out += std::to_string(*positive);
    }
    if (row.size() > 9) return user_error("nine values are enough");
    out += '\0';
    return {};
  }
  std::string header() const { return "LETTERS"; }
};

struct TwoColumns : LetterWriter {
  std::vector<std::string> columns() const { return {"key", "count"}; }
};

/// Counts lines.
CompleteJob count_lines(const std::string& input, DataFile output) {
  return Job("x").read(lines(input))
      .map([](std::string_view line, Emitter<std::string, std::int64_t>& out) { out.emit(std::string(line), 1); })
      .reduce([](const std::string& key, Group<std::int64_t>& ones, RowWriter& out) {
        std::int64_t count = 0;
        for (const std::int64_t one : ones) count += one;
        out.row(key, count);
      })
      .write(std::move(output));
}

TEST_F(OwnWriterTest, rows_in_key_order_behind_one_header_whatever_the_parts) {
  std::string text;
  std::string expected = "LETTERS";
  for (int i = 0; i < 2000; ++i) {
    const std::string key = std::to_string(10'000 + i);
    text += key + "\n" + key + "\n";
    expected += "x" + key + "s2" + std::string(1, '\0');
  }
  directory_.write("in", text);
  for (const std::uint64_t range : {500u, 1u << 30}) {
    reduce_bytes = range;
    const auto report = run(count_lines(directory_ / "in", written(directory_ / "out.csv", TwoColumns{})));
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_EQ(output(), expected);
  }
}

TEST_F(OwnWriterTest, a_directory_has_a_header_in_each_part_and_the_writers_extension) {
  directory_.write("in", "a\n");
  const auto report = run(count_lines(directory_ / "in", written(directory_ / "parts/", LetterWriter{})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  ASSERT_EQ(report->outputs.size(), 1u);
  const auto& [path, bytes] = *report->outputs.begin();
  EXPECT_TRUE(path.ends_with(".bin")) << path;
  EXPECT_EQ(bytes, std::string("LETTERSxas1\0", 12));
}

TEST_F(OwnWriterTest, values_keep_their_types) {
  directory_.write("in", "a\n");
  const auto job = Job("x").read(lines(directory_ / "in"))
                       .map([](std::string_view line, RowWriter& out) {
                         out.row(line, true, -1, 2u, 0.5, Timestamp{0}, std::optional<int>(), std::pair(3, std::string("z")));
                       })
                       .write(written(directory_ / "out.csv", LetterWriter{}));
  const auto report = run(job);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), std::string("LETTERSxabs-1u2dt-s3xz\0", 23));
}

TEST_F(OwnWriterTest, what_it_refuses_fails_the_job_with_the_outputs_name) {
  directory_.write("in", "a\n");
  const auto wide = Job("x").read(lines(directory_ / "in"))
                        .map([](std::string_view, RowWriter& out) { out.row(1, 2, 3, 4, 5, 6, 7, 8, 9, 10); })
                        .write(written(directory_ / "out.csv", LetterWriter{}));
  EXPECT_THAT(run(wide).error().to_string(), AllOf(HasSubstr("nine values are enough"), HasSubstr("out.csv")));
  const auto narrow = Job("x").read(lines(directory_ / "in"))
                          .map([](std::string_view, RowWriter& out) { out.row(1); })
                          .write(written(directory_ / "out.csv", TwoColumns{}));
  EXPECT_THAT(run(narrow).error().to_string(), HasSubstr("has 2 columns"));
}

TEST_F(OwnWriterTest, a_reader_is_no_writer_and_the_other_way_round) {
  struct WholeFile {
    Frame next(const Window& window) const {
      return window.at_end ? Frame::record(window.bytes, window.bytes.size()) : Frame::more();
    }
  };
  directory_.write("in", "a\n");
  EXPECT_THAT(run(count_lines(directory_ / "in", records(directory_ / "out.csv", WholeFile{}))).error().to_string(),
              AllOf(HasSubstr("has a reader and no writer"), HasSubstr("sinter::written")));
  const auto job = Job("x").read(written(directory_ / "in", LetterWriter{})).map([](std::string_view, RowWriter&) {})
                       .write(lines(directory_ / "out.csv"));
  EXPECT_THAT(run(job).error().to_string(), AllOf(HasSubstr("has a writer and no reader"), HasSubstr("sinter::records")));
}

}  // namespace
}  // namespace sinter

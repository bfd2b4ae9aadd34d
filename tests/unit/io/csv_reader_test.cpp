// CsvReader: what fields, positions, lines and problems come out of which bytes. Decisions are in docs/formats/inputs.md.
#include "framework/io/csv_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/io/csv_field.hpp"
#include "reading.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadRecord;
using testing::read_text;
using Fields = std::vector<std::string>;

std::vector<Fields> fields_of(const std::vector<ReadRecord>& records) {
  std::vector<Fields> all;
  for (const ReadRecord& record : records) all.push_back(record.problem.empty() ? record.fields : Fields{"! " + record.problem});
  return all;
}

TEST(CsvReader, projects_columns_in_the_order_asked) {
  EXPECT_THAT(fields_of(read_text("a,b,c\n1,2,3\n4,5,6\n", {"c", "a"})), ElementsAre(Fields{"T:3", "T:1"}, Fields{"T:6", "T:4"}));
}

TEST(CsvReader, quotes_doubled_quotes_and_quoted_newlines_follow_rfc_4180) {
  EXPECT_THAT(fields_of(read_text("a,b\n\"x,y\",\"he said \"\"no\"\"\nand left\"\n", {"a", "b"})),
              ElementsAre(Fields{"T:x,y", "T:he said \"no\"\nand left"}));
}

TEST(CsvReader, stray_quotes_are_literal) {
  EXPECT_THAT(fields_of(read_text("a,b\n5\" disk,x\n\"abc\"def,\"ab\"c\"d\n \"q\",\"a\" \"b\"\n", {"a", "b"})),
              ElementsAre(Fields{"T:5\" disk", "T:x"}, Fields{"T:abcdef", "T:abc\"d"}, Fields{"T: \"q\"", "T:a \"b\""}));
}

TEST(CsvReader, an_empty_field_is_null_and_a_quoted_empty_field_is_text) {
  EXPECT_THAT(fields_of(read_text("a,b,c\n,\"\",\n", {"a", "b", "c"})), ElementsAre(Fields{"N:", "T:", "N:"}));
}

TEST(CsvReader, crlf_byte_order_mark_and_a_missing_last_newline_do_not_show) {
  const auto records = read_text("\xEF\xBB\xBF\"a\",b\r\n1,2\r\n3,\"4\"", {"a", "b"});
  EXPECT_THAT(fields_of(records), ElementsAre(Fields{"T:1", "T:2"}, Fields{"T:3", "T:4"}));
  EXPECT_EQ(records[0].raw, "1,2");
  EXPECT_EQ(records[1].raw, "3,\"4\"");
}

TEST(CsvReader, a_carriage_return_inside_a_line_is_text) {
  EXPECT_THAT(fields_of(read_text("a,b\nx\ry,\"z\r\"\r\n", {"a", "b"})), ElementsAre(Fields{"T:x\ry", "T:z\r"}));
}

TEST(CsvReader, blank_lines_are_no_records_but_count_as_lines) {
  const auto records = read_text("\n\r\na,b\n\n1,2\n\r\n3,4\n\n", {"a"});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].line, 5u);
  EXPECT_EQ(records[1].line, 7u);
}

TEST(CsvReader, ragged_rows_are_problems_that_name_both_counts) {
  const auto records = read_text("a,b,c\n1,2\n1,2,3\n1,2,3,4\n", {"a"});
  EXPECT_THAT(fields_of(records), ElementsAre(Fields{"! row has 2 fields, the header has 3"}, Fields{"T:1"},
                                              Fields{"! row has 4 fields, the header has 3"}));
  EXPECT_EQ(records[0].raw, "1,2");
  EXPECT_EQ(records[2].line, 4u);
}

TEST(CsvReader, short_rows_are_filled_when_the_format_allows_it) {
  Format format;
  format.allow_short_rows = true;
  EXPECT_THAT(fields_of(read_text("a,b,c\n1\n1,2,3,4\n", {"a", "c"}, format)),
              ElementsAre(Fields{"T:1", "-:"}, Fields{"! row has 4 fields, the header has 3"}));
}

TEST(CsvReader, lines_and_offsets_count_newlines_in_quotes) {
  const auto records = read_text("a,b\n\"1\n\n2\",x\n3,y\n\"4\n\",z\n5,v\n", {"a"});
  ASSERT_EQ(records.size(), 4u);
  EXPECT_THAT((std::vector<std::uint64_t>{records[0].line, records[1].line, records[2].line, records[3].line}), ElementsAre(2, 5, 6, 8));
  EXPECT_EQ(records[1].offset, 13u);
}

TEST(CsvReader, a_quote_that_never_closes_is_one_problem_that_names_its_line) {
  const auto records = read_text("a,b\n1,2\nx,\"3\n4,5\n6,7\n", {"a"});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].problem, "the quote opened on line 3 is never closed; this record takes 4 lines, to the end of the file");
  EXPECT_EQ(records[1].line, 3u);
  EXPECT_EQ(records[1].raw, "x,\"3\n4,5\n6,7\n");
}

TEST(CsvReader, nul_bytes_are_ordinary) {
  using namespace std::string_literals;
  EXPECT_THAT(fields_of(read_text("a,b\n\0x,\0\n"s, {"a", "b"})), ElementsAre(Fields{"T:\0x"s, "T:\0"s}));
}

TEST(CsvReader, no_quote_character_means_no_quoting) {
  using namespace std::string_literals;
  Format format;
  format.quote = '\0';
  format.delimiter = '\t';
  EXPECT_THAT(fields_of(read_text("a\tb\n\"x\t\0y\"\n"s, {"a", "b"}, format)), ElementsAre(Fields{"T:\"x", "T:\0y\""s}));
}

TEST(CsvReader, files_without_header_have_numbered_or_declared_columns) {
  Format format;
  format.header = false;
  EXPECT_THAT(fields_of(read_text("1,2\n3,4\n", {"2"}, format)), ElementsAre(Fields{"T:2"}, Fields{"T:4"}));
  format.columns = {"id", "price"};
  EXPECT_THAT(fields_of(read_text("1,2\n", {"price"}, format)), ElementsAre(Fields{"T:2"}));
}

TEST(CsvReader, ragged_rows_of_a_file_without_header_say_where_the_width_comes_from) {
  Format format;
  format.header = false;
  EXPECT_EQ(read_text("1,2\n3\n", {"2"}, format)[1].problem, "row has 1 field, the first row has 2");
  format.columns = {"id", "price", "x"};
  EXPECT_EQ(read_text("1,2\n", {"price"}, format)[0].problem, "row has 2 fields, the job declares 3");
}

TEST(CsvReader, a_single_column_works) {
  EXPECT_THAT(fields_of(read_text("a\nx\n\n\"\"\ny,z\n", {"a"})),
              ElementsAre(Fields{"T:x"}, Fields{"T:"}, Fields{"! row has 2 fields, the header has 1"}));
}

TEST(CsvReader, a_missing_column_is_an_error_with_the_columns_there_are) {
  EXPECT_THAT(read_text("a,b\n1,2\n", {"a", "price", "x"})[0].problem, HasSubstr("'t' has no column named price, x; it has a, b"));
}

TEST(CsvReader, an_optional_column_that_is_not_there_is_missing) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "t", "a\n1\n").ok());
  const auto records = testing::read_whole(*files, testing::csv_file("t", 4), {{"a", true}, {"z", false}});
  ASSERT_TRUE(records.ok());
  EXPECT_THAT(fields_of(*records), ElementsAre(Fields{"T:1", "-:"}));
}

TEST(CsvReader, a_repeated_column_name_matters_only_when_it_is_asked_for) {
  EXPECT_THAT(read_text("a,b,a\n1,2,3\n", {"a"})[0].problem, HasSubstr("more than one column named a"));
  EXPECT_THAT(fields_of(read_text("a,b,a\n1,2,3\n", {"b"})), ElementsAre(Fields{"T:2"}));
}

TEST(CsvReader, no_columns_still_gives_every_record) { EXPECT_EQ(read_text("a,b\n1,2\n3,4\n", {}).size(), 2u); }

TEST(CsvReader, gives_what_the_plain_model_gives_for_random_bytes) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Format format;
    format.header = false;
    format.columns = {"1", "2", "3"};
    format.allow_short_rows = true;
    const std::string text = (seed % 5 == 0 ? "\xEF\xBB\xBF" : "") + testing::random_csv(random, random() % 3000, seed % 40);
    const auto records = read_text(text, format.columns, format);
    const auto model = testing::model_rows(text);
    ASSERT_EQ(records.size(), model.size());
    TextArena arena;
    for (std::size_t i = 0; i < model.size(); ++i) {
      ASSERT_EQ(records[i].offset, model[i].offset);
      ASSERT_EQ(records[i].line, model[i].line);
      const bool bad = model[i].unterminated || model[i].raw_fields.size() > 3;
      ASSERT_EQ(!records[i].problem.empty(), bad) << records[i];
      for (std::size_t f = 0; !bad && f < 3; ++f) {
        if (f >= model[i].raw_fields.size()) {
          ASSERT_EQ(records[i].fields[f], "-:");
          continue;
        }
        const std::string& raw = model[i].raw_fields[f];
        const FieldView field = make_csv_field(raw.data(), raw.data() + raw.size(), '"', arena);
        ASSERT_EQ(records[i].fields[f], (field.kind == FieldKind::Null ? "N:" : "T:") + std::string(field.text));
      }
    }
  }
}

}  // namespace
}  // namespace sinter

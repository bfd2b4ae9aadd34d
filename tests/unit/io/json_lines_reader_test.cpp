// JsonLinesReader and its paths: kinds, nesting, escapes, and lines that are not JSON.
#include "framework/io/json_lines_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/io/json_path.hpp"
#include "reading.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadRecord;
using Fields = std::vector<std::string>;

std::vector<ReadRecord> read_json(const std::string& text, const Fields& names) {
  Format format;
  format.kind = FormatKind::JsonLines;
  return testing::read_text(text, names, format);
}

Fields first(const std::string& text, const Fields& names) {
  const auto records = read_json(text, names);
  if (records.size() != 1) return {"! " + std::to_string(records.size()) + " records"};
  return records[0].problem.empty() ? records[0].fields : Fields{"! " + records[0].problem};
}

TEST(JsonLinesReader, delivers_each_kind_of_value) {
  EXPECT_THAT(first(R"({"s":"x","e":"","i":12,"t":true,"f":false,"n":null,"a":[1, 2],"o":{"k":1}})", {"s", "e", "i", "t", "f", "n", "a",
      "o", "z"}),
              ElementsAre("T:x", "T:", "#:12", "B:true", "B:false", "N:", "J:[1, 2]", "J:{\"k\":1}", "-:"));
}

TEST(JsonLinesReader, numbers_keep_their_digits) {
  EXPECT_THAT(first(R"({"a":12345678901234567890123,"b":1e400,"c":-0.10,"d": 1E+5 })", {"a", "b", "c", "d"}),
              ElementsAre("#:12345678901234567890123", "#:1e400", "#:-0.10", "#:1E+5"));
}

TEST(JsonLinesReader, strings_and_keys_are_unescaped) {
  EXPECT_THAT(first(R"({"a":"q\" \\ \n \u00e9 \ud83d\ude00","k\u0065y":1})", {"a", "key"}),
      ElementsAre("T:q\" \\ \n \xC3\xA9 \xF0\x9F\x98\x80", "#:1"));
}

TEST(JsonLinesReader, unescaped_strings_of_a_batch_do_not_overwrite_each_other) {
  const auto records = read_json("{\"a\":\"x\\n1\"}\n{\"a\":\"y\\n2\"}\n", {"a"});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[0].fields, ElementsAre("T:x\n1"));
  EXPECT_THAT(records[1].fields, ElementsAre("T:y\n2"));
}

TEST(JsonLinesReader, paths_reach_into_objects_and_arrays) {
  EXPECT_THAT(first(R"({"book":{"id":"x","tags":["a",{"k":[7,8]}]},"a.b":1,"c[0]":2})",
                    {"book.id", "book.tags[0]", "book.tags[1].k[1]", "a\\.b", "c\\[0]", "book.nope", "book.tags[9]", "book.id.x"}),
              ElementsAre("T:x", "T:a", "#:8", "#:1", "#:2", "-:", "-:", "-:"));
}

TEST(JsonLinesReader, a_value_can_be_asked_for_whole_and_in_parts) {
  EXPECT_THAT(first(R"({"b":{"id":1,"t":[5,{"x":[6]}]}, "z":2})", {"b", "b.id", "b.t", "b.t[1].x[0]", "z"}),
              ElementsAre(R"(J:{"id":1,"t":[5,{"x":[6]}]})", "#:1", R"(J:[5,{"x":[6]}])", "#:6", "#:2"));
}

TEST(JsonLinesReader, of_duplicate_keys_the_first_wins) { EXPECT_THAT(first(R"({"a":null,"a":2})", {"a"}), ElementsAre("N:")); }

TEST(JsonLinesReader, blank_lines_crlf_byte_order_mark_and_missing_newline_do_not_show) {
  const auto records = read_json("\xEF\xBB\xBF{\"a\":1}\r\n\n  \r\n{\"a\":2}", {"a"});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].raw, "{\"a\":1}");
  EXPECT_EQ(records[1].line, 4u);
  EXPECT_EQ(records[1].offset, 17u);
}

TEST(JsonLinesReader, bad_lines_are_problems_and_reading_goes_on) {
  const std::vector<std::string> bad{R"({"a":1)", R"({"a" 1})", R"({"a":tru})", R"({"a":01})", R"({"a":1.})", R"({"a":"x)", R"({"a":"\q"})",
                                     R"({"a":1}{})", R"({"a":1} x)", "[1]", "7", "nonsense", "{\"a\":\"\xFF\"}", "{\"a\":\"tab\there\"}",
                                         "{]", R"({"a":-})",
                                     R"({"a":1,})", R"({,})", R"({"a":nulll})"};
  for (const std::string& line : bad) {
    const auto records = read_json(line + "\n{\"a\":5}\n", {"a"});
    ASSERT_EQ(records.size(), 2u) << line;
    EXPECT_NE(records[0].problem, "") << line;
    EXPECT_TRUE(records[0].fields.empty());
    EXPECT_EQ(records[0].raw, line);
    EXPECT_THAT(records[1].fields, ElementsAre("#:5")) << line;
  }
}

TEST(JsonLinesReader, problems_say_where_in_the_line) {
  EXPECT_THAT(read_json("{\"abc\":tru}", {"abc"})[0].problem, HasSubstr("near byte 8 of the line"));
  EXPECT_THAT(read_json("{\"abc\":\"x\xFF\"}", {"abc"})[0].problem, HasSubstr("near byte 10 of the line"));
}

TEST(JsonLinesReader, columns_are_the_paths_of_the_first_records) {
  const auto files = make_memory_file_system();
  const std::string text = "{\"a\":1,\"b\":{\"c\":2,\"d.e\":[1]}}\nbad\n{\"z\":1,\"a\":2}\n";
  ASSERT_TRUE(write_file(*files, "t", text).ok());
  const auto names = read_columns(*files, testing::json_file("t", text.size()));
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(*names, ElementsAre("a", "b.c", "b.d\\.e", "z"));
}

TEST(JsonPath, malformed_paths_are_errors_that_name_the_byte) {
  for (const std::string path : {"", "a..b", ".a", "a.", "a[", "a[x]", "a[]", "a[-1]", "a[0]b", "[0]", "a\\",
      "a[99999999999999999999999]"}) {
    const auto steps = parse_json_path(path);
    ASSERT_FALSE(steps.ok()) << path;
    EXPECT_EQ(steps.error().fault(), Fault::User);
    EXPECT_THAT(steps.error().message(), HasSubstr("at byte")) << path;
  }
}

TEST(JsonPath, escaped_keys_come_back) {
  for (const std::string key : {"a.b", "a[0]", "\\", "plain"}) {
    const auto steps = parse_json_path(escape_json_key(key));
    ASSERT_TRUE(steps.ok());
    ASSERT_EQ(steps->size(), 1u);
    EXPECT_EQ((*steps)[0].key, key);
  }
}

}  // namespace
}  // namespace sinter

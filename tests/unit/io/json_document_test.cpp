// Small JSON texts as trees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/io/json_document.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

TEST(JsonDocumentTest, values_are_what_they_were_written_as) {
  const auto parsed = JsonDocument::parse(
      R"({"name":"caf\u00e9 \"x\"","count":18446744073709551615,"less":-5,"half":0.5,"yes":true,"none":null,"list":[1,[2],{"a":"b"}]})");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  const JsonDocument& document = *parsed;
  EXPECT_EQ(document["name"].text(), "café \"x\"");
  EXPECT_EQ(document["count"].number(), 18446744073709551615u);
  EXPECT_EQ(document["count"].text(), "18446744073709551615");
  EXPECT_EQ(document["less"].text(), "-5");
  EXPECT_EQ(document["less"].number(), 0u);
  EXPECT_EQ(document["half"].text(), "0.5");
  EXPECT_TRUE(document["yes"].truth());
  EXPECT_TRUE(document["none"].is_null());
  ASSERT_EQ(document["list"].items().size(), 3u);
  EXPECT_EQ(document["list"].items()[1].items()[0].number(), 2u);
  EXPECT_EQ(document["list"].items()[2]["a"].text(), "b");
  EXPECT_EQ(document.members().front().first, "name");
}

TEST(JsonDocumentTest, what_is_not_there_reads_as_null_all_the_way_down) {
  const JsonDocument document = *JsonDocument::parse(R"({"a":1})");
  EXPECT_TRUE(document["b"]["c"]["d"].is_null());
  EXPECT_EQ(document["a"]["b"].text(), "");
  EXPECT_TRUE(document["a"].items().empty());
}

TEST(JsonDocumentTest, what_is_no_json_or_too_deep_is_an_error) {
  for (const std::string text : {"", "{", "{\"a\":}", "nothing", "[1,]", "\"\xff\""}) EXPECT_FALSE(JsonDocument::parse(text).ok()) << text;
  EXPECT_THAT(JsonDocument::parse(std::string(200, '[') + std::string(200, ']')).error().message(), HasSubstr("this is no JSON"));
}

}  // namespace
}  // namespace sinter

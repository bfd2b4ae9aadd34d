// RowWriter: typed values as CSV, JSON lines and plain lines.
#include "framework/api/row_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace sinter {
namespace {

using ::testing::HasSubstr;

class MemorySink final : public OutputSink {
 public:
  Status append(std::string_view bytes) override {
    if (full) return environment_error("the disk is full");
    text += bytes;
    return {};
  }
  std::string text;
  bool full = false;
};

TEST(RowWriter, csv_quotes_what_needs_it) {
  const DataFile format = csv("out.csv", {"a", "b c", "d,e"});
  EXPECT_EQ(header_line(format), "a,b c,\"d,e\"\n");
  MemorySink sink;
  RowWriter writer(sink, format);
  writer.row("x,y", std::string("plain"), std::optional<int>());
  writer.row(-5, UINT64_MAX, 0.1);
  writer.row(true, Timestamp{0}, std::optional<std::string>("z"));
  EXPECT_TRUE(writer.status().ok());
  EXPECT_EQ(sink.text, "\"x,y\",plain,\n-5,18446744073709551615,0.1\ntrue,1970-01-01T00:00:00Z,z\n");
}

TEST(RowWriter, json_names_its_members) {
  const DataFile format = json_lines("out.jsonl", {"a", "b\""});
  EXPECT_EQ(header_line(format), "");
  MemorySink sink;
  RowWriter writer(sink, format);
  writer.row("x\n", 1.5);
  writer.row(std::optional<double>(), std::nan(""));
  writer.row(false, 7u);
  EXPECT_EQ(sink.text, "{\"a\":\"x\\n\",\"b\\\"\":1.5}\n{\"a\":null,\"b\\\"\":null}\n{\"a\":false,\"b\\\"\":7}\n");
}

TEST(RowWriter, lines_are_as_they_are) {
  const DataFile format = lines("out.txt");
  MemorySink sink;
  RowWriter writer(sink, format);
  writer.line("a, \"b\"");
  writer.row(12);
  EXPECT_EQ(sink.text, "a, \"b\"\n12\n");
}

TEST(RowWriter, a_row_of_another_width_is_an_error_and_nothing_follows_it) {
  const DataFile format = csv("out.csv", {"a", "b"});
  MemorySink sink;
  RowWriter writer(sink, format);
  writer.row(1, 2, 3);
  writer.row(1, 2);
  EXPECT_EQ(sink.text, "");
  ASSERT_FALSE(writer.status().ok());
  EXPECT_THAT(writer.status().error().message(), HasSubstr("3 values, and the output 'out.csv' has 2 columns"));
}

TEST(RowWriter, keeps_the_error_of_the_output) {
  const DataFile format = lines("out.txt");
  MemorySink sink;
  sink.full = true;
  RowWriter writer(sink, format);
  writer.line("a");
  sink.full = false;
  writer.line("b");
  EXPECT_EQ(sink.text, "");
  ASSERT_FALSE(writer.status().ok());
  EXPECT_EQ(writer.status().error().message(), "the disk is full");
}

}  // namespace
}  // namespace sinter

// text_output: what is written reads back as the same value.
#include "framework/io/text_output.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "reading.hpp"

namespace sinter {
namespace {

std::string csv(std::string_view text, char delimiter = ',') {
  std::string out;
  append_csv_text(out, text, delimiter);
  return out;
}

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string number(double value) {
  std::string out;
  append_double(out, value);
  return out;
}

TEST(TextOutput, csv_quotes_only_when_needed) {
  EXPECT_EQ(csv("plain text"), "plain text");
  EXPECT_EQ(csv("a,b"), "\"a,b\"");
  EXPECT_EQ(csv("a,b", ';'), "a,b");
  EXPECT_EQ(csv("a;b", ';'), "\"a;b\"");
  EXPECT_EQ(csv("5\" disk"), "\"5\"\" disk\"");
  EXPECT_EQ(csv("x\r"), "\"x\r\"");
  EXPECT_EQ(csv(" x"), "\" x\"");
  EXPECT_EQ(csv(""), "\"\"");
}

TEST(TextOutput, csv_text_reads_back_whatever_it_is) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::string a = testing::random_csv(random, random() % 50, 30);
    const std::string b = testing::random_csv(random, random() % 50, 30);
    const auto records = testing::read_text("a,b\n" + csv(a) + "," + csv(b) + "\n", {"a", "b"});
    ASSERT_EQ(records.size(), 1u);
    ASSERT_EQ(records[0].fields, (std::vector<std::string>{"T:" + a, "T:" + b}));
  }
}

TEST(TextOutput, json_strings_are_always_json) {
  using namespace std::string_literals;
  EXPECT_EQ(json("a\"b\\c\n\r\t\b\f\x01"s), R"("a\"b\\c\n\r\t\b\f\u0001")");
  EXPECT_EQ(json("\0"s), R"("\u0000")");
  EXPECT_EQ(json("\xC3\xA9 \xF0\x9F\x98\x80"), "\"\xC3\xA9 \xF0\x9F\x98\x80\"");
  EXPECT_EQ(json("x\xFFy\xC3"), "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"") << "surrogates are not UTF-8";
}

TEST(TextOutput, json_strings_read_back) {
  Format format;
  format.kind = FormatKind::JsonLines;
  for (int byte = 0; byte < 128; ++byte) {
    const std::string text{'x', static_cast<char>(byte), 'y'};
    const auto records = testing::read_text("{\"a\":" + json(text) + "}\n", {"a"}, format);
    ASSERT_EQ(records.size(), 1u);
    ASSERT_EQ(records[0].problem, "") << byte;
    ASSERT_EQ(records[0].fields[0], "T:" + text) << byte;
  }
}

TEST(TextOutput, numbers_are_short_and_exact) {
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-3), "-3");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(number(-std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-inf");
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(std::strtod(number(value).c_str(), nullptr), value);
  }
  std::string out;
  append_int64(out, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(out, "-9223372036854775808");
}

}  // namespace
}  // namespace sinter

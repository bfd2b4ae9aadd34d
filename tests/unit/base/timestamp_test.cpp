// Timestamps and the calendar below them.
#include "base/timestamp.hpp"

#include <gtest/gtest.h>

#include "base/calendar.hpp"
#include "base/random.hpp"

namespace sinter {
namespace {

static_assert(days_from_civil(1970, 1, 1) == 0);
static_assert(days_from_civil(2000, 2, 29) == 11016);
static_assert(weekday_from_days(0) == 4, "1970-01-01 was a Thursday");

std::string normal(std::string_view text) {
  const auto at = parse_iso8601(text);
  return at ? format_timestamp(*at) : "rejected";
}

TEST(Calendar, every_day_of_1600_years_follows_the_one_before) {
  CivilDate date{-400, 1, 1};
  std::int64_t days = days_from_civil(-400, 1, 1);
  unsigned weekday = weekday_from_days(days);
  while (date.year < 1200) {
    ASSERT_EQ(days_from_civil(date.year, date.month, date.day), days);
    ASSERT_EQ(civil_from_days(days), date);
    ASSERT_EQ(weekday_from_days(days), weekday);
    ++days;
    weekday = (weekday + 1) % 7;
    if (++date.day > days_in_month(date.year, date.month)) {
      date.day = 1;
      if (++date.month > 12) {
        date.month = 1;
        ++date.year;
      }
    }
  }
}

TEST(Calendar, knows_the_gregorian_leap_years) {
  EXPECT_TRUE(is_leap_year(2000));
  EXPECT_TRUE(is_leap_year(2024));
  EXPECT_TRUE(is_leap_year(0));
  EXPECT_TRUE(is_leap_year(-4));
  EXPECT_FALSE(is_leap_year(1900));
  EXPECT_FALSE(is_leap_year(2023));
  EXPECT_FALSE(is_valid_date(1900, 2, 29));
  EXPECT_FALSE(is_valid_date(2024, 4, 31));
  EXPECT_FALSE(is_valid_date(2024, 0, 1));
  EXPECT_FALSE(is_valid_date(2024, 1, 0));
}

TEST(Timestamp, formats_as_short_as_exact) {
  EXPECT_EQ(format_timestamp({0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_timestamp({1'709'296'200'000'000}), "2024-03-01T12:30:00Z");
  EXPECT_EQ(format_timestamp({250'000}), "1970-01-01T00:00:00.25Z");
  EXPECT_EQ(format_timestamp({1}), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(format_timestamp({-1}), "1969-12-31T23:59:59.999999Z");
}

TEST(Timestamp, parses_the_forms_it_promises) {
  EXPECT_EQ(normal("2024-03-01"), "2024-03-01T00:00:00Z");
  EXPECT_EQ(normal("2024-03-01 12:30"), "2024-03-01T12:30:00Z");
  EXPECT_EQ(normal("2024-03-01T12:30:05.25+01:00"), "2024-03-01T11:30:05.25Z");
  EXPECT_EQ(normal("2024-03-01T12:30:05-0530"), "2024-03-01T18:00:05Z");
  EXPECT_EQ(normal("2024-03-01T00:30+02"), "2024-02-29T22:30:00Z");
  EXPECT_EQ(normal("2024-03-01T12:30:05.123456789Z"), "2024-03-01T12:30:05.123456Z");
  EXPECT_EQ(normal("0000-01-01"), "0000-01-01T00:00:00Z");
  EXPECT_EQ(normal("-0044-03-15"), "-0044-03-15T00:00:00Z");
  EXPECT_EQ(normal("+12345-06-07T08:09:10Z"), "+12345-06-07T08:09:10Z");
  EXPECT_EQ(normal("1969-12-31T23:59:59.5"), "1969-12-31T23:59:59.5Z");
}

TEST(Timestamp, rejects_everything_else) {
  for (const char* text : {"", "2024", "2024-03", "20240301", "2024-3-1", "2023-02-29", "2024-02-30", "2024-13-01",
                           "2024-00-10", "2024-03-01T", "2024-03-01T12", "2024-03-01T24:00", "2024-03-01T12:60",
                           "2024-03-01T12:30:60", "2024-03-01T12:30:05.", "2024-03-01T12:30:05.1234567890",
                           "2024-03-01T12:30Zx", "2024-03-01T12:30 Z", "2024-03-01Z", "2024-03-01T12:30+1",
                           "2024-03-01T12:30+24:00", "2024-03-01T12:30+01:60", "2024-03-01T12:30+01:", " 2024-03-01",
                           "2024-03-01 ", "12024-03-01", "-0000-01-01", "+1234567-01-01", "+294248-01-01", "-290309-01-01",
                           "2024-03-01t12:30", "２０２４-03-01"})
    EXPECT_EQ(normal(text), "rejected") << text;
}

TEST(Timestamp, reads_back_what_it_wrote) {
  const std::uint64_t seed = 3;
  SCOPED_TRACE("seed 3");
  Random random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const auto micros = static_cast<std::int64_t>(random.next()) >> random.below(40);
    ASSERT_EQ(parse_iso8601(format_timestamp({micros})), Timestamp{micros}) << micros;
  }
  for (const std::int64_t micros : {INT64_MIN, INT64_MIN + 1, INT64_MAX, std::int64_t{0}, std::int64_t{-1}, std::int64_t{-86'400'000'000}})
    EXPECT_EQ(parse_iso8601(format_timestamp({micros})), Timestamp{micros}) << format_timestamp({micros});
}

TEST(Timestamp, random_text_never_breaks_the_parser) {
  Random random(5);
  static constexpr std::string_view kBytes = "0123456789-+:.TZ ";
  std::size_t accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = "2024-03-01T12:30:05.25+01:00";
    for (std::uint64_t edits = random.below(4); edits > 0; --edits)
      text[static_cast<std::size_t>(random.below(text.size()))] = kBytes[static_cast<std::size_t>(random.below(kBytes.size()))];
    text.resize(static_cast<std::size_t>(random.below(text.size() + 1)));
    if (const auto at = parse_iso8601(text)) {
      ++accepted;
      EXPECT_EQ(parse_iso8601(format_timestamp(*at)), at) << text;
    }
  }
  EXPECT_GT(accepted, 1000u);
}

}  // namespace
TEST(Timestamp, of_a_plain_year_does_not_leave_plain_years_by_its_zone) {
  EXPECT_EQ(parse_iso8601("9999-12-31T23:00:00-10:00"), std::nullopt);
  EXPECT_EQ(parse_iso8601("0000-01-01T00:30:00+01:00"), std::nullopt);
  EXPECT_TRUE(parse_iso8601("9999-12-31T23:59:59.999999Z").has_value());
  EXPECT_TRUE(parse_iso8601("9999-12-31T13:59:59-10:00").has_value());
  EXPECT_TRUE(parse_iso8601("+10000-01-01T09:00:00Z").has_value()) << "who writes the sign means it";
}

}  // namespace sinter

// Tests of parse_time and of what it is made of: formats, zones, dates from other fields, rollover.
#include <gtest/gtest.h>

#include "jobs/fusion/clean/time_format.hpp"
#include "jobs/fusion/clean/time_zone.hpp"
#include "tests/unit/clean/clean_fixture.hpp"

namespace sinter::fusion::test {
namespace {

std::string parse(std::string_view options, std::string_view text) {
  return clean("{ parse_time: " + std::string(options) + " }", text, ValueType::Timestamp);
}

TEST(ParseTime, reads_strptime_letters) {
  struct Case {
    std::string_view format, text, expected;
  };
  for (const Case& c : std::initializer_list<Case>{{"%Y-%m-%d %H:%M", "2011-12-04 18:45", "@2011-12-04T18:45:00Z"},
                                                   {"%m/%d/%Y %I:%M %p", "12/04/2011 06:45 PM", "@2011-12-04T18:45:00Z"},
                                                   {"%m/%d/%y %I:%M %p (%z)", "12/4/11 9:35 PM (-05:00)", "@2011-12-05T02:35:00Z"},
                                                   {"%I:%M %p  %a %d-%b-%Y", "09:35 PM  Sun 04-Dec-2011", "@2011-12-04T21:35:00Z"},
                                                   {"%Y-%m-%d %I:%M%p %Z", "2011-12-04 12:30PM EST", "@2011-12-04T17:30:00Z"},
                                                   {"%a., %b.%d, %Y %I:%M %p", "Sun., Dec.04, 2011 5:34 p.m.", "@2011-12-04T17:34:00Z"},
                                                   {"%d %B %Y", "1 march 2024", "@2024-03-01T00:00:00Z"},
                                                   {"%d. %b %Y", "3. Sept 2024", "@2024-09-03T00:00:00Z"},
                                                   {"%Y%j", "2024366", "@2024-12-31T00:00:00Z"},
                                                   {"%F %T.%f", "2024-03-01 12:30:05.25", "@2024-03-01T12:30:05.25Z"},
                                                   {"%D %R", "03/01/70 00:00", "@1970-03-01T00:00:00Z"},
                                                   {"%d/%m/%y", "01/02/68", "@2068-02-01T00:00:00Z"},
                                                   {"%b %Y", "Mar 2024", "@2024-03-01T00:00:00Z"},
                                                   {"%I%p %d %b %Y", "12am 1 Jan 2024", "@2024-01-01T00:00:00Z"},
                                                   {"%I%p %d %b %Y", "12 pm 1 Jan 2024", "FAIL: not a time like %I%p %d %b %Y"},
                                                   {"%I:%M%p%b %d %Y", "9:35aMar 4 2024", "@2024-03-04T09:35:00Z"},
                                                   {"%I:%M%p%b %d %Y", "9:35AMMar 4 2024", "@2024-03-04T09:35:00Z"},
                                                   {"%I:%M %p %F", "12:00 noon 2024-01-01", "@2024-01-01T12:00:00Z"},
                                                   {"%I:%M %p %F", "12:00 midnight 2024-01-01", "@2024-01-01T00:00:00Z"},
                                                   {"%Y-%m-%d %m/%d %H:%M", "2011-12-04 12/3 11:20", "@2011-12-03T11:20:00Z"},
                                                   {"at %H%% %F", "AT 07% 2024-01-01", "@2024-01-01T07:00:00Z"},
                                                   {"iso8601", "2024-03-01T12:30:00+01:00", "@2024-03-01T11:30:00Z"},
                                                   {"iso8601", "2024-03-01", "@2024-03-01T00:00:00Z"},
                                                   {"epoch", "1700000000", "@2023-11-14T22:13:20Z"},
                                                   {"epoch", "1700000000.25", "@2023-11-14T22:13:20.25Z"},
                                                   {"epoch", "-0.5", "@1969-12-31T23:59:59.5Z"},
                                                   {"epoch_ms", "1700000000123", "@2023-11-14T22:13:20.123Z"},
                                                   {"epoch_us", "1700000000000001", "@2023-11-14T22:13:20.000001Z"},
                                                   {"%F %R %Z", "2024-07-01 12:00 Europe/Berlin", "@2024-07-01T10:00:00Z"}})
    EXPECT_EQ(parse("\"" + std::string(c.format) + "\"", c.text), c.expected) << c.format << " of " << c.text;
}

TEST(ParseTime, refuses_what_no_clock_or_calendar_shows) {
  for (const std::string_view text :
       {"2024-02-30 10:00", "2023-02-29 10:00", "2024-13-01 10:00", "2024-00-01 10:00", "2024-01-01 24:00", "2024-01-01 10:60",
        "2024-01-01", "x", "2024-01-01 10:00 x", "24-01-01 10:00"})
    EXPECT_TRUE(parse("\"%Y-%m-%d %H:%M\"", text).starts_with("FAIL: ")) << text;
  EXPECT_EQ(parse("\"%Y-%m-%d\"", "2024-02-30"), "FAIL: a day that its month does not have");
  EXPECT_EQ(parse("\"%I:%M %p %F\"", "13:00 PM 2024-01-01"), "FAIL: not a time like %I:%M %p %F");
  EXPECT_EQ(parse("[\"%Y\", \"%F\"]", "abc"), "FAIL: not a time in any of the 2 formats");
  EXPECT_EQ(parse("[\"%F %R %Z\"]", "2024-01-01 10:00 Mars/Base"), "FAIL: a time in an unknown zone");
  EXPECT_EQ(parse("iso8601", "  "), "null");
  EXPECT_EQ(parse("iso8601", "+292277-01-09T04:00:54-23:59"), "FAIL: not a time like iso8601");
  EXPECT_EQ(parse("iso8601", "9999-12-31T23:59:59-23:59"), "FAIL: not a time like iso8601");
  EXPECT_EQ(parse("{ formats: \"%F %R\", timezone: Asia/Tokyo }", "0000-01-01 00:00"),
            "FAIL: a time outside the years 0000 to 9999 in UTC");
}

TEST(ParseTime, tries_formats_in_order_and_a_wrong_date_goes_on) {
  EXPECT_EQ(parse("[\"%m/%d/%Y\", \"%d/%m/%Y\"]", "02/03/2024"), "@2024-02-03T00:00:00Z");
  EXPECT_EQ(parse("[\"%m/%d/%Y\", \"%d/%m/%Y\"]", "13/03/2024"), "@2024-03-13T00:00:00Z");
  EXPECT_EQ(parse("[\"%m/%d/%Y\", \"%d/%m/%Y\"]", "30/03/2024"), "@2024-03-30T00:00:00Z");
  EXPECT_EQ(parse("[epoch, epoch_ms]", "1700000000000"), "@2023-11-14T22:13:20Z");
}

TEST(ParseTime, uses_zones) {
  EXPECT_EQ(parse("{ formats: \"%F %R\", timezone: Europe/Berlin }", "2024-01-01 12:00"), "@2024-01-01T11:00:00Z");
  EXPECT_EQ(parse("{ formats: \"%F %R\", timezone: Europe/Berlin }", "2024-07-01 12:00"), "@2024-07-01T10:00:00Z");
  EXPECT_EQ(parse("{ formats: iso8601, timezone: America/Chicago }", "2024-07-01T12:00"), "@2024-07-01T17:00:00Z");
  EXPECT_EQ(parse("{ formats: iso8601, timezone: America/Chicago }", "2024-07-01T12:00Z"), "@2024-07-01T12:00:00Z");
  EXPECT_EQ(parse("{ formats: iso8601, timezone: America/Chicago }", "2024-07-01"), "@2024-07-01T00:00:00Z")
      << "a day is a day everywhere";
  EXPECT_EQ(parse("{ formats: \"%F %R\", timezone: \"+02:00\" }", "2024-07-01 12:00"), "@2024-07-01T10:00:00Z");
  EXPECT_EQ(parse("{ formats: \"%F %R %Z\", zones: { IST: \"+05:30\" } }", "2024-07-01 12:00 IST"), "@2024-07-01T06:30:00Z");
  CleanRow source({{"cell", ValueType::Timestamp}}, "Europe/Berlin");
  ASSERT_EQ(source.make({"{ parse_time: [\"%F %R\"] }"}), "");
  EXPECT_EQ(source.run("2024-01-01 12:00").shown(), "@2024-01-01T11:00:00Z");
}

TEST(ParseTime, knows_clock_changes) {
  constexpr std::string_view kBerlin = "{ formats: \"%F %R\", timezone: Europe/Berlin }";
  EXPECT_EQ(parse(kBerlin, "2024-03-31 02:30"), "FAIL: a time that its zone's clocks skipped (set forward)");
  EXPECT_EQ(parse(kBerlin, "2024-03-31 01:59"), "@2024-03-31T00:59:00Z");
  EXPECT_EQ(parse(kBerlin, "2024-03-31 03:00"), "@2024-03-31T01:00:00Z");
  EXPECT_EQ(parse(kBerlin, "2024-10-27 02:30"), "@2024-10-27T00:30:00Z") << "shown twice: the earlier one";
}

TEST(TimeZone, gives_the_same_offset_whatever_it_remembers) {
  auto remembering = TimeZone::find("America/New_York");
  ASSERT_TRUE(remembering.ok()) << remembering.error().to_string();
  constexpr std::uint64_t kSeed = 99;
  std::uint64_t state = kSeed;
  for (int i = 0; i < 3000; ++i) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    const auto local = static_cast<std::int64_t>(state >> 20) % 2'000'000'000 - (i % 2 == 0 ? 0 : 1'000'000'000);
    auto fresh = TimeZone::find("America/New_York");
    ASSERT_TRUE(fresh.ok());
    const auto expected = fresh->offset_of_local(local);
    const auto actual = remembering->offset_of_local(local);
    ASSERT_EQ(actual, expected) << local << " seed " << kSeed;
    ASSERT_TRUE(!actual || remembering->offset_of_utc(local - *actual) == *actual) << local;
  }
}

CleanRow with_date(std::string_view step, ValueType other = ValueType::Timestamp) {
  CleanRow row({{"cell", ValueType::Timestamp}, {"day", other}});
  EXPECT_EQ(row.make({std::string(step)}), "");
  return row;
}

TEST(ParseTime, takes_the_date_from_another_field) {
  CleanRow row = with_date("{ parse_time: { formats: [\"%H:%M\", \"%b %d %H:%M\", iso8601], date: day } }");
  const Value day = Value::of_timestamp(*parse_iso8601("2024-12-31"));
  EXPECT_EQ(row.run({Value::of_string("10:30"), day}).shown(), "@2024-12-31T10:30:00Z");
  EXPECT_EQ(row.run({Value::of_string("10:30"), Value::of_string(" 2024-01-02 ")}).shown(), "@2024-01-02T10:30:00Z");
  EXPECT_EQ(row.run({Value::of_string("Jan 1 00:10"), day}).shown(), "@2025-01-01T00:10:00Z") << "the nearest year";
  EXPECT_EQ(row.run({Value::of_string("2020-01-01"), Value::null()}).shown(), "@2020-01-01T00:00:00Z");
  EXPECT_EQ(row.run({Value::of_string("10:30"), Value::null()}).shown(),
            "FAIL: without a date, and its date field has no date (like 2024-03-01) either");
  for (const std::string_view far : {"+292277-01-01", "-290000-01-01"})
    EXPECT_TRUE(row.run({Value::of_string("Jan 1 10:30"), Value::of_string(far)}).shown().starts_with("FAIL: without a date")) << far;
  EXPECT_EQ(parse("{ formats: \"%H:%M\", date: 2024-05-06 }", "07:08"), "@2024-05-06T07:08:00Z");
}

TEST(ParseTime, rolls_over_midnight) {
  CleanRow row = with_date("{ parse_time: { formats: [\"%H:%M\"], date: day, rollover: next_day } }");
  const Value departure = Value::of_timestamp(*parse_iso8601("2024-03-01T23:50"));
  EXPECT_EQ(row.run({Value::of_string("00:20"), departure}).shown(), "@2024-03-02T00:20:00Z");
  EXPECT_EQ(row.run({Value::of_string("23:55"), departure}).shown(), "@2024-03-01T23:55:00Z");
  CleanRow nearest = with_date("{ parse_time: { formats: [\"%H:%M\"], date: day, rollover: nearest } }");
  EXPECT_EQ(nearest.run({Value::of_string("23:55"), Value::of_timestamp(*parse_iso8601("2024-03-01T00:10"))}).shown(),
            "@2024-02-29T23:55:00Z");
  CleanRow after({{"cell", ValueType::Timestamp}, {"day", ValueType::Timestamp}, {"departure", ValueType::Timestamp}});
  ASSERT_EQ(after.make({"{ parse_time: { formats: \"%H:%M\", date: day, rollover: next_day, after: departure } }"}), "");
  const Value day = Value::of_timestamp(*parse_iso8601("2024-03-01"));
  EXPECT_EQ(after.run({Value::of_string("00:20"), day, departure}).shown(), "@2024-03-02T00:20:00Z");
  EXPECT_EQ(after.run({Value::of_string("00:20"), day, Value::null()}).shown(), "@2024-03-01T00:20:00Z");
}

TEST(ParseTime, writes_texts_by_the_clock_of_the_text) {
  const std::string to =
      "{ parse_time: { formats: [\"%I:%M %p\", \"%Y-%m-%d %I:%M%p %Z\", \"%b %d - %I:%M%p\", epoch], to: \"%H:%M\" } }";
  EXPECT_EQ(clean(to, "6:45 pm"), "18:45");
  EXPECT_EQ(clean(to, "2011-12-04 12:30PM EST"), "12:30");
  EXPECT_EQ(clean(to, "Dec 04 - 9:10am"), "09:10");
  EXPECT_EQ(clean(to, "1700000000"), "22:13");
  EXPECT_EQ(clean("{ parse_time: { formats: iso8601, timezone: Europe/Berlin, to: \"%A %a %e %B %b %d %Y %y %j %I %p %S %f %z %F\" } }",
                  "2024-03-05T07:08:09.5"),
            "Tuesday Tue  5 March Mar 05 2024 24 065 07 AM 09 500000 +0100 2024-03-05");
  CleanRow row;
  ASSERT_EQ(row.make({"{ parse_time: iso8601 }", "{ parse_time: { formats: iso8601, to: \"%d.%m.%Y\" } }"}), "");
  EXPECT_EQ(row.run("2024-03-05").shown(), "05.03.2024") << "of a timestamp too";
}

TEST(ParseTime, reads_what_it_writes) {
  const auto format = TimeFormat::compile("%Y-%m-%d %H:%M:%S.%f", TimeFormat::Purpose::Write);
  const auto reader = TimeFormat::compile("%Y-%m-%d %H:%M:%S.%f", TimeFormat::Purpose::Read);
  ASSERT_TRUE(format.ok() && reader.ok());
  constexpr std::uint64_t kSeed = 5;
  std::uint64_t state = kSeed;
  for (int i = 0; i < 2000; ++i) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    const auto seconds = static_cast<std::int64_t>(state >> 16) % 250'000'000'000;
    std::string text, again;
    format->write(seconds, 123456, 0, text);
    ClockReading reading;
    ASSERT_TRUE(reader->read(text, reading)) << text << " seed " << kSeed;
    EXPECT_EQ(parse("\"%Y-%m-%d %H:%M:%S.%f\"", text), "@" + format_timestamp({seconds * 1'000'000 + 123456})) << "seed " << kSeed;
  }
}

TEST(ParseTime, reports_wrong_options_at_their_place) {
  const auto problem = [](std::string_view options, ValueType type = ValueType::Timestamp) {
    return problems_of("{ parse_time: " + std::string(options) + " }", type);
  };
  EXPECT_EQ(problem("\"%Q\"").substr(0, 52), "15: unknown letter '%Q' in the time format '%Q' | kn");
  EXPECT_NE(problem("\"%F %\"").find("ends in a lone %"), std::string::npos);
  EXPECT_NE(problem("\"%F %I\"").find("has %I (12 hours) without %p"), std::string::npos);
  EXPECT_NE(problem("\"%d %H\"").find("has a day without a month"), std::string::npos);
  EXPECT_NE(problem("\"words\"").find("says nothing about a time"), std::string::npos);
  EXPECT_NE(problem("\"%H:%M\"").find("has no date | say where it comes from"), std::string::npos);
  EXPECT_NE(problem("\"%b %d %H:%M\"").find("has no year | say where it comes from"), std::string::npos);
  EXPECT_NE(problem("{ formats: iso8601, date: dya }").find("41: unknown attribute 'dya'"), std::string::npos);
  EXPECT_NE(problem("{ formats: iso8601, timezone: Europe/Berln }")
                .find("45: unknown time zone 'Europe/Berln' | did you mean 'Europe/Berlin'?"),
            std::string::npos);
  EXPECT_NE(problem("{ formats: iso8601, rollover: next_day }").find("rollover needs 'date'"), std::string::npos);
  EXPECT_NE(problem("{ formats: iso8601, rollover: tomorrow }").find("'tomorrow' is not possible"), std::string::npos);
  EXPECT_NE(problem("{ formats: iso8601, to: \"%H\" }").find("is a timestamp"), std::string::npos);
  EXPECT_NE(problem("{ formats: iso8601, to: \"%Z\" }", ValueType::String).find("cannot write %Z"), std::string::npos);
  EXPECT_NE(problem("{ formats: iso8601, zones: { A: five } }").find("not an offset from UTC"), std::string::npos);
  EXPECT_NE(problem("{ formats: [] }").find("at least one format"), std::string::npos);
  EXPECT_NE(problems_of("parse_time").find("needs 'formats'"), std::string::npos);
}

}  // namespace
}  // namespace sinter::fusion::test

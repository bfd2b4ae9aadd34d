// Tests of the cleaners that make numbers, bools, lists and checked values.
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>

#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/units.hpp"
#include "tests/unit/clean/clean_fixture.hpp"

namespace sinter::fusion::test {
namespace {

struct Case {
  std::string_view step, cell, expected;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(clean(c.step, c.cell), c.expected) << c.step << " of '" << c.cell << "'";
}

TEST(Number, reads_numbers_as_people_write_them) {
  check({{"number", "12", "int 12"},
         {"number", "-1,234.56", "-1234.56"},
         {"number", " +7 ", "int 7"},
         {"number", "1 234 567", "int 1234567"},
         {"number",
          "1\xC2\xA0"
          "234,567",
          "FAIL: not a number (expected like 1,234.56)"},
         {"number",
          "1\xE2\x80\xAF"
          "234.5",
          "1234.5"},
         {"number", "1'234.5", "1234.5"},
         {"number", "(12.50)", "-12.5"},
         {"number",
          "\xE2\x88\x92"
          "5",
          "int -5"},
         {"number", "$1,999.90", "1999.9"},
         {"number", "1999.90 EUR", "1999.9"},
         {"number", "-$5", "int -5"},
         {"number", "$-5", "int -5"},
         {"number", "€ 5", "int 5"},
         {"number", "US$5", "int 5"},
         {"number", "12%", "0.12"},
         {"number", "0.1 %", "0.001"},
         {"number", ".5", "0.5"},
         {"number", "5.", "5"},
         {"number", "1.5e3", "1500"},
         {"number", "9007199254740993", "int 9007199254740993"},
         {"number", "99999999999999999999", "1e+20"}});
}

TEST(Number, refuses_what_is_none) {
  constexpr std::string_view kNone = "FAIL: not a number (expected like 1,234.56)";
  check({{"number", "-", kNone},
         {"number", "abc", kNone},
         {"number", "1.2.3", kNone},
         {"number", "--5", kNone},
         {"number", "$", kNone},
         {"number", "5 oz", kNone},
         {"number", "1,23", "FAIL: not a number: its digits are not grouped by three"},
         {"number", "1234,567", "FAIL: not a number: its digits are not grouped by three"},
         {"number", "1,234,", kNone},
         {"number", ",123", kNone},
         {"number", "nan", "FAIL: not a finite number"},
         {"number", "-inf", "FAIL: not a finite number"},
         {"number", "1e400", "FAIL: out of range for its number type"},
         {"number", "1.5k", kNone},
         {"number", "0x10", kNone},
         {"number", "(", kNone},
         {"number", "()", kNone}});
}

TEST(Number, follows_its_options) {
  check({{"{ number: \",\" }", "1.234,56", "1234.56"},
         {"{ number: { decimal: \",\" } }", "1234,5 €", "1234.5"},
         {"{ number: { strict_groups: false } }", "1,23,456", "int 123456"},
         {"{ number: { thousands: \"_\" } }", "1_000", "int 1000"},
         {"{ number: { thousands: \"\" } }", "1,000", "FAIL: not a number (expected like 1,234.56)"},
         {"{ number: { percent: plain } }", "12.5%", "12.5"},
         {"{ number: { percent: reject } }", "12%", "FAIL: not a number (expected like 1,234.56)"},
         {"{ number: { units: [oz, \"oz.\", ounces] } }", "12.0 OZ.", "12"},
         {"{ number: { units: any } }", "16 ounce (can)", "int 16"},
         {"{ number: { suffixes: true } }", "1.5k", "1500"},
         {"{ number: { suffixes: true } }", "$3M", "3e+06"},
         {"{ number: { suffixes: true } }", "2 bn", "2e+09"},
         {"{ number: { currency: none } }", "$5", "FAIL: not a number (expected like 1,234.56)"},
         {"{ number: { currency: [pts] } }", "5 pts", "int 5"},
         {"{ number: \",\" }", "x", "FAIL: not a number (expected like 1.234,56)"}});
  EXPECT_EQ(problems_of("{ number: { decimal: \"x\" } }"),
            "22: the decimal character is \".\" or \",\", not 'x' | quote it: decimal: \",\"");
  EXPECT_NE(problems_of("{ number: { thousands: \".\" } }").find("cannot separate thousands"), std::string::npos);
  EXPECT_NE(problems_of("{ number: { percent: half } }").find("'half' is not possible"), std::string::npos);
}

TEST(Number, keeps_cells_that_are_numbers_already) {
  CleanRow row({{"cell", ValueType::Double}});
  ASSERT_EQ(row.make({"number"}), "");
  EXPECT_EQ(row.run({Value::of_double(1.25)}).shown(), "1.25");
}

TEST(Scale, multiplies_and_adds) {
  check({{"{ scale: 0.01 }", "1250", "12.5"},
         {"{ scale: { factor: 2, offset: -1 } }", "3", "int 5"},
         {"{ scale: 1e308 }", "1e10", "FAIL: out of range for double after scaling"},
         {"{ scale: 2 }", "x", "FAIL: not a number (expected like -1234.56)"}});
}

TEST(Scale, keeps_every_digit_of_integers) {
  check({{"{ scale: 1 }", "9007199254740993", "int 9007199254740993"},
         {"{ scale: { factor: 2, offset: -1 } }", "4503599627370497", "int 9007199254740993"},
         {"{ scale: 1000 }", "9007199254740993", "int 9007199254740993000"},
         {"{ scale: 0.001 }", "9007199254740993000", "int 9007199254740993"},
         {"{ scale: { offset: 9007199254740992 } }", "1", "int 9007199254740993"},
         {"{ scale: 1000 }", "-9223372036854775807", "-9.223372036854776e+21"}});
  CleanRow row({{"cell", ValueType::Int64}});
  ASSERT_EQ(row.make({"{ scale: -1 }"}), "");
  EXPECT_EQ(row.run({Value::of_int64(9007199254740993)}).shown(), "int -9007199254740993");
  EXPECT_EQ(row.run({Value::of_int64(INT64_MIN)}).shown(), "9223372036854775808");
}

TEST(ValueCleaners, take_blank_text_for_no_value) {
  check({{"number", "", "null"},
         {"number", " \xC2\xA0\t", "null"},
         {"number", "-", "FAIL: not a number (expected like 1,234.56)"},
         {"{ scale: 2 }", "  ", "null"},
         {"{ convert: { from: in, to: cm } }", " ", "null"},
         {"bool", "", "null"},
         {"{ bool: { false: [\"\"] } }", "", "false"},
         {"{ parse_time: iso8601 }", " ", "null"}});
}

TEST(Convert, converts_between_units_of_a_dimension) {
  check({{"{ convert: { from: degF, to: degC } }", "32", "0"},
         {"{ convert: { from: degF, to: degC } }", "212", "100"},
         {"{ convert: { from: degC, to: K } }", "0", "273.15"},
         {"{ convert: { from: K, to: degC } }", "0", "-273.15"},
         {"{ convert: { from: in, to: cm } }", "1", "2.54"},
         {"{ convert: { from: mi, to: km } }", "1", "1.609344"},
         {"{ convert: { from: h, to: m } }", "1.5", "90"},
         {"{ convert: { from: kn, to: km/h } }", "1", "1.852"},
         {"{ convert: { from: mbar, to: hPa } }", "1013.25", "1013.25"},
         {"{ convert: cm }", "12 in", "30.48"},
         {"{ convert: cm }", "5 ft 10 in", "177.8"},
         {"{ convert: cm }", "5'10\"", "177.8"},
         {"{ convert: cm }", "5 feet, 10 inches", "177.8"},
         {"{ convert: { from: ft, to: cm } }", "5'10\"", "177.8"},
         {"{ convert: { from: ft, to: cm } }", "5'10", "177.8"},
         {"{ convert: { from: in, to: cm } }", "5 ft 10", "177.8"},
         {"{ convert: cm }", "5’10”", "177.8"},
         {"{ convert: cm }", "5'10''", "177.8"},
         {"{ convert: cm }", "5' 10 1/2\"", "FAIL: not a number: its digits are not grouped by three"},
         {"{ convert: degC }", "212 °F", "100"},
         {"{ convert: degC }", "-40F", "-40"},
         {"{ convert: hPa }", "29.92 inHg", "1013.2075888"},
         {"{ convert: min }", "1h 30m", "90"},
         {"{ convert: m2 }", "3 m2", "3"},
         {"{ convert: kg }", "1,500 g", "1.5"},
         {"{ convert: { to: m, decimal: \",\" } }", "1,5 km", "1500"},
         {"{ convert: m }", "1 234 cm", "12.34"},
         {"{ convert: m }", "1e3 mm", "1"}});
}

TEST(Convert, says_what_does_not_fit) {
  check({{"{ convert: cm }", "12", "FAIL: has no unit, and the step has no 'from'"},
         {"{ convert: cm }", "12 kg", "FAIL: its unit is not one of length"},
         {"{ convert: cm }", "tall", "FAIL: not a measurement (expected a number and a unit, like 12.5 cm)"},
         {"{ convert: degC }", "3 C 4 C", "FAIL: not one measurement"},
         {"{ convert: { from: ft, to: cm } }", "12 5", "FAIL: not a number: its digits are not grouped by three"},
         {"{ convert: { from: kg, to: g } }", "5 lb 10", "FAIL: its last number has no unit"}});
  EXPECT_NE(problems_of("{ convert: { from: inch, to: celsius } }").find("'inch' is a unit of length, not of temperature"),
            std::string::npos);
  EXPECT_EQ(problems_of("{ convert: celsus }"), "12: unknown unit 'celsus' | did you mean 'celsius'?");
}

TEST(Units, convert_there_and_back) {
  for (const std::string_view name : unit_names()) {
    const Unit* unit = find_unit(name, nullptr);
    ASSERT_NE(unit, nullptr) << name;
    const Unit* base = find_unit(name, &unit->dimension);
    for (const double value : {0.0, 1.0, 37.5})
      EXPECT_NEAR(convert_unit(convert_unit(value, *unit, *base), *base, *unit), value, 1e-9) << name;
  }
}

TEST(Units, have_no_name_twice_in_a_dimension) {
  for (const std::string_view name : unit_names()) {
    const Unit* unit = find_unit(name, nullptr);
    EXPECT_NE(("|" + std::string(unit->names) + "|").find("|" + std::string(name) + "|"), std::string::npos) << name;
  }
}

TEST(Bool, reads_words_for_true_and_false) {
  check({{"bool", "Yes", "true"},
         {"bool", " f ", "false"},
         {"bool", "0", "false"},
         {"bool", "maybe", "FAIL: not one of the words for true and false"},
         {"{ bool: { true: [ja], false: [nein] } }", "JA", "true"},
         {"{ bool: { true: [ja], false: [nein], match_case: true } }", "JA", "FAIL: not one of the words for true and false"},
         {"{ bool: { else: null } }", "?", "null"}});
  EXPECT_NE(problems_of("{ bool: { true: [no] } }").find("'no' cannot be both true and false"), std::string::npos);
}

TEST(Map, replaces_whole_values) {
  constexpr std::string_view kReject = "{ map: { values: { on time: scheduled, en route: departed }, else: reject } }";
  check({{kReject, "on time", "scheduled"},
         {kReject, " en route ", "departed"},
         {kReject, "lost", "FAIL: not in the table of 'map'"},
         {"{ map: { values: { a: b } } }", "c", "c"},
         {"{ map: { values: { a: b }, else: null } }", "c", "null"},
         {"{ map: { values: { a: b }, else: other } }", "c", "other"},
         {"{ map: { values: { a: b }, else: \"keep\" } }", "c", "keep"},
         {"{ map: { values: { Ä: b }, ignore_case: true } }", "ä", "b"}});
  EXPECT_NE(problems_of("{ map: { values: { a: b, A: c }, ignore_case: true } }").find("'A' is twice in the table"), std::string::npos);
  EXPECT_NE(problems_of("map").find("needs 'values'"), std::string::npos);
}

TEST(Enum, allows_listed_values_in_their_spelling) {
  check({{"{ enum: [open, closed] }", "open", "open"},
         {"{ enum: [open, closed] }", "Open", "FAIL: not one of open, closed"},
         {"{ enum: { values: [Open], ignore_case: true } }", "oPEN", "Open"},
         {"{ enum: { values: [a], else: null } }", "b", "null"},
         {"{ enum: { values: [a], else: a } }", "b", "a"}});
  EXPECT_EQ(problems_of("{ enum: { values: [a], else: keep } }"), "30: 'keep' is not possible for else | give reject, null or a value");
}

TEST(Range, keeps_values_within_bounds) {
  check({{"{ range: { min: 0, max: 100 } }", "100", "100"},
         {"{ range: { min: 0, max: 100 } }", "100.5", "FAIL: outside 0 to 100"},
         {"{ range: { min: 0 } }", "-1", "FAIL: below the minimum 0"},
         {"{ range: { max: 1, else: null } }", "2", "null"},
         {"{ range: { max: 1, else: clamp } }", "2", "1"},
         {"{ range: { min: 1 } }", "x", "FAIL: not a number (expected like -1234.56)"}});
  CleanRow time({{"cell", ValueType::Timestamp}});
  ASSERT_EQ(time.make({"{ range: { min: 2000-01-01 } }"}), "");
  EXPECT_EQ(time.run("2001-01-01").shown(), "@2001-01-01T00:00:00Z");
  EXPECT_EQ(time.run("1999-12-31").shown(), "FAIL: below the minimum 2000-01-01");
  EXPECT_NE(problems_of("{ range: { min: 5, max: 1 } }").find("is above the maximum"), std::string::npos);
  EXPECT_NE(problems_of("range").find("needs 'min', 'max' or both"), std::string::npos);
  EXPECT_NE(problems_of("{ range: { min: low } }").find("'low' is not a number"), std::string::npos);
}

TEST(Length, counts_characters_not_bytes) {
  check({{"{ length: { min: 3, max: 3 } }", "äöü", "äöü"},
         {"{ length: { max: 2 } }", "abc", "FAIL: too long"},
         {"{ length: { min: 2 } }", "a", "FAIL: too short"},
         {"{ length: { max: 2, else: null } }", "abc", "null"}});
  EXPECT_NE(problems_of("{ length: { min: 3, max: 2 } }").find("0 <= min <= max"), std::string::npos);
}

TEST(ListCleaners, split_sort_unique_and_join) {
  check({{"{ split: \";\" }", " b;a ; ;b", "[b, a, b]"},
         {"split", "", "[]"},
         {"{ split: { separator: [\" and \", \",\"], unique: true } }", "x, y and x", "[x, y]"},
         {"{ split: { sort: true } }", "b,a", "[a, b]"}});
  EXPECT_NE(problems_of("{ split: \"\" }").find("a separator cannot be empty"), std::string::npos);
  CleanRow row;
  ASSERT_EQ(row.make({"split", "unique_list", "sort_list", "{ join: \"|\" }"}), "");
  EXPECT_EQ(row.run("b,a,b,c").shown(), "a|b|c");
  CleanRow order;
  ASSERT_EQ(order.make({"split", "unique_list"}), "");
  EXPECT_EQ(order.run("b,a,b,c,a").shown(), "[b, a, c]");
}

TEST(ConvertCell, takes_plain_numbers_only) {
  using enum ValueType;
  EXPECT_EQ(converted("1.25", Double), "1.25");
  EXPECT_EQ(converted(" +1.5 ", Double), "1.5");
  EXPECT_EQ(converted("-0", Double), "0");
  EXPECT_EQ(converted("1e400", Double), "FAIL: out of range for double");
  EXPECT_EQ(converted("-Infinity", Double), "FAIL: not a finite number");
  EXPECT_EQ(converted("NaN", Double), "FAIL: not a finite number");
  EXPECT_EQ(converted("1,5", Double), "FAIL: not a number (expected like -1234.56)");
  EXPECT_EQ(converted("+-1", Double), "FAIL: not a number (expected like -1234.56)");
  EXPECT_EQ(converted(".", Double), "FAIL: not a number (expected like -1234.56)");
  EXPECT_EQ(converted("-", Double), "FAIL: not a number (expected like -1234.56)");
  EXPECT_EQ(converted("1 2", Double), "FAIL: not a number (expected like -1234.56)");
  EXPECT_EQ(converted("", Double), "null");
  EXPECT_EQ(converted(" \xC2\xA0", Int64), "null");
  EXPECT_EQ(converted("9223372036854775807", Int64), "int 9223372036854775807");
  EXPECT_EQ(converted("9223372036854775808", Int64), "FAIL: out of range for int64");
  EXPECT_EQ(converted("-9223372036854775808.00", Int64), "int -9223372036854775808");
  EXPECT_EQ(converted("12.0", Int64), "int 12");
  EXPECT_EQ(converted("1e3", Int64), "int 1000");
  EXPECT_EQ(converted("1e30", Int64), "FAIL: out of range for int64");
  EXPECT_EQ(converted("12.5", Int64), "FAIL: not an integer");
  EXPECT_EQ(converted("x", Int64), "FAIL: not an integer (expected like -1234)");
}

TEST(ConvertCell, takes_bools_times_and_lists) {
  using enum ValueType;
  EXPECT_EQ(converted("true", Bool), "true");
  EXPECT_EQ(converted("True", Bool), "FAIL: not a bool (expected true or false)");
  EXPECT_EQ(converted(" 2024-03-01T12:30+01:00", Timestamp), "@2024-03-01T11:30:00Z");
  EXPECT_EQ(converted("01.03.2024", Timestamp), "FAIL: not a time (expected like 2024-03-01T12:30:00Z)");
  EXPECT_EQ(converted("[\"a\", 1, 2.5, true, null, \"\\u00e9\\n\"]", List), "[a, 1, 2.5, true, é\n]");
  EXPECT_EQ(converted("[]", List), "[]");
  EXPECT_EQ(converted("", List), "[]");
  EXPECT_EQ(converted("just text", List), "[just text]");
  EXPECT_EQ(converted("[a, b]", List), "FAIL: starts with [ but is not a JSON array of plain values");
  EXPECT_EQ(converted("[\"\\ud83d\\ude00\"]", List), "[\xF0\x9F\x98\x80]");
  EXPECT_EQ(converted("[[1]]", List), "FAIL: starts with [ but is not a JSON array of plain values");
  EXPECT_EQ(converted("", String), "");
}

TEST(ConvertCell, converts_what_cleaners_typed) {
  const auto run = [](Value value, ValueType type) {
    Arena arena;
    RowCells row{{&value, 1}, &arena};
    Outcome outcome;
    outcome.verdict = convert_cell(row, 0, type, outcome.reason);
    outcome.value = value;
    return outcome.shown();
  };
  EXPECT_EQ(run(Value::of_int64(3), ValueType::Double), "3");
  EXPECT_EQ(run(Value::of_double(3), ValueType::Int64), "int 3");
  EXPECT_EQ(run(Value::of_double(3.5), ValueType::Int64), "FAIL: not an integer");
  EXPECT_EQ(run(Value::of_double(1e19), ValueType::Int64), "FAIL: out of range for int64");
  EXPECT_EQ(run(Value::of_double(2.5), ValueType::String), "2.5");
  EXPECT_EQ(run(Value::of_bool(true), ValueType::String), "true");
  EXPECT_EQ(run(Value::of_bool(true), ValueType::Double), "FAIL: a bool, not a double");
  EXPECT_EQ(run(Value::of_int64(3), ValueType::Timestamp), "FAIL: a number, not a timestamp");
  EXPECT_EQ(run(Value::of_int64(3), ValueType::List), "[3]");
  EXPECT_EQ(run(Value::of_timestamp({0}), ValueType::String), "1970-01-01T00:00:00Z");
  EXPECT_EQ(run(Value::null(), ValueType::Double), "null");
}

TEST(ParseDouble, rounds_as_from_chars_does) {
  constexpr std::uint64_t kSeed = 7;
  std::uint64_t state = kSeed;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    std::string text = std::to_string(static_cast<std::int64_t>(state) >> (state % 50));
    const std::size_t point = state / 64 % (text.size() + 1);
    if (point > 1) text.insert(point, ".");
    double expected = 0, actual = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), expected);
    if (result.ec != std::errc{}) continue;
    ASSERT_EQ(parse_double(text, actual), NumberProblem::None) << text << " seed " << kSeed;
    ASSERT_EQ(actual, expected) << text << " seed " << kSeed;
  }
}

}  // namespace
}  // namespace sinter::fusion::test

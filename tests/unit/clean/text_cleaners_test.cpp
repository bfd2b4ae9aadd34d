// Tests of the cleaners of text: trim to drop_if. Each row of a table is a step, a cell and what becomes of it.
#include <gtest/gtest.h>

#include "jobs/fusion/clean/text_scan.hpp"
#include "tests/unit/clean/clean_fixture.hpp"

namespace sinter::fusion::test {
namespace {

struct Case {
  std::string_view step, cell, expected;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(clean(c.step, c.cell), c.expected) << c.step << " of '" << c.cell << "'";
}

TEST(Trim, removes_blanks_of_every_kind_at_both_ends) {
  check({{"trim", "  a b \t\r\n", "a b"},
         {"trim", "", ""},
         {"trim", "   ", ""},
         {"trim", "\xC2\xA0x\xC2\xA0", "x"},
         {"trim", "\xEF\xBB\xBFx\xE2\x80\x89", "x"},
         {"trim", "\xE3\x80\x80日本\xE3\x80\x80", "日本"},
         {"strip", " alias ", "alias"},
         {"{ trim: \"*.\" }", " *a.b* .", "a.b"},
         {"{ trim: { also: \"«»\" } }", "« a »", "a"},
         {"trim", "\xC2", "\xC2"}});
}

TEST(Trim, copies_nothing) {
  CleanRow row;
  ASSERT_EQ(row.make({"trim"}), "");
  const std::string_view text = "  abc ";
  EXPECT_EQ(row.run(text).value.string().data(), text.data() + 2);
  EXPECT_EQ(row.arena().used_bytes(), 0u);
}

TEST(CollapseSpaces, makes_runs_of_blanks_one_space) {
  check({{"collapse_spaces",
          " a \t b\xC2\xA0\xC2\xA0"
          "c ",
          "a b c"},
         {"collapse_spaces", "", ""},
         {"collapse_spaces", "a b", "a b"},
         {"collapse_spaces", "a\nb", "a b"}});
}

TEST(CaseCleaners, work_in_every_script) {
  check({{"lower", "ABC xyz", "abc xyz"},
         {"lower", "ÄÖÜ ΣΑ Ж", "äöü σα ж"},
         {"upper", "abc", "ABC"},
         {"upper", "éß ÿ", "Éẞ Ÿ"},
         {"upper", "", ""},
         {"upper", "a\xFFz", "A\xFFZ"},
         {"title", "the LORD of the rings", "The Lord Of The Rings"},
         {"title", "o'neil-smith é", "O'neil-Smith É"},
         {"title", "élan 2nd", "Élan 2nd"}});
}

TEST(Nfkc, makes_equal_characters_equal_bytes) {
  check({{"nfkc", "plain", "plain"},
         {"nfkc", "e\xCC\x81", "é"},
         {"nfkc", "Ａ１ﬁ", "A1fi"},
         {"nfkc", "m²", "m2"},
         {"nfkc",
          "a\xC2\xA0"
          "b",
          "a b"},
         {"nfkc", "bad \xFF", "FAIL: not valid UTF-8"},
         {"nfkc", "", ""}});
}

TEST(CaseFold, folds_for_comparing) {
  check({{"casefold", "Straße", "strasse"},
         {"casefold", "STRASSE", "strasse"},
         {"casefold", "Ａbc", "abc"},
         {"casefold", "soft\xC2\xADhyphen", "softhyphen"},
         {"casefold", "\xC3", "FAIL: not valid UTF-8"}});
}

TEST(StripPrefix, strips_the_first_word_that_is_there_once) {
  check({{"{ strip_prefix: \"GATE \" }", "GATE B4", "B4"},
         {"{ strip_prefix: \"GATE \" }", "gate B4", "gate B4"},
         {"{ strip_prefix: { text: [\"gate \", g], ignore_case: true } }", "GATE B4", "B4"},
         {"{ strip_prefix: a }", "aab", "ab"},
         {"{ strip_prefix: [\"the \"] }", "the ", ""}});
}

TEST(StripSuffix, strips_the_first_word_that_is_there_once) {
  check({{"{ strip_suffix: [\" Inc.\", \" Ltd\"] }", "Acme Inc.", "Acme"},
         {"{ strip_suffix: [\" Inc.\", \" Ltd\"] }", "Acme Ltd", "Acme"},
         {"{ strip_suffix: { text: \" OZ\", ignore_case: true } }", "12 oz", "12"},
         {"{ strip_suffix: longer }", "er", "er"}});
}

TEST(Replace, replaces_texts_and_patterns) {
  check({{"{ replace: { from: \"&\", to: and } }", "a & b & c", "a and b and c"},
         {"{ replace: { from: aa, to: a } }", "aaaa", "aa"},
         {"{ replace: { from: x, to: \"\" } }", "axbx", "ab"},
         {"{ replace: { from: x, to: y } }", "abc", "abc"},
         {"{ replace: { pattern: \"(\\\\d+)/(\\\\d+)\", to: \"\\\\2-\\\\1\" } }", "on 12/04 or 1/2", "on 04-12 or 2-1"},
         {"{ replace: { pattern: \"x*\", to: \"-\" } }", "axé", "-a--é-"},
         {"{ replace: { pattern: B, to: c, ignore_case: true } }", "abB", "acc"}});
}

TEST(Replace, reports_wrong_options_at_their_place) {
  EXPECT_EQ(problems_of("{ replace: { to: a } }").substr(0, 34), "12: replace needs either 'from' (a");
  EXPECT_EQ(problems_of("{ replace: { from: \"\", to: a } }"),
            "20: replace cannot search for the empty text | give 'from' at least one character");
  EXPECT_NE(
      problems_of("{ replace: { pattern: \"(a\", to: b } }").find("23: the pattern '(a' is not a regular expression: missing ): (a"),
      std::string::npos);
  EXPECT_NE(problems_of("{ replace: { pattern: a, to: \"\\\\1\" } }").find("does not fit the pattern"), std::string::npos);
  EXPECT_NE(problems_of("{ replace: { form: a, to: b } }").find("did you mean 'from'?"), std::string::npos);
}

TEST(Remove, removes_every_match) {
  check({{"{ remove: \"[^A-Z0-9]\" }", "AA-1394 x", "AA1394"},
         {"{ remove: \"[^A-Z0-9]\" }", "ABC", "ABC"},
         {"{ remove: \"x*\" }", "axxb", "ab"},
         {"{ remove: { pattern: \"gate ?\", ignore_case: true } }", "GATE B4", "B4"},
         {"{ remove: \".\" }", "é日", ""},
         {"{ remove: a }", "", ""},
         {"{ remove: \".\" }", "a\xFF\xC3", "\xFF\xC3"},  // stray bytes are no characters: no pattern matches them
         {"{ remove: \"\\\\(.*\\\\)$\" }", "6 PM (Estimated)", "6 PM "}});
  EXPECT_EQ(problems_of("{ remove: \"[\" }"),
            "11: the pattern '[' is not a regular expression: missing ]: [ | patterns are those of RE2");
}

TEST(Remove, removes_what_replacing_by_nothing_removes) {
  constexpr std::uint64_t kSeed = 11;
  for (const std::string_view pattern :
       {"[^A-Z0-9]", "a|ab", "ab|a", "^a", "a$", "x*", "a*?", "\\\\b.", "(a)(b)?", "\\\\Qa", "..", "a.c|b", "$"}) {
    CleanRow removing, replacing;
    ASSERT_EQ(removing.make({"{ remove: \"" + std::string(pattern) + "\" }"}), "");
    ASSERT_EQ(replacing.make({"{ replace: { pattern: \"" + std::string(pattern) + "\", to: \"\" } }"}), "");
    std::uint64_t state = kSeed;
    for (int i = 0; i < 2000; ++i) {
      std::string text = random_bytes(state, 16);
      for (char& c : text) c = "abcxA \n1"[static_cast<unsigned char>(c) % 8];
      EXPECT_EQ(removing.run(text).shown(), replacing.run(text).shown()) << pattern << " of '" << text << "' seed " << kSeed;
    }
  }
}

TEST(Extract, keeps_the_group_or_everything) {
  check({{"{ extract: \"([0-9.]+) oz\" }", "a 12.5 oz can", "12.5"},
         {"{ extract: \"[0-9]+\" }", "ab12c", "12"},
         {"{ extract: \"[0-9]+\" }", "none", "null"},
         {"{ extract: { pattern: \"(a)(b)\", group: 2 } }", "xaby", "b"},
         {"{ extract: { pattern: \"(?P<n>b+)\", group: n } }", "abbc", "bb"},
         {"{ extract: { pattern: \"z\", else: keep } }", "abc", "abc"},
         {"{ extract: { pattern: \"z\", else: none } }", "abc", "none"},
         {"{ extract: { pattern: \"z\", else: reject } }", "abc", "FAIL: does not contain what 'extract' looks for"},
         {"{ extract: { pattern: \"a(b)?\" } }", "a", "null"}});
  EXPECT_NE(problems_of("{ extract: { pattern: a, group: 1 } }").find("33: the pattern has no group '1'"), std::string::npos);
  EXPECT_NE(problems_of("{ extract: { pattern: a, group: name } }").find("the pattern has no group 'name'"), std::string::npos);
}

TEST(NullIf, makes_missing_words_null) {
  check({{"{ null_if: [\"\", \"-\", TBA] }", "TBA", "null"},
         {"{ null_if: [\"\", \"-\", TBA] }", "  ", "null"},
         {"{ null_if: [\"\", \"-\", TBA] }", "tba", "tba"},
         {"{ null_if: { values: [n/a], ignore_case: true } }", " N/A ", "null"},
         {"{ null_if: { pattern: \"-+\" } }", "---", "null"},
         {"{ null_if: { pattern: \"-+\" } }", "--a", "--a"},
         {"{ null_if: x }", "x", "null"}});
  EXPECT_NE(problems_of("null_if").find("1: null_if needs the words"), std::string::npos);
}

TEST(NullIf, reads_numbers_by_their_text_and_leaves_others_typed) {
  CleanRow row;
  ASSERT_EQ(row.make({"{ null_if: [-999] }"}), "");
  EXPECT_EQ(row.run({Value::of_int64(-999)}).shown(), "null");
  EXPECT_EQ(row.run({Value::of_double(-999)}).shown(), "null");
  EXPECT_EQ(row.run({Value::of_int64(5)}).shown(), "int 5");
}

TEST(Default, fills_only_nulls_with_a_value_of_the_type) {
  CleanRow row({{"cell", ValueType::Double}});
  ASSERT_EQ(row.make({"{ default: 1.5 }"}), "");
  EXPECT_EQ(row.run({Value::null()}).shown(), "1.5");
  EXPECT_EQ(row.run({Value::of_double(2)}).shown(), "2");
  CleanRow text;
  ASSERT_EQ(text.make({"{ default: unknown }"}), "");
  EXPECT_EQ(text.run({Value::null()}).shown(), "unknown");
  EXPECT_EQ(problems_of("{ default: abc }", ValueType::Double),
            "12: 'abc' cannot be a default of double: not a number (expected like -1234.56) | give a value of the attribute's type");
  EXPECT_NE(problems_of("default").find("needs 'value'"), std::string::npos);
}

TEST(FillFrom, takes_the_first_field_that_has_a_value) {
  CleanRow row({{"cell", ValueType::String}, {"second", ValueType::String}, {"third", ValueType::Double}});
  ASSERT_EQ(row.make({"{ fill_from: [second, third] }"}), "");
  EXPECT_EQ(row.run({Value::of_string("own"), Value::of_string("b")}).shown(), "own");
  EXPECT_EQ(row.run({Value::null(), Value::of_string("b"), Value::of_double(3)}).shown(), "b");
  EXPECT_EQ(row.run({Value::null(), Value::null(), Value::of_double(3)}).shown(), "3");
  EXPECT_EQ(row.run({Value::null()}).shown(), "null");
  CleanRow bad({{"cell", ValueType::String}, {"second", ValueType::String}});
  EXPECT_EQ(bad.make({"{ fill_from: secnd }"}), "14: unknown attribute 'secnd' | did you mean 'second'?");
  CleanRow itself;
  EXPECT_NE(itself.make({"{ fill_from: cell }"}).find("cannot be filled from itself"), std::string::npos);
}

TEST(Required, fails_cells_without_a_value) {
  CleanRow row;
  ASSERT_EQ(row.make({"required"}), "");
  EXPECT_EQ(row.run({Value::null()}).shown(), "FAIL: required, but there is no value");
  EXPECT_EQ(row.run(" ").shown(), "FAIL: required, but there is no value");
  EXPECT_EQ(row.run("x").shown(), "x");
}

TEST(DropCleaners, drop_rows_by_name) {
  CleanRow row;
  ASSERT_EQ(row.make({"drop_if_null", "{ drop_if: [test] }"}), "");
  EXPECT_EQ(row.run({Value::null()}).shown(), "DROP");
  EXPECT_EQ(row.run("test ").shown(), "DROP");
  EXPECT_EQ(row.run("real").shown(), "real");
}

TEST(TextCleaners, clean_lists_item_by_item_and_leave_numbers_alone) {
  CleanRow row;
  ASSERT_EQ(row.make({"{ split: \";\" }", "upper", "{ null_if: [B] }"}), "");
  EXPECT_EQ(row.run("a; b ;;c").shown(), "[A, C]");
  CleanRow number;
  ASSERT_EQ(number.make({"trim", "upper"}), "");
  EXPECT_EQ(number.run({Value::of_int64(7)}).shown(), "int 7");
}

TEST(TextCleaners, obey_their_laws_on_hostile_bytes) {
  constexpr std::uint64_t kSeed = 20260731;
  for (const std::string_view step : {"trim", "collapse_spaces", "lower", "nfkc", "casefold"}) {
    std::uint64_t state = kSeed;
    CleanRow once, twice;
    ASSERT_EQ(once.make({std::string(step)}), "");
    ASSERT_EQ(twice.make({std::string(step), std::string(step)}), "");
    for (int i = 0; i < 4000; ++i) {
      const std::string text = random_bytes(state, 40);
      EXPECT_EQ(once.run(text).shown(), twice.run(text).shown()) << step << " is not idempotent, seed " << kSeed << ", case " << i;
    }
  }
}

TEST(TextScan, counts_characters_and_stray_bytes) {
  EXPECT_EQ(count_characters("aé日\xF0\x9F\x98\x80"), 4u);
  EXPECT_EQ(count_characters("\xFF\xC3"), 2u);
  EXPECT_TRUE(is_ascii("0123456789abcdef"));
  EXPECT_FALSE(is_ascii("0123456789abcde\x80"));
}

}  // namespace
}  // namespace sinter::fusion::test

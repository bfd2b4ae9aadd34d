// read_yaml(): places, and what it refuses that YAML libraries accept.
#include "jobs/fusion/config/yaml_reader.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace sinter::fusion {
namespace {

std::string problem_of(const std::string& text) {
  Diagnostics diagnostics;
  const auto root = read_yaml(text, diagnostics);
  EXPECT_EQ(root.ok(), diagnostics.ok());
  if (diagnostics.ok()) return "";
  const Diagnostics::Problem& problem = diagnostics.problems().front();
  return std::to_string(problem.mark.line) + ":" + std::to_string(problem.mark.column) + ": " + problem.message + " | " + problem.help;
}

ConfigNode parse(const std::string& text) {
  Diagnostics diagnostics;
  auto root = read_yaml(text, diagnostics);
  EXPECT_TRUE(root.ok()) << text;
  return root.ok() ? std::move(*root) : ConfigNode();
}

TEST(YamlReader, remembers_places_of_keys_and_values) {
  const ConfigNode root = parse("a: { b: \"x y\", c: [1, two words] }\nd:\n  e: f # note\n");
  const ConfigNode& a = *root.find("a");
  EXPECT_EQ(a.entries[0].key_mark.column, 6u);
  EXPECT_EQ(a.find("b")->mark.column, 9u);
  EXPECT_EQ(a.find("b")->mark.length, 5u);
  EXPECT_TRUE(a.find("b")->quoted);
  EXPECT_EQ(a.find("c")->items[1].scalar, "two words");
  EXPECT_EQ(a.find("c")->items[1].mark.column, 23u);
  EXPECT_EQ(a.find("c")->items[1].mark.length, 9u);
  const ConfigNode& e = *root.find("d")->find("e");
  EXPECT_EQ(e.mark.line, 3u);
  EXPECT_EQ(e.mark.column, 6u);
  EXPECT_EQ(e.mark.length, 1u);
}

TEST(YamlReader, points_at_the_key_of_a_missing_value) {
  const ConfigNode root = parse("a:\n\n\nb: ~\n");
  EXPECT_EQ(root.find("a")->kind, NodeKind::Null);
  EXPECT_EQ(root.find("a")->mark.line, 1u);
  EXPECT_EQ(root.find("b")->mark.column, 4u);
}

TEST(YamlReader, tells_quoted_words_from_plain_ones) {
  const ConfigNode root = parse("a: \"null\"\nb: null\nc: \"007\"\nd: 007\ne: ''\nf: |\n  text\n");
  EXPECT_EQ(root.find("a")->scalar, "null");
  EXPECT_EQ(root.find("b")->kind, NodeKind::Null);
  EXPECT_TRUE(root.find("c")->quoted);
  EXPECT_FALSE(root.find("d")->quoted);
  EXPECT_EQ(root.find("e")->kind, NodeKind::Scalar);
  EXPECT_EQ(root.find("f")->scalar, "text\n");
}

TEST(YamlReader, copies_aliases) {
  const ConfigNode root = parse("a: &steps [trim, lower]\nb: *steps\n");
  EXPECT_EQ(root.find("b")->items[1].scalar, "lower");
}

TEST(YamlReader, takes_windows_line_ends_and_a_byte_order_mark) {
  const ConfigNode root = parse("\xEF\xBB\xBFversion: 1\r\nname: x\r\n");
  EXPECT_EQ(root.find("name")->scalar, "x");
  EXPECT_EQ(root.find("name")->mark.line, 2u);
  EXPECT_EQ(root.find("version")->mark.column, 10u);
}

TEST(YamlReader, refuses_what_yaml_accepts_in_silence) {
  EXPECT_EQ(problem_of("a: 1\nb: 2\na: 3"),
            "3:1: the key 'a' is given twice in the same map | it was first given on line 1; keep one of them");
  EXPECT_EQ(problem_of("a: \"foo\nb: 1"), "1:4: this quote is never closed | close it with \" on the same line");
  EXPECT_EQ(problem_of("a: { b: 'foo }"), "1:9: this quote is never closed | close it with ' on the same line");
  EXPECT_EQ(problem_of("a: 1\n---\nb: 2"),
            "2:1: the job file goes on after its end: a second document or stray text | "
            "a job file is one YAML document; remove what follows");
  EXPECT_EQ(problem_of("{a: 1} junk").substr(0, 24), "1:8: the job file goes o");
  EXPECT_EQ(problem_of(",job").substr(0, 24), "1:1: the job file goes o");
  EXPECT_EQ(problem_of("a: \xC3\x28"), "1:4: the job file is not valid UTF-8 here | save the file as UTF-8 text");
  EXPECT_EQ(problem_of("a: \xED\xA0\x80").substr(0, 20), "1:4: the job file is");
  EXPECT_EQ(problem_of(std::string("a: \0b", 5)),
            "1:4: the job file contains a NUL byte | a job file is plain text; is this the right file?");
  EXPECT_EQ(problem_of("<<: { a: 1 }"), "1:1: merge keys (<<) are not part of the job language | write the keys out where they are needed");
  EXPECT_EQ(problem_of("a: !!int 1").substr(0, 14), "1:4: YAML tags");
  EXPECT_EQ(problem_of("[a]: 1").substr(0, 24), "1:1: a key must be a wor");
  EXPECT_EQ(problem_of("~: 1").substr(0, 24), "1:1: a key must be a wor");
  EXPECT_EQ(problem_of("a: &x [*x]").substr(0, 16), "1:8: this alias ");
}

TEST(YamlReader, refuses_files_that_are_no_map) {
  EXPECT_EQ(problem_of(""), "1:1: the job file is empty | the smallest job has version, sources, entity and output");
  EXPECT_EQ(problem_of("# nothing\n"), problem_of(""));
  EXPECT_EQ(problem_of("- a").substr(0, 20), "1:1: a job file is a");
  EXPECT_EQ(problem_of("word").substr(0, 20), "1:1: a job file is a");
}

TEST(YamlReader, helps_with_syntax) {
  EXPECT_EQ(problem_of("a: { to: out/${x}.csv }"),
            "1:15: this is not valid YAML: end of map flow not found | inside { } quote a value that contains ${...} or {id}: "
            "{ to: \"out/${params.day}.csv\" }");
  EXPECT_EQ(problem_of("a:\n\tb: 1"), "2:3: this is not valid YAML: illegal map value | a tab cannot indent YAML: use spaces");
  EXPECT_EQ(problem_of("a: @b"), "1:4: this is not valid YAML: unknown token | quote a value that starts with @");
  EXPECT_EQ(problem_of("a: \"\\d\""),
            "1:7: this is not valid YAML: unknown escape character: d | inside double quotes \\ starts an escape: "
            "use single quotes for a regular expression");
  EXPECT_EQ(problem_of("a: [1, 2"),
            "1:1: this is not valid YAML: end of sequence flow not found | check that each { and [ has its } or ], with commas between");
  EXPECT_EQ(problem_of("a: *b"),
            "1:4: this is not valid YAML: the referenced anchor is not defined | a value that starts with & or * needs quotes");
}

TEST(YamlReader, names_its_limits) {
  EXPECT_NE(problem_of("a: " + std::string(kMaxJobFileBytes, 'x')).find("kMaxJobFileBytes"), std::string::npos);
  EXPECT_NE(problem_of("a: " + std::string(kMaxJobFileDepth, '[') + std::string(kMaxJobFileDepth, ']')).find("kMaxJobFileDepth"),
            std::string::npos);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int copy = 1; copy < 10; ++copy) bomb += ", " + before;
    bomb += "]\n";
  }
  std::string towers = "a: " + std::string(kMaxJobFileDepth - 2, ' ');
  for (std::size_t i = 0; i + 2 < kMaxJobFileDepth; ++i) towers += "&x" + std::to_string(i) + " [";
  for (int i = 0; i < 50'000; ++i) towers += "x,";
  EXPECT_NE(problem_of(towers + std::string(kMaxJobFileDepth - 2, ']')).find("kMaxJobFileNodes"), std::string::npos);
  EXPECT_NE(problem_of(bomb).find("kMaxJobFileNodes"), std::string::npos);
}

}  // namespace
}  // namespace sinter::fusion

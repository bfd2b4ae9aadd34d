// ConfigNode, Diagnostics, OptionMap and did-you-mean.
#include "jobs/fusion/config/node.hpp"

#include <gtest/gtest.h>

#include "jobs/fusion/config/yaml_reader.hpp"

namespace sinter::fusion {
namespace {

const std::vector<OptionInfo> kOptions = {{"text", OptionType::String, false, "", ""},   {"count", OptionType::Integer, false, "", ""},
                                          {"ratio", OptionType::Number, false, "", ""},  {"share", OptionType::Fraction, false, "", ""},
                                          {"flag", OptionType::Bool, false, "", ""},     {"wait", OptionType::Duration, false, "", ""},
                                          {"size", OptionType::Size, false, "", ""},     {"list", OptionType::StringList, false, "", ""},
                                          {"map", OptionType::StringMap, false, "", ""}, {"any", OptionType::Any, false, "", ""}};

ConfigNode parse(const std::string& text) {
  Diagnostics diagnostics;
  auto root = read_yaml(text, diagnostics);
  EXPECT_TRUE(root.ok()) << text;
  return root.ok() ? std::move(*root) : ConfigNode();
}

std::string first_problem(const std::string& text) {
  const ConfigNode node = parse(text);
  Diagnostics diagnostics;
  const OptionMap options(node, kOptions, "", "here", diagnostics);
  if (diagnostics.ok()) return "";
  return diagnostics.problems().front().message + " | " + diagnostics.problems().front().help;
}

TEST(OptionMap, decodes_every_type) {
  const ConfigNode node = parse(
      "text: 007\ncount: -12\nratio: 1e-3\nshare: 0.5%\nflag: true\nwait: 1h30m\nsize: 64MiB\n"
      "list: [a, \"b\"]\nmap: { x: 1, y: z }\nany: ~");
  Diagnostics diagnostics;
  const OptionMap options(node, kOptions, "", "here", diagnostics);
  ASSERT_TRUE(diagnostics.ok()) << diagnostics.problems().front().message;
  EXPECT_EQ(options.string("text"), "007");
  EXPECT_EQ(options.integer("count", 0), -12);
  EXPECT_EQ(options.number("ratio", 0), 1e-3);
  EXPECT_EQ(options.number("share", 0), 0.005);
  EXPECT_TRUE(options.boolean("flag", false));
  EXPECT_EQ(options.duration_ms("wait", 0), 5'400'000);
  EXPECT_EQ(options.size_bytes("size", 0), 64u << 20);
  EXPECT_EQ(options.strings("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options.string_map("map"), (std::vector<std::pair<std::string, std::string>>{{"x", "1"}, {"y", "z"}}));
  EXPECT_EQ(options.node("any")->kind, NodeKind::Null);
}

TEST(OptionMap, gives_fallbacks_for_what_is_absent_or_wrong) {
  const ConfigNode node = parse("count: many\nflag: yes");
  Diagnostics diagnostics;
  const OptionMap options(node, kOptions, "", "here", diagnostics);
  EXPECT_EQ(diagnostics.problems().size(), 2u);
  EXPECT_EQ(options.integer("count", 7), 7);
  EXPECT_FALSE(options.boolean("flag", false));
  EXPECT_EQ(options.size_bytes("size", 9), 9u);
  EXPECT_FALSE(options.has("size"));
  EXPECT_EQ(diagnostics.problems().size(), 2u) << "asking must not report again";
}

TEST(OptionMap, refuses_what_yaml_would_guess) {
  EXPECT_EQ(first_problem("flag: yes"),
            "here.flag must be true or false, found 'yes' | write true or false; yes, no, on and off are not booleans here");
  EXPECT_EQ(first_problem("flag: \"true\""),
            "here.flag must be true or false, found the string \"true\" | a quoted value is always a string: remove the quotes");
  EXPECT_EQ(first_problem("count: 010"),
            "here.count must be an integer, found '010' | a whole decimal number without leading zeros is meant");
  EXPECT_EQ(first_problem("count: 1.5"),
            "here.count must be an integer, found '1.5' | a whole decimal number without leading zeros is meant");
  EXPECT_EQ(first_problem("count: 99999999999999999999").substr(0, 34), "here.count must be an integer, fou");
  EXPECT_EQ(first_problem("ratio: nan"), "here.ratio must be a number, found 'nan' | ");
  EXPECT_EQ(first_problem("ratio: 1e400"), "here.ratio must be a number, found '1e400' | ");
  EXPECT_EQ(first_problem("wait: 10"), "here.wait must be a duration like 10m or 90s, found '10' | add a unit: ms, s, m, h or d, like 10s");
  EXPECT_EQ(first_problem("text:"),
            "here.text must be a string, found nothing | give it a value, or quote it (\"\") when the empty text is meant");
  EXPECT_EQ(first_problem("list: [a, [b]]"), "here.list must be a string or a list of strings, found a list inside the list | ");
  EXPECT_EQ(first_problem("map: { a: [b] }"), "here.map must be a map of strings, found a list for 'a' | ");
}

TEST(OptionMap, reads_the_short_form) {
  const ConfigNode root = parse("value: 5\nlist: [a, b]\nwrong: x");
  Diagnostics diagnostics;
  const OptionMap scalar(*root.find("value"), kOptions, "count", "here", diagnostics);
  EXPECT_EQ(scalar.integer("count", 0), 5);
  EXPECT_FALSE(scalar.has("ratio"));
  const OptionMap list(*root.find("list"), kOptions, "list", "here", diagnostics);
  EXPECT_EQ(list.strings("list").size(), 2u);
  EXPECT_TRUE(diagnostics.ok());
  const OptionMap wrong(*root.find("wrong"), kOptions, "count", "here", diagnostics);
  EXPECT_EQ(diagnostics.problems().back().message, "here must be an integer, found 'x'");
  const OptionMap none(*root.find("value"), kOptions, "", "here", diagnostics);
  EXPECT_EQ(diagnostics.problems().back().message, "here must be a map, found '5'");
}

TEST(OptionMap, names_missing_required_options) {
  const std::vector<OptionInfo> options = {{"to", OptionType::String, true, "where it goes", ""}};
  const ConfigNode node = parse("{}");
  Diagnostics diagnostics;
  const OptionMap map(node, options, "", "output.fused", diagnostics);
  ASSERT_EQ(diagnostics.problems().size(), 1u);
  EXPECT_EQ(diagnostics.problems()[0].message, "output.fused needs 'to'");
  EXPECT_EQ(diagnostics.problems()[0].help, "where it goes");
}

TEST(Nearest, finds_slips_and_not_guesses) {
  const std::vector<std::string_view> words = {"same_within", "median", "mean", "min_support", "a"};
  EXPECT_EQ(nearest("same_witin", words), "same_within");
  EXPECT_EQ(nearest("same-within", words), "same_within");
  EXPECT_EQ(nearest("medain", words), "median");
  EXPECT_EQ(nearest("MEAN", words), "mean");
  EXPECT_EQ(nearest("pineapple", words), "");
  EXPECT_EQ(nearest("b", words), "") << "another letter is another name";
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), words), "");
}

TEST(Diagnostics, warnings_do_not_fail) {
  Diagnostics diagnostics;
  diagnostics.warning({1, 1, 1}, "careful");
  EXPECT_TRUE(diagnostics.ok());
  diagnostics.error({1, 1, 1}, "wrong");
  EXPECT_FALSE(diagnostics.ok());
  EXPECT_EQ(diagnostics.problems().size(), 2u);
}

}  // namespace
}  // namespace sinter::fusion

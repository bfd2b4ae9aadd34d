// --set overrides and ${...} references.
#include "jobs/fusion/config/tree_edit.hpp"

#include <gtest/gtest.h>

#include "jobs/fusion/config/yaml_reader.hpp"

namespace sinter::fusion {
namespace {

ConfigNode parse(const std::string& text) {
  Diagnostics diagnostics;
  auto root = read_yaml(text, diagnostics);
  EXPECT_TRUE(root.ok()) << text;
  return root.ok() ? std::move(*root) : ConfigNode();
}

std::string first_override_problem(const std::string& override_text) {
  ConfigNode root = parse("name: x\nexecution: { workers: 1 }");
  Diagnostics diagnostics;
  apply_overrides(root, {override_text}, diagnostics);
  return diagnostics.ok() ? "" : diagnostics.problems().front().message;
}

std::string substituted(const std::string& value, const std::string& params = "{ day: Monday, must: }") {
  ConfigNode root = parse("params: " + params + "\nv: " + value);
  Diagnostics diagnostics;
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "HOME_PATH") return "/home";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  substitute_references(root, environment, diagnostics);
  if (!diagnostics.ok()) return diagnostics.problems().front().message + " | " + diagnostics.problems().front().help;
  return root.find("v")->scalar;
}

TEST(Overrides, replace_and_add_in_order) {
  ConfigNode root = parse("execution: { workers: 1 }");
  Diagnostics diagnostics;
  apply_overrides(root, {"execution.workers=4", "fuse.attributes.price={ rule: median }", "execution.workers=5", "name=a=b"}, diagnostics);
  ASSERT_TRUE(diagnostics.ok());
  EXPECT_EQ(root.find("execution")->find("workers")->scalar, "5");
  EXPECT_EQ(root.find("fuse")->find("attributes")->find("price")->find("rule")->scalar, "median");
  EXPECT_EQ(root.find("name")->scalar, "a=b");
}

TEST(Overrides, say_what_is_wrong) {
  EXPECT_EQ(first_override_problem("execution"), "--set execution must have the form a.b=value");
  EXPECT_EQ(first_override_problem("=1"), "--set =1 must have the form a.b=value");
  EXPECT_EQ(first_override_problem("a..b=1"), "--set a..b=1 must have the form a.b=value");
  EXPECT_EQ(first_override_problem("name.first=1"), "--set name.first=1: 'name' is not a map in the job file");
  EXPECT_EQ(first_override_problem("name={ a"), "--set name={ a: the value is not valid YAML");
  EXPECT_EQ(first_override_problem("name=a\nother: b"), "--set name=a\nother: b: the value is not valid YAML");
}

TEST(References, are_replaced_in_scalars) {
  EXPECT_EQ(substituted("out/${params.day}.csv"), "out/Monday.csv");
  EXPECT_EQ(substituted("\"${params.day}${params.day}\""), "MondayMonday");
  EXPECT_EQ(substituted("${env.HOME_PATH}/x"), "/home/x");
  EXPECT_EQ(substituted("${env.NONE:-fallback}"), "fallback");
  EXPECT_EQ(substituted("${env.EMPTY:-fallback}"), "fallback") << "as in a shell, :- is for empty ones too";
  EXPECT_EQ(substituted("$${params.day}"), "${params.day}");
  EXPECT_EQ(substituted("a$b"), "a$b");
  EXPECT_EQ(substituted("${params.home}", "{ home: { default: \"${env.HOME_PATH}\", help: where } }"), "/home");
}

TEST(References, that_lead_nowhere_are_problems) {
  EXPECT_EQ(substituted("${params.dya}"), "undeclared parameter in ${params.dya} | did you mean 'day'?");
  EXPECT_EQ(substituted("${params.day}", "{}"), "undeclared parameter in ${params.day} | declare it: params: { day: VALUE }");
  EXPECT_EQ(substituted("${params.must}"), "the parameter in ${params.must} has no value | give it: --set params.must=VALUE");
  EXPECT_EQ(substituted("${env.NONE}"), "the environment variable in ${env.NONE} is not set | set it, or give a default: ${env.NONE:-...}");
  EXPECT_EQ(substituted("\"${env.NONE:?call Ann}\""), "the environment variable in ${env.NONE:?call Ann} is not set | call Ann");
  EXPECT_EQ(substituted("${env.A:b}"), "cannot read ${env.A:b} | write ${env.NAME}, ${env.NAME:-default} or ${env.NAME:?message}");
  EXPECT_EQ(substituted("${secret.key}").substr(0, 17), "unknown reference");
  EXPECT_EQ(substituted("${params.day"), "'${' is never closed | write ${params.NAME}, or $${ for a plain ${");
}

}  // namespace
}  // namespace sinter::fusion

// docs/rules.md mentions every rule, alias and option there is.
#include <fstream>
#include <sstream>

#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

TEST(RuleDocs, mention_every_rule_alias_and_option) {
  std::ifstream file(std::string(SINTER_SOURCE_DIR) + "/docs/rules.md");
  ASSERT_TRUE(file) << "docs/rules.md is missing";
  std::stringstream content;
  content << file.rdbuf();
  const std::string page = content.str();
  const auto mentioned = [&](std::string_view word) { return page.find("`" + std::string(word) + "`") != std::string::npos; };
  for (const RuleInfo& info : all_rules()) {
    EXPECT_NE(page.find("## " + std::string(info.name) + "\n"), std::string::npos) << info.name << " has no section";
    for (const std::string_view alias : info.aliases) EXPECT_TRUE(mentioned(alias)) << info.name << " is also called " << alias;
    for (const OptionInfo& option : info.options) EXPECT_TRUE(mentioned(option.name)) << info.name << " has the option " << option.name;
    EXPECT_NE(page.find(std::string(info.example)), std::string::npos) << info.name << ": the example " << info.example;
  }
  for (const OptionInfo& option : common_rule_options()) EXPECT_TRUE(mentioned(option.name)) << option.name;
}

}  // namespace
}  // namespace sinter::fusion::testing

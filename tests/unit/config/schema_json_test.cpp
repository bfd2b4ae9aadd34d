// job_schema_json(): valid JSON that knows every key, cleaner and rule.
#include "jobs/fusion/config/schema_json.hpp"

#include <gtest/gtest.h>

#include "jobs/fusion/clean/cleaner.hpp"
#include "jobs/fusion/config/job_tables.hpp"
#include "jobs/fusion/config/yaml_reader.hpp"
#include "jobs/fusion/rules/rule.hpp"

namespace sinter::fusion {
namespace {

/// JSON is YAML: our own strict reader checks the form, and that no key is there twice.
ConfigNode parsed_schema() {
  Diagnostics diagnostics;
  auto root = read_yaml(job_schema_json(), diagnostics);
  EXPECT_TRUE(root.ok()) << diagnostics.problems().front().message << " on line " << diagnostics.problems().front().mark.line;
  return root.ok() ? std::move(*root) : ConfigNode();
}

const ConfigNode& at(const ConfigNode& node, const std::vector<std::string_view>& path) {
  const ConfigNode* found = &node;
  for (const std::string_view key : path) {
    found = found->find(key);
    if (found == nullptr) {
      ADD_FAILURE() << "no " << key;
      return node;
    }
  }
  return *found;
}

TEST(SchemaJson, is_draft_07_with_every_top_level_key) {
  const ConfigNode root = parsed_schema();
  EXPECT_EQ(at(root, {"$schema"}).scalar, "http://json-schema.org/draft-07/schema#");
  const SectionTable top = section_table(Section::Top);
  for (const OptionInfo& option : top.options) EXPECT_NE(at(root, {"properties"}).find(option.name), nullptr) << option.name;
  EXPECT_EQ(at(root, {"additionalProperties"}).scalar, "false");
  EXPECT_EQ(at(root, {"required"}).items.size(), 4u);
}

TEST(SchemaJson, every_reference_has_its_definition) {
  const ConfigNode root = parsed_schema();
  const ConfigNode& definitions = at(root, {"definitions"});
  std::size_t references = 0;
  const auto visit = [&](const auto& self, const ConfigNode& node) -> void {
    for (const ConfigNode& item : node.items) self(self, item);
    for (const ConfigEntry& entry : node.entries) {
      if (entry.key == "$ref") {
        ++references;
        EXPECT_NE(definitions.find(std::string_view(entry.value.scalar).substr(14)), nullptr) << entry.value.scalar;
      }
      self(self, entry.value);
    }
  };
  visit(visit, root);
  EXPECT_GT(references, 20u);
}

TEST(SchemaJson, knows_every_cleaner_and_rule_with_aliases) {
  const ConfigNode root = parsed_schema();
  const ConfigNode& steps = at(root, {"definitions", "step", "anyOf"}).items.at(1);
  for (const CleanerInfo& cleaner : all_cleaners()) {
    EXPECT_NE(at(steps, {"properties"}).find(cleaner.name), nullptr) << cleaner.name;
  }
  const ConfigNode& words = at(at(root, {"definitions", "rule", "anyOf"}).items.at(0), {"enum"});
  std::size_t expected = 0;
  for (const RuleInfo& rule : all_rules()) expected += 1 + rule.aliases.size();
  EXPECT_EQ(words.items.size(), expected);
}

TEST(SchemaJson, lets_rules_of_plugins_be_words_and_maps_with_any_options) {
  const ConfigNode root = parsed_schema();
  const ConfigNode& forms = at(root, {"definitions", "rule", "anyOf"});
  ASSERT_EQ(forms.items.size(), 4u);
  EXPECT_EQ(at(forms.items[2], {"pattern"}).scalar, "^plugin/");
  EXPECT_EQ(at(forms.items[3], {"properties", "rule", "pattern"}).scalar, "^plugin/");
  EXPECT_EQ(forms.items[3].find("additionalProperties"), nullptr);
}

}  // namespace
}  // namespace sinter::fusion

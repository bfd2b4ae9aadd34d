// `plugins:` in a job file: each mistake at its place with a way out, and what a good plugin adds to a job.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "jobs/fusion/config/job_file.hpp"

namespace sinter::fusion {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Paths of plugins are relative to the job file, so it lies beside them.
constexpr const char* kJobPath = SINTER_PLUGIN_DIR "/job.yaml";

struct Loaded {
  std::optional<JobFile> job;
  std::vector<std::string> said;
};

Loaded load(const std::string& plugins, const std::string& fuse, bool with_loader = true) {
  const std::string text = "version: 1\n" + plugins + "\nschema: { price: double, title: string }\nsources: { a: { from: a.csv } }\n" +
                           "entity: isbn\nfuse: " + fuse + "\noutput: x.csv\n";
  const auto files = make_posix_file_system();
  Diagnostics diagnostics;
  Loaded loaded;
  loaded.job = load_job(text, kJobPath, {}, {}, diagnostics, {}, with_loader ? load_plugins(*files) : PluginLoader());
  for (const Diagnostics::Problem& problem : diagnostics.problems()) {
    loaded.said.push_back(std::to_string(problem.mark.line) + ":" + std::to_string(problem.mark.column) + ": " + problem.message + " | " +
                          problem.help);
  }
  return loaded;
}

std::vector<std::string> said(const std::string& plugins, const std::string& fuse) { return load(plugins, fuse).said; }

TEST(PluginSection, gives_its_rules_to_the_job) {
  const Loaded loaded = load("plugins: [ ./test_rules.so, good_table.so ]",
                             "{ default: { rule: plugin/describe, min_support: 2 }, attributes: { price: plugin/first } }");
  ASSERT_TRUE(loaded.job.has_value()) << ::testing::PrintToString(loaded.said);
  EXPECT_EQ(loaded.job->fuse[1].rule_name, "plugin/first");
  EXPECT_EQ(describe_rule(loaded.job->fuse[2]), "plugin/describe { min_support: 2 }");
  ASSERT_EQ(loaded.job->plugins.size(), 2u);
  EXPECT_EQ(loaded.job->plugins[0]->path(), SINTER_PLUGIN_DIR "/./test_rules.so");
  EXPECT_TRUE(load("plugins: good_table.so", "{ attributes: { price: plugin/first } }").job.has_value()) << "one needs no list";
}

TEST(PluginSection, files_that_are_no_plugins_are_mistakes_at_their_place) {
  EXPECT_THAT(said("plugins: [ good_table.so, nowhere.so ]", "vote"),
              ElementsAre(HasSubstr("2:27: cannot open '" SINTER_PLUGIN_DIR "/nowhere.so'")));
  EXPECT_THAT(said("plugins: [ ./newer_abi.so ]", "vote"),
              ElementsAre(HasSubstr("newer_abi.so' is built for ABI 2, this sinter has ABI 1 | rebuild it against sinter/rule_plugin.h")));
  EXPECT_THAT(said("plugins: job.yaml/", "vote"), ElementsAre(HasSubstr("2:10: ")));
  EXPECT_THAT(said("plugins: \"\"", "vote"), ElementsAre(HasSubstr("plugins is an empty path")));
  EXPECT_THAT(said("plugins: [ \"http://x/y.so\" ]", "vote"), ElementsAre(HasSubstr("'http://' is not supported")));
  EXPECT_THAT(said("plugins: { a: b }", "vote"), ElementsAre(HasSubstr("2:10: plugins must be a string or a list of strings")));
  EXPECT_THAT(said("plugins: [ good_table.so, good_table.so ]", "vote"),
              ElementsAre(HasSubstr("2:27: plugin '" SINTER_PLUGIN_DIR
                                    "/good_table.so' has a rule 'plugin/first', and so has a plugin before it")));
  EXPECT_THAT(load("plugins: good_table.so", "vote", false).said, ElementsAre(HasSubstr("plugins are not loaded here")));
}

TEST(PluginSection, rules_are_checked_like_built_in_ones) {
  EXPECT_THAT(said("plugins: good_table.so", "{ attributes: { price: plugin/frist } }"),
              ElementsAre("6:30: unknown rule 'plugin/frist' in fuse.attributes.price | did you mean 'plugin/first'?"));
  EXPECT_THAT(said("", "{ attributes: { price: plugin/first } }"),
              ElementsAre(HasSubstr("| name the shared object that has it, at the top level: plugins: [ ./mine.so ]")));
  EXPECT_THAT(said("plugins: good_table.so", "{ attributes: { title: plugin/first } }"),
              ElementsAre(HasSubstr("6:30: rule 'plugin/first' needs double, attribute 'title' is string")));
  EXPECT_THAT(said("plugins: test_rules.so", "{ attributes: { price: { rule: plugin/settings, word: refused } } }"),
              ElementsAre(HasSubstr("6:38: rule 'plugin/settings': word must not be 'refused'")));
}

TEST(PluginSection, a_plugin_that_cannot_be_loaded_is_one_mistake) {
  EXPECT_EQ(said("plugins: nowhere.so", "{ default: plugin/a, attributes: { price: { rule: plugin/b, x: 1 } } }").size(), 1u);
}

TEST(PluginSection, the_type_that_a_rule_takes_is_that_of_its_column) {
  const auto files = make_posix_file_system();
  Diagnostics diagnostics;
  const auto columns = [](const SourceDeclaration&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{"isbn", "price"};
  };
  const auto job = load_job(
      "version: 1\nplugins: good_table.so\nsources: { a: a.csv }\nentity: isbn\nfuse: { attributes: { price: plugin/first } }\n"
      "output: x.csv\n",
      kJobPath, {}, columns, diagnostics, {}, load_plugins(*files));
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->schema[1].type, ValueType::Double);
}

/// The meaning of a job changes with the plugin's bytes, not with its path.
TEST(PluginSection, the_content_of_a_plugin_is_part_of_the_hash) {
  const auto hash = [](const std::string& plugins) { return load("plugins: " + plugins, "vote").job->hash; };
  EXPECT_NE(hash("good_table.so"), hash("test_rules.so"));
  EXPECT_NE(hash("good_table.so"), hash("[]"));
  EXPECT_EQ(hash("good_table.so"), hash("[ " SINTER_PLUGIN_DIR "/good_table.so ]"));
  EXPECT_EQ(hash("[]"), load("", "vote").job->hash);
}

}  // namespace
}  // namespace sinter::fusion

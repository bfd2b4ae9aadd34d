// Tests of the list of cleaners: names, help, examples, the page in docs/, did-you-mean, and hostile bytes through every one.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/clean/clean_fixture.hpp"

namespace sinter::fusion::test {
namespace {

/// A schema in which every example of a CleanerInfo finds its fields.
std::vector<Attribute> example_schema(ValueType type) {
  return {{"cell", type}, {"day", ValueType::Timestamp}, {"list_price", ValueType::Double}};
}

TEST(AllCleaners, have_unique_names_help_and_documented_options) {
  std::set<std::string_view> names;
  for (const CleanerInfo& info : all_cleaners()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    for (const std::string_view alias : info.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
    EXPECT_FALSE(info.help.empty()) << info.name;
    EXPECT_NE(info.example.find(info.name), std::string_view::npos) << info.name;
    bool has_short_form = info.short_form.empty();
    for (const OptionInfo& option : info.options) {
      EXPECT_FALSE(option.help.empty()) << info.name << "." << option.name;
      has_short_form = has_short_form || option.name == info.short_form;
    }
    EXPECT_TRUE(has_short_form) << info.name << " has a short form for an option it does not have";
  }
}

TEST(AllCleaners, make_their_own_examples) {
  for (const CleanerInfo& info : all_cleaners()) {
    CleanRow row(example_schema(ValueType::String));
    EXPECT_EQ(row.make({std::string(info.example)}), "") << info.name;
  }
}

TEST(AllCleaners, are_described_in_the_docs) {
  const std::string path = std::string(SINTER_SOURCE_DIR) + "/docs/cleaners.md";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::stringstream stream;
  stream << file.rdbuf();
  const std::string page = stream.str();
  for (const CleanerInfo& info : all_cleaners()) {
    const std::size_t at = page.find("### `" + std::string(info.name) + "`");
    ASSERT_NE(at, std::string::npos) << "docs/cleaners.md has no section ### `" << info.name << "`";
    const std::string section = page.substr(at, page.find("\n### ", at + 1) - at);
    EXPECT_NE(section.find(info.help), std::string::npos) << info.name;
    EXPECT_NE(section.find(info.example), std::string::npos) << info.name;
    for (const std::string_view alias : info.aliases)
      EXPECT_NE(section.find("`" + std::string(alias) + "`"), std::string::npos) << info.name << " alias " << alias;
    for (const OptionInfo& option : info.options) {
      EXPECT_NE(section.find("| `" + std::string(option.name) + "` |"), std::string::npos) << info.name << "." << option.name;
      EXPECT_NE(section.find(option.help), std::string::npos) << info.name << "." << option.name;
    }
  }
}

TEST(MakeCleaner, says_what_is_wrong_with_a_step) {
  EXPECT_EQ(problems_of("trimm"), "1: unknown cleaner 'trimm' in clean.cell[1] | did you mean 'trim'?");
  EXPECT_EQ(problems_of("{ nul_if: x }").substr(0, 44), "3: unknown cleaner 'nul_if' in clean.cell[1]");
  EXPECT_NE(problems_of("[trim, upper]").find("must be one cleaning step"), std::string::npos);
  EXPECT_NE(problems_of("{ trim: a, upper: b }").find("must be one cleaning step"), std::string::npos);
  EXPECT_NE(problems_of("{ upper: yes }").find("it takes no options"), std::string::npos);
  EXPECT_NE(problems_of("{ split: { seperator: x } }").find("did you mean 'separator'?"), std::string::npos);
}

TEST(AllCleaners, survive_hostile_bytes) {
  constexpr std::uint64_t kSeed = 42;
  for (const CleanerInfo& info : all_cleaners()) {
    CleanRow row(example_schema(ValueType::String));
    ASSERT_EQ(row.make({std::string(info.example)}), "") << info.name;
    std::uint64_t state = kSeed;
    for (int i = 0; i < 3000; ++i) {
      const std::string text = random_bytes(state, 30), day = random_bytes(state, 12);
      // Exact copies on the heap, so that sanitizers see a byte read too far.
      const std::unique_ptr<char[]> bytes(new char[text.size()]);
      std::copy(text.begin(), text.end(), bytes.get());
      (void)row.run({Value::of_string({bytes.get(), text.size()}), Value::of_string(day)}).shown();
      row.arena().clear();
    }
  }
  std::uint64_t state = kSeed;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_bytes(state, 30);
    for (const ValueType type : {ValueType::Bool, ValueType::Int64, ValueType::Double, ValueType::Timestamp, ValueType::List})
      (void)converted(text, type);
  }
}

}  // namespace
}  // namespace sinter::fusion::test

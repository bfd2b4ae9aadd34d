// docs/coming-from-hadoop.md names tests: each exists.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "tests/support/command.hpp"

namespace sinter {
namespace {

const std::string kSources = SINTER_SOURCE_DIR;

/// "Suite.test" of every test in the sources, and "example.name" of the examples.
std::set<std::string> all_tests() {
  std::set<std::string> names;
  const std::regex declaration(R"(TEST(?:_P|_F)?\((\w+), (\w+)\))");
  const std::regex typed(R"(TYPED_TEST\((\w+), (\w+)\))");
  const std::regex example(R"((?:NAME example\.|sinter_example\()(\w+))");
  for (const char* folder : {"/tests", "/examples"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kSources + folder)) {
      if (!entry.is_regular_file()) continue;
      const bool code = entry.path().extension() == ".cpp";
      if (!code && entry.path().filename() != "CMakeLists.txt") continue;
      const std::string text = testing::read_whole_file(entry.path());
      for (const std::regex& pattern : {declaration, typed, example}) {
        for (auto at = std::sregex_iterator(text.begin(), text.end(), pattern); at != std::sregex_iterator(); ++at)
          names.insert(at->size() == 2 ? "example." + (*at)[1].str() : (*at)[1].str() + "." + (*at)[2].str());
      }
    }
  }
  return names;
}

TEST(HadoopPage, names_tests_that_exist) {
  const std::string page = testing::read_whole_file(kSources + "/docs/coming-from-hadoop.md");
  const std::set<std::string> tests = all_tests();
  ASSERT_GT(tests.size(), 500u);
  // Names in the last column of a table.
  const std::regex row(R"(\|([^|\n]*)\|\n)");
  const std::regex name(R"(`(\w+\.\w*)(\*|\.\.\.)?`)");
  std::size_t named = 0;
  for (auto line = std::sregex_iterator(page.begin(), page.end(), row); line != std::sregex_iterator(); ++line) {
    const std::string cell = (*line)[1];
    for (auto at = std::sregex_iterator(cell.begin(), cell.end(), name); at != std::sregex_iterator(); ++at, ++named) {
      const std::string wanted = (*at)[1];
      const auto found = tests.lower_bound(wanted);
      const bool exists = found != tests.end() && ((*at)[2].matched ? found->starts_with(wanted) : *found == wanted);
      EXPECT_TRUE(exists) << "no test is called " << (*at)[0];
    }
  }
  EXPECT_GT(named, 20u) << "the page was not understood";
}

}  // namespace
}  // namespace sinter

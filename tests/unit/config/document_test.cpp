// docs/job-file.md tells of every key, and its examples are good job files.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/config/job_tables.hpp"
#include "jobs/fusion/config/render.hpp"

namespace sinter::fusion {
namespace {

std::string read_page() {
  std::ifstream file(std::string(SINTER_SOURCE_DIR) + "/docs/job-file.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The part of the page under the heading that ends in `path`, up to the next heading.
std::string part_of(const std::string& page, const std::string& path) {
  const std::size_t start = page.find("`" + path + "`\n");
  if (start == std::string::npos) return {};
  return page.substr(start, page.find("\n#", start) - start);
}

TEST(JobFilePage, has_a_table_row_for_every_key_of_every_section) {
  const std::string page = read_page();
  ASSERT_FALSE(page.empty());
  for (const Section section : kSections) {
    const SectionTable table = section_table(section);
    const std::string path = table.path.empty() ? "top level" : std::string(table.path);
    const std::string part = part_of(page, path);
    EXPECT_FALSE(part.empty()) << "no heading for " << path;
    for (const OptionInfo& option : table.options) {
      EXPECT_NE(part.find("| `" + std::string(option.name) + "` |"), std::string::npos) << path << " lacks " << option.name;
    }
  }
}

TEST(JobFilePage, complete_examples_are_good_jobs) {
  const std::string page = read_page();
  std::size_t complete = 0;
  for (std::size_t at = page.find("```yaml\n"); at != std::string::npos; at = page.find("```yaml\n", at + 1)) {
    const std::string example = page.substr(at + 8, page.find("```", at + 8) - at - 8);
    if (!example.starts_with("version: 1")) continue;
    ++complete;
    Diagnostics diagnostics;
    const auto discover = [](const SourceDeclaration&) -> Result<std::vector<std::string>> {
      return std::vector<std::string>{"isbn", "title", "price"};
    };
    const auto job = load_job(example, "job.yaml", {}, discover, diagnostics);
    EXPECT_TRUE(job.has_value()) << example << render_problems(diagnostics, "job.yaml", example, false);
  }
  EXPECT_GE(complete, 3u);
}

}  // namespace
}  // namespace sinter::fusion

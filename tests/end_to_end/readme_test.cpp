// What the README tells a stranger to type works as it stands there.
#include <gtest/gtest.h>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

/// The first fenced block of a language in a Markdown text.
std::string fenced_block(const std::string& markdown, const std::string& language) {
  const std::string fence = "```" + language + "\n";
  const std::size_t begin = markdown.find(fence);
  if (begin == std::string::npos) return "";
  const std::size_t end = markdown.find("```", begin + fence.size());
  return markdown.substr(begin + fence.size(), end - begin - fence.size());
}

TEST(Readme, its_first_job_checks_previews_and_runs) {
  const std::string readme = read_whole_file(std::string(SINTER_SOURCE_DIR) + "/README.md");
  const TemporaryDirectory directory;
  directory.write("shops/a.csv", "isbn,title,price\n978-0-00,Dune,10\n978-0-01,Emma,7\n");
  const std::string plain = directory.write("shops/b.jsonl", "{\"isbn\":\"978000\",\"title\":\"Dune\",\"price\":\"12\"}\n");
  ASSERT_EQ(run_command({"gzip", plain}).exit_code, 0);
  const std::string job = directory.write("books.yaml", fenced_block(readme, "yaml"));
  EXPECT_EQ(sinter({"check", job}).exit_code, 0);
  EXPECT_NE(sinter({"preview", job}).out.find("Dune"), std::string::npos);
  const SinterRun run = sinter_run(job);
  EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_TRUE(run.accounts_for_every_row());
  EXPECT_EQ(read_whole_file(directory / "out/books.csv"), "isbn,title,price\n978000,Dune,10\n978001,Emma,7\n");
}

/// Every `sinter VERB` that a page shows is a verb that the program has.
TEST(Readme, every_verb_that_the_docs_show_exists) {
  for (const char* page : {"README.md", "docs/command.md", "docs/hacking.md", "docs/job-file.md", "docs/cluster.md", "docs/security.md",
                           "docs/operations.md", "deploy/README.md"}) {
    const std::string text = read_whole_file(std::string(SINTER_SOURCE_DIR) + "/" + page);
    ASSERT_FALSE(text.empty()) << page;
    std::size_t found = 0;
    for (std::size_t at = text.find("`sinter "); at != std::string::npos; at = text.find("`sinter ", at + 1)) {
      const std::size_t begin = at + 8;
      const std::string verb = text.substr(begin, text.find_first_of(" `\n", begin) - begin);
      EXPECT_EQ(sinter({"help", verb}).exit_code, 0) << page << " speaks of `sinter " << verb << "`";
      ++found;
    }
    if (std::string(page) == "README.md") {
      EXPECT_GT(found, 0u);
    }
  }
}

}  // namespace
}  // namespace sinter::testing

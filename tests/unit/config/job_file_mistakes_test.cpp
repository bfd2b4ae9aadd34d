// Planted mistakes in a job file: each must be found at its place, be said in the right words, and suggest the way out.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "jobs/fusion/config/job_file.hpp"
#include "tests/unit/config/planted_mistakes.hpp"

namespace sinter::fusion {
namespace {

const std::vector<std::string> kGood = {
    "version: 1",
    "name: shops",
    "schema: { price: double, title: string, tags: list, seen: timestamp }",
    "sources:",
    "  a: { from: a.csv, trust: 0.9 }",
    "  bee: { from: bee.csv, columns: { price: eur } }",
    "clean: { title: [trim] }",
    "entity: { key: isbn }",
    "fuse: { default: vote }",
    "quality: { rejected_rows: 5% }",
    "output: { fused: { to: out/x.csv } }",
    "execution: { workers: 2 }",
};

std::string with(std::size_t line, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < kGood.size(); ++i) {
    const std::string& shown = i + 1 == line ? text : kGood[i];
    if (!shown.empty()) out += shown + "\n";
  }
  return line == 0 ? out + text + "\n" : out;
}

std::vector<std::string> problems_of(const std::string& text) {
  Diagnostics diagnostics;
  const auto job = load_job(text, "jobs/shops.yaml", {}, {}, diagnostics);
  EXPECT_EQ(job.has_value(), diagnostics.ok());
  std::vector<std::string> said;
  for (const Diagnostics::Problem& problem : diagnostics.problems()) {
    said.push_back(std::to_string(problem.mark.line) + ":" + std::to_string(problem.mark.column) + ": " +
                   (problem.is_warning ? "warning: " : "") + problem.message + " | " + problem.help);
  }
  return said;
}

class JobFileMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(JobFileMistakes, is_found_at_its_place_with_a_way_out) {
  const Mistake& mistake = GetParam();
  EXPECT_EQ(problems_of(with(mistake.line, mistake.text)), mistake.said) << with(mistake.line, mistake.text);
}

INSTANTIATE_TEST_SUITE_P(Planted, JobFileMistakes, testing::ValuesIn(planted_mistakes()),
                         [](const testing::TestParamInfo<Mistake>& mistake) { return mistake.param.name; });

TEST(JobFileMistakes, the_file_they_are_planted_in_is_good) { EXPECT_EQ(problems_of(with(99, "")), std::vector<std::string>()); }

TEST(JobFileMistakes, are_at_least_forty) { EXPECT_GE(planted_mistakes().size(), 40u); }

}  // namespace
}  // namespace sinter::fusion

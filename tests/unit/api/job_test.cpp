// Job: whole typed jobs over the in-process runner.
#include "framework/api/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/random.hpp"
#include "tests/unit/api/job_fixture.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;
using testing::JobTest;

void split_words(std::string_view line, Emitter<std::string, std::uint64_t>& out) {
  while (!line.empty()) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    if (blank > 0) out.emit(line.substr(0, blank), 1);
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
}

void sum(const std::string& word, Group<std::uint64_t>& counts, RowWriter& out) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  out.row(word, total);
}

TEST_F(JobTest, counts_words_with_and_without_combining) {
  constexpr std::uint64_t kSeed = 5;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  std::map<std::string, std::uint64_t> model;
  std::string text;
  for (int line = 0; line < 5000; ++line) {
    for (std::uint64_t words = random.below(8); words > 0; --words) {
      const std::string word = "w" + std::to_string(random.below(1 + random.below(400)));
      ++model[word];
      text += word + " ";
    }
    text += "\n";
  }
  std::string expected = "word,count\n";
  for (const auto& [word, count] : model) expected += word + "," + std::to_string(count) + "\n";
  const std::string input = directory_.write("in.txt", text);
  const DataFile target = csv(directory_ / "out.csv", {"word", "count"});
  const auto plain = run(Job("words").read(lines(input)).map(split_words).reduce(sum).write(target));
  ASSERT_TRUE(plain.ok()) << plain.error().to_string();
  EXPECT_EQ(output(), expected);
  EXPECT_EQ(plain->counters.at("rows_read"), 5000u);
  EXPECT_EQ(plain->counters.at("groups"), model.size());
  const auto combined = run(Job("words").read(lines(input)).map(split_words).combine(std::plus<>{}).reduce(sum).write(target));
  ASSERT_TRUE(combined.ok()) << combined.error().to_string();
  EXPECT_EQ(output(), expected);
  EXPECT_LT(combined->stages[1].rows, plain->stages[1].rows) << "the combine was not used";
}

TEST_F(JobTest, combines_values_that_change_their_size) {
  const std::string input = directory_.write("in.txt", "a 1\nb 2\na 3\na 4\n");
  const auto map = [](std::string_view line, Emitter<std::string, std::vector<std::string>>& out) {
    out.emit(line.substr(0, 1), {std::string(line.substr(2))});
  };
  const auto join = [](std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    std::sort(a.begin(), a.end());
    return a;
  };
  const auto show = [](const std::string& key, Group<std::vector<std::string>>& lists, RowWriter& out) {
    std::vector<std::string> all;
    for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
    std::sort(all.begin(), all.end());
    std::string text;
    for (const std::string& one : all) text += one;
    out.row(key, text);
  };
  const auto report = run(Job("lists").read(lines(input)).map(map).combine(join).reduce(show)
                              .write(csv(directory_ / "out.csv", {"k", "v"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "k,v\na,134\nb,2\n");
}

TEST_F(JobTest, reads_tables_by_column_and_rejects_bad_rows) {
  const std::string input = directory_.write("in.csv", "x,sensor,value\n1,s2,7\n1,s1,5\n1,s2,8\nshort\n");
  const auto map = [](const Record& row, Emitter<std::pair<std::string, int>, double>& out) {
    out.emit({std::string(row.fields[0].text), static_cast<int>(row.fields[0].text.size())}, std::stod(std::string(row.fields[1].text)));
  };
  const auto largest = [](const std::pair<std::string, int>& key, Group<double>& values, RowWriter& out) {
    double most = 0;
    for (const double value : values) most = std::max(most, value);
    out.row(key.first, key.second, most);
  };
  const auto report = run(Job("tables").read(csv(input, {"sensor", "value"})).map(map).reduce(largest)
                              .write(json_lines(directory_ / "out.csv", {"sensor", "size", "largest"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "{\"sensor\":\"s1\",\"size\":2,\"largest\":5}\n{\"sensor\":\"s2\",\"size\":2,\"largest\":8}\n");
  EXPECT_EQ(report->counters.at("rows_rejected"), 1u);
  EXPECT_THAT(report->rejects, HasSubstr("\"line\":5"));
}

TEST_F(JobTest, errors_of_writing_fail_the_job) {
  const std::string input = directory_.write("in.txt", "a b\n");
  const auto narrow = [](const std::string& word, Group<std::uint64_t>&, RowWriter& out) { out.row(word); };
  const auto report = run(Job("narrow").read(lines(input)).map(split_words).reduce(narrow).write(csv(directory_ / "out.csv", {"w", "n"})));
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), HasSubstr("row() was given 1 values"));
  EXPECT_THAT(report.error().to_string(), HasSubstr("\"a\""));
}

TEST_F(JobTest, a_key_that_is_too_long_is_an_error_with_its_line) {
  const std::string input = directory_.write("in.txt", "a\n" + std::string(100'000, 'x') + "\n");
  const auto report = run(Job("long").read(lines(input)).map(split_words).reduce(sum).write(csv(directory_ / "out.csv", {"w", "n"})));
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), HasSubstr("kMaxKeyBytes"));
  EXPECT_THAT(report.error().to_string(), HasSubstr("at line 2"));
}

TEST_F(JobTest, what_is_missing_is_said_before_anything_runs) {
  const DataFile target = csv(directory_ / "out.csv", {"w", "n"});
  const auto said = [](const CompleteJob& job) {
    const auto definition = job.definition();
    return definition.ok() ? std::string("good") : definition.error().to_string();
  };
  EXPECT_THAT(said(Job("x").map(split_words).reduce(sum).write(target)), HasSubstr("the job reads nothing"));
  EXPECT_THAT(said(Job("").read(lines("a")).map(split_words).reduce(sum).write(target)), HasSubstr("no name"));
  EXPECT_THAT(said(Job("x").read(csv("a.csv", {"b"})).map(split_words).reduce(sum).write(target)), HasSubstr("is a table"));
  EXPECT_THAT(said(Job("x").read(lines("a")).map(split_words).reduce(sum).write(csv("b.csv", {}))), HasSubstr("names no columns"));
  EXPECT_EQ(said(Job("x").read(lines("a")).map(split_words).reduce(sum).write(target)), "good");
}

}  // namespace
}  // namespace sinter

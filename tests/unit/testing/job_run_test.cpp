// run_job: whole jobs over files in memory, and attempts that fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sinter/log.hpp"
#include "sinter/sinter.hpp"
#include "sinter/testing.hpp"

namespace sinter {
namespace {

using testing::Files;
using testing::JobRunOptions;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;

void count_words(std::string_view line, Emitter<std::string, std::uint64_t>& out, Context& context) {
  const auto least = context.parameter<std::uint64_t>("least");
  while (!line.empty()) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, blank);
    if (word.size() >= least) out.emit(word, 1);
    else context.rows("short").row(word);
    if (word == "bad") context.reject("a bad word");
    context.count("words");
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
}

void sum(const std::string& word, Group<std::uint64_t>& counts, RowWriter& out, Context& context) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  context.histogram("total").add(static_cast<double>(total));
  context.log().info("a group");
  out.row(word, total);
}

CompleteJob word_count() {
  return Job("words")
      .parameter<std::uint64_t>("least", 2, "letters")
      .side_output("short", lines("out/short.txt"))
      .read(lines("books/*.txt"))
      .map(count_words)
      .combine(std::plus<>{})
      .reduce(sum)
      .write(csv("out/counts.csv", {"word", "count"}));
}

Files books() {
  Files files{{"books/a.txt", ""}, {"books/b.txt", "the end\nbad luck\n"}};
  for (int i = 0; i < 200; ++i) files["books/a.txt"] += "the crow w" + std::to_string(i % 7) + " a\n";
  return files;
}

TEST(RunJob, returns_outputs_rejects_and_counters_and_touches_no_disk) {
  const auto outcome = testing::run_job(word_count(), books());
  ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
  EXPECT_THAT(outcome->outputs, ElementsAre(Key("out/counts.csv"), Key("out/short.txt")));
  EXPECT_THAT(outcome->outputs.at("out/counts.csv"), AllOf(HasSubstr("word,count\nbad,1\ncrow,200\n"), HasSubstr("the,201\n")));
  EXPECT_THAT(outcome->rejects, AllOf(HasSubstr("\"file\":\"books/b.txt\""), HasSubstr("\"line\":2"), HasSubstr("a bad word")));
  EXPECT_EQ(outcome->counters.at("words"), 804u);
  ASSERT_EQ(outcome->histograms.size(), 1u);
  EXPECT_EQ(outcome->histograms[0].name, "total");
  EXPECT_THAT(outcome->manifest, HasSubstr("\"words\""));
  EXPECT_FALSE(outcome->logs.empty());
  EXPECT_FALSE(make_posix_file_system()->exists("out"));
}

TEST(RunJob, the_same_bytes_whatever_the_options_and_the_failures) {
  const auto plain = testing::run_job(word_count(), books());
  ASSERT_TRUE(plain.ok()) << plain.error().to_string();
  const auto failing = testing::run_job(word_count(), books(),
                                        JobRunOptions{.workers = 3, .memory_bytes = 16u << 20, .split_bytes = 512}
                                            .fail_attempt("map-0")
                                            .fail_attempt("map-0", 2)
                                            .fail_attempt("reduce-0"));
  ASSERT_TRUE(failing.ok()) << failing.error().to_string();
  EXPECT_GT(failing->stages.front().tasks, 3u);
  EXPECT_EQ(failing->failed_attempts, 3u);
  EXPECT_EQ(failing->outputs, plain->outputs);
  EXPECT_EQ(failing->rejects, plain->rejects);
  EXPECT_EQ(failing->counters, plain->counters);
}

TEST(RunJob, parameters_are_set_as_on_the_command_line) {
  const auto outcome = testing::run_job(word_count(), {{"books/a.txt", "a crow\n"}}, {.parameters = {"least=5"}});
  ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
  EXPECT_EQ(outcome->outputs.at("out/short.txt"), "a\ncrow\n");
  EXPECT_THAT(testing::run_job(word_count(), books(), {.parameters = {"most=5"}}).error().to_string(), HasSubstr("It declares least"));
}

TEST(RunJob, errors_are_those_of_a_run) {
  const auto lost = testing::run_job(word_count(), {});
  ASSERT_FALSE(lost.ok());
  EXPECT_THAT(lost.error().to_string(), HasSubstr("books/*.txt"));
  auto once = JobRunOptions{.max_attempts = 1}.fail_attempt("map-0");
  const auto failed = testing::run_job(word_count(), books(), once);
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().to_string(), HasSubstr("the test lets attempt 1 of map-0 fail"));
  const auto unmet = testing::run_job(word_count(), books(), JobRunOptions().fail_attempt("map-9"));
  ASSERT_FALSE(unmet.ok());
  EXPECT_THAT(unmet.error().to_string(), HasSubstr("attempt 1 of map-9 was to fail, and there was none; the tasks were map-0, reduce-0"));
}

TEST(RunJob, writes_directories_of_parts_and_absolute_paths) {
  const auto job = Job("copy").read(lines("/data/in.txt")).map([](std::string_view line, RowWriter& out) { out.line(line); })
                       .write(lines("/data/copy/"));
  const auto outcome = testing::run_job(job, {{"/data/in.txt", "a\nb\n"}});
  ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
  EXPECT_THAT(outcome->outputs, ElementsAre(std::pair("/data/copy/part-00000.txt", "a\nb\n")));
}

}  // namespace
}  // namespace sinter

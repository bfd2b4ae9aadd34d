// Last words: an attempt's log gets what its worker wrote to standard error, and only so much of both.
#include "framework/cluster/last_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter::cluster {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class LastWordsTest : public ::testing::Test {
 protected:
  LastWordsTest() { EXPECT_TRUE(files_->make_directories("/run").ok()); }
  void put(const std::string& path, const std::string& text) {
    EXPECT_TRUE(files_->make_directories(directory_of(path)).ok());
    EXPECT_TRUE(write_file(*files_, path, text).ok());
  }
  std::string log_after(std::uint64_t output_from) {
    const LastWords words{"map-3", 2, "/run/logs/log.jsonl", "/run/output", output_from};
    EXPECT_TRUE(write_last_words(*files_, words, {}).ok());
    return files_->exists(words.log_path) ? *read_file(*files_, words.log_path) : "none";
  }
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
};

TEST_F(LastWordsTest, who_says_nothing_leaves_nothing) {
  EXPECT_EQ(log_after(0), "none");
  put("/run/output", "of an attempt before\n");
  EXPECT_EQ(log_after(21), "none");
  put("/run/logs/log.jsonl", "{\"message\":\"a line\"}\n");
  EXPECT_EQ(log_after(21), "{\"message\":\"a line\"}\n");
}

TEST_F(LastWordsTest, lines_of_standard_error_follow_those_of_the_log) {
  put("/run/output", "of an attempt before\nterminate called\n\n  what(): \"eggs\"");
  put("/run/logs/log.jsonl", "{\"message\":\"a line\"}\n{\"mess");
  const std::string log = log_after(21);
  EXPECT_THAT(log, StartsWith("{\"message\":\"a line\"}\n{\"mess\n{"));
  EXPECT_THAT(log, HasSubstr("\"level\":\"error\",\"message\":\"standard error of the worker\",\"task\":\"map-3\",\"attempt\":2,"
                             "\"text\":\"terminate called\"}\n"));
  EXPECT_THAT(log, EndsWith("\"text\":\"  what(): \\\"eggs\\\"\"}\n"));
  EXPECT_EQ(log.find("of an attempt before"), std::string::npos);
}

TEST_F(LastWordsTest, of_a_flood_the_end_is_kept) {
  std::string output, lines;
  while (output.size() < 3 * kMaxLastWordsBytes) output += "line " + std::to_string(output.size()) + "\n";
  while (lines.size() < 2 * kMaxLastWordsBytes) lines += "{\"n\":" + std::to_string(lines.size()) + "}\n";
  put("/run/output", output + std::string(2 * kMaxOutputLineBytes, 'x') + "\nthe end\n");
  put("/run/logs/log.jsonl", lines + "{\"n\":\"last\"}\n");
  const std::string log = log_after(0);
  EXPECT_THAT(log, HasSubstr("earlier lines of this log are left out"));
  EXPECT_THAT(log, HasSubstr("\n{\"n\":\"last\"}\n"));
  EXPECT_THAT(log, HasSubstr("earlier lines of standard error are left out"));
  EXPECT_THAT(log, HasSubstr("\"text\":\"" + std::string(kMaxOutputLineBytes, 'x') + "\"}\n"));
  EXPECT_THAT(log, EndsWith("\"text\":\"the end\"}\n"));
  EXPECT_LT(log.size(), 30 * kMaxLastWordsBytes);
}

}  // namespace
}  // namespace sinter::cluster

// Globs over a small tree in memory.
#include "base/glob.hpp"

#include <gtest/gtest.h>

#include "base/faulty_file_system.hpp"

namespace sinter {
namespace {

using Paths = std::vector<std::string>;

class GlobTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* path : {"/d/a.csv", "/d/b.csv", "/d/B.csv", "/d/c.txt", "/d/.hidden.csv", "/d/sub/x.csv", "/d/sub/deep/y.csv",
                             "/d/.git/z.csv", "/d/web/airline-7.csv",
                             "/d/web/airline-12.csv", "/d/web/airline-.csv", "/d/odd[1].csv", "/d/a*b.csv"})
      put(path);
    ASSERT_TRUE(files_->make_directories("/d/dir.csv").ok());
  }
  void put(const std::string& path) {
    ASSERT_TRUE(files_->make_directories(path.substr(0, path.rfind('/'))).ok());
    ASSERT_TRUE(write_file(*files_, path, "").ok());
  }
  Paths expand(const std::string& pattern) {
    auto paths = expand_glob(*files_, pattern);
    return paths.ok() ? *paths : Paths{"error: " + paths.error().to_string()};
  }
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
};

TEST_F(GlobTest, a_pattern_without_wildcards_is_itself_whether_it_exists_or_not) {
  EXPECT_EQ(expand("/d/a.csv"), Paths{"/d/a.csv"});
  EXPECT_EQ(expand("no/such.csv"), Paths{"no/such.csv"});
  EXPECT_EQ(expand("/d/a\\*b.csv"), Paths{"/d/a*b.csv"});
  EXPECT_EQ(expand("/d/{id}.csv"), Paths{"/d/{id}.csv"});
}

TEST_F(GlobTest, stars_and_question_marks_stay_in_their_segment) {
  EXPECT_EQ(expand("/d/*.txt"), Paths{"/d/c.txt"});
  EXPECT_EQ(expand("/d/?.csv"), (Paths{"/d/B.csv", "/d/a.csv", "/d/b.csv"}));
  EXPECT_EQ(expand("/d/*/x.csv"), Paths{"/d/sub/x.csv"});
  EXPECT_EQ(expand("/d/*y.csv"), Paths{});
  EXPECT_EQ(expand("/*/*.txt"), Paths{"/d/c.txt"});
}

TEST_F(GlobTest, sets_and_ranges) {
  EXPECT_EQ(expand("/d/[ab].csv"), (Paths{"/d/a.csv", "/d/b.csv"}));
  EXPECT_EQ(expand("/d/[a-c].*"), (Paths{"/d/a.csv", "/d/b.csv", "/d/c.txt"}));
  EXPECT_EQ(expand("/d/[!ab].csv"), Paths{"/d/B.csv"});
  EXPECT_EQ(expand("/d/odd[[]1[]].csv"), Paths{"/d/odd[1].csv"});
}

TEST_F(GlobTest, double_star_crosses_directories) {
  EXPECT_EQ(expand("/d/**/y.csv"), Paths{"/d/sub/deep/y.csv"});
  EXPECT_EQ(expand("/d/**/[xy].csv"), (Paths{"/d/sub/deep/y.csv", "/d/sub/x.csv"}));
  EXPECT_EQ(expand("/d/**/a.csv"), Paths{"/d/a.csv"});
  EXPECT_EQ(expand("/d/sub/**"), (Paths{"/d/sub/deep/y.csv", "/d/sub/x.csv"}));
  EXPECT_EQ(expand("/d/**/**/x.csv"), Paths{"/d/sub/x.csv"});
}

TEST_F(GlobTest, wildcards_leave_out_hidden_files_and_directories) {
  EXPECT_EQ(expand("/d/*hidden*"), Paths{});
  EXPECT_EQ(expand("/d/.hid*"), Paths{"/d/.hidden.csv"});
  EXPECT_EQ(expand("/d/dir*"), Paths{});
  EXPECT_EQ(expand("/d/**/z.csv"), Paths{});
}

TEST_F(GlobTest, no_match_is_empty_also_below_a_missing_directory) {
  EXPECT_EQ(expand("/d/*.parquet"), Paths{});
  EXPECT_EQ(expand("/no/such/*.csv"), Paths{});
  EXPECT_EQ(expand("/d/a.csv/*"), Paths{});
}

TEST_F(GlobTest, malformed_patterns_are_the_persons_fault_and_name_the_pattern) {
  for (const char* pattern : {"/d/[ab.csv", "/d/[z-a].csv", "/d/x\\"}) {
    auto result = expand_glob(*files_, pattern);
    ASSERT_FALSE(result.ok()) << pattern;
    EXPECT_EQ(result.error().fault(), Fault::User);
    EXPECT_NE(result.error().message().find(pattern), std::string::npos);
  }
  for (const char* pattern : {"/d/{id.csv", "/d/{}.csv", "/d/{a b}.csv", "/d/{a}-{a}.csv"})
    EXPECT_FALSE(expand_named_glob(*files_, pattern).ok()) << pattern;
}

TEST_F(GlobTest, unreadable_directories_are_errors_not_empty) {
  FaultyFileSystem faulty(*files_);
  faulty.fail(FileOperation::List, 0, 13);
  EXPECT_FALSE(expand_glob(faulty, "/d/*.csv").ok());
}

TEST_F(GlobTest, placeholders_are_captured_and_match_at_least_one_byte) {
  const auto matches = expand_named_glob(*files_, "/d/web/airline-{id}.csv").value();
  ASSERT_EQ(matches.size(), 2u);
  EXPECT_EQ(matches[0].path, "/d/web/airline-12.csv");
  EXPECT_EQ(matches[0].captures, (std::vector<std::pair<std::string, std::string>>{{"id", "12"}}));
  EXPECT_EQ(matches[1].captures, (std::vector<std::pair<std::string, std::string>>{{"id", "7"}}));
}

TEST_F(GlobTest, placeholders_in_several_segments_take_as_little_as_possible) {
  put("/m/2024-01/a-b-c.csv");
  const auto matches = expand_named_glob(*files_, "/m/{year}-*/{first}-{rest}.csv").value();
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(matches[0].captures,
            (std::vector<std::pair<std::string, std::string>>{{"year", "2024"}, {"first", "a"}, {"rest", "b-c"}}));
}

TEST_F(GlobTest, many_stars_do_not_explode) {
  put("/m/" + std::string(200, 'a') + "b");
  std::string pattern = "/m/";
  for (int i = 0; i < 60; ++i) pattern += "*a";
  EXPECT_EQ(expand(pattern + "*c"), Paths{});
}

}  // namespace
}  // namespace sinter

// Tests of the benchmark inputs: layout, distribution and repeatability.
#include "jobs/generate/bench_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/checksum.hpp"
#include "jobs/generate/zipf.hpp"

namespace sinter::generate {
namespace {

std::string bench_csv(const BenchOptions& options) {
  auto files = make_memory_file_system();
  auto made = generate_bench_csv(*files, options, "b.csv");
  EXPECT_TRUE(made.ok());
  auto text = read_file(*files, "b.csv");
  EXPECT_TRUE(text.ok());
  EXPECT_EQ(made->size_bytes, text->size());
  return *text;
}

TEST(BenchData, rows_have_the_documented_columns) {
  const std::string text = bench_csv({.rows = 2000, .keys = 100});
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "key,source,ts,value,weight,note");
  const std::regex row("e[0-9]{8},s[0-3][0-9],17[0-9]{8},-?[0-9]{1,3}\\.[0-9]{4},0\\.[0-9]{3},[a-z2-7]{12}");
  std::set<std::string> keys;
  int rows = 0;
  for (; std::getline(in, line); ++rows) {
    ASSERT_TRUE(std::regex_match(line, row)) << line;
    keys.insert(line.substr(0, 9));
  }
  EXPECT_EQ(rows, 2000);
  EXPECT_EQ(keys.size(), 100u);
  EXPECT_NEAR(static_cast<double>(text.size()) / rows, 53.4, 0.5);
}

TEST(BenchData, same_seed_gives_the_pinned_bytes) {
  EXPECT_EQ(checksum64(bench_csv({.rows = 1000})), 5725318142575388849u);
  EXPECT_NE(bench_csv({.seed = 1, .rows = 1000}), bench_csv({.seed = 2, .rows = 1000}));
}

TEST(BenchData, quoted_notes_hold_a_comma_doubled_quotes_and_a_newline) {
  const std::string text = bench_csv({.rows = 1000, .quoted_notes = 0.2});
  const auto newlines = std::count(text.begin(), text.end(), '\n') - 1001;
  EXPECT_NEAR(static_cast<double>(newlines), 200, 40);
  EXPECT_TRUE(std::regex_search(text, std::regex(",\"[a-z2-7]{4},[a-z2-7]{4}\"\"[a-z2-7]{2}\n[a-z2-7]{2}\"\n")));
}

TEST(BenchData, tera_records_are_100_bytes_with_a_printable_key_and_the_row_number) {
  auto files = make_memory_file_system();
  ASSERT_TRUE(generate_tera(*files, 50, 42, "t").ok());
  const std::string text = *read_file(*files, "t");
  ASSERT_EQ(text.size(), 5000u);
  for (std::size_t row = 0; row < 50; ++row) {
    const std::string record = text.substr(row * 100, 100);
    EXPECT_TRUE(std::all_of(record.begin(), record.begin() + 98, [](char c) { return c >= ' ' && c <= '~'; }));
    EXPECT_EQ(std::stoul(record.substr(12, 32)), row);
    EXPECT_EQ(record.substr(98), "\r\n");
  }
}

TEST(BenchData, text_is_lines_of_words_the_commonest_the_shortest) {
  auto files = make_memory_file_system();
  const auto made = generate_text(*files, {.rows = 2000, .keys = 20'000, .zipf = 1}, "t");
  ASSERT_TRUE(made.ok());
  const std::string text = *read_file(*files, "t");
  EXPECT_EQ(made->size_bytes, text.size());
  std::istringstream in(text);
  std::string line;
  std::map<std::string, int> counts;
  for (int rows = 0; std::getline(in, line); ++rows) {
    ASSERT_TRUE(std::regex_match(line, std::regex("[a-z]+( [a-z]+){11}"))) << line;
    std::istringstream words(line);
    for (std::string word; words >> word;) ++counts[word];
  }
  const auto most = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  EXPECT_EQ(most->first, "ba");
  EXPECT_NEAR(most->second / 24'000.0, 1 / 10.48, 0.01) << "1 / H(20000)";
}

TEST(BenchData, text_has_a_word_for_each_rank) {
  auto files = make_memory_file_system();
  ASSERT_TRUE(generate_text(*files, {.rows = 20'000, .keys = 10'200}, "t").ok());
  std::istringstream in(*read_file(*files, "t"));
  std::set<std::string> words;
  for (std::string word; in >> word;) words.insert(word);
  EXPECT_EQ(words.size(), 10'200u) << "a uniform draw of 240,000 misses none";
}

TEST(BenchData, zipf_ranks_follow_the_law) {
  for (const double exponent : {0.8, 1.0, 1.1, 2.0}) {
    constexpr int kDraws = 200'000;
    constexpr std::uint64_t kRanks = 1000;
    Random random(7);
    const Zipf zipf(kRanks, exponent);
    std::map<std::uint64_t, int> drawn;
    for (int i = 0; i < kDraws; ++i) ++drawn[zipf.next(random)];
    double total = 0;
    for (std::uint64_t rank = 1; rank <= kRanks; ++rank) total += std::pow(static_cast<double>(rank), -exponent);
    for (const std::uint64_t rank : {1, 2, 3, 10, 50}) {
      const double expected = kDraws * std::pow(static_cast<double>(rank), -exponent) / total;
      EXPECT_NEAR(drawn[rank - 1], expected, 5 * std::sqrt(expected)) << "rank " << rank << " of exponent " << exponent;
    }
    EXPECT_LT(drawn.rbegin()->first, kRanks);
  }
}

TEST(BenchData, options_out_of_range_are_user_errors) {
  auto files = make_memory_file_system();
  for (const BenchOptions& options : {BenchOptions{.keys = 0}, BenchOptions{.keys = kMaxBenchKeys + 1}, BenchOptions{.zipf = -1},
                                      BenchOptions{.quoted_notes = 2}}) {
    const auto made = generate_bench_csv(*files, options, "x");
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().fault(), Fault::User);
  }
  EXPECT_FALSE(files->exists("x"));
}

}  // namespace
}  // namespace sinter::generate

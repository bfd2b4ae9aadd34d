// Tests of generate(): the same bytes for a seed, truths that can be found again, and every kind of wrong in the promised amount.
#include "jobs/generate/generate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "base/checksum.hpp"
#include "jobs/generate/book.hpp"
#include "jobs/generate/house_style.hpp"
#include "jobs/generate/shop.hpp"

namespace sinter::generate {
namespace {

struct DataSet {
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  GeneratedFiles made;

  std::string text(const std::string& path) const {
    auto content = read_file(*files, path);
    return content.ok() ? *content : content.error().to_string();
  }
};

DataSet make(const GenerateOptions& options) {
  DataSet set;
  auto made = generate(*set.files, options, "d");
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().to_string());
  if (made.ok()) set.made = *made;
  return set;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

GenerateOptions clean_options() {
  GenerateOptions options;
  options.entities = 500;
  options.sources = 3;
  options.plain = true;
  options.missing_rows = options.missing_cells = options.errors = options.noise = options.bias = options.copying = 0;
  options.unit_errors = options.duplicates = options.bad_rows = 0;
  return options;
}

TEST(Generate, same_seed_gives_the_same_bytes_and_another_seed_does_not) {
  GenerateOptions options;
  options.entities = 300;
  const DataSet first = make(options), second = make(options);
  options.seed = 43;
  const DataSet other = make(options);
  ASSERT_EQ(first.made.sources.size(), 8u);
  for (const std::string& path : first.made.sources) {
    EXPECT_EQ(first.text(path), second.text(path)) << path;
    EXPECT_NE(first.text(path), other.text(path)) << path;
  }
  EXPECT_EQ(first.text(first.made.truth), second.text(second.made.truth));
  EXPECT_EQ(first.text(first.made.job), second.text(second.made.job));
}

TEST(Generate, bytes_are_the_ones_of_the_first_release) {
  // Pinned, so that a change of the generator is a decision: published figures name a seed.
  GenerateOptions options;
  options.entities = 200;
  options.sources = 6;
  const DataSet set = make(options);
  std::string all = set.text(set.made.truth);
  for (std::size_t i = 0; i < set.made.sources.size(); ++i) {
    // Not the gzipped ones: another zlib may compress in another way.
    if (!set.made.sources[i].ends_with(".gz")) all += set.text(set.made.sources[i]);
  }
  EXPECT_EQ(checksum64(all), 10772654401006170423u);
}

TEST(Generate, sources_without_faults_repeat_the_truth) {
  const DataSet set = make(clean_options());
  std::set<std::string> truth;
  for (const std::string& line : lines(set.text(set.made.truth))) truth.insert(line);
  ASSERT_EQ(truth.size(), 501u);
  for (const std::string& path : set.made.sources) {
    const auto rows = lines(set.text(path));
    ASSERT_EQ(rows.size(), 501u) << path;
    for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_TRUE(truth.contains(rows[i].substr(0, rows[i].rfind(',')))) << rows[i];
  }
  EXPECT_EQ(set.made.rows, 1500u);
  EXPECT_EQ(set.made.claims, 9000u);
  EXPECT_EQ(set.made.bad_rows, 0u);
}

TEST(Generate, every_shop_lists_in_an_order_of_its_own) {
  const DataSet set = make(clean_options());
  EXPECT_NE(lines(set.text(set.made.sources[0]))[1], lines(set.text(set.made.sources[1]))[1]);
}

TEST(Generate, long_shape_has_one_row_per_claim) {
  GenerateOptions options = clean_options();
  options.shape = Shape::Long;
  options.missing_cells = 0.5;
  const DataSet set = make(options);
  std::size_t rows = 0;
  for (const std::string& path : set.made.sources) {
    const auto all = lines(set.text(path));
    EXPECT_EQ(all[0], "isbn,attribute,value,seen");
    rows += all.size() - 1;
  }
  EXPECT_EQ(rows, set.made.rows);
  EXPECT_EQ(rows, set.made.claims);
  EXPECT_NEAR(static_cast<double>(rows), 4500, 200);
}

TEST(Generate, isbns_are_different_and_have_valid_check_digits) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t entity = 0; entity < 20'000; ++entity) {
    const std::uint64_t isbn = isbn_of(entity);
    EXPECT_TRUE(seen.insert(isbn).second);
    const std::string digits = std::to_string(isbn);
    ASSERT_EQ(digits.size(), 13u);
    int sum = 0;
    for (std::size_t i = 0; i < 13; ++i) sum += (digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
    ASSERT_EQ(sum % 10, 0) << digits;
  }
}

TEST(Generate, shares_of_missing_wrong_doubled_and_bad_rows_are_as_asked) {
  GenerateOptions options;
  options.entities = 20'000;
  options.sources = 12;
  options.copying = 0;
  options.missing_rows = 0.3;
  options.errors = 0.1;
  options.bad_rows = 0.01;
  const auto shops = make_shops(options);
  double listed = 0, doubled = 0, bad = 0, wrong_pages = 0, with_pages = 0;
  Listing listing;
  Book truth;
  for (const Shop& shop : shops) {
    for (std::uint64_t entity = 0; entity < options.entities; ++entity) {
      if (!list_book(options, shops, shop, entity, listing)) continue;
      ++listed;
      if (listing.nonsense) ++bad;
      true_book(options.seed, entity, truth);
      if (listing.has(Field::Pages)) {
        ++with_pages;
        if (listing.book.pages != truth.pages) ++wrong_pages;
      }
      if (outdate(options, shop, entity, listing)) ++doubled;
    }
  }
  const double cells = static_cast<double>(options.entities) * static_cast<double>(shops.size());
  EXPECT_NEAR(listed / cells, 0.7, 0.07);
  EXPECT_NEAR(bad / listed, 0.01, 0.002);
  EXPECT_NEAR(doubled / listed, 0.02, 0.003);
  EXPECT_NEAR(wrong_pages / with_pages, 0.1, 0.04);
}

TEST(Generate, shops_differ_in_how_often_they_err) {
  GenerateOptions options;
  options.sources = 20;
  double lowest = 1, highest = 0;
  for (const Shop& shop : make_shops(options)) {
    lowest = std::min(lowest, shop.error_rate);
    highest = std::max(highest, shop.error_rate);
  }
  EXPECT_LT(lowest, options.errors * 0.5);
  EXPECT_GT(highest, options.errors * 1.5);
}

TEST(Generate, copiers_repeat_the_errors_of_the_shop_they_copy) {
  GenerateOptions options;
  options.sources = 8;
  options.copying = 0.25;
  options.errors = 0.3;
  const auto shops = make_shops(options);
  std::size_t copiers = 0;
  Listing mine, theirs;
  Book truth;
  for (const Shop& shop : shops) {
    if (!shop.copies) continue;
    ++copiers;
    EXPECT_FALSE(shops[*shop.copies].copies);
    double same = 0, wrong = 0;
    for (std::uint64_t entity = 0; entity < 5000; ++entity) {
      if (!list_book(options, shops, shops[*shop.copies], entity, theirs) || !list_book(options, shops, shop, entity, mine)) continue;
      true_book(options.seed, entity, truth);
      if (theirs.book.pages == truth.pages) continue;
      ++wrong;
      if (mine.book.pages == theirs.book.pages) ++same;
    }
    EXPECT_GT(same / wrong, 0.75) << shop.name;
  }
  EXPECT_EQ(copiers, 2u);
}

TEST(Generate, popular_mistakes_are_shared_by_shops_that_do_not_copy) {
  GenerateOptions options;
  options.sources = 2;
  options.copying = 0;
  options.errors = 0.5;
  const auto shops = make_shops(options);
  Listing first, second;
  Book truth;
  int both_wrong = 0, same_wrong = 0;
  for (std::uint64_t entity = 0; entity < 5000; ++entity) {
    if (!list_book(options, shops, shops[0], entity, first) || !list_book(options, shops, shops[1], entity, second)) continue;
    true_book(options.seed, entity, truth);
    if (first.book.pages == truth.pages || second.book.pages == truth.pages) continue;
    ++both_wrong;
    same_wrong += first.book.pages == second.book.pages;
  }
  EXPECT_GT(both_wrong, 100);
  EXPECT_GT(same_wrong * 5, both_wrong);
}

TEST(Generate, house_styles_write_the_same_book_in_their_own_ways) {
  GenerateOptions options;
  options.sources = 6;
  const auto shops = make_shops(options);
  Listing listing;
  listing.book = {9780306406157, "The Salt Map, Volume 2", "Ada O'Brien", 123'456, 320, 19'783, true};  // 2024-03-01
  listing.present = 63;
  std::vector<std::string> rows;
  for (const Shop& shop : shops) append_listing(house_style(options, shop), Shape::Wide, listing, rows.emplace_back());
  EXPECT_EQ(rows[0], "9780306406157,\"The Salt Map, Volume 2\",Ada O'Brien,1234.56,320,2024-03-01,true,1970-01-01T00:00:00Z\n");
  EXPECT_EQ(rows[1], "9780306406157;The Salt Map, Volume 2;Ada O'Brien;1.234,56;320;01.03.2024;ja;1970-01-01T00:00:00Z\n");
  EXPECT_EQ(rows[2], "{\"book\":{\"isbn\":\"9780306406157\",\"title\":\"The Salt Map, Volume 2\",\"author\":\"Ada O'Brien\",\"pages\":320,"
                     "\"released\":\"2024-03-01\"},\"offer\":{\"price\":1234.56,\"in_stock\":true},\"seen\":\"1970-01-01T00:00:00Z\"}\n");
  EXPECT_EQ(rows[3],
            "9780306406157\tThe  Salt  Map,  Volume  2 \tAda  O'Brien \tEUR 1,234.56\t320\t03/01/2024\tyes\t1970-01-01T00:00:00Z\n");
  EXPECT_EQ(rows[4], "978-0-3064-0615-7,\"THE SALT MAP, VOLUME 2\",ADA O'BRIEN,123456,320,01 Mar 2024,Y,1970-01-01T00:00:00Z\n");
  EXPECT_EQ(rows[5], "{\"isbn\":\"9780306406157\",\"title\":\"the salt map, volume 2\",\"author\":\"ada o'brien\",\"price\":1234.56,"
                     "\"pages\":320,\"released\":\"03/01/2024\",\"in_stock\":true,\"seen\":\"1970-01-01T00:00:00Z\"}\n");
}

TEST(Generate, job_names_every_source) {
  const DataSet set = make(GenerateOptions{.entities = 10, .sources = 7});
  const std::string job = set.text(set.made.job);
  for (const std::string& path : set.made.sources) EXPECT_NE(job.find("from: " + path.substr(2) + "\n"), std::string::npos) << path;
  EXPECT_NE(job.find("shop-02.price: [{ number: { decimal: \",\" } }]"), std::string::npos);
  EXPECT_NE(set.text(set.made.readme).find("| sources/shop-07.csv |"), std::string::npos);
}

TEST(Generate, options_out_of_range_are_user_errors_that_name_the_limit) {
  const auto refusal = [](GenerateOptions options) {
    auto files = make_memory_file_system();
    auto made = generate(*files, options, "d");
    EXPECT_FALSE(made.ok());
    EXPECT_FALSE(files->exists("d/job.yaml"));
    return made.ok() ? std::string() : made.error().to_string();
  };
  EXPECT_NE(refusal({.entities = 0}).find("kMaxGeneratedEntities"), std::string::npos);
  EXPECT_NE(refusal({.sources = 1001}).find("kMaxGeneratedSources"), std::string::npos);
  EXPECT_NE(refusal({.errors = 1.5}).find("errors is a share"), std::string::npos);
  EXPECT_NE(refusal({.noise = std::nan("")}).find("noise is a share"), std::string::npos);
}

TEST(Generate, refuses_to_replace_what_is_there) {
  DataSet set = make(clean_options());
  auto again = generate(*set.files, clean_options(), "d");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().fault(), Fault::User);
}

}  // namespace
}  // namespace sinter::generate

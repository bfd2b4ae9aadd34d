// Figures of published papers, from real data, straight on the rules: shared/data beside the checkout, or SINTER_DATA.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>

#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

std::string data_directory() {
  const char* given = std::getenv("SINTER_DATA");
  return given != nullptr ? given : std::string(SINTER_SOURCE_DIR) + "/../shared/data";
}

/// RFC 4180, as far as these files need it.
std::vector<std::vector<std::string>> read_csv(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  const std::string bytes = content.str();
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (quoted && c == '"' && i + 1 < bytes.size() && bytes[i + 1] == '"') rows.back().back() += bytes[++i];
    else if (c == '"') quoted = !quoted;
    else if (!quoted && c == ',') rows.back().emplace_back();
    else if (!quoted && c == '\n') rows.push_back({""});
    else if (quoted || c != '\r') rows.back().back() += c;
  }
  if (rows.back().size() == 1) rows.pop_back();
  rows.erase(rows.begin());
  return rows;
}

using Cell = std::pair<std::string, std::string>;  // entity, attribute
using Parse = std::function<std::optional<Value>(const std::string&)>;

struct Row {
  std::string value, source;
  std::uint64_t line = 0;
};

struct DataSet {
  std::map<Cell, std::vector<Row>> claims;
  std::map<Cell, std::string> truth;
  bool present = false;
};

DataSet load(const std::string& name, const std::string& claims_file = "claims.csv", const std::string& truth_file = "truth.csv") {
  DataSet data;
  const std::string folder = data_directory() + "/fusion/" + name + "/";
  if (!std::ifstream(folder + claims_file)) return data;
  data.present = true;
  std::uint64_t line = 0;
  for (const auto& row : read_csv(folder + claims_file)) {
    ++line;
    if (row.size() >= 4 && !row[2].empty()) data.claims[{row[0], row[1]}].push_back({row[2], row[3], line});
  }
  for (const auto& row : read_csv(folder + truth_file)) {
    if (row.size() >= 3) data.truth[{row[0], row[1]}] = row[2];
  }
  return data;
}

std::optional<Value> parse_number(const std::string& text) { return Value::of_double(std::strtod(text.c_str(), nullptr)); }
std::optional<Value> parse_text(const std::string& text) { return Value::of_string(text); }

/// "7:10 a.m.", "07:10AM", "12/1/11 7:10p": minutes of the day.
std::optional<Value> parse_clock(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  std::size_t start = colon;
  while (start > 0 && std::isdigit(static_cast<unsigned char>(text[start - 1])) != 0) --start;
  int hour = std::atoi(text.c_str() + start);
  const int minute = std::atoi(text.c_str() + colon + 1);
  const std::size_t half = text.find_first_of("apAP", colon);
  const bool afternoon = half != std::string::npos && (text[half] == 'p' || text[half] == 'P');
  if (half != std::string::npos) hour = hour % 12 + (afternoon ? 12 : 0);
  return Value::of_int64(hour * 60 + minute);
}

std::vector<Claim> claims_of(const std::vector<Row>& rows, const Parse& parse) {
  std::vector<Claim> claims;
  for (const Row& row : rows) {
    const std::optional<Value> value = parse(row.value);
    if (!value) continue;
    Claim claim = sinter::fusion::testing::claim(*value, row.source);
    claim.position.offset_bytes = row.line;
    claims.push_back(claim);
  }
  return claims;
}

struct Errors {
  double absolute = 0, squared = 0;
  std::size_t cells = 0, wrong = 0, covered = 0;
  double mae() const { return absolute / static_cast<double>(covered); }
  double rmse() const { return std::sqrt(squared / static_cast<double>(covered)); }
  double accuracy() const { return static_cast<double>(covered - wrong) / static_cast<double>(covered); }
};

/// Compares answers with the truth over the cells of `attributes` (all when empty).
Errors compare(const DataSet& data, const std::shared_ptr<const Rule>& rule, const Parse& parse,
    const std::vector<std::string>& attributes = {}) {
  Errors errors;
  for (const auto& [cell, truth] : data.truth) {
    if (!attributes.empty() && std::find(attributes.begin(), attributes.end(), cell.second) == attributes.end()) continue;
    ++errors.cells;
    const auto found = data.claims.find(cell);
    const std::optional<Value> wanted = parse(truth);
    if (found == data.claims.end() || !wanted) continue;
    Arena arena;
    const FusedCell answer = fuse(*rule, claims_of(found->second, parse), arena);
    if (answer.value.is_null()) continue;
    ++errors.covered;
    std::string a, b;
    append_value(a, answer.value);
    append_value(b, *wanted);
    errors.wrong += a != b ? 1 : 0;
    if (answer.value.type() == ValueType::Double) {
      const double error = answer.value.number() - wanted->as_double();
      errors.absolute += std::abs(error);
      errors.squared += error * error;
    }
  }
  return errors;
}

#define SINTER_NEEDS(data) \
  if (!(data).present) GTEST_SKIP() << "no real data in " << data_directory() << " (set SINTER_DATA)"

TEST(PublishedFigures, weather_of_crh) {
  const DataSet data = load("weather-crh");
  SINTER_NEEDS(data);
  EXPECT_NEAR(compare(data, rule_of("mean", ValueType::Double), parse_number, {"high", "low"}).mae(), 4.7841, 5e-5);
  EXPECT_NEAR(compare(data, rule_of("median", ValueType::Double), parse_number, {"high", "low"}).mae(), 4.9878, 5e-5);
  const Errors vote = compare(data, rule_of("vote", ValueType::String, {{"ties", "first"}}), parse_text, {"condition"});
  EXPECT_EQ(vote.covered, 580u);
  EXPECT_EQ(vote.wrong, 281u);
}

TEST(PublishedFigures, crowd_emotion) {
  const DataSet data = load("crowd-emotion");
  SINTER_NEEDS(data);
  const Errors mean = compare(data, rule_of("mean", ValueType::Double), parse_number);
  EXPECT_NEAR(mean.mae(), 12.022, 5e-4);
  EXPECT_NEAR(mean.rmse(), 17.835, 5e-4);
  const Errors median = compare(data, rule_of("median", ValueType::Double), parse_number);
  EXPECT_NEAR(median.mae(), 13.529, 5e-4);
  EXPECT_NEAR(median.rmse(), 21.264, 5e-4);
}

TEST(PublishedFigures, population_votes) {
  const DataSet data = load("population");
  SINTER_NEEDS(data);
  // The published .7807 compares texts; numbers do better.
  EXPECT_NEAR(compare(data, rule_of("vote", ValueType::String), parse_text).accuracy(), 0.7807, 5e-5);
  EXPECT_GE(compare(data, rule_of("vote", ValueType::Double), parse_number).accuracy(), 0.7807);
}

TEST(PublishedFigures, books_votes) {
  const DataSet data = load("books", "claims_authorset.csv", "truth_authorset.csv");
  SINTER_NEEDS(data);
  const Errors vote = compare(data, rule_of("vote", ValueType::String), parse_text);
  EXPECT_EQ(vote.covered, 100u);
  EXPECT_GE(vote.accuracy(), 0.77);
}

TEST(PublishedFigures, flights_votes) {
  const DataSet data = load("flights");
  SINTER_NEEDS(data);
  const Errors vote = compare(data, rule_of("vote", ValueType::Int64), parse_clock);
  std::printf("flights: %zu of %zu cells wrong\n", vote.wrong, vote.covered);
  EXPECT_GE(vote.accuracy(), 0.8025);
}

}  // namespace
}  // namespace sinter::fusion::testing

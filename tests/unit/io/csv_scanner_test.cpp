// csv_scanner: SIMD and scalar agree bit for bit, in any pieces, from any state; chunks chain to the truth.
#include "framework/io/csv_scanner.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "reading.hpp"

namespace sinter {
namespace {

struct Found {
  CsvState state;
  std::vector<std::uint32_t> separators;
  std::vector<std::uint32_t> row_ends;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> inner;
  bool operator==(const Found&) const = default;
};

Found scan_all(const std::string& text, CsvState state, ScanMode mode, std::mt19937_64* cuts = nullptr) {
  CsvIndex index;
  index.allocate(text.size() + CsvIndex::kSlack);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t to = cuts == nullptr ? text.size() : std::min<std::size_t>(text.size(), at + 1 + (*cuts)() % 100);
    state = scan_csv({}, state, {text.data(), to}, at, index, mode);
    at = to;
  }
  Found found{state, {}, {}, {}};
  found.separators.assign(index.separators.get(), index.separators.get() + index.separator_count);
  found.row_ends.assign(index.row_ends.get(), index.row_ends.get() + index.row_count);
  for (const InnerLines& inner : index.inner_lines) found.inner.emplace_back(inner.row, inner.count);
  return found;
}

TEST(CsvScanner, simd_and_scalar_find_the_same_structure_in_nasty_text) {
  for (unsigned seed = 0; seed < 6000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::string text = testing::random_csv(random, random() % 700, seed % 60);
    const auto state = static_cast<CsvState>(seed % kCsvStates);
    const Found scalar = scan_all(text, state, ScanMode::Scalar);
    ASSERT_EQ(scan_all(text, state, ScanMode::Simd), scalar);
    ASSERT_EQ(scan_all(text, state, ScanMode::Simd, &random), scalar) << "scanned in pieces";
  }
}

TEST(CsvScanner, every_byte_can_be_delimiter_or_quote_except_newline) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == '\n') continue;
    for (const CsvDialect dialect : {CsvDialect{static_cast<char>(byte), 'q'}, CsvDialect{'d', static_cast<char>(byte)}}) {
      if (dialect.delimiter == dialect.quote) continue;
      CsvIndex simd;
      CsvIndex scalar;
      simd.allocate(text.size() + CsvIndex::kSlack);
      scalar.allocate(text.size() + CsvIndex::kSlack);
      ASSERT_EQ(scan_csv(dialect, CsvState::FieldStart, text, 0, simd), scan_csv(dialect, CsvState::FieldStart, text, 0, scalar,
          ScanMode::Scalar));
      ASSERT_EQ(simd.separator_count, scalar.separator_count) << byte;
      ASSERT_TRUE(std::equal(simd.separators.get(), simd.separators.get() + simd.separator_count, scalar.separators.get())) << byte;
    }
  }
}

TEST(CsvScanner, chunks_agree_between_simd_and_scalar_however_they_are_fed) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::string text = testing::random_csv(random, 1 + random() % 700, seed % 60);
    CsvChunk simd;
    CsvChunk scalar;
    const std::size_t cut = random() % text.size();
    extend_chunk({}, std::string_view(text).substr(0, cut), simd);
    extend_chunk({}, std::string_view(text).substr(cut), simd);
    extend_chunk({}, text, scalar, ScanMode::Scalar);
    ASSERT_EQ(simd.newlines, scalar.newlines);
    ASSERT_EQ(simd.size_bytes, scalar.size_bytes);
    for (std::size_t i = 0; i < kCsvStates; ++i) {
      ASSERT_EQ(simd.from[i].state, scalar.from[i].state);
      ASSERT_EQ(simd.from[i].first_row, scalar.from[i].first_row);
      ASSERT_EQ(simd.from[i].lines_before, scalar.from[i].lines_before);
      ASSERT_EQ(simd.from[i].state, scan_all(text, static_cast<CsvState>(i), ScanMode::Scalar).state);
    }
  }
}

TEST(CsvScanner, a_quote_opens_only_at_the_start_of_a_field) {
  const Found found = scan_all("a 5\" disk,x\n\"q,\n\"\"\",y\n", CsvState::FieldStart, ScanMode::Simd);
  EXPECT_EQ(found.separators, (std::vector<std::uint32_t>{9, 11, 19, 21}));
  EXPECT_EQ(found.row_ends, (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(found.inner, (std::vector<std::pair<std::uint32_t, std::uint64_t>>{{1, 1}}));
}

}  // namespace
}  // namespace sinter

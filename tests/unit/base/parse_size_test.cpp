// Sizes and durations as people write them.
#include "base/parse_size.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sinter {
namespace {

TEST(ParseSize, understands_units) {
  EXPECT_EQ(parse_size("0").value(), 0u);
  EXPECT_EQ(parse_size("17").value(), 17u);
  EXPECT_EQ(parse_size("17B").value(), 17u);
  EXPECT_EQ(parse_size("512k").value(), 524'288u);
  EXPECT_EQ(parse_size("64MiB").value(), 67'108'864u);
  EXPECT_EQ(parse_size("64 mib").value(), 67'108'864u);
  EXPECT_EQ(parse_size(" 4GiB ").value(), 4'294'967'296u);
  EXPECT_EQ(parse_size("1.5GiB").value(), 1'610'612'736u);
  EXPECT_EQ(parse_size("2GB").value(), 2'000'000'000u);
  EXPECT_EQ(parse_size("1T").value(), 1'099'511'627'776u);
}

TEST(ParseSize, rejects_the_rest_with_a_hint) {
  for (const char* text : {"", "MiB", "-1", "1.5", "1.", ".5k", "1,5k", "64MiBs", "64 M iB",
                           "1e3", "99999999999999999999", "17000000TiB", "0.1k", "1k1"}) {
    auto size = parse_size(text);
    ASSERT_FALSE(size.ok()) << text;
    EXPECT_EQ(size.error().fault(), Fault::User);
    EXPECT_NE(size.error().hint().find("64MiB"), std::string::npos);
  }
}

TEST(ParseSize, formats_for_people) {
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1023), "1023B");
  EXPECT_EQ(format_size(1536), "1.5KiB");
  EXPECT_EQ(format_size(64u << 20), "64MiB");
  EXPECT_EQ(format_size((std::uint64_t{1} << 30) - 1), "1023.9MiB");
  EXPECT_EQ(format_size(UINT64_MAX), "16777215.9TiB");
}

TEST(ParseDuration, understands_units_and_sums) {
  EXPECT_EQ(parse_duration_ms("0").value(), 0);
  EXPECT_EQ(parse_duration_ms("250ms").value(), 250);
  EXPECT_EQ(parse_duration_ms("30s").value(), 30'000);
  EXPECT_EQ(parse_duration_ms("1.5s").value(), 1'500);
  EXPECT_EQ(parse_duration_ms("10m").value(), 600'000);
  EXPECT_EQ(parse_duration_ms("10 min").value(), 600'000);
  EXPECT_EQ(parse_duration_ms("1h30m").value(), 5'400'000);
  EXPECT_EQ(parse_duration_ms("1d").value(), 86'400'000);
}

TEST(ParseDuration, rejects_the_rest_with_a_hint) {
  for (const char* text : {"", "10", "s", "-1s", "1.0001s", "30m1h", "1m1m", "1y", "99999999999999d", "1h30"}) {
    auto duration = parse_duration_ms(text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_NE(duration.error().hint().find("1h30m"), std::string::npos);
  }
}

TEST(ParseDuration, reads_back_what_format_wrote) {
  EXPECT_EQ(format_duration_ms(0), "0ms");
  EXPECT_EQ(format_duration_ms(250), "250ms");
  EXPECT_EQ(format_duration_ms(1'500), "1.5s");
  EXPECT_EQ(format_duration_ms(150'000), "2m30s");
  EXPECT_EQ(format_duration_ms(3'900'000), "1h5m");
  EXPECT_EQ(format_duration_ms(-1'500), "-1.5s");
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto ms = static_cast<std::int64_t>(random.next() >> (1 + random.below(62)));
    ASSERT_EQ(parse_duration_ms(format_duration_ms(ms)).value(), ms) << format_duration_ms(ms);
  }
}

}  // namespace
}  // namespace sinter

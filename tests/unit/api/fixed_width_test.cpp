// Fixed-width records: read what was written, short lines, values that do not fit.
#include "framework/api/fixed_width.hpp"

#include <gmock/gmock.h>

#include "base/random.hpp"
#include "tests/unit/api/job_fixture.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using FixedWidthTest = testing::JobTest;

struct Person {
  std::string name;
  std::optional<std::int64_t> age;
  bool member = false;
  auto fields() { return std::tie(name, age, member); }
};

const std::vector<FixedColumn> kPeople{{"name", 0, 8}, {"age", 9, 4}, {"member", 14, 5}};

CompleteJob copy(DataFile from, DataFile to) {
  return Job("copy").read(std::move(from)).map([](const Person& person, RowWriter& out) { out.row(person); }).write(std::move(to));
}

TEST_F(FixedWidthTest, columns_are_cut_by_place_and_blanks_around_them_are_left_out) {
  directory_.write("in", "ann        31 true\r\n\nbob jr. \xE2\x82\xAC  7 false\nlong name   true\neve\n  zoe         false");
  const auto report = run(copy(fixed_width(directory_ / "in", kPeople), out({"name", "age", "member"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "name,age,member\nann,31,true\nzoe,,false\n");
  EXPECT_THAT(rejects(), AllOf(HasSubstr("\"offset\":21"), HasSubstr("is no whole number"),
                               HasSubstr("\"offset\":59,\"record\":\"eve\""), HasSubstr("is missing")));
}

std::string random_people(std::uint64_t seed, std::size_t rows) {
  Random random(seed);
  std::string csv = "name,age,member\n";
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string name(1 + random.below(8), static_cast<char>('a' + random.below(26)));
    csv += name + "," + (random.below(4) == 0 ? "" : std::to_string(random.below(1000))) + (random.below(2) == 0 ? ",true\n" : ",false\n");
  }
  return csv;
}

TEST_F(FixedWidthTest, what_was_written_is_read_back_however_it_is_cut) {
  for (const std::size_t record_bytes : {0, 19, 24}) {
    SCOPED_TRACE("seed and record_bytes " + std::to_string(record_bytes));
    directory_.files.erase("fixed");
    const std::string people = random_people(record_bytes, 400);
    directory_.write("in.csv", people);
    const DataFile fixed = fixed_width(directory_ / "fixed", kPeople, record_bytes);
    const auto made = run(copy(csv(directory_ / "in.csv", {"name", "age", "member"}), fixed));
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    EXPECT_EQ(made->outputs.at("fixed").size(), 400 * (record_bytes == 0 ? 20 : record_bytes));
    directory_.write("fixed", made->outputs.at("fixed"));
    for (const std::uint64_t split_bytes : {333u, 4096u, 1u << 20}) {
      const auto read = run(copy(fixed, out({"name", "age", "member"})), split_bytes);
      ASSERT_TRUE(read.ok()) << read.error().to_string();
      EXPECT_EQ(output(), people) << "split size " << split_bytes;
    }
  }
}

TEST_F(FixedWidthTest, numbers_stand_to_the_right) {
  directory_.write("in.csv", "name,age,member\nann,31,true\n");
  const auto made = run(copy(csv(directory_ / "in.csv", {"name", "age", "member"}), fixed_width(directory_ / "out.csv", kPeople)));
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  EXPECT_EQ(output(), "ann        31 true \n");
}

TEST_F(FixedWidthTest, a_value_that_does_not_fit_is_an_error_and_never_cut) {
  directory_.write("in.csv", "name,age,member\nalexandra,31,true\n");
  const auto from = csv(directory_ / "in.csv", {"name", "age", "member"});
  EXPECT_THAT(run(copy(from, fixed_width(directory_ / "out", kPeople))).error().to_string(),
              AllOf(HasSubstr("'alexandra' has 9 bytes, and the column 'name' 8"), HasSubstr("'out'")));
  directory_.write("in.csv", "name,age,member\n\"a\nb\",31,true\n");
  EXPECT_THAT(run(copy(from, fixed_width(directory_ / "out", kPeople))).error().to_string(), HasSubstr("'name' has a line end"));
  EXPECT_TRUE(run(copy(from, fixed_width(directory_ / "out", kPeople, 19))).ok());
}

TEST_F(FixedWidthTest, layouts_that_cannot_be_are_told_before_anything_runs) {
  directory_.write("in", "x\n");
  const auto error = [&](std::vector<FixedColumn> columns, std::size_t record_bytes) {
    return run(copy(fixed_width(directory_ / "in", std::move(columns), record_bytes), out({"a", "b", "c"}))).error().to_string();
  };
  EXPECT_THAT(error({}, 0), HasSubstr("has no columns"));
  EXPECT_THAT(error({{"a", 0, 1}, {"b", 1, 0}, {"c", 2, 1}}, 0), HasSubstr("'b' of a fixed-width file has no bytes"));
  EXPECT_THAT(error({{"a", 0, 1}, {"b", 1, 1}, {"c", 2, 1}}, 2), HasSubstr("take 3 bytes, and its records have 2"));
  const auto to = fixed_width(directory_ / "out", {{"a", 0, 2}, {"b", 1, 2}, {"c", 4, 1}});
  EXPECT_THAT(run(copy(csv(directory_ / "in", {"a", "b", "c"}), to)).error().to_string(), HasSubstr("'a' and 'b' of a fixed-width output"));
}

}  // namespace
}  // namespace sinter

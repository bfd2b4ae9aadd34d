// RangeMarks: how far, and where to cut.
#include "framework/plan/range_marks.hpp"

#include <gtest/gtest.h>

namespace sinter {
namespace {

/// "" to "b", "b" to "c", ... "h" to the end.
std::vector<KeyRange> letters() {
  std::vector<KeyRange> pieces{{"", "b"}};
  for (char letter = 'b'; letter <= 'h'; ++letter)
    pieces.push_back({std::string(1, letter), letter == 'h' ? "" : std::string(1, static_cast<char>(letter + 1))});
  return pieces;
}

TEST(RangeMarksTest, an_attempt_is_in_the_middle_of_its_piece) {
  const RangeMarks marks(3, letters());
  EXPECT_EQ(marks.input_stage(), 3u);
  EXPECT_DOUBLE_EQ(marks.done({}, ""), 0.5 / 8);
  EXPECT_DOUBLE_EQ(marks.done({}, "b"), 1.5 / 8);
  EXPECT_DOUBLE_EQ(marks.done({}, "hz"), 7.5 / 8);
  EXPECT_DOUBLE_EQ(marks.done({"c", "e"}, "c"), 0.5 / 2);
  EXPECT_DOUBLE_EQ(marks.done({"c", "e"}, "d"), 1.5 / 2);
  EXPECT_DOUBLE_EQ(marks.done({"cc", "cd"}, "cc"), 0.5) << "no mark in the range";
}

TEST(RangeMarksTest, the_middle_is_that_of_what_is_left) {
  const RangeMarks marks(0, letters());
  EXPECT_EQ(marks.middle({}, ""), "e");
  EXPECT_EQ(marks.middle({}, "e"), "g");
  EXPECT_EQ(marks.middle({}, "fz"), "h");
  EXPECT_EQ(marks.middle({}, "g"), "h");
  EXPECT_EQ(marks.middle({}, "h"), std::nullopt);
  EXPECT_EQ(marks.middle({"c", "e"}, "c"), "d");
  EXPECT_EQ(marks.middle({"c", "e"}, "d"), std::nullopt) << "the next mark is another range's";
  EXPECT_EQ(marks.middle({"", "b"}, ""), std::nullopt);
}

TEST(RangeMarksTest, a_border_is_always_behind_the_group_and_inside_of_the_range) {
  const RangeMarks marks(0, letters());
  for (char begin = 'a'; begin <= 'i'; ++begin)
    for (char end = static_cast<char>(begin + 1); end <= 'j'; ++end)
      for (char group = begin; group < end; ++group) {
        const KeyRange range{std::string(1, begin), end == 'j' ? "" : std::string(1, end)};
        const auto border = marks.middle(range, std::string(1, group));
        if (!border) continue;
        EXPECT_GT(*border, std::string(1, group));
        EXPECT_TRUE(lies_in(range, *border));
      }
}

}  // namespace
}  // namespace sinter

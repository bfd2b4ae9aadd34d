// RangeMarks: counting marks.
#include "framework/plan/range_marks.hpp"

#include <algorithm>

namespace sinter {

RangeMarks::RangeMarks(std::uint32_t input_stage, const std::vector<KeyRange>& pieces) : input_stage_(input_stage) {
  for (const KeyRange& piece : pieces)
    if (!piece.begin.empty()) marks_.push_back(piece.begin);
}

RangeMarks::Place RangeMarks::place(const KeyRange& range, std::string_view group) const {
  const auto first = std::upper_bound(marks_.begin(), marks_.end(), range.begin);
  const auto last = range.end.empty() ? marks_.end() : std::lower_bound(first, marks_.end(), range.end);
  const auto next = std::upper_bound(first, last, group);
  return {static_cast<std::size_t>(next - first), static_cast<std::size_t>(last - next), static_cast<std::size_t>(next - marks_.begin())};
}

double RangeMarks::done(const KeyRange& range, std::string_view group) const {
  const Place at = place(range, group);
  // In the middle of its piece, as far as anybody knows.
  return (static_cast<double>(at.passed) + 0.5) / static_cast<double>(at.passed + at.left + 1);
}

std::optional<std::string> RangeMarks::middle(const KeyRange& range, std::string_view group) const {
  const Place at = place(range, group);
  if (at.left == 0) return std::nullopt;
  return marks_[at.next + at.left / 2];
}

}  // namespace sinter

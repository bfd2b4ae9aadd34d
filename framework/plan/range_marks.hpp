// RangeMarks: keys that divide what a stage reads into small pieces of about equal bytes: how far an attempt is in its range, and where the
// rest of it can be cut. Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shuffle/run/run_format.hpp"

namespace sinter {

/// Marks of one stage, and about how many of them lie in each of its ranges.
inline constexpr std::size_t kMaxMarks = 20'000;
inline constexpr std::uint64_t kMarksPerRange = 32;

/// Whether `range` can be cut at `border`.
inline bool lies_in(const KeyRange& range, std::string_view border) {
  return border > range.begin && (range.end.empty() || border < range.end);
}

class RangeMarks {
 public:
  /// Of the stage whose runs these are pieces of; see cut_ranges().
  RangeMarks(std::uint32_t input_stage, const std::vector<KeyRange>& pieces);

  std::uint32_t input_stage() const { return input_stage_; }
  /// The part of `range` that is done when the attempt has come to `group`, above 0 and below 1. Cost: O(log marks).
  double done(const KeyRange& range, std::string_view group) const;
  /// A key of `range` behind `group` that leaves about half of the rest on each side; nothing: no mark is left.
  std::optional<std::string> middle(const KeyRange& range, std::string_view group) const;

 private:
  struct Place {
    std::size_t passed = 0;  // marks in the range up to the group
    std::size_t left = 0;    // and behind it
    std::size_t next = 0;    // the first of those
  };
  Place place(const KeyRange& range, std::string_view group) const;

  std::uint32_t input_stage_;
  std::vector<std::string> marks_;  // ascending
};

}  // namespace sinter

// cut_ranges(): ranges of even size from the block indexes of finished runs. Pure; any thread.
#include <algorithm>
#include <tuple>

#include "shuffle/run/run_format.hpp"

namespace sinter {
namespace {

struct Mark {
  std::string_view group;  // the first group of a block
  std::uint64_t raw_bytes;
};

std::vector<Mark> sorted_marks(const std::vector<const RunSummary*>& runs) {
  std::vector<Mark> marks;
  for (const RunSummary* run : runs) {
    for (const BlockEntry& block : run->blocks) {
      marks.push_back({std::string_view(block.first_key).substr(0, block.first_group_size), block.raw_bytes});
    }
  }
  std::sort(marks.begin(), marks.end(),
            [](const Mark& a, const Mark& b) { return std::tie(a.group, a.raw_bytes) < std::tie(b.group, b.raw_bytes); });
  return marks;
}

}  // namespace

std::vector<KeyRange> cut_ranges(const std::vector<const RunSummary*>& runs, std::uint64_t target_bytes, std::size_t max_ranges) {
  const std::vector<Mark> marks = sorted_marks(runs);
  std::uint64_t total = 0;
  for (const Mark& mark : marks) total += mark.raw_bytes;
  const std::uint64_t target = std::max<std::uint64_t>(target_bytes, 1);
  const std::uint64_t full = total / target + (total % target != 0 ? 1 : 0);
  const std::uint64_t wanted = std::clamp<std::uint64_t>(full, 1, std::max<std::size_t>(max_ranges, 1));

  std::vector<KeyRange> ranges(1);
  std::uint64_t before = 0;  // bytes of blocks that begin in smaller groups
  std::uint64_t start = 0;   // `before` at the last cut
  for (std::size_t i = 0; i < marks.size() && ranges.size() < wanted;) {
    // What is left is spread over the ranges that are left, so that one hot group does not starve the rest of ranges.
    const std::uint64_t share = (total - start) / (wanted - ranges.size() + 1);
    if (i > 0 && before - start >= std::max<std::uint64_t>(share, 1)) {
      ranges.back().end = marks[i].group;
      ranges.push_back({std::string(marks[i].group), {}});
      start = before;
    }
    const std::string_view group = marks[i].group;
    for (; i < marks.size() && marks[i].group == group; ++i) before += marks[i].raw_bytes;
  }
  return ranges;
}

}  // namespace sinter

// Borders of ranges moved to borders of partitions. Pure.
#include "framework/plan/partitions.hpp"

#include "shuffle/record/key.hpp"

namespace sinter {

std::size_t partition_size(std::string_view key) {
  for (const Order order : {Order::Ascending, Order::Descending}) {
    KeyReader reader(key);
    if (!reader.at_end() && reader.skip(order).ok()) return reader.offset();
  }
  return key.size();
}

bool keeps_partitions(const JobDefinition& job, const Stage& input) {
  if (input.work == StageWork::Map) return job.whole_partitions;
  return input.work == StageWork::Step && job.steps[input.step].whole_partitions;
}

std::vector<KeyRange> widen_to_partitions(std::vector<KeyRange> ranges) {
  std::vector<KeyRange> widened;
  for (KeyRange& range : ranges) {
    range.begin.resize(partition_size(range.begin));
    range.end.resize(partition_size(range.end));
    const bool to_the_end = range.end.empty();
    if (!widened.empty() && !to_the_end && range.begin == range.end) continue;
    widened.push_back(std::move(range));
  }
  return widened;
}

}  // namespace sinter

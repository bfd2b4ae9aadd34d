// Borders of key ranges at borders of partitions.
#include "framework/plan/partitions.hpp"

#include <gtest/gtest.h>

#include "shuffle/record/key.hpp"

namespace sinter {
namespace {

std::string key(std::string_view partition, std::int64_t rest, Order order = Order::Ascending) {
  std::string bytes;
  append_key_bytes(bytes, partition, order);
  append_key_int64(bytes, rest);
  return bytes;
}
std::string prefix(std::string_view partition, Order order = Order::Ascending) {
  std::string bytes;
  append_key_bytes(bytes, partition, order);
  return bytes;
}

TEST(Partitions, a_partition_is_the_first_field_of_a_key_of_either_order) {
  EXPECT_EQ(partition_size(key("ab", 7)), prefix("ab").size());
  EXPECT_EQ(partition_size(key("ab", 7, Order::Descending)), prefix("ab").size());
  EXPECT_EQ(partition_size(""), 0u);
  EXPECT_EQ(partition_size("\x40 no field"), 10u);
}

TEST(Partitions, borders_move_down_and_empty_ranges_go) {
  const std::string b3 = key("b", 3), b5 = key("b", 5), c = key("c", 1);
  const std::vector<KeyRange> widened = widen_to_partitions({{"", b3}, {b3, b5}, {b5, c}, {c, ""}});
  const std::vector<KeyRange> expected = {{"", prefix("b")}, {prefix("b"), prefix("c")}, {prefix("c"), ""}};
  EXPECT_EQ(widened, expected);
  const std::vector<KeyRange> all = {{"", ""}};
  EXPECT_EQ(widen_to_partitions(all), all);
}

TEST(Partitions, a_stage_reads_whole_partitions_of_those_who_emit_them) {
  JobDefinition job;
  job.steps.resize(2);
  job.steps[1].whole_partitions = true;
  Stage map, step;
  step.work = StageWork::Step;
  EXPECT_FALSE(keeps_partitions(job, map));
  EXPECT_FALSE(keeps_partitions(job, step));
  step.step = 1;
  EXPECT_TRUE(keeps_partitions(job, step));
  job.whole_partitions = true;
  EXPECT_TRUE(keeps_partitions(job, map));
}

}  // namespace
}  // namespace sinter

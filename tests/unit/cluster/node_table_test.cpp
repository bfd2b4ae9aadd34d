// NodeTable: who is where.
#include "framework/cluster/node_table.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sinter::cluster {
namespace {

NodeHello hello(std::uint32_t slots) {
  NodeHello made;
  made.name = "n";
  made.slots = slots;
  return made;
}

TEST(NodeTableTest, a_node_that_leaves_tells_whom_it_had) {
  NodeTable table;
  const NodeId node = table.add(3, 5, hello(2)).node;
  table.place(node, {1, 1});
  table.place(node, {2, 1});
  EXPECT_EQ(table.find_peer(5)->node, node);
  const NodeEntry gone = table.remove(node);
  EXPECT_EQ(gone.workers, (std::set<SlotHolder>{{1, 1}, {2, 1}}));
  EXPECT_EQ(table.find_peer(5), nullptr);
  EXPECT_EQ(table.node_of({1, 1}), nullptr);
  table.add(node, 6, hello(1));
  table.place(node, {4, 4});
  EXPECT_EQ(table.node_of({4, 4})->node, node);
}

TEST(NodeTableTest, workers_are_counted_by_job_and_go_with_it) {
  NodeTable table;
  table.add(1, 1, hello(4));
  table.add(2, 2, hello(4));
  for (WorkerId worker = 1; worker <= 3; ++worker) table.place(worker % 2 + 1, {8, worker});
  table.place(1, {9, 1});
  EXPECT_EQ(table.workers_of(8), 3u);
  EXPECT_EQ(table.workers_of(9), 1u);
  table.release({8, 2});
  table.release({8, 2});
  EXPECT_EQ(table.workers_of(8), 2u);
  table.release_all(8);
  EXPECT_EQ(table.workers_of(8), 0u);
  EXPECT_EQ(table.node_of({8, 1}), nullptr);
  EXPECT_EQ(table.find(1)->workers, (std::set<SlotHolder>{{9, 1}}));
}

TEST(NodeTableTest, lines_say_who_leaves) {
  NodeTable table;
  table.add(1, 1, hello(4));
  table.add(2, 2, hello(4)).leaving = true;
  ASSERT_EQ(table.leaving().size(), 1u);
  EXPECT_EQ(table.leaving().front()->node, 2u);
  EXPECT_FALSE(table.lines()[0].leaving);
  EXPECT_TRUE(table.lines()[1].leaving);
}

}  // namespace
}  // namespace sinter::cluster

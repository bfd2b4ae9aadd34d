// NodeTable: slots go to the job that has fewest, on the node that has most.
#include "framework/cluster/node_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.hpp"

namespace sinter::cluster {
namespace {

NodeHello hello(std::uint32_t slots) {
  NodeHello made;
  made.name = "n";
  made.slots = slots;
  return made;
}

TEST(NodeTableTest, a_worker_gets_a_slot_on_the_roomiest_node) {
  NodeTable table;
  const NodeId small = table.add(11, 1, hello(1)).node;
  const NodeId large = table.add(12, 2, hello(3)).node;
  for (WorkerId worker = 1; worker <= 5; ++worker) table.want({9, worker});
  const auto given = table.assign();
  ASSERT_EQ(given.size(), 4u);
  EXPECT_EQ(table.find(small)->workers.size(), 1u);
  EXPECT_EQ(table.find(large)->workers.size(), 3u);
  EXPECT_TRUE(table.assign().empty());
  // The fifth waits until one has ended.
  EXPECT_FALSE(table.release({9, 2}));
  ASSERT_EQ(table.assign().size(), 1u);
  EXPECT_NE(table.node_of({9, 5}), nullptr);
  EXPECT_EQ(table.node_of({9, 2}), nullptr);
}

TEST(NodeTableTest, jobs_share) {
  NodeTable table;
  table.add(1, 1, hello(4));
  for (WorkerId worker = 1; worker <= 4; ++worker) table.want({1, worker});
  for (WorkerId worker = 1; worker <= 4; ++worker) table.want({2, worker});
  std::map<RunId, int> slots;
  for (const auto& [node, worker] : table.assign()) ++slots[worker.first];
  EXPECT_EQ(slots[1], 2);
  EXPECT_EQ(slots[2], 2);
}

TEST(NodeTableTest, one_that_waits_gives_up_its_place) {
  NodeTable table;
  table.want({1, 1});
  EXPECT_TRUE(table.release({1, 1}));
  table.add(1, 1, hello(1));
  EXPECT_TRUE(table.assign().empty());
}

TEST(NodeTableTest, a_node_that_leaves_tells_whom_it_had) {
  NodeTable table;
  const NodeId node = table.add(3, 5, hello(2)).node;
  table.want({1, 1});
  table.want({2, 1});
  (void)table.assign();
  EXPECT_EQ(table.find_peer(5)->node, node);
  const NodeEntry gone = table.remove(node);
  EXPECT_EQ(gone.workers, (std::set<SlotHolder>{{1, 1}, {2, 1}}));
  EXPECT_EQ(table.find_peer(5), nullptr);
  EXPECT_EQ(table.node_of({1, 1}), nullptr);
  table.add(node, 6, hello(1));
  table.place(node, {4, 4});
  EXPECT_EQ(table.node_of({4, 4})->node, node);
}

TEST(NodeTableTest, no_node_ever_has_more_workers_than_slots_and_every_worker_has_one_place) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    NodeTable table;
    std::vector<NodeId> nodes;
    std::set<SlotHolder> living;  // that have a slot
    net::PeerId peer = 0;
    NodeId next_node = 100;
    WorkerId next = 1;
    for (int step = 0; step < 300; ++step) {
      switch (random.below(5)) {
        case 0: nodes.push_back(table.add(++next_node, ++peer, hello(static_cast<std::uint32_t>(1 + random.below(4)))).node); break;
        case 1:
          if (!nodes.empty() && random.below(4) == 0) {
            for (const SlotHolder& worker : table.remove(nodes.back()).workers) living.erase(worker);
            nodes.pop_back();
          }
          break;
        case 2:
          if (!living.empty()) {
            table.release(*living.begin());
            living.erase(living.begin());
          }
          break;
        case 3:
          if (random.below(20) == 0) {
            const RunId run = random.below(3);
            table.release_all(run);
            std::erase_if(living, [run](const SlotHolder& worker) { return worker.first == run; });
          }
          break;
        default: table.want({random.below(3), next++});
      }
      for (const auto& [node, worker] : table.assign()) living.insert(worker);
      std::set<SlotHolder> seen;
      for (const NodeId id : nodes) {
        const NodeEntry& node = *table.find(id);
        ASSERT_LE(node.workers.size(), node.hello.slots);
        for (const SlotHolder& worker : node.workers) {
          ASSERT_TRUE(seen.insert(worker).second) << "a worker in two places";
          ASSERT_EQ(table.node_of(worker), &node);
        }
      }
    }
  }
}

}  // namespace
}  // namespace sinter::cluster

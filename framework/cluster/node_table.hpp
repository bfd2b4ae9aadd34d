// NodeTable: the nodes of a cluster, their slots, and which worker has which. Pure; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/net/message.hpp"
#include "framework/cluster/client_messages.hpp"
#include "framework/cluster/node_messages.hpp"

namespace sinter::cluster {

using NodeId = std::uint64_t;
/// A worker of one job.
using SlotHolder = std::pair<RunId, WorkerId>;

struct NodeEntry {
  NodeId node = 0;
  net::PeerId peer = 0;
  NodeHello hello;
  std::set<SlotHolder> workers;
};

class NodeTable {
 public:
  /// Requires: no node of this number is there.
  NodeEntry& add(NodeId node, net::PeerId peer, NodeHello hello);
  /// Its workers lose their slots. Requires: it is there.
  NodeEntry remove(NodeId node);
  NodeEntry* find(NodeId node);
  NodeEntry* find_peer(net::PeerId peer);
  /// The node that has this worker; null: none.
  NodeEntry* node_of(const SlotHolder& worker);

  /// The worker waits for a slot.
  void want(const SlotHolder& worker) { waiting_.push_back(worker); }
  /// The worker has a slot there already.
  void place(NodeId node, const SlotHolder& worker);
  /// It gives up its slot, or its place in the queue; true: it was waiting.
  bool release(const SlotHolder& worker);
  /// A job has ended.
  void release_all(RunId run);
  /// Gives free slots to waiting workers: of the job that has the fewest slots, on the node that has the most free ones.
  std::vector<std::pair<NodeEntry*, SlotHolder>> assign();

  std::uint32_t slots() const;
  std::vector<NodeLine> lines() const;

 private:
  std::uint32_t free_slots(const NodeEntry& node) const;

  std::map<NodeId, NodeEntry> nodes_;
  std::map<net::PeerId, NodeId> by_peer_;
  std::map<SlotHolder, NodeId> placed_;
  std::map<RunId, std::uint32_t> slots_of_runs_;
  std::deque<SlotHolder> waiting_;
};

}  // namespace sinter::cluster

// NodeTable: the nodes of a cluster, how they are reached, and which workers they have; which get some is decided by Cluster. Pure; one
// thread.
#pragma once

#include <cstdint>
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
  bool leaving = false;    // takes no more workers, and ends when nobody needs it
  bool dismissed = false;  // and has been told so
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

  /// The worker has a slot there.
  void place(NodeId node, const SlotHolder& worker);
  /// It gives up its slot, if it has one.
  void release(const SlotHolder& worker);
  /// A job has ended.
  void release_all(RunId run);

  std::uint32_t slots() const;
  /// Of the node that has most; nothing: there is none.
  std::optional<std::uint64_t> most_memory_bytes() const;
  /// Whether one takes jobs that bring native code.
  bool any_native_code() const;
  std::uint32_t workers_of(RunId run) const;
  std::vector<NodeEntry*> leaving();
  std::vector<NodeLine> lines() const;

 private:
  std::map<NodeId, NodeEntry> nodes_;
  std::map<net::PeerId, NodeId> by_peer_;
  std::map<SlotHolder, NodeId> placed_;
};

}  // namespace sinter::cluster

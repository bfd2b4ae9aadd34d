// NodeTable: see the header. Pure; one thread.
#include "framework/cluster/node_table.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace sinter::cluster {

NodeEntry& NodeTable::add(NodeId node, net::PeerId peer, NodeHello hello) {
  require(!nodes_.contains(node), "a node joins once");
  by_peer_[peer] = node;
  return nodes_.emplace(node, NodeEntry{node, peer, std::move(hello), {}}).first->second;
}

NodeEntry NodeTable::remove(NodeId node) {
  const auto found = nodes_.find(node);
  require(found != nodes_.end(), "a node that leaves was there");
  NodeEntry entry = std::move(found->second);
  nodes_.erase(found);
  by_peer_.erase(entry.peer);
  for (const SlotHolder& worker : entry.workers) placed_.erase(worker);
  return entry;
}

NodeEntry* NodeTable::find(NodeId node) {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : &found->second;
}

NodeEntry* NodeTable::find_peer(net::PeerId peer) {
  const auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? nullptr : find(found->second);
}

NodeEntry* NodeTable::node_of(const SlotHolder& worker) {
  const auto found = placed_.find(worker);
  return found == placed_.end() ? nullptr : find(found->second);
}

void NodeTable::place(NodeId node, const SlotHolder& worker) {
  nodes_.at(node).workers.insert(worker);
  placed_[worker] = node;
}

void NodeTable::release(const SlotHolder& worker) {
  NodeEntry* node = node_of(worker);
  if (node == nullptr) return;
  node->workers.erase(worker);
  placed_.erase(worker);
}

void NodeTable::release_all(RunId run) {
  std::erase_if(placed_, [run](const auto& entry) { return entry.first.first == run; });
  for (auto& [id, node] : nodes_) {
    std::erase_if(node.workers, [run](const SlotHolder& worker) { return worker.first == run; });
  }
}

std::uint32_t NodeTable::slots() const {
  std::uint32_t sum = 0;
  for (const auto& [id, node] : nodes_) sum += node.hello.slots;
  return sum;
}

std::optional<std::uint64_t> NodeTable::most_memory_bytes() const {
  std::optional<std::uint64_t> most;
  for (const auto& [id, node] : nodes_) most = std::max(most.value_or(0), node.hello.memory_bytes);
  return most;
}

bool NodeTable::any_native_code() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& one) { return one.second.hello.native_code; });
}

std::uint32_t NodeTable::workers_of(RunId run) const {
  return static_cast<std::uint32_t>(std::distance(placed_.lower_bound({run, 0}), placed_.lower_bound({run + 1, 0})));
}

std::vector<NodeEntry*> NodeTable::leaving() {
  std::vector<NodeEntry*> entries;
  for (auto& [id, node] : nodes_)
    if (node.leaving) entries.push_back(&node);
  return entries;
}

std::vector<NodeLine> NodeTable::lines() const {
  std::vector<NodeLine> lines;
  for (const auto& [id, node] : nodes_)
    lines.push_back({id, node.hello.name, node.hello.host, node.hello.slots, static_cast<std::uint32_t>(node.workers.size()),
                     node.hello.memory_bytes, node.leaving, node.hello.native_code});
  return lines;
}

}  // namespace sinter::cluster

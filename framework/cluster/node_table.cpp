// NodeTable: slots given and taken back. Pure; one thread.
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
  for (const SlotHolder& worker : entry.workers) {
    placed_.erase(worker);
    --slots_of_runs_[worker.first];
  }
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
  if (!nodes_.at(node).workers.insert(worker).second) return;
  placed_[worker] = node;
  ++slots_of_runs_[worker.first];
}

bool NodeTable::release(const SlotHolder& worker) {
  if (const auto waits = std::find(waiting_.begin(), waiting_.end(), worker); waits != waiting_.end()) {
    waiting_.erase(waits);
    return true;
  }
  if (NodeEntry* node = node_of(worker)) {
    node->workers.erase(worker);
    placed_.erase(worker);
    --slots_of_runs_[worker.first];
  }
  return false;
}

void NodeTable::release_all(RunId run) {
  std::erase_if(waiting_, [run](const SlotHolder& worker) { return worker.first == run; });
  std::erase_if(placed_, [run](const auto& entry) { return entry.first.first == run; });
  for (auto& [id, node] : nodes_) {
    std::erase_if(node.workers, [run](const SlotHolder& worker) { return worker.first == run; });
  }
  slots_of_runs_.erase(run);
}

std::vector<std::pair<NodeEntry*, SlotHolder>> NodeTable::assign() {
  std::vector<std::pair<NodeEntry*, SlotHolder>> given;
  while (!waiting_.empty()) {
    const auto roomiest = std::max_element(nodes_.begin(), nodes_.end(), [this](const auto& left, const auto& right) {
      return free_slots(left.second) < free_slots(right.second);
    });
    if (roomiest == nodes_.end() || free_slots(roomiest->second) == 0) break;
    const auto poorest = std::min_element(waiting_.begin(), waiting_.end(), [this](const SlotHolder& left, const SlotHolder& right) {
      return slots_of_runs_[left.first] < slots_of_runs_[right.first];
    });
    const SlotHolder worker = *poorest;
    waiting_.erase(poorest);
    place(roomiest->first, worker);
    given.emplace_back(&roomiest->second, worker);
  }
  return given;
}

std::uint32_t NodeTable::slots() const {
  std::uint32_t sum = 0;
  for (const auto& [id, node] : nodes_) sum += node.hello.slots;
  return sum;
}

std::uint32_t NodeTable::free_slots(const NodeEntry& node) const {
  return node.hello.slots - std::min(node.hello.slots, static_cast<std::uint32_t>(node.workers.size()));
}

std::vector<NodeLine> NodeTable::lines() const {
  std::vector<NodeLine> lines;
  for (const auto& [id, node] : nodes_)
    lines.push_back({id, node.hello.name, node.hello.host, node.hello.slots, static_cast<std::uint32_t>(node.workers.size()),
                     node.hello.memory_bytes});
  return lines;
}

}  // namespace sinter::cluster

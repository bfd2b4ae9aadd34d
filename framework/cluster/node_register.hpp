// NodeRegister: the nodes that a tracker has met, under numbers that outlive it, and which of them it had when it last knew. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/result.hpp"
#include "framework/cluster/node_table.hpp"
#include "framework/runtime/journal.hpp"

namespace sinter::cluster {

class NodeRegister {
 public:
  /// A journal at `path`. Errors: see Journal::open().
  static Result<std::unique_ptr<NodeRegister>> open(FileSystem& files, const std::string& path);

  /// The number of the node that calls itself so; a new one for a new node. Durable when it returns.
  Result<NodeId> joined(std::uint64_t identity);
  Status left(NodeId node);

  /// Nodes that were there when the life before ended, and have not come back since.
  const std::set<NodeId>& missing() const { return missing_; }
  void forget_missing() { missing_.clear(); }

 private:
  explicit NodeRegister(std::unique_ptr<Journal> journal) : journal_(std::move(journal)) {}

  std::unique_ptr<Journal> journal_;
  std::map<std::uint64_t, NodeId> numbers_;
  std::set<NodeId> missing_;
};

}  // namespace sinter::cluster

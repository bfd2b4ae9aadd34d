// LoserTree: picks the smallest of K sorted sources with log2(K) comparisons a record. A value type; one thread.
//
//              [0] winner: c                Inner node i keeps the LOSER of the match played there; the winner moved up.
//                   |                       When the winner's source moves on, its new record plays only the losers on
//              [1] loser: a                 the path from its leaf to the root: one comparison a level, no sibling look-up
//             /           \                 (a heap needs two). Source: Knuth, TAOCP 3, 5.4.1 "tree of losers".
//       [2] loser: b    [3] loser: d
//        /      \        /      \           The u64 key prefix lies in the tree, so that most matches touch no record;
//       a        b      c        d          equal prefixes are decided by the `Before` object.
//    leaf 4    leaf 5  leaf 6  leaf 7       Leaf of source s: s + K.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace sinter {

/// `before(a, b)` orders two source numbers whose prefixes are equal: true when a's record comes first. It must be a strict
/// order that puts exhausted sources last; an exhausted source has the prefix kExhaustedPrefix, which records may have too.
template <class Before>
class LoserTree {
 public:
  static constexpr std::uint64_t kExhaustedPrefix = ~std::uint64_t{0};

  explicit LoserTree(Before before) : before_(std::move(before)) {}

  /// Plays all matches. Requires: at least one source. Cost: O(K).
  void build(const std::vector<std::uint64_t>& prefixes) {
    require(!prefixes.empty(), "a loser tree has a source");
    sources_ = static_cast<std::uint32_t>(prefixes.size());
    nodes_.assign(sources_, Node{});
    std::vector<Node> winners(2 * std::size_t{sources_});
    for (std::uint32_t s = 0; s < sources_; ++s) winners[sources_ + s] = {prefixes[s], s};
    for (std::uint32_t i = sources_ - 1; i > 0; --i) {
      const bool left_wins = wins(winners[2 * i], winners[2 * i + 1]);
      winners[i] = winners[2 * i + (left_wins ? 0 : 1)];
      nodes_[i] = winners[2 * i + (left_wins ? 1 : 0)];
    }
    nodes_[0] = winners[1];
  }

  std::uint32_t winner() const { return nodes_[0].source; }
  std::uint64_t winner_prefix() const { return nodes_[0].prefix; }

  /// The winner's source has moved on to a record with this prefix.
  void replay(std::uint64_t prefix) {
    Node moving{prefix, nodes_[0].source};
    for (std::uint32_t i = (moving.source + sources_) / 2; i > 0; i /= 2) {
      Node& loser = nodes_[i];
      // Branch-free in the usual case: which of two random keys is smaller cannot be predicted.
      bool loser_wins = loser.prefix < moving.prefix;
      if (loser.prefix == moving.prefix) [[unlikely]] loser_wins = before_(loser.source, moving.source);
      const Node keep = loser_wins ? moving : loser;
      moving = loser_wins ? loser : moving;
      loser = keep;
    }
    nodes_[0] = moving;
  }

 private:
  struct Node {
    std::uint64_t prefix = kExhaustedPrefix;
    std::uint32_t source = 0;
  };

  bool wins(const Node& a, const Node& b) const {
    return a.prefix != b.prefix ? a.prefix < b.prefix : before_(a.source, b.source);
  }

  Before before_;
  std::uint32_t sources_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace sinter

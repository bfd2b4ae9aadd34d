// A classification tree as in Breiman, "Random forests" (Machine Learning 45, 2001). Knows nothing of jobs; values, any thread.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "sinter/sinter.hpp"

/// A row to learn from or to test with.
struct Sample {
  std::uint64_t id = 0;
  std::uint32_t label = 0;
  std::vector<float> features;
  auto fields() { return std::tie(id, label, features); }
};

/// A leaf has no children: left is 0, which is the root.
struct Node {
  std::uint32_t feature = 0;
  float threshold = 0;  // up to it: left
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  std::uint32_t label = 0;
};
using Tree = std::vector<Node>;

/// Grows until every leaf is pure or cannot be split; each node looks at sqrt(features) of them, chosen at random, and takes the split with
/// the least Gini impurity. Requires: samples, all with as many features.
Tree grow_tree(const std::vector<Sample>& samples, sinter::Random& random);
std::uint32_t predict(const Tree& tree, const std::vector<float>& features);
/// The label that most trees predict; the smallest of several.
std::uint32_t vote(const std::vector<Tree>& forest, const std::vector<float>& features);

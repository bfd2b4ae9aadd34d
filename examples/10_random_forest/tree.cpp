// CART with random features, on indices into the samples.
#include "examples/10_random_forest/tree.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>

namespace {

struct Split {
  double impurity = std::numeric_limits<double>::infinity();
  std::uint32_t feature = 0;
  float threshold = 0;
};

/// Grows one tree; `rows_` are the samples, node by node side by side.
class Growth {
 public:
  Growth(const std::vector<Sample>& samples, sinter::Random& random) : samples_(samples), random_(random), rows_(samples.size()) {
    std::iota(rows_.begin(), rows_.end(), 0u);
    features_.resize(samples.front().features.size());
    std::iota(features_.begin(), features_.end(), 0u);
    for (const Sample& sample : samples) labels_ = std::max(labels_, sample.label + 1);
  }

  Tree tree() {
    tree_.emplace_back();
    std::vector<std::pair<std::uint32_t, std::span<std::uint32_t>>> open = {{0, rows_}};
    while (!open.empty()) {
      const auto [node, rows] = open.back();
      open.pop_back();
      tree_[node].label = commonest(rows);
      const Split split = best_split(rows);
      if (std::isinf(split.impurity)) continue;
      const auto middle = std::partition(rows.begin(), rows.end(), [&](std::uint32_t row) {
        return value(row, split.feature) <= split.threshold;
      });
      const auto left = static_cast<std::uint32_t>(tree_.size());
      tree_.resize(tree_.size() + 2);
      tree_[node] = {split.feature, split.threshold, left, left + 1, tree_[node].label};
      const auto lower = static_cast<std::size_t>(middle - rows.begin());
      open.emplace_back(left, rows.first(lower));
      open.emplace_back(left + 1, rows.subspan(lower));
    }
    return std::move(tree_);
  }

 private:
  float value(std::uint32_t row, std::uint32_t feature) const { return samples_[row].features[feature]; }

  std::vector<std::uint32_t> count(std::span<const std::uint32_t> rows) const {
    std::vector<std::uint32_t> counts(labels_);
    for (const std::uint32_t row : rows) ++counts[samples_[row].label];
    return counts;
  }
  std::uint32_t commonest(std::span<const std::uint32_t> rows) const {
    const std::vector<std::uint32_t> counts = count(rows);
    return static_cast<std::uint32_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  }

  /// Looks at sqrt(features), and on until one of them splits the rows at all.
  Split best_split(std::span<const std::uint32_t> rows) {
    Split best;
    const std::vector<std::uint32_t> counts = count(rows);
    if (std::count(counts.begin(), counts.end(), 0u) == static_cast<std::ptrdiff_t>(labels_) - 1) return best;
    const auto enough = static_cast<std::size_t>(std::sqrt(static_cast<double>(features_.size())));
    for (std::size_t i = 0; i < features_.size() && (i < enough || std::isinf(best.impurity)); ++i) {
      std::swap(features_[i], features_[i + static_cast<std::size_t>(random_.below(features_.size() - i))]);
      look_at(features_[i], rows, counts, best);
    }
    return best;
  }

  /// Tries every border between two values. The sum of squares of the label counts on both sides follows each row that changes sides.
  void look_at(std::uint32_t feature, std::span<const std::uint32_t> rows, std::vector<std::uint32_t> right, Split& best) {
    sorted_.clear();
    for (const std::uint32_t row : rows) sorted_.emplace_back(value(row, feature), samples_[row].label);
    std::sort(sorted_.begin(), sorted_.end());
    std::vector<std::uint32_t> left(labels_);
    double left_squares = 0;
    double right_squares = 0;
    for (const std::uint32_t one : right) right_squares += static_cast<double>(one) * one;
    for (std::size_t i = 0; i + 1 < sorted_.size(); ++i) {
      const auto [below, label] = sorted_[i];
      left_squares += 2.0 * left[label]++ + 1;
      right_squares -= 2.0 * --right[label] + 1;
      const float above = sorted_[i + 1].first;
      if (below == above) continue;
      const auto size = static_cast<double>(sorted_.size());
      const auto lower = static_cast<double>(i + 1);
      const double impurity = size - left_squares / lower - right_squares / (size - lower);
      if (impurity >= best.impurity) continue;
      const float middle = std::midpoint(below, above);
      best = {impurity, feature, middle < above ? middle : below};
    }
  }

  const std::vector<Sample>& samples_;
  sinter::Random& random_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint32_t> features_;
  std::vector<std::pair<float, std::uint32_t>> sorted_;
  std::uint32_t labels_ = 0;
  Tree tree_;
};

}  // namespace

Tree grow_tree(const std::vector<Sample>& samples, sinter::Random& random) { return Growth(samples, random).tree(); }

std::uint32_t predict(const Tree& tree, const std::vector<float>& features) {
  std::uint32_t node = 0;
  while (tree[node].left != 0) node = features[tree[node].feature] <= tree[node].threshold ? tree[node].left : tree[node].right;
  return tree[node].label;
}

std::uint32_t vote(const std::vector<Tree>& forest, const std::vector<float>& features) {
  std::map<std::uint32_t, std::uint32_t> votes;
  for (const Tree& tree : forest) ++votes[predict(tree, features)];
  return std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
}

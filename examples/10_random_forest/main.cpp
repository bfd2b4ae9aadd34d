// A random forest: trees grow in parallel, each on its own bootstrap sample; the reducer merges them into a forest and tests it.
#include <charconv>
#include <cmath>
#include <variant>

#include "sinter/sinter.hpp"
#include "examples/10_random_forest/tree.hpp"

namespace {

struct Row {
  std::uint64_t id = 0;
  std::optional<std::uint32_t> label;
  std::string features;  // "5.1;3.5;..."
  auto fields() { return std::tie(id, label, features); }
};
using Part = std::variant<Tree, Sample>;  // of the forest, or to test it with
// One group: trees by their numbers, then the rows of the test by theirs.
using At = std::pair<std::uint32_t, std::uint64_t>;
using Place = sinter::Grouped<bool, At>;
constexpr std::uint32_t kTest = UINT32_MAX;

bool read_features(const std::string& text, std::vector<float>& features) {
  const char* const last = text.data() + text.size();
  for (const char* at = text.data();; ++at) {
    const auto [end, error] = std::from_chars(at, last, features.emplace_back());
    if (error != std::errc() || (end != last && *end != ';')) return false;
    if (end == last) return true;
    at = end;
  }
}

// Drops incomplete rows, sets the test aside, and gives the others to each tree as often as a bootstrap sample would (Poisson, mean 1).
struct Deal {
  std::uint32_t trees = 0, seed = 0;
  double test = 0;
  void setup(sinter::Context& context) {
    trees = context.parameter<std::uint32_t>("trees"), seed = context.parameter<std::uint32_t>("seed");
    test = context.parameter<double>("test");
  }
  void operator()(const Row& row, sinter::Emitter<std::uint32_t, Sample>& out, sinter::Context& context) {
    Sample sample{row.id, row.label.value_or(0), {}};
    if (!row.label || !read_features(row.features, sample.features)) return context.count("rows_incomplete");
    sinter::Random random = context.random(seed);
    if (random.chance(test)) return out.emit(kTest, sample);
    for (std::uint32_t tree = 0; tree < trees; ++tree)
      for (double left = random.unit(); left > std::exp(-1.0); left *= random.unit()) out.emit(tree, sample);
  }
};

void grow(const std::uint32_t& tree, sinter::Group<Sample>& samples, sinter::Emitter<Place, Part>& out, sinter::Context& context) {
  std::vector<Sample> own;
  for (const Sample& sample : samples) tree == kTest ? out.emit(true, At(tree, sample.id), sample) : own.push_back(sample);
  sinter::Random random = context.random(context.parameter<std::uint32_t>("seed"));
  if (tree != kTest) out.emit(true, At(tree, 0), grow_tree(own, random));
}

void merge_and_test(const bool&, sinter::Group<Part, At>& parts, sinter::RowWriter& out, sinter::Context& context) {
  std::vector<Tree> forest;
  for (const Part& part : parts) {
    if (const Tree* const tree = std::get_if<Tree>(&part)) {
      for (const Node& node : *tree)
        context.rows("forest").row(parts.order().first, node.feature, node.threshold, node.left, node.right, node.label);
      forest.push_back(*tree);
    } else {
      const Sample& sample = std::get<Sample>(part);
      const std::uint32_t predicted = forest.empty() ? 0 : vote(forest, sample.features);
      out.row(sample.id, sample.label, predicted);
      context.count(predicted == sample.label ? "tests_right" : "tests_wrong");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("random_forest").parameter<std::uint32_t>("trees", 100, "trees of the forest")
      .parameter<double>("test", 0.25, "share of the rows that is kept for the test").parameter<std::uint32_t>("seed", 1, "of the chances")
      .side_output("forest", sinter::csv("forest.csv", {"tree", "feature", "threshold", "left", "right", "label"}))
      .read(sinter::csv("data/*.csv", {"id", "label", "features"})).map(Deal{}).step(grow).reduce(merge_and_test)
      .write(sinter::csv("tested.csv", {"id", "label", "predicted"})).main(argc, argv);
}

// Values with a Boost.Serialization serialize() member travel when boost_codec.hpp is included.
#include "framework/api/boost_codec.hpp"

#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/unique_ptr.hpp>
#include <boost/serialization/vector.hpp>
#include <gtest/gtest.h>

#include <map>

#include "base/random.hpp"
#include "tests/unit/api/job_fixture.hpp"

namespace sinter {
namespace {

/// A tree: what a list of fields cannot say.
struct Tree {
  std::string label;
  std::vector<std::unique_ptr<Tree>> children;

  Tree() = default;
  Tree(const Tree& other) : label(other.label) {
    for (const auto& child : other.children) children.push_back(std::make_unique<Tree>(*child));
  }
  Tree(Tree&&) = default;
  Tree& operator=(Tree other) {
    label.swap(other.label);
    children.swap(other.children);
    return *this;
  }

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & label & children; }

  std::string text() const {
    std::string all = label + "(";
    for (const auto& child : children) all += child->text();
    return all + ")";
  }
};

Tree any_tree(Random& random, int depth) {
  Tree tree;
  tree.label = std::string(random.below(4), static_cast<char>('a' + random.below(26)));
  for (std::uint64_t left = depth > 0 ? random.below(4) : 0; left > 0; --left)
    tree.children.push_back(std::make_unique<Tree>(any_tree(random, depth - 1)));
  return tree;
}

TEST(BoostCodec, values_read_back_also_inside_others) {
  constexpr std::uint64_t kSeed = 31;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  using Value = std::pair<std::string, std::vector<Tree>>;
  static_assert(HasValueCodec<Value>);
  Value back;
  for (int round = 0; round < 300; ++round) {
    Value value{"x", {}};
    for (std::uint64_t left = random.below(4); left > 0; --left) value.second.push_back(any_tree(random, 3));
    std::string bytes;
    append_value<Value>(bytes, value);
    ASSERT_TRUE(decode_value(std::string_view(bytes), back).ok()) << round;
    ASSERT_EQ(back.second.size(), value.second.size());
    for (std::size_t i = 0; i < back.second.size(); ++i) ASSERT_EQ(back.second[i].text(), value.second[i].text());
  }
}

TEST(BoostCodec, cut_values_are_errors) {
  Random random(32);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    append_value<Tree>(bytes, any_tree(random, 3));
    Tree back;
    EXPECT_FALSE(decode_value(bytes + "x", back).ok());
    bytes.resize(random.below(bytes.size()));
    EXPECT_FALSE(decode_value(std::string_view(bytes), back).ok());
  }
}

using BoostJobTest = testing::JobTest;

TEST_F(BoostJobTest, a_job_may_emit_them) {
  const std::string input = directory_.write("in.txt", "a x\nb y\na z\n");
  const auto map = [](std::string_view line, Emitter<std::string, Tree>& out) {
    Tree tree;
    tree.label = line.substr(2);
    out.emit(line.substr(0, 1), tree);
  };
  const auto join = [](const std::string& key, Group<Tree>& trees, RowWriter& out) {
    Tree all;
    all.label = key;
    for (const Tree& tree : trees) all.children.push_back(std::make_unique<Tree>(tree));
    out.row(all.text());
  };
  const auto report = run(Job("trees").read(lines(input)).map(map).reduce(join).write(out({"tree"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "tree\na(x()z())\nb(y())\n");
}

}  // namespace
}  // namespace sinter

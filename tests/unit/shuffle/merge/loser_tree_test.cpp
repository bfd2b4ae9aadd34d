// LoserTree: K sorted lists come out as one, whatever K, with ties by source and the largest prefix as an ordinary one.
#include "shuffle/merge/loser_tree.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sinter {
namespace {

struct Lists {
  std::vector<std::vector<std::uint64_t>> values;
  std::vector<std::size_t> at;
  bool done(std::uint32_t s) const { return at[s] == values[s].size(); }
  std::uint64_t prefix(std::uint32_t s) const { return done(s) ? ~std::uint64_t{0} : values[s][at[s]]; }
};

struct BySource {
  const Lists* lists;
  bool operator()(std::uint32_t a, std::uint32_t b) const {
    if (lists->done(a) != lists->done(b)) return lists->done(b);
    return a < b;
  }
};

TEST(LoserTree, merges_like_a_sort_for_every_number_of_sources) {
  for (std::uint32_t sources = 1; sources <= 40; ++sources) {
    SCOPED_TRACE("sources and seed " + std::to_string(sources));
    Random random(sources);
    Lists lists;
    std::vector<std::uint64_t> all;
    for (std::uint32_t s = 0; s < sources; ++s) {
      std::vector<std::uint64_t> list(random.below(30));
      for (auto& value : list) value = random.chance(0.2) ? ~std::uint64_t{0} : random.below(20);
      std::sort(list.begin(), list.end());
      all.insert(all.end(), list.begin(), list.end());
      lists.values.push_back(list);
    }
    std::sort(all.begin(), all.end());
    lists.at.assign(sources, 0);
    LoserTree<BySource> tree(BySource{&lists});
    std::vector<std::uint64_t> prefixes;
    for (std::uint32_t s = 0; s < sources; ++s) prefixes.push_back(lists.prefix(s));
    tree.build(prefixes);
    std::vector<std::uint64_t> merged;
    std::uint32_t last = 0;
    while (!lists.done(tree.winner())) {
      const std::uint32_t source = tree.winner();
      if (!merged.empty() && merged.back() == tree.winner_prefix()) {
        ASSERT_LE(last, source) << "ties come by source";
      }
      last = source;
      merged.push_back(lists.prefix(source));
      ++lists.at[source];
      tree.replay(lists.prefix(source));
    }
    ASSERT_EQ(merged, all);
  }
}

}  // namespace
}  // namespace sinter

// Rows of several attributes: encoding, combining, fusing, and the figures of the hot path.
#include "jobs/fusion/rules/row_state.hpp"


#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

struct World {
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  MemoryBudget memory{"execution.memory", 64 << 20};
  SpillSpace spill() { return {files.get(), &memory, "scratch", 0}; }
};

RowLayout numbers_layout() {
  return RowLayout({nullptr, rule_of("mean", ValueType::Double), rule_of("max", ValueType::Double)});
}

std::string encoded(const RowLayout& layout, const std::vector<Claim>& claims) {
  std::string row;
  layout.encode_row(claims, row);
  return row;
}

std::shared_ptr<const Rule> mean_without_confidence() {
  Diagnostics diagnostics;
  RuleSetting setting{{"cell", ValueType::Double}, {}, false};
  return make_rule(all_rules(), scalar_node("mean"), setting, "fuse.cell", diagnostics);
}

TEST(RowLayout, keeps_less_when_nobody_looks_at_confidences) {
  World world;
  const RowLayout lean({mean_without_confidence()}), full({rule_of("mean", ValueType::Double)});
  EXPECT_LT(encoded(lean, {number(1)}).size() * 2, encoded(full, {number(1)}).size());
  RowFuser fuser(lean, world.spill());
  Arena arena;
  fuser.begin_group();
  for (const double x : {1.0, 2.0, 4.0}) ASSERT_TRUE(fuser.add(encoded(lean, {number(x)})).ok());
  EXPECT_EQ((*fuser.finish(arena))[0].value.number(), 7.0 / 3);
}

TEST(RowLayout, knows_whether_rows_combine) {
  EXPECT_TRUE(numbers_layout().combinable());
  EXPECT_FALSE(RowLayout({rule_of("mean", ValueType::Double), rule_of("vote", ValueType::String)}).combinable());
  EXPECT_EQ(numbers_layout().fused(), (std::vector<std::size_t>{1, 2}));
}

TEST(RowFuser, fuses_mixed_rules_and_counts_rows) {
  World world;
  const RowLayout layout({nullptr, rule_of("mean", ValueType::Double), rule_of("vote", ValueType::String), rule_of("sum",
      ValueType::Double)});
  RowFuser fuser(layout, world.spill());
  Arena arena;
  for (int group = 0; group < 3; ++group) {
    fuser.begin_group();
    ASSERT_TRUE(fuser.add(encoded(layout, {{}, number(1), text("x", "a"), {}})).ok());
    ASSERT_TRUE(fuser.add(encoded(layout, {{}, number(2), text("y", "b"), {}})).ok());
    ASSERT_TRUE(fuser.add(encoded(layout, {{}, {}, text("y", "c"), {}})).ok());
    const auto cells = fuser.finish(arena);
    ASSERT_TRUE(cells.ok());
    EXPECT_EQ(fuser.rows(), 3u);
    EXPECT_TRUE((*cells)[0].value.is_null());
    EXPECT_EQ((*cells)[1].value.number(), 1.5);
    EXPECT_EQ((*cells)[1].claims, 2u);
    EXPECT_EQ((*cells)[2].value.string(), "y");
    EXPECT_TRUE((*cells)[3].value.is_null());
  }
}

TEST(RowCombiner, merges_in_place_to_the_bytes_of_merge) {
  const RowLayout layout = numbers_layout();
  RowCombiner combiner(layout);
  Random random(1);
  std::string state = encoded(layout, {{}, number(1), number(1)});
  std::size_t in_place = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string row = encoded(layout, {{}, random.chance(0.1) ? Claim{} : number(random.uniform(0, 1000)),
        number(random.uniform(0, 1000))});
    std::string merged, before = state;
    combiner.merge({}, state, row, merged);
    if (combiner.merge_in_place({}, state, row)) {
      ++in_place;
      ASSERT_EQ(state, merged);
    } else {
      ASSERT_EQ(state, before) << "a refused merge leaves everything as it was";
      state = merged;
    }
  }
  EXPECT_GT(in_place, 1900u);
}

TEST(RowCombiner, merges_rows_with_and_without_claims) {
  World world;
  const RowLayout layout = numbers_layout();
  RowCombiner combiner(layout);
  std::string merged;
  combiner.merge({}, encoded(layout, {{}, {}, number(2)}), encoded(layout, {{}, number(5), {}}), merged);
  RowFuser fuser(layout, world.spill());
  Arena arena;
  fuser.begin_group();
  ASSERT_TRUE(fuser.add(merged).ok());
  const auto cells = fuser.finish(arena);
  EXPECT_EQ(fuser.rows(), 2u);
  EXPECT_EQ((*cells)[1].value.number(), 5);
  EXPECT_EQ((*cells)[2].value.number(), 2);
}

TEST(RowState, survives_foreign_bytes) {
  World world;
  const RowLayout layout({rule_of("weighted_mean", ValueType::Double), rule_of("newest", ValueType::String), rule_of("unanimous",
      ValueType::Double),
                          rule_of("any_true", ValueType::Bool)});
  RowCombiner combiner(layout);
  RowFuser fuser(layout, world.spill());
  const std::string good = encoded(layout, {number(1), at(text("x"), 3), number(2), claim(Value::of_bool(true))});
  Random random(21);
  Arena arena;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    for (std::uint64_t i = 1 + random.below(3); i > 0; --i) bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    if (random.chance(0.2)) bytes.resize(random.below(bytes.size()));
    std::string into = good, merged;
    (void)combiner.merge_in_place({}, into, bytes);
    combiner.merge({}, bytes, good, merged);
    fuser.begin_group();
    (void)fuser.add(bytes);
    (void)fuser.add(merged);
    (void)fuser.add(good);
    arena.clear();
    (void)fuser.finish(arena);
  }
}

}  // namespace
}  // namespace sinter::fusion::testing

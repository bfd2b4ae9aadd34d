// Rows of several attributes: encoding, combining, fusing, and the figures of the hot path.
#include "jobs/fusion/rules/row_state.hpp"

#include <ctime>

#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

struct World {
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  MemoryBudget memory{"execution.memory", 64 << 20};
  ClaimSpill spill() { return {files.get(), &memory, "scratch", 0}; }
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

/// Figures, not a test of speed: printed so that a change shows. Run with --gtest_also_run_disabled_tests.
TEST(RowState, DISABLED_measure) {
  World world;
  const RowLayout layout({nullptr, rule_of("mean", ValueType::Double)});
  const RowLayout votes({nullptr, rule_of("vote", ValueType::String)});
  constexpr int kRounds = 200'000;
  Random random(1);
  std::vector<Claim> row{{}, number(0)};
  std::vector<std::string> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(encoded(layout, {{}, number(random.uniform(0, 1000))}));
  const auto measure = [&](const char* what, auto body) {
    // Processor time, the best of several: the machine may be shared.
    double best_ns = 1e9;
    for (int repeat = 0; repeat < 10; ++repeat) {
      const std::clock_t start = std::clock();
      for (int i = 0; i < kRounds; ++i) body(i);
      best_ns = std::min(best_ns, static_cast<double>(std::clock() - start) * 1e9 / CLOCKS_PER_SEC / kRounds);
    }
    std::printf("%-32s %6.1f ns\n", what, best_ns);
  };
  std::string out, state = rows[0], merged;
  measure("mean encode", [&](int i) {
    out.clear();
    row[1].value = Value::of_double(i * 0.37);
    layout.encode_row(row, out);
  });
  std::printf("mean row is %zu bytes\n", out.size());
  RowCombiner combiner(layout);
  measure("mean merge_in_place", [&](int i) {
    if (!combiner.merge_in_place({}, state, rows[static_cast<std::size_t>(i) % 1000])) {
      combiner.merge({}, state, rows[static_cast<std::size_t>(i) % 1000], merged);
      state.swap(merged);
    }
  });
  const RowLayout lean_layout({nullptr, mean_without_confidence()});
  std::string lean_row = encoded(lean_layout, {{}, number(12.5)}), lean_state = lean_row;
  RowCombiner lean(lean_layout);
  std::printf("mean row without confidence is %zu bytes\n", lean_row.size());
  measure("same, encode", [&](int i) {
    out.clear();
    row[1].value = Value::of_double(i * 0.37);
    lean_layout.encode_row(row, out);
  });
  measure("same, merge_in_place", [&](int) {
    if (lean.merge_in_place({}, lean_state, lean_row)) return;
    lean.merge({}, lean_state, lean_row, merged);
    lean_state.swap(merged);
  });
  RowFuser lean_fuser(lean_layout, world.spill());
  Arena lean_arena;
  measure("same, group of 3, add and finish", [&](int) {
    lean_fuser.begin_group();
    for (int k = 0; k < 3; ++k) (void)lean_fuser.add(lean_row);
    (void)lean_fuser.finish(lean_arena);
  });
  measure("mean merge", [&](int i) { combiner.merge({}, rows[static_cast<std::size_t>(i) % 1000], rows[7], merged); });
  RowFuser fuser(layout, world.spill());
  Arena arena;
  measure("mean group of 3, add and finish", [&](int i) {
    fuser.begin_group();
    for (int k = 0; k < 3; ++k) (void)fuser.add(rows[static_cast<std::size_t>(i + k) % 1000]);
    (void)fuser.finish(arena);
  });
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back("w-" + std::to_string(random.below(4)));
  std::vector<std::string> vote_rows;
  for (int i = 0; i < 1000; ++i) vote_rows.push_back(encoded(votes, {{}, text(texts[static_cast<std::size_t>(i)], i % 2 ? "shop_a"
      : "shop_b", 0.9)}));
  measure("vote encode", [&](int i) {
    out.clear();
    row[1] = text(texts[static_cast<std::size_t>(i) % 1000], "shop_a", 0.9);
    votes.encode_row(row, out);
  });
  std::printf("vote row is %zu bytes\n", out.size());
  RowFuser voting(votes, world.spill());
  measure("vote group of 3, add and finish", [&](int i) {
    voting.begin_group();
    for (int k = 0; k < 3; ++k) (void)voting.add(vote_rows[static_cast<std::size_t>(i + k) % 1000]);
    (void)voting.finish(arena);
    if (i % 1000 == 0) arena.clear();
  });
}

}  // namespace
}  // namespace sinter::fusion::testing

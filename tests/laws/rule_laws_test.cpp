// The laws of fusion rules, for every rule, type and modifier: an answer is a function of the multiset of claims.
// Each case prints its seed; run one with --gtest_filter=*/<seed>.
#include <cmath>
#include <map>
#include <set>

#include "jobs/fusion/rules/row_state.hpp"
#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

constexpr ValueType kTypes[] = {ValueType::String, ValueType::Double, ValueType::Int64, ValueType::Timestamp, ValueType::Bool,
    ValueType::List};

/// One rule as a job file could have it.
struct Variant {
  std::string name;
  ValueType type;
  Options options;
  std::shared_ptr<const Rule> rule;
};

std::vector<Variant> all_variants() {
  const std::vector<Options> options{{},
                                     {{"ties", "first"}},
                                     {{"ties", "largest"}},
                                     {{"ties", "most_trusted"}},
                                     {{"ties", "newest"}},
                                     {{"ties", "longest"}},
                                     {{"ties", "smallest"}},
                                     {{"same_within", "1"}},
                                     {{"same_within", "5%"}},
                                     {{"same_within", "2s"}},
                                     {{"min_support", "2"}},
                                     {{"min_support", "50%"}},
                                     {{"weight", "none"}},
                                     {{"weight", "trust"}},
                                     {{"of", "values"}},
                                     {{"of", "sources"}},
                                     {{"order", "first"}},
                                     {{"order", "[s2,s1]"}},
                                     {{"k", "3"}},
                                     {{"trim", "30%"}},
                                     {{"default_sigma", "2"}},
                                     {{"distinct", "false"}},
                                     {{"ties", "first"}, {"same_within", "1"}}};
  std::vector<Variant> variants;
  for (const RuleInfo& info : all_rules()) {
    for (const ValueType type : kTypes) {
      for (const Options& some : options) {
        MadeRule made = try_rule(std::string(info.name), type, some, {"s0", "s1", "s2"});
        if (made.rule) variants.push_back({std::string(info.name), type, some, made.rule});
      }
    }
  }
  return variants;
}

std::string name_of(const Variant& variant) {
  std::string name = variant.name + " of " + std::string(to_string(variant.type));
  for (const auto& [key, value] : variant.options) name += " " + key + "=" + value;
  return name;
}

/// Values from a small domain, so that they repeat, tie and conflict; now and then something nasty.
Value random_value(ValueType type, Random& random, Arena& arena) {
  static constexpr std::string_view kTexts[] = {"", "a", "ab", "b", "zz", std::string_view("a\0b", 3), "\xc3\xa4"};
  switch (type) {
    case ValueType::Bool: return Value::of_bool(random.chance(0.6));
    case ValueType::Int64: return Value::of_int64(random.chance(0.05) ? static_cast<std::int64_t>(random.next()) : random.between(-3, 3));
    case ValueType::Timestamp: return Value::of_timestamp({random.between(0, 8) * 700'000});
    case ValueType::String: return Value::of_string(kTexts[random.below(std::size(kTexts))]);
    case ValueType::List: {
      const std::size_t size = random.below(4);
      Value* items = arena.allocate_values(size);
      for (std::size_t i = 0; i < size; ++i) items[i] = Value::of_string(kTexts[random.below(std::size(kTexts))]);
      return Value::of_list(items, size);
    }
    default: break;
  }
  if (random.chance(0.05)) return Value::of_double(std::ldexp(random.uniform(-1, 1), static_cast<int>(random.between(-1070, 1000))));
  return Value::of_double(static_cast<double>(random.between(-20, 20)) / 10);
}

std::vector<Claim> random_claims(ValueType type, Random& random, Arena& arena, std::size_t count) {
  static constexpr std::string_view kSources[] = {"", "s0", "s1", "s2", "s3", "s4"};
  std::vector<Claim> claims(count);
  for (std::size_t i = 0; i < count; ++i) {
    Claim& claim = claims[i];
    claim.value = random_value(type, random, arena);
    claim.source = kSources[random.below(std::size(kSources))];
    if (random.chance(0.7)) claim.time = Timestamp{random.between(0, 3)};
    claim.position = {static_cast<std::uint32_t>(random.below(3)), i * 17};
    claim.weight = random.chance(0.5) ? 1.0 : random.uniform(0.1, 1);
    claim.sigma = random.chance(0.3) ? 0 : random.uniform(0.5, 2);
  }
  return claims;
}

std::string lifted(const Rule& rule, const Claim& claim) {
  std::string state;
  rule.lift(claim, state);
  return state;
}

std::string merged(const Rule& rule, std::string_view a, std::string_view b) {
  std::string state;
  rule.merge(a, b, state);
  return state;
}

struct World {
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  MemoryBudget memory{"execution.memory", 16 << 20};
  SpillSpace spill() {
    EXPECT_TRUE(files->make_directories("scratch").ok());
    return {files.get(), &memory, "scratch", 0};
  }
};

std::string encoded_row(const RowLayout& layout, const Claim& claim) {
  std::string row;
  layout.encode_row({&claim, 1}, row);
  return row;
}

/// Answer over rows in the order given.
std::string fused(const RowLayout& layout, RowFuser& fuser, const std::vector<std::string>& rows) {
  Arena arena;
  fuser.begin_group();
  for (const std::string& row : rows) {
    const Status added = fuser.add(row);
    EXPECT_TRUE(added.ok()) << added.error().to_string();
  }
  const Result<std::span<const FusedCell>> cells = fuser.finish(arena);
  EXPECT_TRUE(cells.ok()) << cells.error().to_string();
  EXPECT_EQ(layout.attributes(), 1u);
  return cells.ok() ? fingerprint((*cells)[0]) + "|" + std::to_string(fuser.rows()) : "error";
}

class RuleLaws : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  RuleLaws() : random_(GetParam()) {}
  const std::vector<Variant>& variants() {
    static const std::vector<Variant> made = all_variants();
    return made;
  }
  Random random_;
  Arena arena_;
};

TEST_P(RuleLaws, merging_is_canonical_associative_and_commutative) {
  for (const Variant& variant : variants()) {
    if (!variant.rule->algebraic()) continue;
    SCOPED_TRACE(name_of(variant) + ", seed " + std::to_string(GetParam()));
    const Rule& rule = *variant.rule;
    std::vector<std::string> states;
    for (const Claim& claim : random_claims(variant.type, random_, arena_, 3 + random_.below(20))) states.push_back(lifted(rule, claim));
    ASSERT_EQ(merged(rule, states[0], states[1]), merged(rule, states[1], states[0]));
    ASSERT_EQ(merged(rule, merged(rule, states[0], states[1]), states[2]), merged(rule, states[0], merged(rule, states[1], states[2])));
    std::string in_order = states[0];
    for (std::size_t i = 1; i < states.size(); ++i) in_order = merged(rule, in_order, states[i]);
    // Any partition merged in any way: join two random states until one is left.
    while (states.size() > 1) {
      random_.shuffle(states);
      std::string joined = merged(rule, states[states.size() - 2], states.back());
      states.pop_back();
      states.back() = joined;
    }
    ASSERT_EQ(states[0], in_order);
  }
}

TEST_P(RuleLaws, merging_in_place_is_merging) {
  for (const Variant& variant : variants()) {
    if (!variant.rule->algebraic()) continue;
    SCOPED_TRACE(name_of(variant) + ", seed " + std::to_string(GetParam()));
    const Rule& rule = *variant.rule;
    std::string state;
    for (const Claim& claim : random_claims(variant.type, random_, arena_, 200)) {
      const std::string next = lifted(rule, claim);
      if (state.empty()) {
        state = next;
        continue;
      }
      const std::string expected = merged(rule, state, next), before = state;
      const bool in_place = rule.merge_in_place(state, next);
      ASSERT_EQ(state, in_place ? expected : before);
      state = expected;
    }
  }
}

TEST_P(RuleLaws, states_answer_as_claim_sets_do) {
  for (const Variant& variant : variants()) {
    if (!variant.rule->algebraic()) continue;
    SCOPED_TRACE(name_of(variant) + ", seed " + std::to_string(GetParam()));
    std::vector<Claim> claims = random_claims(variant.type, random_, arena_, 1 + random_.below(12));
    Arena answers;
    const std::string over_claims = fingerprint(fuse(*variant.rule, claims, answers));
    random_.shuffle(claims);
    std::string state = lifted(*variant.rule, claims[0]);
    for (std::size_t i = 1; i < claims.size(); ++i) state = merged(*variant.rule, lifted(*variant.rule, claims[i]), state);
    ASSERT_EQ(fingerprint(variant.rule->finish(state, answers)), over_claims);
  }
}

TEST_P(RuleLaws, the_order_and_combining_of_rows_do_not_matter) {
  World world;
  for (const Variant& variant : variants()) {
    SCOPED_TRACE(name_of(variant) + ", seed " + std::to_string(GetParam()));
    const RowLayout layout({variant.rule});
    RowFuser fuser(layout, world.spill());
    std::vector<std::string> rows;
    for (const Claim& claim : random_claims(variant.type, random_, arena_, 1
        + random_.below(16))) rows.push_back(encoded_row(layout, claim));
    const std::string expected = fused(layout, fuser, rows);
    random_.shuffle(rows);
    ASSERT_EQ(fused(layout, fuser, rows), expected);
    if (!layout.combinable()) continue;
    RowCombiner combiner(layout);
    while (rows.size() > 1 + random_.below(2)) {
      std::string joined = rows.back(), replaced;
      rows.pop_back();
      if (!combiner.merge_in_place({}, joined, rows.back())) {
        combiner.merge({}, rows.back(), joined, replaced);
        joined = replaced;
      }
      rows.back() = joined;
      random_.shuffle(rows);
    }
    ASSERT_EQ(fused(layout, fuser, rows), expected);
  }
}

TEST_P(RuleLaws, a_rule_reads_only_what_it_says_it_needs) {
  World world;
  for (const Variant& variant : variants()) {
    SCOPED_TRACE(name_of(variant) + ", seed " + std::to_string(GetParam()));
    const RowLayout layout({variant.rule});
    RowFuser fuser(layout, world.spill());
    const std::vector<Claim> claims = random_claims(variant.type, random_, arena_, 1 + random_.below(16));
    std::vector<std::string> rows;
    for (const Claim& claim : claims) rows.push_back(encoded_row(layout, claim));
    Arena answers;
    // The cursor gives whole claims, the rows only the parts needed.
    ASSERT_EQ(fused(layout, fuser, rows), fingerprint(fuse(*variant.rule, claims, answers)) + "|" + std::to_string(claims.size()));
  }
}

TEST_P(RuleLaws, a_deciding_rule_answers_with_a_claimed_value) {
  const std::set<std::string> deciding{"vote", "weighted_vote", "k_sources", "prefer", "newest", "oldest", "longest", "shortest",
      "min", "max",
                                       "unanimous", "weighted_median", "any_true", "all_true"};
  std::set<std::string> seen;
  for (const Variant& variant : variants()) {
    if (deciding.find(variant.name) == deciding.end() || (variant.name == "k_sources" && variant.type == ValueType::List)) continue;
    seen.insert(variant.name);
    SCOPED_TRACE(name_of(variant) + ", seed " + std::to_string(GetParam()));
    const std::vector<Claim> claims = random_claims(variant.type, random_, arena_, 1 + random_.below(9));
    Arena answers;
    const FusedCell cell = fuse(*variant.rule, claims, answers);
    EXPECT_EQ(cell.claims, claims.size());
    EXPECT_TRUE(cell.confidence_is_standard_error || (cell.confidence >= 0 && cell.confidence <= 1)) << cell.confidence;
    if (cell.value.is_null()) continue;
    EXPECT_EQ(cell.value.type(), variant.rule->result_type());
    std::string answer;
    append_value(answer, cell.value);
    EXPECT_TRUE(std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
      std::string bytes;
      append_value(bytes, claim.value);
      return bytes == answer;
    }));
  }
  EXPECT_EQ(seen, deciding);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RuleLaws, ::testing::Range<std::uint64_t>(1, 13));

TEST(SpilledClaims, give_the_same_answers_as_claims_in_memory) {
  constexpr std::uint64_t kSeed = 4711;
  Random random(kSeed);
  Arena arena;
  World small, large;
  for (const Variant& variant : all_variants()) {
    // One variant a rule, and those that sort again: spilling costs time, and the cursor does not know modifiers.
    const bool sorts = !variant.options.empty() && (variant.options[0].first == "same_within" || variant.options[0].second == "first" ||
                                                    variant.options[0].second == "sources");
    if (variant.rule->algebraic() || !(variant.options.empty() || sorts)) continue;
    if (variant.type != ValueType::Double && variant.type != ValueType::String && variant.type != ValueType::List) continue;
    SCOPED_TRACE(name_of(variant) + ", seed " + std::to_string(kSeed));
    const RowLayout layout({variant.rule});
    SpillSpace spill = small.spill();
    spill.memory_bytes = 1;  // raised to the least
    RowFuser spilling(layout, spill), holding(layout, large.spill());
    std::vector<std::string> rows;
    arena.clear();
    for (const Claim& claim : random_claims(variant.type, random, arena, 20'000)) rows.push_back(encoded_row(layout, claim));
    const std::string expected = fused(layout, holding, rows);
    EXPECT_EQ(fused(layout, spilling, rows), expected);
    EXPECT_FALSE(small.files->list("scratch")->empty()) << "nothing was spilled, the test is void";
    spilling.begin_group();
    EXPECT_TRUE(small.files->list("scratch")->empty());
  }
}

}  // namespace
}  // namespace sinter::fusion::testing

// Each rule: answers, ties, confidence, by small cases worked by hand.
#include <cmath>
#include <limits>
#include <set>

#include "jobs/fusion/rules/algebraic_rule.hpp"
#include "jobs/fusion/rules/exact_sum.hpp"
#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

constexpr ValueType kText = ValueType::String;
constexpr ValueType kNumber = ValueType::Double;

TEST(Vote, takes_the_value_of_the_most_sources) {
  const auto rule = rule_of("vote", kText);
  const std::vector<Claim> claims{text("x", "a"), text("y", "b"), text("y", "c")};
  EXPECT_EQ(answer(*rule, claims), "y");
  EXPECT_DOUBLE_EQ(confidence(*rule, claims), 2.0 / 3);
}

TEST(Vote, counts_a_source_once_per_value_and_anonymous_claims_each) {
  const auto rule = rule_of("vote", kText);
  EXPECT_EQ(answer(*rule, {text("x", "a"), text("x", "a"), text("x", "a"), text("y", "b"), text("y", "c")}), "y");
  EXPECT_EQ(answer(*rule, {text("x"), text("x"), text("x"), text("y", "b"), text("y", "c")}), "x");
}

TEST(Vote, breaks_ties_by_trust_then_by_the_smallest_value) {
  const auto rule = rule_of("majority", kText);
  EXPECT_EQ(answer(*rule, {text("y", "a", 0.4), text("x", "b", 0.3)}), "y");
  EXPECT_EQ(answer(*rule, {text("y", "a"), text("x", "b")}), "x");
}

TEST(Vote, breaks_ties_as_told) {
  std::vector<Claim> claims{text("long", "a", 0.5), text("z", "b", 0.9), text("b", "c", 0.6), text("b", "d", 0.6), text("z", "e", 0.3),
                            text("long", "f", 0.5)};
  claims[0].position = {0, 10};
  claims[1].position = {0, 30};
  claims[2].position = {1, 0};
  claims[3].position = {1, 9};
  claims[4].position = {0, 5};
  claims[5].position = {2, 0};
  claims[2].time = Timestamp{5};
  claims[0].time = Timestamp{4};
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"ties", "smallest"}}), claims), "b");
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"ties", "largest"}}), claims), "z");
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"ties", "first"}}), claims), "z");
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"ties", "most_trusted"}}), claims), "z");
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"ties", "newest"}}), claims), "b");
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"ties", "longest"}}), claims), "long");
  claims[3].weight = 0.7;
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"ties", "trust"}}), claims), "b");
}

TEST(Vote, joins_close_values) {
  const auto rule = rule_of("vote", kNumber, {{"same_within", "0.5"}});
  // {9.9, 10, 10.2} is one cluster with 4 voters, 20 has 3; in the cluster 10 has 2.
  const std::vector<Claim> claims{number(9.9, "a"), number(10, "b"), number(10, "c"), number(10.2, "d"), number(20, "e"), number(20,
      "f"), number(20, "g")};
  EXPECT_EQ(answer(*rule, claims), "10");
  EXPECT_DOUBLE_EQ(confidence(*rule, claims), 4.0 / 7);
  EXPECT_EQ(answer(*rule_of("vote", kNumber), claims), "20");
}

TEST(Vote, measures_closeness_from_the_smallest_value_of_a_cluster) {
  const auto rule = rule_of("vote", kNumber, {{"same_within", "1"}});
  // 1, 1.8, 2.6: 2.6 is not within 1 of 1, so it opens the next cluster with 3.5.
  Arena arena;
  const FusedCell cell = fuse(*rule, {number(1, "a"), number(1.8, "b"), number(2.6, "c"), number(3.5, "d"), number(3.6, "e")}, arena);
  EXPECT_EQ(cell.distinct_values, 2u);
  EXPECT_EQ(cell.value.number(), 2.6);
}

TEST(Vote, counts_a_source_once_in_a_cluster) {
  const auto rule = rule_of("vote", kNumber, {{"same_within", "1%"}});
  EXPECT_EQ(answer(*rule, {number(100, "a"), number(100.5, "a"), number(100.2, "a"), number(50, "b"), number(50, "c")}), "50");
}

TEST(Vote, joins_times) {
  const auto rule = rule_of("vote", ValueType::Timestamp, {{"same_within", "10m"}});
  const auto minute = [](std::int64_t minutes, std::string_view source) { return claim(Value::of_timestamp({minutes * 60'000'000}),
      source); };
  EXPECT_EQ(answer(*rule, {minute(0, "a"), minute(10, "b"), minute(21, "c")}), "1970-01-01T00:00:00Z");
}

TEST(Vote, says_null_below_min_support) {
  const std::vector<Claim> claims{text("x", "a"), text("x", "b"), text("y", "c"), text("z", "d")};
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"min_support", "2"}}), claims), "x");
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"min_support", "3"}}), claims), "null");
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"min_support", "50%"}}), claims), "x");
  EXPECT_EQ(answer(*rule_of("vote", kText, {{"min_support", "0.51"}}), claims), "null");
}

TEST(WeightedVote, adds_up_trust) {
  const auto rule = rule_of("weighted_vote", kText);
  const std::vector<Claim> claims{text("x", "a", 0.9), text("y", "b", 0.4), text("y", "c", 0.4)};
  EXPECT_EQ(answer(*rule, claims), "x");
  EXPECT_NEAR(confidence(*rule, claims), 0.9 / 1.7, 1e-15);
  EXPECT_EQ(answer(*rule_of("weighted_vote", kText, {{"weight", "none"}}), claims), "y");
}

TEST(WeightedVote, takes_the_largest_weight_of_a_source) {
  EXPECT_EQ(answer(*rule_of("weighted_vote", kText), {text("x", "a", 0.3), text("x", "a", 0.7), text("y", "b", 0.8)}), "y");
}

TEST(KSources, needs_k_sources_that_agree) {
  const std::vector<Claim> claims{text("x", "a"), text("x", "a"), text("y", "b"), text("y", "c")};
  EXPECT_EQ(answer(*rule_of("k_sources", kText), claims), "y");
  EXPECT_EQ(answer(*rule_of("k_sources", kText, {{"k", "3"}}), claims), "null");
}

TEST(KSources, chooses_items_of_lists) {
  const Value ab[] = {Value::of_string("a"), Value::of_string("b")}, bc[] = {Value::of_string("b"), Value::of_string("c")};
  const std::vector<Claim> claims{claim(Value::of_list(ab, 2), "s"), claim(Value::of_list(bc, 2), "t")};
  EXPECT_EQ(answer(*rule_of("k_sources", ValueType::List), claims), "[b]");
}

TEST(Prefer, follows_the_order_and_then_the_newest) {
  const auto rule = rule_of("trust_your_friends", kText, {{"order", "[c,a]"}});
  EXPECT_EQ(answer(*rule, {text("x", "a"), text("y", "c"), text("z", "b")}), "y");
  EXPECT_EQ(answer(*rule, {text("x", "a"), text("z", "b")}), "x");
  EXPECT_EQ(answer(*rule, {text("w", "d"), text("z", "b")}), "w") << "unlisted sources are equal: the smallest";
  EXPECT_EQ(answer(*rule, {at(text("old", "c"), 1), at(text("new", "c"), 2), text("never", "c")}), "new");
}

TEST(Prefer, uses_the_order_of_the_job_file_by_default) {
  EXPECT_EQ(answer(*rule_of("prefer", kText), {text("x", "c"), text("y", "b")}), "y");
}

TEST(Newest, takes_the_last_time_and_then_trust) {
  const auto rule = rule_of("newest", kText);
  EXPECT_EQ(answer(*rule, {at(text("x", "a"), 5), at(text("y", "b"), 7), text("z", "c")}), "y");
  EXPECT_EQ(answer(*rule, {at(text("x", "a", 0.2), 7), at(text("y", "b", 0.3), 7)}), "y");
  EXPECT_EQ(answer(*rule, {at(text("y", "a"), 7), at(text("x", "b"), 7)}), "x");
  EXPECT_EQ(answer(*rule, {at(text("x", "a"), -5), text("a", "c")}), "x");
  EXPECT_EQ(answer(*rule_of("oldest", kText), {at(text("x", "a"), -5), at(text("y", "a"), 5), text("a", "c")}), "x");
}

TEST(Newest, is_as_confident_as_the_claims_of_that_time_agree) {
  const auto rule = rule_of("most_recent", kText);
  EXPECT_DOUBLE_EQ(confidence(*rule, {at(text("x", "a"), 7), at(text("x", "b"), 7), at(text("y", "c"), 7), at(text("q", "d"), 1)}),
      2.0 / 3);
}

TEST(Extremes, order_values) {
  const std::vector<Claim> claims{number(3), number(-1), number(7), number(-1)};
  EXPECT_EQ(answer(*rule_of("min", kNumber), claims), "-1");
  EXPECT_EQ(answer(*rule_of("max", kNumber), claims), "7");
  EXPECT_DOUBLE_EQ(confidence(*rule_of("min", kNumber), claims), 0.5);
  EXPECT_EQ(answer(*rule_of("max", kText), {text("ab"), text("abc"), text(std::string_view("a\0b", 3))}), "abc");
  EXPECT_EQ(answer(*rule_of("min", ValueType::Int64), {claim(Value::of_int64(5)), claim(Value::of_int64(-5))}), "-5");
}

TEST(Length, counts_characters_not_bytes) {
  const std::vector<Claim> claims{text("\xc3\xa4\xc3\xa4"), text("abc"), text("xyz")};
  EXPECT_EQ(answer(*rule_of("longest", kText), claims), "abc");
  EXPECT_EQ(answer(*rule_of("shortest", kText), claims), "\xc3\xa4\xc3\xa4");
}

TEST(Sum, is_exact) {
  EXPECT_EQ(answer(*rule_of("sum", kNumber), {number(1e308), number(1), number(-1e308)}), "1");
  EXPECT_EQ(answer(*rule_of("sum", ValueType::Int64), {claim(Value::of_int64(INT64_MAX)), claim(Value::of_int64(-1))}),
      "9223372036854775806");
}

TEST(Sum, is_null_when_it_does_not_fit) {
  EXPECT_EQ(answer(*rule_of("sum", ValueType::Int64), {claim(Value::of_int64(INT64_MAX)), claim(Value::of_int64(1))}), "null");
  EXPECT_EQ(answer(*rule_of("sum", kNumber), {number(1e308), number(1e308)}), "null");
}

TEST(Count, counts_claims_values_and_sources) {
  const std::vector<Claim> claims{number(1, "a"), number(1.05, "a"), number(1, "b"), number(2)};
  EXPECT_EQ(answer(*rule_of("count", kNumber), claims), "4");
  EXPECT_EQ(answer(*rule_of("count", kNumber, {{"of", "values"}}), claims), "3");
  EXPECT_EQ(answer(*rule_of("count", kNumber, {{"of", "values"}, {"same_within", "0.1"}}), claims), "2");
  EXPECT_EQ(answer(*rule_of("count", kNumber, {{"of", "sources"}}), claims), "3");
}

TEST(Mean, is_correctly_rounded_with_its_standard_error) {
  const std::vector<Claim> claims{number(1), number(2), number(4)};
  EXPECT_EQ(answer(*rule_of("mean", kNumber), claims), "2.3333333333333335");
  EXPECT_NEAR(confidence(*rule_of("avg", kNumber), claims), std::sqrt(7.0 / 3 / 3), 1e-15);
  EXPECT_TRUE(std::isnan(confidence(*rule_of("mean", kNumber), {number(1)})));
}

TEST(Mean, loses_nothing_on_large_close_values) {
  const std::vector<Claim> claims{number(1e15), number(1e15 + 1), number(1e15 + 2)};
  EXPECT_DOUBLE_EQ(confidence(*rule_of("mean", kNumber), claims), std::sqrt(1.0 / 3));
}

TEST(Mean, without_confidence_the_answer_and_the_conflict_are_the_same) {
  Random random(17);
  Diagnostics diagnostics;
  const RuleSetting setting{{"cell", kNumber}, {}, /*confidence=*/false};
  const auto lean = make_rule(all_rules(), rule_node("mean", {}), setting, "fuse.cell", diagnostics);
  ASSERT_NE(lean, nullptr);
  const auto full = rule_of("mean", kNumber);
  for (int round = 0; round < 500; ++round) {
    std::vector<Claim> claims;
    const std::uint64_t kinds = 1 + random.below(3);
    for (std::uint64_t i = 0; i <= random.below(9); ++i) claims.push_back(number(0.1 + static_cast<double>(random.below(kinds)) * 1e6));
    // The claims in two halves, merged, so that the bit which tells differences is put together from parts.
    std::string left, right;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      std::string one, merged;
      lean->lift(claims[i], one);
      std::string& half = i % 2 == 0 ? left : right;
      if (half.empty()) half = one;
      else lean->merge(half, one, merged), half = merged;
    }
    std::string whole = left;
    if (!right.empty()) whole.clear(), lean->merge(left, right, whole);
    Arena arena;
    const FusedCell cell = lean->finish(whole, arena);
    const FusedCell expected = fuse(*full, claims, arena);
    EXPECT_EQ(cell.value.number(), expected.value.number()) << "round " << round;
    EXPECT_EQ(cell.distinct_values, expected.distinct_values) << "round " << round;
    std::set<double> distinct;
    for (const Claim& claim : claims) distinct.insert(claim.value.number());
    EXPECT_EQ(cell.distinct_values > 1, distinct.size() > 1) << "round " << round;
  }
}

TEST(Mean, of_int64_is_a_double_and_of_times_a_time) {
  EXPECT_EQ(rule_of("mean", ValueType::Int64)->result_type(), kNumber);
  EXPECT_EQ(answer(*rule_of("mean", ValueType::Int64), {claim(Value::of_int64(1)), claim(Value::of_int64(2))}), "1.5");
  const std::vector<Claim> times{claim(Value::of_timestamp({0})), claim(Value::of_timestamp({3'000'000}))};
  EXPECT_EQ(answer(*rule_of("mean", ValueType::Timestamp), times), "1970-01-01T00:00:01.5Z");
  EXPECT_DOUBLE_EQ(confidence(*rule_of("mean", ValueType::Timestamp), times), 1.5);
}

TEST(WeightedMean, weighs) {
  const std::vector<Claim> claims{number(1, "a", 3), number(5, "b", 1)};
  EXPECT_EQ(answer(*rule_of("weighted_mean", kNumber), claims), "2");
  EXPECT_EQ(answer(*rule_of("weighted_mean", kNumber, {{"weight", "none"}}), claims), "3");
  EXPECT_EQ(answer(*rule_of("weighted_mean", kNumber), {number(0.1, "a", 0.7), number(0.1, "b", 0.9), number(0.1, "c", 0.3)}), "0.1")
      << "correct rounding: the mean of equal values is that value";
}

TEST(WeightedMean, has_the_error_of_the_mean_for_equal_weights) {
  const std::vector<Claim> claims{number(1, "a", 0.7), number(2, "b", 0.7), number(4, "c", 0.7)};
  EXPECT_NEAR(confidence(*rule_of("weighted_mean", kNumber), claims), std::sqrt(7.0 / 3 / 3), 1e-14);
}

TEST(LeastSquares, weighs_by_inverse_variance) {
  const std::vector<Claim> claims{with_sigma(number(10), 1), with_sigma(number(20), 2)};
  EXPECT_EQ(answer(*rule_of("least_squares", kNumber), claims), "12");
  EXPECT_DOUBLE_EQ(confidence(*rule_of("inverse_variance", kNumber), claims), 1 / std::sqrt(1.25));
}

TEST(LeastSquares, gives_claims_without_sigma_the_default_or_no_weight) {
  const std::vector<Claim> claims{with_sigma(number(10), 1), number(20)};
  EXPECT_EQ(answer(*rule_of("least_squares", kNumber), claims), "10");
  EXPECT_EQ(answer(*rule_of("least_squares", kNumber, {{"default_sigma", "1"}}), claims), "15");
  EXPECT_EQ(answer(*rule_of("least_squares", kNumber), {number(20)}), "null");
}

TEST(LeastSquares, weighs_claims_when_told) {
  const std::vector<Claim> claims{with_sigma(number(10, "a", 4), 1), with_sigma(number(20, "b", 1), 1)};
  EXPECT_EQ(answer(*rule_of("least_squares", kNumber), claims), "15");
  const auto weighted = rule_of("least_squares", kNumber, {{"weight", "trust"}});
  EXPECT_EQ(answer(*weighted, claims), "12");
  EXPECT_DOUBLE_EQ(confidence(*weighted, claims), std::sqrt(17.0) / 5);
}

TEST(Median, takes_the_middle_or_the_mean_of_the_two_middles) {
  const auto rule = rule_of("median", kNumber);
  EXPECT_EQ(answer(*rule, {number(9), number(1), number(2)}), "2");
  EXPECT_EQ(answer(*rule, {number(9), number(1), number(2), number(4)}), "3");
  EXPECT_EQ(answer(*rule, {number(1e308), number(1.5e308)}), "1.25e+308");
  const std::vector<Claim> large{claim(Value::of_int64(INT64_MAX)), claim(Value::of_int64(INT64_MIN))};
  EXPECT_EQ(answer(*rule_of("median", ValueType::Int64), large), "-0.5") << "no overflow, no rounding on the way";
}

TEST(Median, has_an_error_that_an_outlier_does_not_move) {
  const auto rule = rule_of("median", kNumber);
  EXPECT_DOUBLE_EQ(confidence(*rule, {number(1), number(2), number(3), number(4), number(1e9)}), 1.0);
  EXPECT_DOUBLE_EQ(confidence(*rule, {number(1), number(3)}), 1.0) << "as s / sqrt(2)";
}

TEST(WeightedMedian, is_the_claim_in_the_middle_of_the_weights) {
  const auto rule = rule_of("lad", kNumber);
  EXPECT_EQ(answer(*rule, {number(1, "a", 1), number(2, "b", 1), number(100, "c", 3)}), "100");
  EXPECT_EQ(answer(*rule, {number(1, "a", 2), number(2, "b", 1), number(3, "c", 1)}), "1") << "half the weight is enough";
  EXPECT_EQ(answer(*rule, {number(1, "a"), number(2, "b"), number(3, "c")}), "2");
}

TEST(WeightedMedian, compares_exact_sums_of_weights) {
  const auto rule = rule_of("weighted_median", kNumber);
  // The total 2^54 + 1 is no double: a rounded half of 2^53 would say that 1 reaches it.
  EXPECT_EQ(answer(*rule, {number(1, "a", 0x1p53), number(2, "b", 1), number(3, "c", 0x1p53)}), "2");
  EXPECT_EQ(answer(*rule, {number(1, "a", 0.1), number(2, "b", 0.2), number(3, "c", 0.3)}), "2") << "as doubles 0.1 + 0.2 is above 0.3";
  EXPECT_EQ(answer(*rule, {number(1, "a", 1.5e308), number(2, "b", 1e308), number(3, "c", 1e308)}), "2") << "the sum is above all doubles";
}

TEST(TrimmedMean, drops_both_ends) {
  std::vector<Claim> claims;
  for (const double x : {-1000.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 1000.0}) claims.push_back(number(x));
  EXPECT_EQ(answer(*rule_of("trimmed_mean", kNumber), claims), "4.5");
  EXPECT_EQ(answer(*rule_of("trimmed_mean", kNumber, {{"trim", "0"}}), claims), answer(*rule_of("mean", kNumber), claims));
  EXPECT_DOUBLE_EQ(confidence(*rule_of("trimmed_mean", kNumber, {{"trim", "0"}}), claims), confidence(*rule_of("mean", kNumber), claims));
  // Winsorised 1 1 2 .. 8 8: squared deviations 66.5, h = 8.
  EXPECT_DOUBLE_EQ(confidence(*rule_of("trimmed_mean", kNumber), claims), std::sqrt(66.5 / 56));
}

TEST(Huber, is_the_mean_without_outliers_and_resists_them) {
  const auto rule = rule_of("huber", kNumber);
  EXPECT_EQ(answer(*rule, {number(1), number(2), number(3)}), "2");
  EXPECT_NEAR(std::stod(answer(*rule, {number(10), number(10.1), number(9.9), number(10.2), number(1000)})), 10.1, 0.1);
  EXPECT_EQ(answer(*rule, {number(7), number(7), number(7), number(1000)}), "7") << "no scale: the median";
}

TEST(Huber, finds_the_same_scale_by_sorting_and_by_bisection) {
  // Every claim many times over has the same median, deviations and estimate; 51 claims are sorted, 510 and 5100 are not.
  Random random(3);
  std::vector<Claim> once, tenfold, hundredfold;
  for (int i = 0; i < 51; ++i) {
    once.push_back(number(random.chance(0.2) ? random.normal(500, 100) : random.normal(50, 3)));
    for (int copy = 0; copy < 10; ++copy) tenfold.push_back(once.back());
    for (int copy = 0; copy < 100; ++copy) hundredfold.push_back(once.back());
  }
  const double sorted = std::stod(answer(*rule_of("huber", kNumber), once));
  EXPECT_EQ(std::stod(answer(*rule_of("huber", kNumber), tenfold)), sorted);
  EXPECT_EQ(std::stod(answer(*rule_of("huber", kNumber), hundredfold)), sorted);
}

TEST(Huber, solves_its_equation_exactly) {
  constexpr std::uint64_t kSeed = 20;
  Random random(kSeed);
  for (int round = 0; round < 300; ++round) {
    const double k = random.chance(0.3) ? 0.05 : 1.345;
    std::vector<double> x(3 + random.below(40));
    for (double& one : x) one = random.chance(0.3) ? random.normal(300, 200) : random.normal(50, 1);
    std::vector<Claim> claims;
    for (const double one : x) claims.push_back(number(one));
    const double m = std::stod(answer(*rule_of("huber", kNumber, {{"k", std::to_string(k)}}), claims));
    const auto median = [](std::vector<double> of) {
      std::sort(of.begin(), of.end());
      return (of[(of.size() - 1) / 2] + of[of.size() / 2]) / 2;
    };
    std::vector<double> deviations;
    for (const double one : x) deviations.push_back(std::abs(one - median(x)));
    const long double bound = k * 1.482602218505602 * median(deviations);
    long double score = 0;
    for (const double one : x) score += std::clamp<long double>(static_cast<long double>(one) - m, -bound, bound);
    // A correctly rounded root is within half a unit in the last place, and the slope is at most n; the bound itself is rounded too.
    EXPECT_LE(std::abs(score), 1e-13L * static_cast<long double>(x.size()) * (std::abs(m) + bound))
        << "round " << round << ", seed " << kSeed;
  }
}

TEST(Times, are_rounded_once_to_the_nearest_microsecond) {
  const auto time = [](std::int64_t micros, double weight = 1) { return claim(Value::of_timestamp({micros}), "s", weight); };
  const auto micros_of = [](const std::string& rule, const std::vector<Claim>& claims) {
    Arena arena;
    return fuse(*rule_of(rule, ValueType::Timestamp), claims, arena).value.timestamp().micros;
  };
  // (3 t + 1) / 3 is t + 1/3; near 2^60 doubles are 256 microseconds apart.
  const std::int64_t t = (std::int64_t{1} << 60) + 1;
  EXPECT_EQ(micros_of("mean", {time(t), time(t), time(t + 1)}), t);
  EXPECT_EQ(micros_of("mean", {time(t), time(t + 1), time(t + 1)}), t + 1);
  EXPECT_EQ(micros_of("mean", {time(-t), time(-t), time(-t - 1)}), -t);
  EXPECT_EQ(micros_of("median", {time(t), time(t + 2)}), t + 1);
  EXPECT_EQ(micros_of("median", {time(t), time(t + 1)}), t + 1) << "ties go to the even microsecond";
  EXPECT_EQ(micros_of("trimmed_mean", {time(t), time(t), time(t + 1)}), t);
  EXPECT_EQ(micros_of("huber", {time(t), time(t + 2), time(t + 4)}), t + 2);
  EXPECT_EQ(micros_of("weighted_mean", {time(t, 3), time(t + 4, 1)}), t + 1);
  // Just below a half: 2^53 - 1 claims' worth of weight on 0 and the same on 1, with a hair more on 0.
  EXPECT_EQ(micros_of("weighted_mean", {time(0, 0x1p60), time(1, 0x1p60), time(0, 0x1p-40)}), 0);
  EXPECT_EQ(micros_of("weighted_mean", {time(0, 0x1p60), time(1, 0x1p60), time(1, 0x1p-40)}), 1);
}

TEST(Truth, is_any_or_all) {
  const std::vector<Claim> mixed{claim(Value::of_bool(true)), claim(Value::of_bool(false)), claim(Value::of_bool(false))};
  EXPECT_EQ(answer(*rule_of("any_true", ValueType::Bool), mixed), "true");
  EXPECT_EQ(answer(*rule_of("all_true", ValueType::Bool), mixed), "false");
  EXPECT_DOUBLE_EQ(confidence(*rule_of("all_true", ValueType::Bool), mixed), 2.0 / 3);
}

TEST(Unanimous, is_null_in_conflict) {
  const auto rule = rule_of("no_gossiping", kNumber);
  EXPECT_EQ(answer(*rule, {number(1), number(1)}), "1");
  EXPECT_EQ(answer(*rule, {number(1), number(1.001)}), "null");
  EXPECT_EQ(answer(*rule_of("unanimous", kNumber, {{"same_within", "0.01"}}), {number(1), number(1.001)}), "1");
  EXPECT_EQ(answer(*rule_of("unanimous", kNumber, {{"min_support", "2"}}), {number(1)}), "null");
}

TEST(Sets, unite_and_intersect) {
  std::vector<Claim> claims{text("x", "a"), text("y", "a"), text("y", "b"), text("x", "c"), text("y", "c")};
  EXPECT_EQ(answer(*rule_of("union", kText), claims), "[x, y]");
  EXPECT_EQ(answer(*rule_of("intersection", kText), claims), "[y]");
  EXPECT_DOUBLE_EQ(confidence(*rule_of("union", kText), claims), (2.0 / 3 + 1) / 2);
  claims.push_back(text("z"));
  EXPECT_EQ(answer(*rule_of("intersection", kText), claims), "null") << "a claim without a source is a voter of its own";
}

TEST(Sets, keep_the_order_of_appearance_when_told) {
  std::vector<Claim> claims{text("z", "a"), text("b", "b"), text("m", "c")};
  for (std::size_t i = 0; i < claims.size(); ++i) claims[i].position.offset_bytes = i;
  EXPECT_EQ(answer(*rule_of("union", kText, {{"order", "first"}}), claims), "[z, b, m]");
  EXPECT_EQ(answer(*rule_of("keep_all", kText, {{"order", "first"}}), claims), "[z, b, m]");
  EXPECT_EQ(answer(*rule_of("concat", kText, {{"order", "first"}, {"separator", "+"}}), claims), "z+b+m");
}

TEST(Collect, keeps_everything) {
  const std::vector<Claim> claims{text("x", "a"), text("x", "b"), text("w", "c")};
  EXPECT_EQ(answer(*rule_of("concat", kText), claims), "w; x");
  EXPECT_EQ(answer(*rule_of("concat", kText, {{"distinct", "false"}}), claims), "w; x; x");
  EXPECT_EQ(answer(*rule_of("pass_it_on", kText), claims), "[w, x, x]");
  EXPECT_EQ(answer(*rule_of("concat", ValueType::Int64), {claim(Value::of_int64(7)), claim(Value::of_int64(5))}), "5; 7");
}

TEST(AllRules, answer_null_without_claims_but_a_count_is_zero) {
  for (const RuleInfo& info : all_rules()) {
    const ValueType type = info.types.empty() ? kText : info.types.front();
    const auto rule = rule_of(std::string(info.name), type);
    const std::string expected = info.name == "count" ? "0" : "null";
    EXPECT_EQ(answer(*rule, {}), expected) << info.name;
    if (!rule->algebraic()) continue;
    Arena arena;
    EXPECT_EQ(rule->finish(std::string_view(), arena).value.is_null(), info.name != "count") << info.name;
  }
  for (const char* of : {"values", "sources"}) EXPECT_EQ(answer(*rule_of("count", kText, {{"of", of}}), {}), "0") << of;
  EXPECT_EQ(answer(*rule_of("count", kText, {{"min_support", "1"}}), {}), "null");
}

TEST(AllRules, have_names_and_aliases_of_their_own) {
  std::vector<std::string_view> names;
  for (const RuleInfo& info : all_rules()) {
    names.push_back(info.name);
    names.insert(names.end(), info.aliases.begin(), info.aliases.end());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Vote, gives_a_source_its_largest_weight_in_a_cluster) {
  const auto rule = rule_of("weighted_vote", kNumber, {{"same_within", "1"}});
  // a votes in the cluster {10, 10.5} with 3, the larger of its weights, so that cluster beats 20 with 2.
  EXPECT_EQ(answer(*rule, {number(10, "a", 1), number(10.5, "a", 3), number(20, "b", 2)}), "10.5");
}

TEST(Vote, knows_no_closeness_to_infinity) {
  const auto rule = rule_of("vote", kNumber, {{"same_within", "1%"}});
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(answer(*rule, {number(-infinity, "a"), number(1, "b"), number(1, "c"), number(infinity, "d")}), "1");
}

}  // namespace
}  // namespace sinter::fusion::testing

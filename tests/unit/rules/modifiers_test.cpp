// Decoding of rules and modifiers: what is refused, and how it is said.
#include "jobs/fusion/rules/modifiers.hpp"

#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

std::string first_problem(const std::string& rule, ValueType type, const Options& options = {}) {
  const MadeRule made = try_rule(rule, type, options);
  if (made.diagnostics.ok()) return made.rule ? "" : "no rule and no problem";
  EXPECT_EQ(made.rule, nullptr);
  const auto& problem = made.diagnostics.problems().front();
  return problem.message + " / " + problem.help;
}

TEST(MakeRule, suggests_the_nearest_name) {
  EXPECT_EQ(first_problem("medain", ValueType::Double), "unknown rule 'medain' in fuse.cell / did you mean 'median'?");
}

TEST(MakeRule, refuses_an_attribute_of_another_type) {
  EXPECT_NE(first_problem("mean", ValueType::String).find("needs int64, double or timestamp, attribute 'cell' is string"),
      std::string::npos);
  EXPECT_NE(first_problem("any_true", ValueType::Double), "");
  EXPECT_NE(first_problem("longest", ValueType::Int64), "");
}

TEST(MakeRule, refuses_modifiers_without_a_meaning) {
  EXPECT_NE(first_problem("mean", ValueType::Double, {{"ties", "first"}}).find("ties has no meaning for rule 'mean'"), std::string::npos);
  EXPECT_NE(first_problem("min", ValueType::Double, {{"same_within", "1"}}).find("same_within has no meaning"), std::string::npos);
  EXPECT_NE(first_problem("median", ValueType::Double, {{"weight", "none"}}).find("weight has no meaning"), std::string::npos);
}

TEST(MakeRule, refuses_unknown_options_and_words) {
  EXPECT_NE(first_problem("vote", ValueType::Double, {{"same_witin", "1"}}).find("did you mean 'same_within'?"), std::string::npos);
  EXPECT_NE(first_problem("vote", ValueType::Double, {{"ties", "frist"}}).find("did you mean 'first'?"), std::string::npos);
  EXPECT_NE(first_problem("count", ValueType::Double, {{"of", "value"}}).find("did you mean 'values'?"), std::string::npos);
}

TEST(MakeRule, refuses_values_out_of_range) {
  EXPECT_NE(first_problem("trimmed_mean", ValueType::Double, {{"trim", "50%"}}), "");
  EXPECT_NE(first_problem("huber", ValueType::Double, {{"k", "0"}}), "");
  EXPECT_NE(first_problem("k_sources", ValueType::Double, {{"k", "0"}}), "");
  EXPECT_NE(first_problem("vote", ValueType::Double, {{"min_support", "0"}}), "");
  EXPECT_NE(first_problem("vote", ValueType::Double, {{"min_support", "150%"}}), "");
  EXPECT_NE(first_problem("mean", ValueType::Double, {{"min_support", "50%"}}).find("must be a number of claims"), std::string::npos);
  EXPECT_NE(first_problem("least_squares", ValueType::Double, {{"default_sigma", "-1"}}), "");
}

TEST(MakeRule, checks_the_order_of_sources) {
  EXPECT_NE(first_problem("prefer", ValueType::Double, {{"order", "[a,a]"}}).find("twice"), std::string::npos);
  MadeRule typo = try_rule("prefer", ValueType::Double, {{"order", "[shoop]"}}, {"shop", "maker"});
  ASSERT_FALSE(typo.diagnostics.ok());
  EXPECT_EQ(typo.diagnostics.problems().front().help, "did you mean 'shop'?");
  EXPECT_TRUE(try_rule("prefer", ValueType::Double, {{"order", "[from_data_only]"}}, {"shop"}).diagnostics.ok());
}

TEST(Tolerance, needs_a_fitting_type_and_unit) {
  EXPECT_TRUE(parse_tolerance("0.5", ValueType::Double));
  EXPECT_TRUE(parse_tolerance("1%", ValueType::Int64));
  EXPECT_TRUE(parse_tolerance("10m", ValueType::Timestamp));
  EXPECT_FALSE(parse_tolerance("10m", ValueType::Double));
  EXPECT_FALSE(parse_tolerance("0.5", ValueType::Timestamp));
  EXPECT_FALSE(parse_tolerance("-1", ValueType::Double));
  EXPECT_NE(first_problem("vote", ValueType::String, {{"same_within", "1"}}).find("needs a number or a timestamp"), std::string::npos);
}

TEST(Tolerance, is_relative_to_the_larger_magnitude) {
  const auto tolerance = parse_tolerance("1%", ValueType::Double);
  EXPECT_TRUE(tolerance->joins(Value::of_double(99), Value::of_double(100)));
  EXPECT_FALSE(tolerance->joins(Value::of_double(98.9), Value::of_double(100)));
  EXPECT_TRUE(tolerance->joins(Value::of_double(-100), Value::of_double(-99)));
  EXPECT_FALSE(tolerance->joins(Value::of_double(-1), Value::of_double(1)));
}

TEST(Tolerance, is_exact_for_large_integers) {
  const auto none = parse_tolerance("0", ValueType::Int64), two = parse_tolerance("2.5", ValueType::Int64);
  const std::int64_t large = std::int64_t{1} << 60;
  EXPECT_FALSE(none->joins(Value::of_int64(large), Value::of_int64(large + 1)));
  EXPECT_TRUE(two->joins(Value::of_int64(large), Value::of_int64(large + 2)));
  EXPECT_FALSE(two->joins(Value::of_int64(large), Value::of_int64(large + 3)));
  EXPECT_FALSE(two->joins(Value::of_int64(INT64_MIN), Value::of_int64(INT64_MAX)));
}

TEST(Weight, names_a_column) {
  EXPECT_EQ(weight_column(rule_node("mean", {})), "");
  EXPECT_EQ(weight_column(rule_node("vote", {{"weight", "none"}})), "");
  EXPECT_EQ(weight_column(rule_node("vote", {{"weight", "copies"}})), "copies");
  EXPECT_EQ(first_problem("weighted_mean", ValueType::Double, {{"weight", "copies"}}), "");
  EXPECT_NE(first_problem("weighted_mean", ValueType::Double, {{"weight", ""}}).find("weight is empty"), std::string::npos);
  EXPECT_NE(first_problem("median", ValueType::Double, {{"weight", "copies"}}).find("weight has no meaning"), std::string::npos);
}

TEST(Tolerance, does_not_overflow_on_far_times) {
  const auto tolerance = parse_tolerance("1s", ValueType::Timestamp);
  EXPECT_FALSE(tolerance->joins(Value::of_timestamp({INT64_MIN}), Value::of_timestamp({INT64_MAX})));
}

}  // namespace
}  // namespace sinter::fusion::testing

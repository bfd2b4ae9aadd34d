// Answers of many values: long ones go to files with the content that short ones have, too long ones are none.
#include "jobs/fusion/rules/answer_builder.hpp"

#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

constexpr ValueType kText = ValueType::String;
constexpr ValueType kNumber = ValueType::Double;

/// What a long answer's file holds; fails when the answer is not long.
std::string long_answer(const Rule& rule, std::vector<Claim> claims, FusedCell& cell) {
  SortedClaims cursor(std::move(claims));
  TestWorkspace world;
  Arena arena;
  const Result<FusedCell> fused = rule.finish(cursor, world.workspace, arena);
  EXPECT_TRUE(fused.ok());
  cell = *fused;
  std::string text;
  EXPECT_TRUE(cell.has_answer());
  if (cell.long_text == nullptr) return "not long";
  EXPECT_TRUE(cell.long_text->read([&](std::string_view piece) { text += piece; return Status(); }).ok());
  EXPECT_TRUE(world.workspace.end_entity().ok());
  EXPECT_TRUE(world.files->list("scratch")->empty()) << "nothing is left behind";
  return text;
}

TEST(LongAnswers, go_to_a_file_with_the_same_content) {
  std::vector<Claim> claims;
  std::string array = "[", joined;
  for (int i = 0; i < 30'000; ++i) {
    claims.push_back(number(i + 0.5, "s"));
    claims.back().position.offset_bytes = static_cast<std::uint64_t>(i);
    array += (i > 0 ? "," : "") + std::to_string(i) + ".5";
    joined += (i > 0 ? "; " : "") + std::to_string(i) + ".5";
  }
  array += "]";
  FusedCell cell;
  for (const char* rule : {"union", "keep_all", "intersection"}) {
    EXPECT_TRUE(long_answer(*rule_of(rule, kNumber), claims, cell) == array) << rule;
    EXPECT_EQ(cell.distinct_values, 30'000u);
  }
  EXPECT_EQ(cell.confidence, 1.0);
  EXPECT_TRUE(long_answer(*rule_of("concat", kNumber), claims, cell) == joined);
  std::reverse(claims.begin(), claims.end());
  EXPECT_TRUE(long_answer(*rule_of("keep_all", kNumber, {{"order", "first"}}), claims, cell) == array);
}

TEST(LongAnswers, above_the_limit_are_none) {
  std::vector<Claim> claims;
  const std::string long_text(1 << 20, 'x');
  for (int i = 0; i < 17; ++i) claims.push_back(text(long_text, "s"));
  Arena arena;
  for (const char* rule : {"keep_all", "concat"}) {
    const Options options = std::string_view(rule) == "concat" ? Options{{"distinct", "false"}} : Options{};
    const FusedCell cell = fuse(*rule_of(rule, kText, options), claims, arena);
    EXPECT_FALSE(cell.has_answer());
    EXPECT_TRUE(cell.is_too_long) << rule;
  }
  EXPECT_FALSE(fuse(*rule_of("union", kText), claims, arena).is_too_long) << "one item of 1 MiB";
}

}  // namespace
}  // namespace sinter::fusion::testing

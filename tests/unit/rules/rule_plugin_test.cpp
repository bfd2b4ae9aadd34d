// Plugins: which are refused and with what words, what their rules see, and what becomes of their answers.
#include "jobs/fusion/rules/rule_plugin.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "jobs/fusion/rules/row_state.hpp"
#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string plugin_path(const std::string& name) { return SINTER_PLUGIN_DIR "/" + name + ".so"; }

Result<std::shared_ptr<const RulePlugin>> load(const std::string& path) {
  const auto files = make_posix_file_system();
  return RulePlugin::load(*files, path);
}

std::string refusal(const std::string& path) {
  const auto plugin = load(path);
  return plugin.ok() ? "loaded" : plugin.error().to_string();
}

TEST(RulePlugin, is_refused_with_a_sentence) {
  EXPECT_THAT(refusal("/nowhere/x.so"), AllOf(HasSubstr("/nowhere/x.so"), HasSubstr("No such file")));
  EXPECT_THAT(refusal(SINTER_PLUGIN_DIR), HasSubstr("s a directory"));
  EXPECT_THAT(refusal(SINTER_SOURCE_DIR "/README.md"), HasSubstr("README.md' is not a shared object. build it like: cc -shared"));
  EXPECT_THAT(refusal(plugin_path("no_entry")), HasSubstr("does not export sinter_rule_plugin_table()"));
  EXPECT_THAT(refusal(plugin_path("no_table")), HasSubstr("returned no table"));
  EXPECT_THAT(refusal(plugin_path("wrong_magic")), HasSubstr("does not begin with SINTER_RULE_PLUGIN_MAGIC"));
  EXPECT_THAT(refusal(plugin_path("newer_abi")),
              HasSubstr("is built for ABI 2, this sinter has ABI 1. rebuild it against sinter/rule_plugin.h"));
  EXPECT_THAT(refusal(plugin_path("older_abi")), HasSubstr("is built for ABI 0, this sinter has ABI 1"));
  EXPECT_THAT(refusal(plugin_path("other_table_size")), HasSubstr("has a table of 64 bytes, in this sinter it has 56"));
  EXPECT_THAT(refusal(plugin_path("other_claim_size")), HasSubstr("has a claim of 80 bytes, in this sinter it has 72"));
  EXPECT_EQ(refusal(plugin_path("good_table")), "loaded");
}

TEST(RulePlugin, damaged_object_says_what_the_loader_says) {
  const std::string path = ::testing::TempDir() + "/cut_plugin.so";
  std::ofstream(path, std::ios::binary) << "\x7f" "ELF and then nothing";
  EXPECT_THAT(refusal(path), HasSubstr("cut_plugin.so' cannot be loaded: "));
  std::filesystem::remove(path);
}

int fuse_nothing(const void*, sinter_cell*, sinter_answer*) { return 0; }
int create_nothing(std::uint32_t, const sinter_option*, void**, char*, std::size_t) { return 0; }

struct Table {
  sinter_parameter parameter{"share", "a share", nullptr, SINTER_SHARE_OPTION, 0};
  sinter_rule rules[2] = {{"one", "help", 0, 0, 0, 0, &parameter, 1, create_nothing, fuse_nothing, nullptr},
                          {"two", "help", 0, 0, 0, 0, nullptr, 0, nullptr, fuse_nothing, nullptr}};
  sinter_rule_plugin plugin{SINTER_RULE_PLUGIN_HEADER, "name", "1", rules, 2};
};

TEST(PluginTable, is_checked_to_its_last_field) {
  struct Fault {
    void (*make)(Table&);
    const char* said;
  };
  const Fault faults[] = {
      {[](Table& t) { t.plugin.rule_size -= 8; }, "rule of 64 bytes, in this sinter it has 72"},
      {[](Table& t) { t.plugin.name = nullptr; }, "no name or no version"},
      {[](Table& t) { t.plugin.rule_count = 0; }, "has no rules"},
      {[](Table& t) { t.plugin.rules = nullptr; }, "has no rules"},
      {[](Table& t) { t.plugin.rule_count = 1u << 30; }, "(kMaxPluginTableItems)"},
      {[](Table& t) { t.rules[0].name = nullptr; }, "not made of a-z"},
      {[](Table& t) { t.rules[0].name = "One"; }, "not made of a-z"},
      {[](Table& t) { t.rules[1].name = "one"; }, "has two rules 'one'"},
      {[](Table& t) { t.rules[0].help = nullptr; }, "rule 'one' has no help"},
      {[](Table& t) { t.rules[1].fuse = nullptr; }, "rule 'two' has no fuse()"},
      {[](Table& t) { t.rules[0].types = 1; }, "type that this sinter does not know"},
      {[](Table& t) { t.rules[0].types = SINTER_TAKES(7); }, "type that this sinter does not know"},
      {[](Table& t) { t.rules[0].answer_type = 7; }, "type that this sinter does not know"},
      {[](Table& t) { t.rules[0].reads = 16; }, "reads something of a claim"},
      {[](Table& t) { t.rules[0].confidence = 2; }, "kind of confidence"},
      {[](Table& t) { t.rules[0].create = nullptr; }, "has parameters and no create()"},
      {[](Table& t) { t.rules[0].parameters = nullptr; }, "counts parameters and has none"},
      {[](Table& t) { t.rules[0].parameter_count = 2000; }, "more than 1000 parameters"},
      {[](Table& t) { t.parameter.name = "min_support"; }, "'min_support', a name that is taken"},
      {[](Table& t) { t.parameter.name = "a b"; }, "parameter whose name is not made of"},
      {[](Table& t) { t.parameter.type = 6; }, "of an unknown type"}};
  const Table good;
  EXPECT_TRUE(check_plugin_table(&good.plugin, "x.so").ok());
  for (const Fault& fault : faults) {
    Table table;
    fault.make(table);
    const Status status = check_plugin_table(&table.plugin, "x.so");
    ASSERT_FALSE(status.ok()) << fault.said;
    EXPECT_THAT(status.error().to_string(), AllOf(HasSubstr("plugin 'x.so'"), HasSubstr(fault.said)));
  }
}

class PluginRules : public ::testing::Test {
 protected:
  void SetUp() override {
    auto plugin = load(plugin_path("test_rules"));
    ASSERT_TRUE(plugin.ok()) << plugin.error().to_string();
    plugin_ = *plugin;
  }
  MadeRule make(const std::string& name, ValueType type, const Options& options = {}) const {
    MadeRule made;
    made.rule = make_rule(plugin_->rules(), rule_node("plugin/" + name, options), {{"cell", type}, {}}, "fuse.cell", made.diagnostics);
    return made;
  }
  std::shared_ptr<const Rule> rule(const std::string& name, ValueType type, const Options& options = {}) const {
    MadeRule made = make(name, type, options);
    for (const auto& problem : made.diagnostics.problems()) ADD_FAILURE() << name << ": " << problem.message;
    return made.rule;
  }
  static std::string failure(const Rule& rule, const std::vector<Claim>& claims) {
    SortedClaims cursor(claims);
    TestWorkspace world;
    Arena arena;
    const Result<FusedCell> cell = rule.finish(cursor, world.workspace, arena);
    return cell.ok() ? "good" : cell.error().to_string();
  }

  std::shared_ptr<const RulePlugin> plugin_;
};

TEST_F(PluginRules, outlive_the_plugin_that_made_them) {
  const std::shared_ptr<const Rule> kept = rule("describe", ValueType::Double);
  EXPECT_EQ(plugin_->title(), "test rules 1.2");
  plugin_.reset();
  EXPECT_EQ(answer(*kept, {number(2, "a")}), "1: 2.000000@a/1.0/0.0");
}

TEST_F(PluginRules, see_claims_in_canonical_order_with_what_they_read) {
  const std::vector<Claim> claims = {number(3, "c", 0.5), at(with_sigma(number(1, "b", 2), 0.25), 7), number(1, "a"), number(2)};
  EXPECT_EQ(answer(*rule("describe", ValueType::Double), claims),
            "4: 1.000000@a/1.0/0.0 1.000000@b/2.0/0.2/7 2.000000@/1.0/0.0 3.000000@c/0.5/0.0");
  const ClaimNeeds needs = rule("values", ValueType::Double)->needs();
  EXPECT_FALSE(needs.source || needs.time || needs.position || needs.weight || needs.sigma);
  EXPECT_FALSE(rule("describe", ValueType::Double, {{"weight", "none"}})->needs().weight);
  EXPECT_EQ(confidence(*rule("describe", ValueType::Double), claims), 0.5);
}

TEST_F(PluginRules, see_values_of_every_type) {
  const auto shown = [&](ValueType type, const Value& value) { return answer(*rule("values", type), {claim(value)}); };
  EXPECT_EQ(shown(ValueType::Bool, Value::of_bool(true)), "1: 1@/1.0/0.0");
  EXPECT_EQ(shown(ValueType::Int64, Value::of_int64(-5)), "1: -5@/1.0/0.0");
  EXPECT_EQ(shown(ValueType::Timestamp, Value::of_timestamp({9})), "1: 9@/1.0/0.0");
  EXPECT_EQ(shown(ValueType::String, Value::of_string("x y")), "1: x y@/1.0/0.0");
  const Value items[] = {Value::of_string("p"), Value::of_int64(2)};
  EXPECT_EQ(shown(ValueType::List, Value::of_list(items, 2)), "1: p+2@/1.0/0.0");
}

TEST_F(PluginRules, know_claims_and_values_of_a_cell) {
  Arena arena;
  const FusedCell cell = fuse(*rule("all", ValueType::String), {text("b"), text("a"), text("b")}, arena);
  EXPECT_EQ(cell.claims, 3u);
  EXPECT_EQ(cell.distinct_values, 2u);
  EXPECT_EQ(answer(*rule("all", ValueType::String), {text("b"), text("a"), text("b")}), "[a, b, b]");
  EXPECT_EQ(rule("all", ValueType::String)->result_type(), ValueType::List);
  EXPECT_EQ(rule("none", ValueType::String)->result_type(), ValueType::String);
}

TEST_F(PluginRules, are_not_asked_without_claims_or_support) {
  EXPECT_EQ(answer(*rule("describe", ValueType::Double), {}), "null");
  EXPECT_EQ(answer(*rule("describe", ValueType::Double, {{"min_support", "2"}}), {number(1)}), "null");
  EXPECT_EQ(answer(*rule("none", ValueType::Double), {number(1)}), "null");
  EXPECT_TRUE(std::isnan(confidence(*rule("none", ValueType::Double), {number(1)})));
}

TEST_F(PluginRules, get_their_options_by_type) {
  EXPECT_EQ(answer(*rule("settings", ValueType::Double, {{"word", "w"}}), {number(1)}),
            "type 3 w=0.00,0 -=0.00,0 -=0.00,0 -=0.00,0 -=0.00,0 -=0.00,0");
  EXPECT_EQ(answer(*rule("settings", ValueType::String,
                         {{"word", "w"}, {"amount", "2.5"}, {"times", "7"}, {"strict", "true"}, {"share", "25%"}, {"wait", "2s"}}),
                   {text("x")}),
            "type 5 w=0.00,0 2.5=2.50,0 7=7.00,7 true=0.00,1 25%=0.25,0 2s=0.00,2000");
}

TEST_F(PluginRules, mistakes_in_options_are_found_before_the_plugin_is_asked) {
  const auto said = [&](const std::string& name, ValueType type, const Options& options) {
    std::string text;
    const MadeRule made = make(name, type, options);
    for (const auto& problem : made.diagnostics.problems()) text += problem.message + " | " + problem.help + "\n";
    return text;
  };
  EXPECT_THAT(said("settings", ValueType::Double, {{"word", "w"}, {"amuont", "1"}}), HasSubstr("did you mean 'amount'?"));
  EXPECT_THAT(said("settings", ValueType::Double, {{"word", "refused"}, {"times", "x"}}),
              AllOf(HasSubstr("times must be an integer"), ::testing::Not(HasSubstr("word must not be"))));
  EXPECT_THAT(said("settings", ValueType::Double, {}), HasSubstr("needs 'word'"));
  EXPECT_THAT(said("settings", ValueType::Double, {{"word", "refused"}}), HasSubstr("rule 'plugin/settings': word must not be 'refused'"));
  EXPECT_THAT(said("settings", ValueType::Double, {{"word", "thrown"}}), HasSubstr("the plugin threw an exception: as the test asks"));
  EXPECT_THAT(said("values", ValueType::Double, {{"weight", "none"}}), HasSubstr("weight has no meaning for rule 'plugin/values'"));
  EXPECT_THAT(said("number", ValueType::String, {{"how", "x"}}),
              HasSubstr("rule 'plugin/number' needs int64 or double, attribute 'cell' is string"));
  EXPECT_THAT(said("descrbe", ValueType::String, {}), HasSubstr("did you mean 'plugin/describe'?"));
  EXPECT_THAT(said("pineapple", ValueType::String, {}), HasSubstr("plugins: [ ./mine.so ]"));
}

TEST_F(PluginRules, faults_of_an_answer_are_errors_that_name_rule_and_attribute) {
  const auto failed = [&](const std::string& how) {
    return failure(*rule("fault", ValueType::Int64, {{"how", how}}), {claim(Value::of_int64(13))});
  };
  const std::string who = "rule 'plugin/fault' of attribute 'cell'";
  EXPECT_EQ(failed("error"), who + ": 13 is not a price");
  EXPECT_EQ(failed("silent"), who + ": the plugin does not say why");
  EXPECT_EQ(failed("type"), who + " answers with a bool, its plugin promises a int64");
  EXPECT_THAT(failed("odd_type"), HasSubstr("answers with a type 77"));
  EXPECT_EQ(failed("none of these"), "good");
  EXPECT_THAT(failure(*rule("fault", ValueType::String, {{"how", "null_text"}}), {text("bad")}), HasSubstr("null pointer"));
}

TEST_F(PluginRules, numbers_are_canonical) {
  Arena arena;
  const FusedCell zero = fuse(*rule("number", ValueType::Int64, {{"how", "zero"}}), {claim(Value::of_int64(1))}, arena);
  EXPECT_FALSE(std::signbit(zero.value.number())) << "equal numbers have equal bytes";
  EXPECT_TRUE(zero.confidence_is_standard_error);
  EXPECT_EQ(zero.confidence, 2.5);
  EXPECT_EQ(answer(*rule("number", ValueType::Int64, {{"how", "nan"}}), {claim(Value::of_int64(1))}), "null") << "no number is no answer";
}

TEST_F(PluginRules, long_answers_go_to_a_file_and_endless_ones_leave_the_cell_empty) {
  const auto fused = [&](std::uint64_t size, TestWorkspace& world, Arena& arena) {
    SortedClaims cursor({text("x")});
    return *rule("long_text", ValueType::String, {{"size", std::to_string(size)}})->finish(cursor, world.workspace, arena);
  };
  TestWorkspace world;
  Arena arena;
  const FusedCell kept = fused(kHeldAnswerBytes * 3, world, arena);
  ASSERT_NE(kept.long_text, nullptr);
  EXPECT_EQ(kept.long_text->size_bytes(), kHeldAnswerBytes * 3);
  EXPECT_TRUE(fused(kMaxCellTextBytes + 1, world, arena).is_too_long);
}

TEST_F(PluginRules, cells_larger_than_memory_are_read_from_disk) {
  const auto files = make_memory_file_system();
  MemoryBudget memory{"execution.memory", 64u << 20};
  const RowLayout layout({rule("describe", ValueType::Double)});
  constexpr int kClaims = 200'000;
  const auto fused = [&](std::uint64_t memory_bytes, bool backwards) {
    RowFuser fuser(layout, SpillSpace{files.get(), &memory, "scratch", memory_bytes});
    Arena arena;
    fuser.begin_group();
    std::string row;
    for (int i = 0; i < kClaims; ++i) {
      row.clear();
      layout.encode_row(std::vector<Claim>{number(backwards ? kClaims - 1 - i : i, "a")}, row);
      EXPECT_TRUE(fuser.add(row).ok());
    }
    const auto cells = fuser.finish(arena);
    EXPECT_TRUE(cells.ok());
    std::string text;
    EXPECT_TRUE((*cells)[0].long_text->read([&](std::string_view piece) -> Status {
      text += piece;
      return {};
    }).ok());
    return text;
  };
  const std::string in_memory = fused(60u << 20, false);
  EXPECT_TRUE(in_memory.starts_with("200000: 0.000000@a/1.0/0.0 1.000000@a"));
  EXPECT_EQ(fused(4u << 20, true), in_memory);
}

}  // namespace
}  // namespace sinter::fusion::testing

// any_true, all_true: logic over claims. Immutable; any thread.
#include "base/bytes.hpp"
#include "jobs/fusion/rules/algebraic_rule.hpp"
#include "jobs/fusion/rules/rule_list.hpp"

namespace sinter::fusion {
namespace {

/// State: varint claims, varint claims that say true. Confidence: share of the claims that say what the answer says.
class TruthRule final : public AlgebraicRule {
 public:
  TruthRule(MinSupport min_support, bool any) : min_support_(min_support), any_(any) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return ValueType::Bool; }

  void lift(const Claim& claim, std::string& state) const override {
    state.push_back('\x01');
    state.push_back(claim.value.boolean() ? '\x01' : '\x00');
  }
  bool merge_in_place(std::span<char> into, std::string_view state) const override {
    State a, b;
    if (!read({into.data(), into.size()}, a) || !read(state, b)) return false;
    const std::size_t claims_size = varint_size(a.claims);
    if (varint_size(a.claims + b.claims) != claims_size || varint_size(a.trues + b.trues) != varint_size(a.trues)) return false;
    return overwrite_varint(into.data(), a.claims, a.claims + b.claims) &&
           overwrite_varint(into.data() + claims_size, a.trues, a.trues + b.trues);
  }
  void merge(std::string_view a, std::string_view b, std::string& merged) const override {
    State left, right;
    if (!read(a, left)) left = {};
    if (!read(b, right)) right = {};
    append_varint(merged, left.claims + right.claims);
    append_varint(merged, left.trues + right.trues);
  }
  using AlgebraicRule::finish;
  FusedCell finish(std::string_view bytes, Arena&) const override {
    State state;
    if (!read(bytes, state) || state.claims == 0) return no_answer(0);
    const bool answer = any_ ? state.trues > 0 : state.trues == state.claims;
    const std::uint64_t support = answer ? state.trues : state.claims - state.trues;
    FusedCell cell;
    cell.claims = state.claims;
    cell.confidence = static_cast<double>(support) / static_cast<double>(state.claims);
    cell.distinct_values = support == state.claims ? 1 : 2;
    if (min_support_.met_by(support, cell.confidence)) cell.value = Value::of_bool(answer);
    return cell;
  }

 private:
  struct State {
    std::uint64_t claims = 0;
    std::uint64_t trues = 0;
  };
  static bool read(std::string_view bytes, State& state) {
    ByteReader reader(bytes);
    return reader.read_varint(state.claims) && reader.read_varint(state.trues) && reader.at_end() && state.trues <= state.claims;
  }

  MinSupport min_support_;
  bool any_;
};

std::unique_ptr<Rule> make_truth(const OptionMap& options, const RuleSetting& setting, bool any) {
  const Modifiers modifiers = read_modifiers(options, setting, any ? "any_true" : "all_true", {.min_share = true});
  return std::make_unique<TruthRule>(modifiers.min_support, any);
}

}  // namespace

std::vector<RuleInfo> truth_rules() {
  std::vector<RuleInfo> rules(2);
  rules[0] = {"any_true", {"any", "or"}, "true when at least one claim is true", "in_stock: any_true", {ValueType::Bool}, {}, {}};
  rules[1] = {"all_true", {"all", "and"}, "true when every claim is true", "verified: all_true", {ValueType::Bool}, {}, {}};
  rules[0].make = [](const OptionMap& options, const RuleSetting& setting) { return make_truth(options, setting, true); };
  rules[1].make = [](const OptionMap& options, const RuleSetting& setting) { return make_truth(options, setting, false); };
  return rules;
}

}  // namespace sinter::fusion

// unanimous: the value when nobody disagrees, else null. Immutable; any thread.
#include "base/bytes.hpp"
#include "jobs/fusion/rules/algebraic_rule.hpp"
#include "jobs/fusion/rules/rule_list.hpp"

namespace sinter::fusion {
namespace {

/// State: varint claims, sized bytes of the smallest value, bytes of the largest (none when they are equal).
/// With same_within the smallest and the largest value must be that close; the answer is the smallest.
class UnanimousRule final : public AlgebraicRule {
 public:
  UnanimousRule(Attribute attribute, const Modifiers& modifiers)
      : attribute_(std::move(attribute)), same_within_(modifiers.same_within), min_support_(modifiers.min_support) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return attribute_.type; }

  void lift(const Claim& claim, std::string& state) const override {
    state.push_back('\x01');
    // Most values are shorter than 128 bytes, so their size is one byte; else it is inserted.
    const std::size_t size_at = state.size();
    state.push_back('\x00');
    append_value(state, claim.value);
    const std::size_t size = state.size() - size_at - 1;
    if (size < 0x80) {
      state[size_at] = static_cast<char>(size);
      return;
    }
    std::string prefix;
    append_varint(prefix, size);
    state.replace(size_at, 1, prefix);
  }
  bool merge_in_place(std::span<char> into, std::string_view state) const override {
    State a, b;
    if (!read({into.data(), into.size()}, a) || !read(state, b)) return false;
    // Only agreement is merged in place: a conflict adds the largest value.
    if (!a.agrees() || !b.agrees() || a.smallest != b.smallest) return false;
    return overwrite_varint(into.data(), a.claims, a.claims + b.claims);
  }
  void merge(std::string_view a, std::string_view b, std::string& merged) const override {
    State left, right;
    const bool left_good = read(a, left), right_good = read(b, right);
    if (!left_good || !right_good) {
      merged.append(left_good ? a : right_good ? b : std::string_view());
      return;
    }
    const std::string_view smallest = std::min(left.smallest, right.smallest);
    const std::string_view largest = std::max(left.largest, right.largest);
    append_varint(merged, left.claims + right.claims);
    append_sized(merged, smallest);
    if (largest != smallest) merged.append(largest);
  }
  using AlgebraicRule::finish;
  FusedCell finish(std::string_view bytes, Arena& arena) const override {
    State state;
    if (!read(bytes, state)) return no_answer(0);
    FusedCell cell = no_answer(state.claims);
    cell.distinct_values = state.agrees() ? 1 : 2;
    Value smallest, largest;
    std::size_t at = 0;
    if (!read_value(state.smallest, at, arena, smallest)) return cell;
    at = 0;
    if (!read_value(state.largest, at, arena, largest)) return cell;
    const bool same = state.agrees() || (same_within_.active && smallest.type() == largest.type() && smallest.type() == attribute_.type &&
                                         same_within_.joins(smallest, largest));
    if (!same) {
      cell.confidence = 0;
    } else {
      cell.confidence = 1;
      if (min_support_.met_by(state.claims, 1)) cell.value = smallest;
    }
    return cell;
  }

 private:
  struct State {
    std::uint64_t claims = 0;
    std::string_view smallest;
    std::string_view largest;
    bool agrees() const { return smallest == largest; }
  };
  static bool read(std::string_view bytes, State& state) {
    ByteReader reader(bytes);
    if (!reader.read_varint(state.claims) || !reader.read_sized(state.smallest)) return false;
    if (state.claims == 0 || state.smallest.empty()) return false;
    state.largest = reader.at_end() ? state.smallest : reader.rest();
    return true;
  }

  Attribute attribute_;
  Tolerance same_within_;
  MinSupport min_support_;
};

}  // namespace

std::vector<RuleInfo> unanimous_rules() {
  RuleInfo unanimous{"unanimous", {"no_gossiping", "agreed"}, "the value when all claims agree, else null",
                     "birth_date: unanimous", {}, {}, {}};
  unanimous.make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    return std::make_unique<UnanimousRule>(setting.attribute, read_modifiers(options, setting, "unanimous", {.same_within = true}));
  };
  std::vector<RuleInfo> rules;
  rules.push_back(std::move(unanimous));
  return rules;
}

}  // namespace sinter::fusion

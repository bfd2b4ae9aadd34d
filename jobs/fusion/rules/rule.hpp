// Rule: how the claims of one cell become one value. A rule is an accumulator with lift, merge, finish over canonical bytes
// (DESIGN idea 3). Immutable after it is made; any thread may use it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jobs/fusion/claim.hpp"
#include "jobs/fusion/config/node.hpp"

namespace sinter::fusion {

/// `plugin/NAME` is the rule NAME of a plugin (rule_plugin.hpp).
inline constexpr std::string_view kPluginPrefix = "plugin/";

class CellWorkspace;

/// Claims of one cell in (value, source, time, position) order, readable several times.
class ClaimCursor {
 public:
  virtual ~ClaimCursor() = default;
  virtual Status rewind() = 0;
  /// False at the end. Views are valid until the next call.
  virtual Result<bool> next(Claim& claim) = 0;
};

/// Which parts of a claim a rule reads; the rest is not shuffled.
struct ClaimNeeds {
  bool source = false;
  bool time = false;
  bool position = false;
  bool weight = false;
  bool sigma = false;
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual ClaimNeeds needs() const = 0;
  /// The type of the answer, given the attribute's type.
  virtual ValueType result_type() const = 0;

  /// True: the state is a bounded summary; lift/merge/finish(state) work. False: the rule needs the claim set; finish(cursor) works.
  virtual bool algebraic() const = 0;

  // Algebraic rules. States are canonical: equal multisets of claims give equal bytes once merged, in any order.
  /// Appends the state of one claim.
  virtual void lift(const Claim& claim, std::string& state) const = 0;
  /// Merges into a state of fixed size; false and untouched when the result would have another size.
  virtual bool merge_in_place(std::span<char> into, std::string_view state) const = 0;
  /// Appends merge(a, b).
  virtual void merge(std::string_view a, std::string_view b, std::string& merged) const = 0;
  virtual FusedCell finish(std::string_view state, Arena& arena) const = 0;

  // Rules over the claim set. Cost: a few passes over the claims; no memory per claim or per value: what must be sorted again or is
  // long goes to the workspace.
  virtual Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const = 0;
};

/// What a rule is made with.
struct RuleSetting {
  Attribute attribute;
  /// Declared source names in file order, for `prefer` without an order and for did-you-mean. Names that appear only in data are allowed.
  std::vector<std::string> sources;
  /// False when nobody will see confidences: mean then keeps no squares, its state shrinks to a third (confidence NaN).
  /// Answers are the same.
  bool confidence = true;
};

/// One line of `sinter list rules`.
struct RuleInfo {
  std::string_view name;
  std::vector<std::string_view> aliases;      // "majority", "cry_with_the_wolves", ...
  std::string_view help;
  std::string_view example;
  std::vector<ValueType> types;               // attribute types it accepts; empty: any
  std::vector<OptionInfo> options;            // its own; the modifiers common to all are in common_rule_options()
  std::function<std::unique_ptr<Rule>(const OptionMap& options, const RuleSetting& setting)> make;
  bool is_foreign = false;                    // code of others: it is not asked about options that are wrong already
};

std::vector<RuleInfo> all_rules();
/// ties, same_within, min_support, weight.
std::vector<OptionInfo> common_rule_options();

/// Makes the rule of one attribute from a bare word or a map with `rule:`. Problems go to diagnostics; null then.
std::unique_ptr<Rule> make_rule(const std::vector<RuleInfo>& rules, const ConfigNode& node, const RuleSetting& setting,
                                std::string_view where, Diagnostics& diagnostics);

}  // namespace sinter::fusion

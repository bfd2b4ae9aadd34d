// Modifiers: the options that several rules share (ties, same_within, min_support, weight), decoded and checked.
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jobs/fusion/rules/rule.hpp"

namespace sinter::fusion {

/// How two values of equal support are ordered. Every order ends with the smallest value, so it is total.
enum class Ties : std::uint8_t { Trust, Smallest, Largest, First, MostTrusted, Newest, Longest };

/// Values this close count as one.
struct Tolerance {
  bool active = false;
  bool relative = false;     // amount is a share of the larger magnitude
  double amount = 0;         // numbers
  std::int64_t micros = 0;   // timestamps
  /// Requires: a <= b, both of the type the tolerance was made for.
  bool joins(const Value& a, const Value& b) const;
};

/// Below it the answer is null.
struct MinSupport {
  std::uint64_t count = 0;   // voters or claims
  double share = 0;          // of all of them
  bool met_by(std::uint64_t support, double support_share) const { return support >= count && !(support_share < share); }
};

struct Modifiers {
  Ties ties = Ties::Trust;
  Tolerance same_within;
  MinSupport min_support;
  bool use_weight = true;
};

/// The column that `weight: COLUMN` of a rule names; empty for the words trust and none, and without the option.
std::string weight_column(const ConfigNode& rule);

/// Which modifiers have a meaning for a rule; the others are errors when written.
struct ModifierSet {
  bool ties = false;
  bool same_within = false;
  bool min_support = true;
  bool min_share = false;    // min_support may be a share
  bool weight = false;
  bool weighs_when_told = false;  // without the option all claims weigh the same
};

/// Reads the common options of `rule`; problems go to the map's diagnostics.
Modifiers read_modifiers(const OptionMap& options, const RuleSetting& setting, std::string_view rule, const ModifierSet& allowed);

/// "0.5", "1%" for numbers, "10m" for timestamps; nothing when the text or the type does not fit.
std::optional<Tolerance> parse_tolerance(std::string_view text, ValueType type);

}  // namespace sinter::fusion

// Decoding of the modifiers: see modifiers.hpp. Any thread.
#include "jobs/fusion/rules/modifiers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/parse_size.hpp"
#include "jobs/fusion/config/scalar.hpp"

namespace sinter::fusion {
namespace {

struct TiesWord {
  std::string_view word;
  Ties ties;
};
constexpr std::array<TiesWord, 7> kTiesWords{{{"trust", Ties::Trust}, {"smallest", Ties::Smallest}, {"largest", Ties::Largest},
                                              {"first", Ties::First}, {"most_trusted", Ties::MostTrusted},
                                              {"newest", Ties::Newest}, {"longest", Ties::Longest}}};

void read_ties(const OptionMap& options, Ties& ties) {
  const std::string word = options.string("ties");
  std::vector<std::string_view> words;
  for (const TiesWord& one : kTiesWords) {
    if (one.word == word) {
      ties = one.ties;
      return;
    }
    words.push_back(one.word);
  }
  options.error("ties", "unknown order of ties '" + word + "'", did_you_mean(word, words));
}

void read_same_within(const OptionMap& options, const RuleSetting& setting, Tolerance& tolerance) {
  const ValueType type = setting.attribute.type;
  if (type != ValueType::Int64 && type != ValueType::Double && type != ValueType::Timestamp) {
    options.error("same_within", "same_within needs a number or a timestamp, '" + setting.attribute.name + "' is a " +
                                     std::string(to_string(type)), "clean the values into one spelling instead");
    return;
  }
  const std::string text = options.string("same_within");
  const std::optional<Tolerance> parsed = parse_tolerance(text, type);
  if (!parsed) {
    options.error("same_within", "same_within cannot be '" + text + "' for a " + std::string(to_string(type)),
                  type == ValueType::Timestamp ? "write a duration like 10m or 90s" : "write a number like 0.5, or a share like 1%");
    return;
  }
  tolerance = *parsed;
}

void read_min_support(const OptionMap& options, std::string_view rule, bool share_allowed, MinSupport& support) {
  const std::string text = options.string("min_support");
  const std::string_view how = share_allowed ? "write a number of voters like 2, or a share like 0.5 or 50%"
      : "write a number of claims like 2";
  if (const std::optional<std::int64_t> count = parse_integer(text); count && *count >= 1) {
    support.count = static_cast<std::uint64_t>(*count);
    return;
  }
  const std::optional<double> share = parse_fraction(text);
  if (!share || *share <= 0 || *share > 1) {
    options.error("min_support", "min_support cannot be '" + text + "'", std::string(how));
  } else if (!share_allowed) {
    options.error("min_support", "min_support of rule '" + std::string(rule) + "' must be a number of claims, found the share '"
        + text + "'",
                  std::string(how));
  } else {
    support.share = *share;
  }
}

constexpr std::string_view kTrustWeight = "trust";
constexpr std::string_view kNoWeight = "none";

void refuse(const OptionMap& options, std::string_view option, std::string_view rule, std::string_view where_meant) {
  options.error(option, std::string(option) + " has no meaning for rule '" + std::string(rule) + "'", std::string(where_meant));
}

}  // namespace

bool Tolerance::joins(const Value& a, const Value& b) const {
  if (a.type() == ValueType::Timestamp) {
    // Unsigned, because the distance of two timestamps may not fit an int64.
    return static_cast<std::uint64_t>(b.timestamp().micros) - static_cast<std::uint64_t>(a.timestamp().micros) <=
           static_cast<std::uint64_t>(micros);
  }
  const double low = a.as_double(), high = b.as_double();
  if (!std::isfinite(low) || !std::isfinite(high)) return false;  // an infinite distance is within no tolerance, even of infinity
  const double limit = relative ? amount * std::max(std::abs(low), std::abs(high)) : amount;
  if (a.type() != ValueType::Int64) return high - low <= limit;
  // Exactly: above 2^53 different integers are equal as doubles, and their distance may not fit an int64.
  const std::uint64_t distance = static_cast<std::uint64_t>(b.int64()) - static_cast<std::uint64_t>(a.int64());
  constexpr double kAllDistances = 0x1p64;
  return limit >= kAllDistances || distance <= static_cast<std::uint64_t>(limit);
}

std::optional<Tolerance> parse_tolerance(std::string_view text, ValueType type) {
  Tolerance tolerance;
  tolerance.active = true;
  if (type == ValueType::Timestamp) {
    const Result<std::int64_t> duration_ms = parse_duration_ms(text);
    constexpr std::int64_t kMostMs = INT64_MAX / 1000;
    if (!duration_ms.ok() || *duration_ms < 0 || *duration_ms > kMostMs) return std::nullopt;
    tolerance.micros = *duration_ms * 1000;
    return tolerance;
  }
  tolerance.relative = !text.empty() && text.back() == '%';
  const std::optional<double> amount = tolerance.relative ? parse_fraction(text) : parse_number(text);
  if (!amount || !(*amount >= 0) || !std::isfinite(*amount)) return std::nullopt;
  tolerance.amount = *amount;
  return tolerance;
}

std::string weight_column(const ConfigNode& rule) {
  const ConfigNode* const weight = rule.kind == NodeKind::Map ? rule.find("weight") : nullptr;
  if (weight == nullptr || weight->kind != NodeKind::Scalar || weight->scalar == kTrustWeight || weight->scalar == kNoWeight) return {};
  return weight->scalar;
}

Modifiers read_modifiers(const OptionMap& options, const RuleSetting& setting, std::string_view rule, const ModifierSet& allowed) {
  Modifiers modifiers;
  if (options.has("ties")) {
    if (allowed.ties) read_ties(options, modifiers.ties);
    else refuse(options, "ties", rule, "it is for rules that count votes: vote, weighted_vote, k_sources");
  }
  if (options.has("same_within")) {
    if (allowed.same_within) read_same_within(options, setting, modifiers.same_within);
    else refuse(options, "same_within", rule,
                "it is for rules that compare values: vote, weighted_vote, k_sources, unanimous, count of values");
  }
  if (options.has("min_support")) {
    if (allowed.min_support) read_min_support(options, rule, allowed.min_share, modifiers.min_support);
    else refuse(options, "min_support", rule, "");
  }
  modifiers.use_weight = !allowed.weighs_when_told;
  if (options.has("weight")) {
    const std::string weight = options.string("weight");
    if (allowed.weight && weight.empty()) options.error("weight", "weight is empty", "write trust, none, or the name of a column");
    if (allowed.weight) modifiers.use_weight = weight != kNoWeight;
    else
      refuse(options, "weight", rule,
             "it is for rules that weigh claims, like weighted_vote, weighted_mean, weighted_median, least_squares");
  }
  return modifiers;
}

}  // namespace sinter::fusion

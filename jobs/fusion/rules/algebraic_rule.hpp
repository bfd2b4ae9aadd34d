// Bases of the rules: AlgebraicRule keeps a bounded state, ClaimSetRule reads the claims. Immutable; any thread.
#pragma once

#include <limits>

#include "jobs/fusion/rules/modifiers.hpp"
#include "jobs/fusion/rules/rule.hpp"

namespace sinter::fusion {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// A rule with a bounded state. Damaged state bytes count as no claims: they can only come from a fault of ours, runs have checksums.
class AlgebraicRule : public Rule {
 public:
  bool algebraic() const final { return true; }
  using Rule::finish;
  /// Folds the claims one by one, so an algebraic rule also answers over a claim set.
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const final;
};

class ClaimSetRule : public Rule {
 public:
  bool algebraic() const final { return false; }
  void lift(const Claim& claim, std::string& state) const final;
  bool merge_in_place(std::span<char> into, std::string_view state) const final;
  void merge(std::string_view a, std::string_view b, std::string& merged) const final;
  FusedCell finish(std::string_view state, Arena& arena) const final;
  using Rule::finish;
};

/// An answer with nothing in it.
FusedCell no_answer(std::uint64_t claims);
/// A mediated number as a double. Null when it is not finite.
Value number_value(double number);
/// A claim's number: int64 and double as they are, timestamps in microseconds.
double number_of(const Value& value);
/// The type of a mediated answer: timestamps stay, other numbers become double.
ValueType mediated_type(ValueType attribute);
/// A standard error as shown: timestamps' are in seconds.
double shown_error(double error, ValueType attribute);

/// As overwrite_varint(), for varints of any size.
bool overwrite_long_varint(char* at, std::uint64_t before, std::uint64_t after);
/// Writes a varint over one of the same size; false when the size would change.
inline bool overwrite_varint(char* at, std::uint64_t before, std::uint64_t after) {
  if ((before | after) >= 0x80) [[unlikely]] return overwrite_long_varint(at, before, after);
  *at = static_cast<char>(after);
  return true;
}

}  // namespace sinter::fusion

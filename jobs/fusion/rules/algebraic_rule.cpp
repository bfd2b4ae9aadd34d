// Bases of the rules: see algebraic_rule.hpp. Any thread.
#include "jobs/fusion/rules/algebraic_rule.hpp"

#include <cmath>
#include <cstring>

#include "base/bytes.hpp"

namespace sinter::fusion {
namespace {

constexpr double kMicrosPerSecond = 1e6;
constexpr std::string_view kNeedsClaims = "this rule needs the claim set, it has no state";

}  // namespace

Result<FusedCell> AlgebraicRule::finish(ClaimCursor& claims, CellWorkspace&, Arena& arena) const {
  SINTER_TRY(claims.rewind());
  std::string state, lifted, merged;
  while (true) {
    Claim claim;
    SINTER_ASSIGN(const bool more, claims.next(claim));
    if (!more) break;
    lifted.clear();
    lift(claim, lifted);
    if (state.empty()) {
      state.swap(lifted);
    } else if (!merge_in_place(state, lifted)) {
      merged.clear();
      merge(state, lifted, merged);
      state.swap(merged);
    }
  }
  return finish(std::string_view(state), arena);
}

void ClaimSetRule::lift(const Claim&, std::string&) const { require(false, kNeedsClaims); }
bool ClaimSetRule::merge_in_place(std::span<char>, std::string_view) const { require(false, kNeedsClaims); return false; }
void ClaimSetRule::merge(std::string_view, std::string_view, std::string&) const { require(false, kNeedsClaims); }
FusedCell ClaimSetRule::finish(std::string_view, Arena&) const { require(false, kNeedsClaims); return {}; }

FusedCell no_answer(std::uint64_t claims) {
  FusedCell cell;
  cell.confidence = kUndefined;
  cell.claims = claims;
  return cell;
}

Value number_value(double number) { return std::isfinite(number) ? Value::of_double(number) : Value::null(); }

double number_of(const Value& value) {
  return value.type() == ValueType::Timestamp ? static_cast<double>(value.timestamp().micros) : value.as_double();
}

ValueType mediated_type(ValueType attribute) { return attribute == ValueType::Timestamp ? ValueType::Timestamp : ValueType::Double; }

double shown_error(double error, ValueType attribute) { return attribute == ValueType::Timestamp ? error / kMicrosPerSecond : error; }

bool overwrite_long_varint(char* at, std::uint64_t before, std::uint64_t after) {
  const std::size_t size = varint_size(before);
  if (varint_size(after) != size) return false;
  for (std::size_t i = 0; i < size; ++i) {
    at[i] = static_cast<char>((after & 0x7f) | (i + 1 < size ? 0x80 : 0));
    after >>= 7;
  }
  return true;
}

}  // namespace sinter::fusion

// The state of SumsRule: see sums_rule.hpp. Any thread.
#include "jobs/fusion/rules/sums_rule.hpp"

#include <cmath>
#include <cstring>

#include "base/bytes.hpp"

namespace sinter::fusion {
namespace {

/// Longer states are merged by way of merge(); the usual ones have under 160 bytes.
constexpr std::size_t kMaxInPlaceBytes = 256;

ClaimCount unpack(std::uint64_t head) { return {head >> 1, (head & 1) != 0}; }
std::uint64_t pack(const ClaimCount& count) { return count.claims << 1 | (count.differ ? 1 : 0); }

}  // namespace

SumsRule::SumsRule(const std::vector<unsigned>& degrees, FirstSum first) : size_(degrees.size()), sums_values_(first == FirstSum::Values) {
  require(size_ <= kMaxSums, "a rule has too many sums");
  std::copy(degrees.begin(), degrees.end(), degrees_.begin());
}

void SumsRule::prepare(Sums& sums) const {
  for (std::size_t i = 0; i < size_; ++i) sums[i].reset(degrees_[i]);
}

bool SumsRule::read(std::string_view bytes, ClaimCount& count, Sums& sums) const {
  ByteReader reader(bytes);
  std::uint64_t head = 0;
  if (!reader.read_varint(head)) return false;
  count = unpack(head);
  if (count.claims == 0) return false;
  std::string_view rest = reader.rest();
  prepare(sums);
  for (std::size_t i = 0; i < size_; ++i) {
    if (!sums[i].read(rest)) return false;
  }
  return rest.empty();
}

void SumsRule::write(const ClaimCount& count, const Sums& sums, std::string& out) const {
  append_varint(out, pack(count));
  for (std::size_t i = 0; i < size_; ++i) sums[i].append(out);
}

void SumsRule::lift(const Claim& claim, std::string& state) const {
  state.push_back('\x02');  // one claim
  append_sums(claim, state);
}

std::optional<ClaimCount> SumsRule::together(std::string_view a, const ClaimCount& a_count, std::string_view b,
                                             const ClaimCount& b_count) const {
  ClaimCount both{a_count.claims + b_count.claims, a_count.differ || b_count.differ};
  if (!sums_values_ || both.differ) return both;
  const std::size_t a_size = ExactSum::encoded_size(a, degrees_[0]), b_size = ExactSum::encoded_size(b, degrees_[0]);
  if (a_size == 0 || b_size == 0) return std::nullopt;
  const std::optional<bool> same = ExactSum::same_quotient(a.substr(0, a_size), a_count.claims, b.substr(0, b_size), b_count.claims);
  if (!same) return std::nullopt;
  both.differ = !*same;
  return both;
}

/// One sum of the usual size on both sides, as nearly every mean has; false, and nothing changes: it is not that simple.
bool SumsRule::merge_usual(std::span<char> into, std::string_view state) const {
  if (size_ != 1 || degrees_[0] != 1) return false;
  ByteReader mine({into.data(), into.size()}), other(state);
  std::uint64_t a_head = 0, b_head = 0;
  if (!mine.read_varint(a_head) || !other.read_varint(b_head) || a_head < 2 || b_head < 2) return false;
  if (mine.remaining() != ExactSum::kUsualBytes || other.remaining() != ExactSum::kUsualBytes) return false;
  const ClaimCount a = unpack(a_head), b = unpack(b_head);
  ClaimCount both{a.claims + b.claims, a.differ || b.differ};
  if (sums_values_ && !both.differ) {
    const std::optional<bool> same = ExactSum::same_quotient(mine.rest(), a.claims, other.rest(), b.claims);
    if (!same) return false;
    both.differ = !*same;
  }
  const std::size_t head_size = into.size() - ExactSum::kUsualBytes;
  if (varint_size(pack(both)) != head_size || !ExactSum::add_usual(into.data() + head_size, other.rest().data())) return false;
  return overwrite_varint(into.data(), a_head, pack(both));
}

bool SumsRule::merge_in_place(std::span<char> into, std::string_view state) const {
  if (merge_usual(into, state)) [[likely]] return true;
  if (into.size() > kMaxInPlaceBytes) return false;
  ByteReader a({into.data(), into.size()}), b(state);
  std::uint64_t a_head = 0, b_head = 0;
  if (!a.read_varint(a_head) || !b.read_varint(b_head) || a_head < 2 || b_head < 2) return false;
  const std::optional<ClaimCount> both = together(a.rest(), unpack(a_head), b.rest(), unpack(b_head));
  if (!both || varint_size(pack(*both)) != varint_size(a_head)) return false;
  char saved[kMaxInPlaceBytes];
  std::memcpy(saved, into.data(), into.size());
  std::size_t at = varint_size(a_head);
  std::string_view rest = b.rest();
  bool good = true;
  for (std::size_t i = 0; i < size_ && good; ++i) {
    const std::size_t size = ExactSum::encoded_size({into.data() + at, into.size() - at}, degrees_[i]);
    const std::size_t other_size = ExactSum::encoded_size(rest, degrees_[i]);
    good = size != 0 && other_size != 0 && ExactSum::merge_in_place(into.subspan(at, size), rest.substr(0, other_size), degrees_[i]);
    at += size;
    rest.remove_prefix(other_size);
  }
  if (good && at == into.size() && rest.empty()) return overwrite_varint(into.data(), a_head, pack(*both));
  std::memcpy(into.data(), saved, into.size());
  return false;
}

void SumsRule::merge(std::string_view a, std::string_view b, std::string& merged) const {
  Sums left, right;
  ClaimCount left_count, right_count;
  const bool left_good = read(a, left_count, left), right_good = read(b, right_count, right);
  if (!left_good || !right_good) {
    merged.append(left_good ? a : right_good ? b : std::string_view());
    return;
  }
  ClaimCount both{left_count.claims + right_count.claims, left_count.differ || right_count.differ};
  if (sums_values_ && !both.differ && left[0].finite() && right[0].finite()) {
    const WideNumber gap = left[0].wide() * WideNumber::of(right_count.claims) - right[0].wide() * WideNumber::of(left_count.claims);
    both.differ = !gap.is_zero();
  }
  for (std::size_t i = 0; i < size_; ++i) left[i].add(right[i]);
  write(both, left, merged);
}

FusedCell SumsRule::finish(std::string_view state, Arena&) const {
  if (state.empty()) return answer_without_claims();
  Sums sums;
  ClaimCount count;
  if (!read(state, count, sums)) return no_answer(0);
  FusedCell cell = answer(count.claims, sums);
  if (sums_values_) cell.distinct_values = count.differ ? 2 : 1;
  return cell;
}

ExactFactor exact_factor(const Value& value) {
  if (value.type() == ValueType::Int64) return ExactFactor::of(value.int64());
  if (value.type() == ValueType::Timestamp) return ExactFactor::of(value.timestamp().micros);
  return ExactFactor::of(value.number());
}

void add_value(ExactSum& sum, const Value& value) {
  const ExactFactor factor = exact_factor(value);
  sum.add({&factor, 1});
}

void append_product(std::string& state, std::initializer_list<ExactFactor> factors) {
  ExactSum::append_single(state, {factors.begin(), factors.size()});
}

Value quotient_value(const WideNumber& sum, const WideNumber& divisor, ValueType type) {
  if (type != ValueType::Timestamp) return number_value(divide(sum, divisor));
  const std::optional<std::int64_t> micros = divide_to_int64(sum, divisor);
  return micros ? Value::of_timestamp({*micros}) : Value::null();
}

Value quotient_value(const ExactSum& sum, std::uint64_t divisor, ValueType type) {
  if (!sum.finite()) return Value::null();
  if (type != ValueType::Timestamp) return number_value(sum.divided_by(divisor));
  return quotient_value(sum.wide(), WideNumber::of(divisor), type);
}

double standard_error(std::uint64_t n, std::uint64_t m, const ExactSum& sum, const ExactSum& squares) {
  if (m < 2 || !sum.finite() || !squares.finite()) return kUndefined;
  const WideNumber count = WideNumber::of(n);
  const WideNumber total = sum.wide();
  const WideNumber spread = count * squares.wide() - total * total;
  if (spread.is_zero()) return 0;
  const double divisor = static_cast<double>(n) * static_cast<double>(m) * static_cast<double>(m - 1);
  return square_root(spread.scaled() / ScaledNumber::of(divisor)).to_double();
}

}  // namespace sinter::fusion

// The state of SumsRule: see sums_rule.hpp. Any thread.
#include "jobs/fusion/rules/sums_rule.hpp"

#include <cmath>
#include <cstring>

#include "base/bytes.hpp"

namespace sinter::fusion {
namespace {

/// Longer states are merged by way of merge(); the usual ones have under 160 bytes.
constexpr std::size_t kMaxInPlaceBytes = 256;

}  // namespace

SumsRule::SumsRule(const std::vector<unsigned>& degrees) : size_(degrees.size()) {
  require(size_ <= kMaxSums, "a rule has too many sums");
  std::copy(degrees.begin(), degrees.end(), degrees_.begin());
}

void SumsRule::prepare(Sums& sums) const {
  for (std::size_t i = 0; i < size_; ++i) sums[i].reset(degrees_[i]);
}

bool SumsRule::read(std::string_view bytes, std::uint64_t& claims, Sums& sums) const {
  ByteReader reader(bytes);
  if (!reader.read_varint(claims) || claims == 0) return false;
  std::string_view rest = reader.rest();
  prepare(sums);
  for (std::size_t i = 0; i < size_; ++i) {
    if (!sums[i].read(rest)) return false;
  }
  return rest.empty();
}

void SumsRule::write(std::uint64_t claims, const Sums& sums, std::string& out) const {
  append_varint(out, claims);
  for (std::size_t i = 0; i < size_; ++i) sums[i].append(out);
}

void SumsRule::lift(const Claim& claim, std::string& state) const {
  state.push_back('\x01');  // one claim
  append_sums(claim, state);
}

bool SumsRule::merge_in_place(std::span<char> into, std::string_view state) const {
  if (into.size() > kMaxInPlaceBytes) return false;
  ByteReader a({into.data(), into.size()}), b(state);
  std::uint64_t a_claims = 0, b_claims = 0;
  if (!a.read_varint(a_claims) || !b.read_varint(b_claims)) return false;
  if (varint_size(a_claims + b_claims) != varint_size(a_claims)) return false;
  char saved[kMaxInPlaceBytes];
  std::memcpy(saved, into.data(), into.size());
  std::size_t at = varint_size(a_claims);
  std::string_view rest = b.rest();
  bool good = true;
  for (std::size_t i = 0; i < size_ && good; ++i) {
    const std::size_t size = ExactSum::encoded_size({into.data() + at, into.size() - at}, degrees_[i]);
    const std::size_t other_size = ExactSum::encoded_size(rest, degrees_[i]);
    good = size != 0 && other_size != 0 && ExactSum::merge_in_place(into.subspan(at, size), rest.substr(0, other_size), degrees_[i]);
    at += size;
    rest.remove_prefix(other_size);
  }
  if (good && at == into.size() && rest.empty()) return overwrite_varint(into.data(), a_claims, a_claims + b_claims);
  std::memcpy(into.data(), saved, into.size());
  return false;
}

void SumsRule::merge(std::string_view a, std::string_view b, std::string& merged) const {
  Sums left, right;
  std::uint64_t left_claims = 0, right_claims = 0;
  const bool left_good = read(a, left_claims, left), right_good = read(b, right_claims, right);
  if (!left_good || !right_good) {
    merged.append(left_good ? a : right_good ? b : std::string_view());
    return;
  }
  for (std::size_t i = 0; i < size_; ++i) left[i].add(right[i]);
  write(left_claims + right_claims, left, merged);
}

FusedCell SumsRule::finish(std::string_view state, Arena&) const {
  Sums sums;
  std::uint64_t claims = 0;
  if (!read(state, claims, sums)) return no_answer(0);
  return answer(claims, sums);
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

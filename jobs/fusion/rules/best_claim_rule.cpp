// The state of BestClaimRule: see best_claim_rule.hpp. Any thread.
#include "jobs/fusion/rules/best_claim_rule.hpp"

#include <cstring>

#include "base/bytes.hpp"

namespace sinter::fusion {

bool BestClaimRule::read(std::string_view bytes, State& state) const {
  ByteReader reader(bytes);
  if (!reader.read_varint(state.claims)) return false;
  state.ranked = state.claims;
  if (rank_bytes_ > 0 && !reader.read_varint(state.ranked)) return false;
  if (!reader.read_varint(state.support)) return false;
  state.order = reader.rest();
  return state.order.size() > rank_bytes_ && state.support > 0 && state.support <= state.ranked && state.ranked <= state.claims;
}

void BestClaimRule::write(const State& state, std::string& out) const {
  append_varint(out, state.claims);
  if (rank_bytes_ > 0) append_varint(out, state.ranked);
  append_varint(out, state.support);
  out.append(state.order);
}

BestClaimRule::State BestClaimRule::merged_state(const State& a, const State& b) const {
  const int compared = a.order.compare(b.order);
  State merged = compared <= 0 ? a : b;
  if (compared == 0) merged.support = a.support + b.support;
  if (a.order.substr(0, rank_bytes_) == b.order.substr(0, rank_bytes_)) merged.ranked = a.ranked + b.ranked;
  merged.claims = a.claims + b.claims;
  return merged;
}

void BestClaimRule::lift(const Claim& claim, std::string& state) const {
  state.append(rank_bytes_ > 0 ? 3 : 2, '\x01');  // each count is 1
  append_order(claim, state);
}

bool BestClaimRule::merge_in_place(std::span<char> into, std::string_view state) const {
  State a, b;
  if (!read({into.data(), into.size()}, a) || !read(state, b)) return false;
  const State merged = merged_state(a, b);
  if (merged.order.size() != a.order.size() || varint_size(merged.claims) != varint_size(a.claims) ||
      varint_size(merged.support) != varint_size(a.support) ||
      (rank_bytes_ > 0 && varint_size(merged.ranked) != varint_size(a.ranked))) {
    return false;
  }
  char* at = into.data();
  overwrite_varint(at, a.claims, merged.claims);
  at += varint_size(a.claims);
  if (rank_bytes_ > 0) {
    overwrite_varint(at, a.ranked, merged.ranked);
    at += varint_size(a.ranked);
  }
  overwrite_varint(at, a.support, merged.support);
  at += varint_size(a.support);
  if (merged.order.data() != at) std::memcpy(at, merged.order.data(), merged.order.size());
  return true;
}

void BestClaimRule::merge(std::string_view a, std::string_view b, std::string& merged) const {
  State left, right;
  const bool left_good = read(a, left), right_good = read(b, right);
  if (left_good && right_good) write(merged_state(left, right), merged);
  else if (left_good) merged.append(a);
  else if (right_good) merged.append(b);
}

FusedCell BestClaimRule::finish(std::string_view bytes, Arena& arena) const {
  State state;
  if (!read(bytes, state)) return no_answer(0);
  FusedCell cell;
  cell.claims = state.claims;
  cell.confidence = static_cast<double>(state.support) / static_cast<double>(state.ranked);
  // Without ranks the support is that of the value, so whether there is a conflict is known (2: two or more).
  cell.distinct_values = rank_bytes_ > 0 ? 0 : state.support == state.claims ? 1 : 2;
  if (!min_support_.met_by(state.support, cell.confidence) || !read_value_of(state.order, arena, cell.value)) cell.value = Value::null();
  return cell;
}

}  // namespace sinter::fusion

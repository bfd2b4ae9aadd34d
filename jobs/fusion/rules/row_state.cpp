// Encoding, combining and fusing of rows: see row_state.hpp. One thread.
#include "jobs/fusion/rules/row_state.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "jobs/fusion/rules/algebraic_rule.hpp"

namespace sinter::fusion {
namespace {

/// Puts the size of what was appended after `at` before it. One byte was left for it; longer sizes move the bytes.
void close_sized(std::string& out, std::size_t at) {
  const std::size_t size = out.size() - at - 1;
  if (size < 0x80) {
    out[at] = static_cast<char>(size);
    return;
  }
  std::string prefix;
  append_varint(prefix, size);
  out.replace(at, 1, prefix);
}

std::vector<ClaimNeeds> all_needs(const RowLayout& layout) {
  std::vector<ClaimNeeds> needs;
  for (std::size_t i = 0; i < layout.attributes(); ++i) needs.push_back(layout.needs(i));
  return needs;
}

Error damaged_row() { return internal_error("an encoded row is damaged"); }

}  // namespace

RowLayout::RowLayout(std::vector<std::shared_ptr<const Rule>> rules) : rules_(std::move(rules)), needs_(rules_.size()) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!rules_[i]) continue;
    needs_[i] = rules_[i]->needs();
    fused_.push_back(i);
    combinable_ = combinable_ && rules_[i]->algebraic();
  }
}

void RowLayout::encode_row(std::span<const Claim> claims, std::string& out) const {
  require(claims.size() == rules_.size(), "a row has one claim per attribute");
  out.push_back('\x01');  // one row
  for (const std::size_t i : fused_) {
    const Claim& claim = claims[i];
    const std::size_t at = out.size();
    out.push_back('\x00');
    if (claim.value.is_null()) continue;
    if (rules_[i]->algebraic()) {
      rules_[i]->lift(claim, out);
    } else {
      const std::size_t claim_at = out.size();
      out.push_back('\x00');
      append_claim(out, claim, needs_[i]);
      close_sized(out, claim_at);
    }
    close_sized(out, at);
  }
}

RowCombiner::RowCombiner(const RowLayout& layout) : layout_(layout) {
  require(layout.combinable(), "rows are combined only when every rule is algebraic");
}

/// Rows of one attribute with sizes and counts of one byte each, as most have; false, and nothing changes: it is not that simple.
bool RowCombiner::merge_small(std::span<char> into, std::string_view value) {
  if (layout_.fused().size() != 1 || into.size() < 3 || value.size() < 3) return false;
  const auto a_rows = static_cast<unsigned char>(into[0]), b_rows = static_cast<unsigned char>(value[0]);
  if (a_rows >= 0x80 || b_rows >= 0x80 || a_rows + b_rows >= 0x80) return false;
  if (static_cast<unsigned char>(into[1]) != into.size() - 2 || static_cast<unsigned char>(value[1]) != value.size() - 2) return false;
  if (into.size() >= 0x82 || value.size() >= 0x82) return false;  // sizes of more than one byte
  if (!layout_.rule(layout_.fused()[0])->merge_in_place(into.subspan(2), value.substr(2))) return false;
  into[0] = static_cast<char>(a_rows + b_rows);
  return true;
}

bool RowCombiner::merge_in_place(std::string_view, std::span<char> into, std::string_view value) {
  if (merge_small(into, value)) [[likely]] return true;
  ByteReader a({into.data(), into.size()}), b(value);
  std::uint64_t a_rows = 0, b_rows = 0;
  if (!a.read_varint(a_rows) || !b.read_varint(b_rows) || varint_size(a_rows + b_rows) != varint_size(a_rows)) return false;
  // A rule leaves its field untouched when it refuses; only fields before it need the copy.
  const bool several = layout_.fused().size() > 1;
  if (several) saved_.assign(into.data(), into.size());
  bool good = true;
  for (const std::size_t i : layout_.fused()) {
    std::string_view mine, other;
    if (!a.read_sized(mine) || !b.read_sized(other)) {
      good = false;
    } else if (!other.empty()) {
      const auto at = static_cast<std::size_t>(mine.data() - into.data());
      good = !mine.empty() && layout_.rule(i)->merge_in_place(into.subspan(at, mine.size()), other);
    }
    if (!good) break;
  }
  if (good && a.at_end() && b.at_end()) return overwrite_varint(into.data(), a_rows, a_rows + b_rows);
  if (several) std::memcpy(into.data(), saved_.data(), into.size());
  return false;
}

void RowCombiner::merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) {
  merged.clear();
  ByteReader left(a), right(b);
  std::uint64_t left_rows = 0, right_rows = 0;
  (void)left.read_varint(left_rows);
  (void)right.read_varint(right_rows);
  append_varint(merged, left_rows + right_rows);
  for (const std::size_t i : layout_.fused()) {
    std::string_view mine, other;
    (void)left.read_sized(mine);
    (void)right.read_sized(other);
    const std::size_t at = merged.size();
    merged.push_back('\x00');
    if (mine.empty() || other.empty()) merged.append(mine.empty() ? other : mine);
    else layout_.rule(i)->merge(mine, other, merged);
    close_sized(merged, at);
  }
}

RowFuser::RowFuser(const RowLayout& layout, const SpillSpace& space)
    : layout_(layout), claims_(all_needs(layout), space), workspace_(space), states_(layout.attributes()), cells_(layout.attributes()) {}

void RowFuser::begin_group() {
  if (has_claims_) clear_status_ = claims_.clear();
  if (Status ended = workspace_.end_entity(); !ended.ok()) clear_status_ = std::move(ended);
  has_claims_ = false;
  for (std::string& state : states_) state.clear();
  rows_ = 0;
}

Status RowFuser::add(std::string_view row) {
  if (!clear_status_.ok()) return std::exchange(clear_status_, Status());
  ByteReader reader(row);
  std::uint64_t rows = 0;
  if (!reader.read_varint(rows)) return damaged_row();
  rows_ += rows;
  for (const std::size_t i : layout_.fused()) {
    std::string_view field;
    if (!reader.read_sized(field)) return damaged_row();
    if (field.empty()) continue;
    if (layout_.rule(i)->algebraic()) add_state(i, field);
    else SINTER_TRY(add_claims(i, field));
  }
  return reader.at_end() ? Status() : Status(damaged_row());
}

void RowFuser::add_state(std::size_t attribute, std::string_view field) {
  std::string& state = states_[attribute];
  if (state.empty()) {
    state.assign(field);
  } else if (!layout_.rule(attribute)->merge_in_place(state, field)) {
    merged_.clear();
    layout_.rule(attribute)->merge(state, field, merged_);
    state.swap(merged_);
  }
}

Status RowFuser::add_claims(std::size_t attribute, std::string_view field) {
  has_claims_ = true;
  ByteReader reader(field);
  while (!reader.at_end()) {
    std::string_view claim;
    if (!reader.read_sized(claim)) return damaged_row();
    SINTER_TRY(claims_.add(attribute, claim));
  }
  return {};
}

Result<std::span<const FusedCell>> RowFuser::finish(Arena& arena) {
  if (!clear_status_.ok()) return std::exchange(clear_status_, Status()).error();
  if (has_claims_) SINTER_TRY(claims_.sort());
  for (const std::size_t i : layout_.fused()) {
    const Rule& rule = *layout_.rule(i);
    if (rule.algebraic()) {
      cells_[i] = rule.finish(states_[i], arena);
    } else {
      SINTER_ASSIGN(ClaimCursor* const cursor, claims_.open(i));
      SINTER_ASSIGN(cells_[i], rule.finish(*cursor, workspace_, arena));
      SINTER_TRY(workspace_.end_cell());
    }
  }
  return std::span<const FusedCell>(cells_);
}

}  // namespace sinter::fusion

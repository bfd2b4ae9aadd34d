// BestClaimRule: the first claim in some total order wins; the base of min, max, newest, oldest, longest, shortest and prefer.
// Immutable; any thread.
#pragma once

#include "jobs/fusion/rules/algebraic_rule.hpp"

namespace sinter::fusion {

/// Orders claims by bytes: a rank of fixed size, then what decides within the rank, then the value; the smallest wins.
/// State: varint claims, varint claims of the best rank (only when ranks have bytes), varint claims that tie in everything,
/// rank and order bytes. Confidence: claims that tie in everything / claims of the best rank (all claims without ranks).
class BestClaimRule : public AlgebraicRule {
 public:
  BestClaimRule(Attribute attribute, MinSupport min_support, std::size_t rank_bytes)
      : attribute_(std::move(attribute)), min_support_(min_support), rank_bytes_(rank_bytes) {}

  ValueType result_type() const final { return attribute_.type; }
  void lift(const Claim& claim, std::string& state) const final;
  bool merge_in_place(std::span<char> into, std::string_view state) const final;
  void merge(std::string_view a, std::string_view b, std::string& merged) const final;
  using AlgebraicRule::finish;
  FusedCell finish(std::string_view state, Arena& arena) const final;

 protected:
  /// Appends rank and order bytes of a claim.
  virtual void append_order(const Claim& claim, std::string& order) const = 0;
  /// Reads the value back from what append_order() wrote; false on damaged bytes.
  virtual bool read_value_of(std::string_view order, Arena& arena, Value& value) const = 0;

 private:
  struct State {
    std::uint64_t claims = 0;
    std::uint64_t ranked = 0;
    std::uint64_t support = 0;
    std::string_view order;
  };
  bool read(std::string_view bytes, State& state) const;
  void write(const State& state, std::string& out) const;
  State merged_state(const State& a, const State& b) const;

  Attribute attribute_;
  MinSupport min_support_;
  std::size_t rank_bytes_;
};

}  // namespace sinter::fusion

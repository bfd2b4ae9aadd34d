// VoteRule: counts votes for values over a claim set in one pass, or two with same_within; the base of vote, weighted_vote and k_sources.
// Immutable; any thread.
#pragma once

#include "jobs/fusion/rules/algebraic_rule.hpp"

namespace sinter::fusion {

struct VoteSetting {
  Attribute attribute;
  Modifiers modifiers;
  bool by_weight = false;         // weighted_vote: the score is the sum of weights, not the number of voters
  std::uint64_t min_sources = 1;  // k_sources
};

/// A voter is a source (once per value, with the largest of its weights there) or a claim without a source. Order of candidates:
/// score, then `ties`, then the smallest value. With same_within the candidates are clusters: values in ascending order, each
/// joins the cluster before it when it is within the tolerance of that cluster's smallest value; a source votes once in a
/// cluster, with the largest of its weights there. The answer is then the best value inside the best cluster, by the same order.
/// Confidence: score of the winner / sum of all scores.
class VoteRule final : public ClaimSetRule {
 public:
  explicit VoteRule(VoteSetting setting) : setting_(std::move(setting)) {}
  ClaimNeeds needs() const override;
  ValueType result_type() const override { return setting_.attribute.type; }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const override;

 private:
  VoteSetting setting_;
};

}  // namespace sinter::fusion

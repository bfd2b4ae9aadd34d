// Counting votes: see vote_rule.hpp. Any thread.
#include "jobs/fusion/rules/vote_rule.hpp"

#include <algorithm>
#include <optional>

#include "jobs/fusion/rules/cell_workspace.hpp"
#include "jobs/fusion/rules/exact_sum.hpp"
#include "jobs/fusion/rules/value_order.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

/// Votes for one value or one cluster.
struct Candidate {
  HeldValue value;  // of a cluster: its smallest value
  std::uint64_t voters = 0;
  double weight = 0;
  double best_weight = 0;
  std::optional<Timestamp> newest;
  RecordPosition first;
  std::size_t longest = 0;

  void swap(Candidate& other) {
    value.swap(other.value);
    std::swap(voters, other.voters);
    std::swap(weight, other.weight);
    std::swap(best_weight, other.best_weight);
    std::swap(newest, other.newest);
    std::swap(first, other.first);
    std::swap(longest, other.longest);
  }
};

std::size_t length_of(const Value& value) {
  if (value.type() == ValueType::String) return value.string().size();
  return value.type() == ValueType::List ? value.list_size() : 0;
}

/// Who votes in which cluster: sources of a cluster are spread over its values, so they are sorted once more, by cluster and source.
class ClusterVotes {
 public:
  ClusterVotes(SpillSorter& sorter, const Tolerance& same_within) : sorter_(sorter), same_within_(same_within) {}

  /// Takes the claims in value order. Claims without a source vote by themselves, and are left out.
  Status add(const Claim& claim) {
    const bool opens = clusters_ == 0 || (!same_value(first_.value(), claim.value) && !same_within_.joins(first_.value(), claim.value));
    if (opens) {
      ++clusters_;
      first_.hold(claim.value);
    }
    if (claim.source.empty()) return {};
    record_.clear();
    append_key_int64(record_, static_cast<std::int64_t>(clusters_));
    append_key_string(record_, claim.source);
    append_key_double(record_, claim.weight, Order::Descending);
    return sorter_.add(0, record_);
  }
  Status sort() {
    SINTER_TRY(sorter_.sort());
    SINTER_ASSIGN(sorted_, sorter_.open(0));
    return step();
  }
  /// Adds the sources of the next cluster (counted from 1), each with the largest of its weights there. Call for each cluster in turn.
  Status take(std::uint64_t cluster, std::uint64_t& voters, ExactSum& weight) {
    std::string last_source;
    bool any = false;
    while (has_next_ && cluster_ == cluster) {
      if (!any || source_ != last_source) {
        ++voters;
        weight.add(weight_);
        last_source = source_;
        any = true;
      }
      SINTER_TRY(step());
    }
    return {};
  }

 private:
  Status step() {
    std::string_view bytes;
    SINTER_ASSIGN(has_next_, sorted_->next(bytes));
    if (!has_next_) return {};
    KeyReader reader(bytes);
    SINTER_ASSIGN(const std::int64_t cluster, reader.read_int64());
    cluster_ = static_cast<std::uint64_t>(cluster);
    SINTER_TRY(reader.read_string(source_));
    SINTER_ASSIGN(weight_, reader.read_double(Order::Descending));
    return {};
  }

  SpillSorter& sorter_;
  const Tolerance& same_within_;
  HeldValue first_;
  std::uint64_t clusters_ = 0;
  std::string record_;
  ByteCursor* sorted_ = nullptr;
  bool has_next_ = false;
  std::uint64_t cluster_ = 0;
  std::string source_;
  double weight_ = 0;
};

/// A counting of one cell. Candidates come in ascending order of value, so "not better" keeps the smaller one.
class Tally {
 public:
  /// `cluster_votes` is there exactly with same_within.
  Tally(const VoteSetting& setting, ClusterVotes* cluster_votes)
      : setting_(setting), clustered_(setting.modifiers.same_within.active), cluster_votes_(cluster_votes) {}

  Status add(const Claim& claim) {
    const bool same = claims_ > 0 && same_value(value_.value.value(), claim.value);
    ++claims_;
    if (!same) {
      if (claims_ > 1) end_value();
      const bool joins = claims_ > 1 && clustered_ && setting_.modifiers.same_within.joins(cluster_.value.value(), claim.value);
      if (claims_ > 1 && !joins) SINTER_TRY(end_cluster());
      begin_value(claim, !joins);
    }
    add_voter(claim);
    note(value_, claim);
    if (clustered_) note(cluster_, claim);
    return {};
  }

  Result<FusedCell> finish(Arena& arena) {
    FusedCell cell = no_answer(claims_);
    if (claims_ == 0) return cell;
    end_value();
    SINTER_TRY(end_cluster());
    cell.distinct_values = clusters_;
    const double score = this->score(best_), total = setting_.by_weight ? total_weight_.to_double() : static_cast<double>(total_voters_);
    cell.confidence = total > 0 ? score / total : kUndefined;
    const bool enough = best_.voters >= setting_.min_sources && setting_.modifiers.min_support.met_by(best_.voters, cell.confidence);
    if (enough) cell.value = arena.copy((clustered_ ? best_exact_ : best_).value.value());
    return cell;
  }

 private:
  double score(const Candidate& candidate) const {
    return setting_.by_weight ? candidate.weight : static_cast<double>(candidate.voters);
  }

  /// Whether a later (larger) candidate beats an earlier one.
  bool beats(const Candidate& later, const Candidate& earlier) const {
    if (score(later) != score(earlier)) return score(later) > score(earlier);
    switch (setting_.modifiers.ties) {
      case Ties::Trust: return later.weight > earlier.weight;
      case Ties::Smallest: return false;
      case Ties::Largest: return true;
      case Ties::First: return later.first < earlier.first;
      case Ties::MostTrusted: return later.best_weight > earlier.best_weight;
      case Ties::Newest: return later.newest > earlier.newest;  // no time is less than any time
      case Ties::Longest: return later.longest > earlier.longest;
    }
    return false;
  }

  void begin_value(const Claim& claim, bool opens_cluster) {
    value_.value.hold(claim.value);
    reset(value_, claim);
    value_weight_.reset(1);
    in_source_ = false;
    if (!opens_cluster || !clustered_) return;
    cluster_.value.hold(claim.value);
    reset(cluster_, claim);
    cluster_weight_.reset(1);
    has_exact_ = false;
  }

  static void reset(Candidate& candidate, const Claim& claim) {
    candidate.voters = 0;
    candidate.best_weight = 0;
    candidate.newest.reset();
    candidate.first = claim.position;
    candidate.longest = length_of(claim.value);
  }

  static void note(Candidate& candidate, const Claim& claim) {
    candidate.best_weight = std::max(candidate.best_weight, claim.weight);
    candidate.newest = std::max(candidate.newest, claim.time);
    candidate.first = std::min(candidate.first, claim.position);
    candidate.longest = std::max(candidate.longest, length_of(claim.value));
  }

  /// Claims of one source are neighbours; the vote is cast when the source ends, with its largest weight.
  void add_voter(const Claim& claim) {
    if (in_source_ && !claim.source.empty() && claim.source == source_) {
      source_weight_ = std::max(source_weight_, claim.weight);
      return;
    }
    cast_vote();
    in_source_ = true;
    source_.assign(claim.source);
    source_weight_ = claim.weight;
  }

  void cast_vote() {
    if (!in_source_) return;
    in_source_ = false;
    ++value_.voters;
    // One voter's weight needs no sum: most values of most cells.
    if (value_.voters == 1) value_.weight = source_weight_;
    if (value_.voters == 2) value_weight_.add(value_.weight);
    if (value_.voters >= 2) value_weight_.add(source_weight_);
    if (!clustered_ || !source_.empty()) return;  // sources vote in their cluster once, when it ends
    ++cluster_.voters;
    cluster_weight_.add(source_weight_);
  }

  void end_value() {
    cast_vote();
    if (value_.voters > 1) value_.weight = value_weight_.to_double();
    if (clustered_ && (!has_exact_ || beats(value_, exact_))) {
      // Copied, not moved: the value stays the one that the next claim is compared with.
      exact_.value.hold(value_.value.value());
      copy_numbers(value_, exact_);
      has_exact_ = true;
    }
  }

  static void copy_numbers(const Candidate& from, Candidate& to) {
    to.voters = from.voters;
    to.weight = from.weight;
    to.best_weight = from.best_weight;
    to.newest = from.newest;
    to.first = from.first;
    to.longest = from.longest;
  }

  Status end_cluster() {
    if (clustered_) SINTER_TRY(cluster_votes_->take(clusters_ + 1, cluster_.voters, cluster_weight_));
    if (clustered_) cluster_.weight = cluster_weight_.to_double();
    Candidate& ended = clustered_ ? cluster_ : value_;
    total_voters_ += ended.voters;
    if (setting_.by_weight && clustered_) total_weight_.add(cluster_weight_);
    if (setting_.by_weight && !clustered_ && value_.voters > 1) total_weight_.add(value_weight_);
    if (setting_.by_weight && !clustered_ && value_.voters == 1) total_weight_.add(value_.weight);
    ++clusters_;
    if (clusters_ > 1 && !beats(ended, best_)) return {};
    best_.swap(ended);
    if (clustered_) best_exact_.swap(exact_);
    return {};
  }

  const VoteSetting& setting_;
  const bool clustered_;
  ClusterVotes* cluster_votes_;
  Candidate value_, cluster_, exact_, best_, best_exact_;
  ExactSum value_weight_, cluster_weight_, total_weight_;
  std::string source_;
  double source_weight_ = 0;
  bool in_source_ = false;
  bool has_exact_ = false;
  std::uint64_t claims_ = 0;
  std::uint64_t clusters_ = 0;
  std::uint64_t total_voters_ = 0;
};

}  // namespace

ClaimNeeds VoteRule::needs() const {
  const Ties ties = setting_.modifiers.ties;
  ClaimNeeds needs;
  needs.source = true;
  needs.time = ties == Ties::Newest;
  needs.position = ties == Ties::First;
  needs.weight = setting_.modifiers.use_weight && (setting_.by_weight || ties == Ties::Trust || ties == Ties::MostTrusted);
  return needs;
}

Result<FusedCell> VoteRule::finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const {
  const bool weighted = needs().weight;
  const auto pass = [&](auto& taker) -> Status {
    SINTER_TRY(claims.rewind());
    Claim claim;
    while (true) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) return {};
      if (!weighted) claim.weight = 1;  // a cursor may give more than was asked for
      SINTER_TRY(taker.add(claim));
    }
  };
  std::optional<ClusterVotes> votes;
  if (setting_.modifiers.same_within.active) {
    SINTER_ASSIGN(SpillSorter* const sorter, workspace.sorter(0));
    votes.emplace(*sorter, setting_.modifiers.same_within);
    SINTER_TRY(pass(*votes));
    SINTER_TRY(votes->sort());
  }
  Tally tally(setting_, votes ? &*votes : nullptr);
  SINTER_TRY(pass(tally));
  return tally.finish(arena);
}

}  // namespace sinter::fusion

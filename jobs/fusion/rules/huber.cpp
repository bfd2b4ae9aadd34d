// huber: Huber's M-estimate of location, a mean that outliers pull only so far. Immutable; any thread.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "jobs/fusion/rules/rule_list.hpp"
#include "jobs/fusion/rules/sums_rule.hpp"

namespace sinter::fusion {
namespace {

constexpr double kDefaultK = 1.345;          // 95 % efficiency for normal errors (Huber 1981)
constexpr double kMadToSigma = 1.482602218505602;
constexpr int kMaxPasses = 200;              // far more than are needed: 3 to 10 are usual
constexpr std::size_t kSmallCell = 256;      // deviations of so few claims are sorted; of more they are found by bisection
constexpr std::size_t kCuts = 63;            // thresholds counted in one bisection pass

template <class Visit>
Status for_each(ClaimCursor& claims, Visit visit) {
  SINTER_TRY(claims.rewind());
  Claim claim;
  while (true) {
    SINTER_ASSIGN(const bool more, claims.next(claim));
    if (!more) return {};
    visit(claim.value);
  }
}

/// Sum of the ranks (n + 1) / 2 and n / 2 + 1, from 1, of what is visited in ascending order: twice the median.
Result<ExactSum> middle_of(ClaimCursor& claims, std::uint64_t n) {
  std::uint64_t rank = 0;
  ExactSum middle;
  SINTER_TRY(for_each(claims, [&](const Value& value) {
    ++rank;
    if (rank == (n + 1) / 2) add_value(middle, value);
    if (rank == n / 2 + 1) add_value(middle, value);
  }));
  return middle;
}

/// The deviation |x - centre| of a rank (from 1). Non-negative doubles are ordered as their bits, so the answer is found by
/// counting below thresholds of bits: at most 11 passes, no memory per claim.
Result<double> deviation_of_rank(ClaimCursor& claims, double centre, std::uint64_t rank, double largest) {
  std::uint64_t low = 0, high = std::bit_cast<std::uint64_t>(largest);  // the answer is within [low, high]
  while (low < high) {
    const std::uint64_t step = std::max<std::uint64_t>((high - low) / (kCuts + 1), 1);
    std::array<std::uint64_t, kCuts + 1> counts{};
    SINTER_TRY(for_each(claims, [&](const Value& value) {
      const auto bits = std::bit_cast<std::uint64_t>(std::abs(number_of(value) - centre));
      const std::uint64_t bucket = bits <= low ? 0 : (bits - low + step - 1) / step;
      ++counts[static_cast<std::size_t>(std::min<std::uint64_t>(bucket, kCuts))];
    }));
    // Bucket b holds (low + (b - 1) step, low + b step].
    std::uint64_t seen = 0;
    std::size_t bucket = 0;
    while (bucket < kCuts && (seen += counts[bucket]) < rank) ++bucket;
    const std::uint64_t upper = bucket == kCuts ? high : std::min(high, low + bucket * step);
    low = bucket == 0 ? low : low + (bucket - 1) * step + 1;
    high = upper;
  }
  return std::bit_cast<double>(low);
}

/// Median of |x - centre|.
Result<double> median_deviation(ClaimCursor& claims, double centre, std::uint64_t n) {
  if (n <= kSmallCell) {
    std::array<double, kSmallCell> deviations;
    std::size_t size = 0;
    SINTER_TRY(
        for_each(claims, [&](const Value& value) { deviations[std::min(size++, kSmallCell - 1)] = std::abs(number_of(value) - centre); }));
    std::sort(deviations.begin(), deviations.begin() + static_cast<std::ptrdiff_t>(n));
    return deviations[(n - 1) / 2] / 2 + deviations[n / 2] / 2;
  }
  double largest = 0;
  SINTER_TRY(for_each(claims, [&](const Value& value) { largest = std::max(largest, std::abs(number_of(value) - centre)); }));
  SINTER_ASSIGN(const double low, deviation_of_rank(claims, centre, (n + 1) / 2, largest));
  if (n % 2 == 1) return low;
  SINTER_ASSIGN(const double high, deviation_of_rank(claims, centre, n / 2 + 1, largest));
  return low / 2 + high / 2;
}

/// Where the score of an estimate m, the sum of the claims' deviations clipped to +-bound, is zero on the linear piece around m: at
/// (sum of the claims within the bound + bound (claims above - claims below)) / claims within.
struct ScorePiece {
  std::uint64_t within = 0;
  std::int64_t above_minus_below = 0;
  ExactSum numerator{2};

  static Result<ScorePiece> around(ClaimCursor& claims, double centre, double bound) {
    ScorePiece piece;
    SINTER_TRY(for_each(claims, [&](const Value& value) {
      const double distance = number_of(value) - centre;
      if (std::abs(distance) > bound) {
        piece.above_minus_below += distance > 0 ? 1 : -1;
        return;
      }
      ++piece.within;
      const ExactFactor x[2] = {exact_factor(value), ExactFactor::of(std::int64_t{1})};
      piece.numerator.add(x);
    }));
    const ExactFactor clipped[2] = {ExactFactor::of(bound), ExactFactor::of(piece.above_minus_below)};
    piece.numerator.add(clipped);
    return piece;
  }
};

/// Finds m with a score of zero: from the median by Newton's steps, which end exactly because the score is piecewise linear; where one
/// leaves the bracket of the root, the bracket is halved. `centre` becomes the root rounded to a double, the piece is the one around it.
Result<ScorePiece> settle(ClaimCursor& claims, double bound, double smallest, double largest, double& centre) {
  double low = smallest, high = largest;
  for (int pass = 1;; ++pass) {
    SINTER_ASSIGN(const ScorePiece piece, ScorePiece::around(claims, centre, bound));
    if (piece.within == 0 && piece.above_minus_below == 0) return piece;
    const double root = piece.within > 0 ? piece.numerator.divided_by(piece.within) : piece.above_minus_below > 0 ? largest : smallest;
    if ((piece.within > 0 && root == centre) || pass == kMaxPasses) return piece;
    (root > centre ? low : high) = centre;
    double next = root;
    if (!(next > low && next < high)) next = low / 2 + high / 2;
    if (!(next > low && next < high)) return piece;  // no double is left between them
    centre = next;
  }
}

/// Huber's M-estimate: the m with S(clip(x - m, +-k s)) = 0, s = 1.4826 MAD. With s = 0 (half of the claims are one value) the answer is
/// the median. Confidence: sqrt( s^2 S(psi^2) / (n (n - 1)) ) / (share of claims within k s) (Huber 1981, 6.5).
class HuberRule final : public ClaimSetRule {
 public:
  HuberRule(ValueType attribute, MinSupport min_support, double k) : attribute_(attribute), min_support_(min_support), k_(k) {}
  ClaimNeeds needs() const override { return {}; }
  ValueType result_type() const override { return mediated_type(attribute_); }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace&, Arena&) const override {
    FusedCell cell = no_answer(0);
    cell.confidence_is_standard_error = true;
    double smallest = 0, largest = 0;
    bool finite = true;
    SINTER_TRY(for_each(claims, [&](const Value& value) {
      largest = number_of(value);
      if (cell.claims++ == 0) smallest = largest;
      finite = finite && std::isfinite(largest);
    }));
    if (cell.claims == 0 || !finite || !min_support_.met_by(cell.claims, 1)) return cell;
    SINTER_ASSIGN(ExactSum middle, middle_of(claims, cell.claims));
    double centre = middle.divided_by(2);
    SINTER_ASSIGN(const double deviation, median_deviation(claims, centre, cell.claims));
    const double bound = k_ * kMadToSigma * deviation;
    cell.value = quotient_value(middle, 2, result_type());
    if (bound > 0 && std::isfinite(bound)) {
      SINTER_ASSIGN(const ScorePiece piece, settle(claims, bound, smallest, largest, centre));
      if (piece.within > 0) cell.value = quotient_value(piece.numerator, piece.within, result_type());
    }
    if (cell.claims > 1) {
      SINTER_ASSIGN(const double error, standard_error_at(claims, bound, centre, cell.claims));
      cell.confidence = shown_error(error, attribute_);
    }
    return cell;
  }

 private:
  static Result<double> standard_error_at(ClaimCursor& claims, double bound, double centre, std::uint64_t n) {
    if (bound == 0) return 0.0;
    double squares = 0, within = 0;
    // Cursor order is canonical, so plain sums are the same in every run.
    SINTER_TRY(for_each(claims, [&](const Value& value) {
      const double distance = number_of(value) - centre;
      const double clipped = std::clamp(distance, -bound, bound);
      squares += clipped * clipped;
      within += std::abs(distance) <= bound ? 1 : 0;
    }));
    const auto count = static_cast<double>(n);
    if (within == 0) return kUndefined;
    return std::sqrt(squares / (count * (count - 1))) / (within / count);
  }

  ValueType attribute_;
  MinSupport min_support_;
  double k_;
};

}  // namespace

std::vector<RuleInfo> huber_rules() {
  RuleInfo huber{"huber", {"huber_mean", "m_estimate"}, "a mean in which claims beyond k robust deviations count less",
                 "price: { rule: huber, k: 1.345 }", numeric_types(),
                 {{"k", OptionType::Number, false, "deviations up to which a claim counts fully", "1.345"}}, {}};
  huber.make = [](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    double k = options.number("k", kDefaultK);
    if (!(k > 0)) {
      options.error("k", "k must be greater than 0", "1.345 is usual; larger is nearer to the mean, smaller nearer to the median");
      k = kDefaultK;
    }
    return std::make_unique<HuberRule>(setting.attribute.type, read_modifiers(options, setting, "huber", {}).min_support, k);
  };
  std::vector<RuleInfo> rules;
  rules.push_back(std::move(huber));
  return rules;
}

}  // namespace sinter::fusion

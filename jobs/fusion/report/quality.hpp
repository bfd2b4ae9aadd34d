// Quality against known truth, per attribute: coverage, error rate, MAE, RMSE. Plain values; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/fusion/rules/modifiers.hpp"
#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

/// Truth and fused value of the cells of one attribute, compared. Definitions (fusion-methods: "Metrics"):
/// coverage = covered / gold_cells, error rate = wrong / covered, MAE and RMSE over covered numeric cells.
struct AttributeQuality {
  std::string attribute;
  std::uint64_t gold_cells = 0;
  std::uint64_t covered = 0;  // the fused record has a value
  std::uint64_t wrong = 0;    // covered and different
  std::uint64_t numeric = 0;  // covered and both are numbers
  double absolute_error_sum = 0;
  double squared_error_sum = 0;

  double coverage() const { return gold_cells == 0 ? 0 : static_cast<double>(covered) / static_cast<double>(gold_cells); }
  double error_rate() const { return covered == 0 ? 0 : static_cast<double>(wrong) / static_cast<double>(covered); }
  double mae() const { return numeric == 0 ? 0 : absolute_error_sum / static_cast<double>(numeric); }
  double rmse() const;

  /// Counts one gold cell. `fused` may be null (not covered); `truth` is never null.
  /// Returns whether the cell is right.
  bool add(const Value& fused, const Value& truth, const Tolerance& tolerance);
  /// Adds the counts of another attribute: the line "all".
  void merge(const AttributeQuality& other);
};

struct QualityReport {
  std::vector<AttributeQuality> attributes;
  std::uint64_t gold_entities = 0;
  std::uint64_t found_entities = 0;

  AttributeQuality total() const;
};

}  // namespace sinter::fusion

// Claim: what one source says about one attribute of one entity, and FusedCell: what the rule made of all claims of a cell.
// Plain views; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/timestamp.hpp"
#include "framework/io/record.hpp"
#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

struct Claim {
  Value value;                       // never null: a null is the absence of a claim
  /// The voter. Empty means anonymous: every such claim is a voter of its own.
  std::string_view source;
  std::optional<Timestamp> time;
  RecordPosition position;           // total order of first appearance; makes claims of one source distinct
  double weight = 1.0;               // trust of the source, or the row's weight column; > 0 and finite
  double sigma = 0.0;                // stated standard error of the value; 0: not stated
};

class LongText;

/// The answer for one cell. The value lives in the arena given to finish().
struct FusedCell {
  Value value;                       // null when the rule found no answer (no claims, min_support not met, not unanimous ...)
  const LongText* long_text = nullptr;  // instead of a value: a list or text that memory should not hold (rules/answer_builder.hpp)
  bool is_too_long = false;          // there is an answer, above kMaxCellTextBytes: neither value nor text
  bool has_answer() const { return !value.is_null() || long_text != nullptr; }
  /// Support share in [0, 1] for deciding rules; for mediating numeric rules the standard error. NaN when undefined.
  double confidence = 0.0;
  bool confidence_is_standard_error = false;
  std::uint64_t claims = 0;          // claims seen
  std::uint64_t distinct_values = 0; // 0 when the rule does not know
};

}  // namespace sinter::fusion

// SourceBinding: which field of a source's records is which attribute, source name, time, weight or sigma.
// Derived from the job file, never stored. Plain values; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "framework/io/input.hpp"
#include "jobs/fusion/config/job_file.hpp"

namespace sinter::fusion {

/// Index into Record::fields; kNoField when the source has none.
inline constexpr std::size_t kNoField = static_cast<std::size_t>(-1);

/// Where the weight of one attribute's claims comes from, for `weight: COLUMN` of its rule: a field of the row, or a cleaned cell.
struct ClaimWeight {
  std::size_t attribute = 0;
  std::size_t field = kNoField;
  std::size_t cell = kNoField;
};

struct SourceBinding {
  /// What the reader must deliver, in Record::fields order.
  std::vector<ColumnRequest> columns;
  /// Wide: per attribute its field. Long: the key attributes only.
  std::vector<std::size_t> attribute_field;
  std::size_t source_field = kNoField;
  std::size_t time_field = kNoField;
  /// The attribute that gives the claim's time instead of a field of its own.
  std::size_t time_attribute = kNoField;
  std::size_t weight_field = kNoField;
  std::vector<double> sigma_constant;     // per attribute; 0: none
  std::vector<std::size_t> sigma_field;   // per attribute
  std::vector<ClaimWeight> claim_weights;
  // Long shape only.
  std::size_t attribute_name_field = kNoField;
  std::size_t value_field = kNoField;
};

SourceBinding bind_source(const JobFile& job, const SourceDeclaration& source);

/// The index of an attribute by name, or kNoField.
std::size_t find_attribute(const std::vector<Attribute>& schema, std::string_view name);

}  // namespace sinter::fusion

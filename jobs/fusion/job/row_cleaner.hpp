// RowCleaner: runs the cleaning steps of one source over a row and converts cells to the schema's types.
// Owned by one attempt; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jobs/fusion/clean/cleaner.hpp"
#include "jobs/fusion/config/job_file.hpp"

namespace sinter::fusion {

/// What became of a row, and why. Views are valid until the next row.
struct RowVerdict {
  enum class Kind : std::uint8_t { Keep, Reject, Drop } kind = Kind::Keep;
  std::size_t attribute = 0;
  std::string_view rule;    // the step that decided
  std::string_view reason;  // a sentence, for rejects
  Value before;             // the cell as it was read
};

/// JSON has no other text: a value that is not UTF-8 would lose its bytes, and two keys could become one.
inline constexpr std::string_view kUtf8Rule = "utf8";

class RowCleaner {
 public:
  /// `plans` has one CleanPlan per attribute. Rows have a cell for each field of cleaning_schema(job).
  /// Errors: a step that cannot be made (load_job() has checked them before).
  static Result<RowCleaner> create(const JobFile& job, const std::vector<bool>& required, const std::vector<CleanPlan>& plans,
                                   const std::string& timezone);

  /// Cleans all cells of a wide row in place, in schema order.
  RowVerdict clean_row(RowCells& row);
  /// Cleans one cell of a row: the value of a long row, or a key attribute.
  RowVerdict clean_cell(RowCells& row, std::size_t attribute);
  /// Cells that could not be converted and became null by policy, since the start.
  std::uint64_t nulled_cells() const { return nulled_cells_; }

 private:
  struct Step {
    std::string name;
    std::unique_ptr<Cleaner> cleaner;
    bool sees_null;
  };
  struct Column {
    std::vector<Step> steps;
    ValueType type;
    OnBadValue on_bad_value;
    bool required;
  };
  RowVerdict fail(RowCells& row, std::size_t attribute, std::string_view rule, const Value& before);

  std::vector<Column> columns_;
  bool needs_utf8_ = false;  // the output is JSON
  std::string reason_;
  std::uint64_t nulled_cells_ = 0;
};

}  // namespace sinter::fusion

// Cleaner: one operation on one cell of a row (trim, number, parse_time ...). Cleaners are made once per attempt and called
// per cell; one object belongs to one thread. To add one: a small .cpp with a CleanerInfo, a line in all_cleaners(), its test.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jobs/fusion/config/node.hpp"
#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

/// A row in schema order while it is cleaned. Text made by cleaners goes to the arena.
struct RowCells {
  std::span<Value> cells;
  Arena* arena = nullptr;
};

enum class CellVerdict : std::uint8_t {
  Keep,       // the cell has its (new) value
  Fail,       // cannot be converted: `reason` says why; the job's policy makes it null or rejects the row
  DropRow     // the row is dropped by this named rule (drop_nulls ...): counted, not an error
};

class Cleaner {
 public:
  virtual ~Cleaner() = default;
  /// Changes row.cells[cell]. `reason` is set on Fail: a phrase without the value, e.g. "not a number". Null cells are passed
  /// to cleaners that say `sees_null()` only.
  virtual CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) = 0;
  virtual bool sees_null() const { return false; }
};

/// What a cleaner is made with.
struct CleanerSetting {
  const std::vector<Attribute>* schema = nullptr;  // to resolve "from another field"
  std::size_t cell = 0;                            // the attribute it works on
  std::string timezone;                            // default zone of the source; empty: UTC
};

/// One line of `sinter list cleaners`.
struct CleanerInfo {
  std::string_view name;
  std::vector<std::string_view> aliases;
  std::string_view help;        // one phrase
  std::string_view example;     // as in a job file: '{ number: { decimal: "," } }'
  std::string_view short_form;  // option that a bare value stands for; empty: none
  std::vector<OptionInfo> options;
  /// Null when the options were wrong; each problem was reported.
  std::function<std::unique_ptr<Cleaner>(const OptionMap& options, const CleanerSetting& setting)> make;
};

/// Every cleaner, by name. A new vector each call (no globals); keep it.
std::vector<CleanerInfo> all_cleaners();

/// Makes the cleaner that a list item of `clean:` names: a bare word, or a one-key map. Problems go to diagnostics.
std::unique_ptr<Cleaner> make_cleaner(const std::vector<CleanerInfo>& cleaners, const ConfigNode& step, const CleanerSetting& setting,
                                      std::string_view where, Diagnostics& diagnostics);

/// Turns a text cell into the attribute's type by the strict defaults (plain decimal numbers, true/false, ISO 8601), when no cleaner did.
CellVerdict convert_cell(RowCells& row, std::size_t cell, ValueType type, std::string& reason);

}  // namespace sinter::fusion

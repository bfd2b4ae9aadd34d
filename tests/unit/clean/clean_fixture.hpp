// What tests of cleaners share: steps written as in a job file, and one cell run through them. Test code; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/fusion/clean/cleaner.hpp"

namespace sinter::fusion::test {

/// Reads flow-style YAML of one line ("trim", "{ null_if: [\"\", TBA] }"); marks are columns of line 1.
ConfigNode step_of(std::string_view text);

/// What became of a cell, for people: "text", 12 (int64), 1.5 (double), null, [a, b], @2024-01-01T00:00:00Z, FAIL: why, DROP.
struct Outcome {
  CellVerdict verdict = CellVerdict::Keep;
  Value value;
  std::string reason;
  std::string shown() const;
};

/// A row of one or more attributes, cleaned by steps. Text of results lives as long as the object.
class CleanRow {
 public:
  /// The attribute under test is the first; "name:type" entries.
  explicit CleanRow(std::vector<Attribute> schema = {{"cell", ValueType::String}}, std::string zone = {});
  /// Problems when a step is made: "column: message | help" a line; empty when all are fine.
  std::string make(const std::vector<std::string>& steps);
  /// Cells beyond those given are null. Requires: make() was fine.
  Outcome run(std::vector<Value> cells);
  Outcome run(std::string_view text) { return run({Value::of_string(text)}); }
  Arena& arena() { return arena_; }

 private:
  std::vector<Attribute> schema_;
  std::string timezone_;
  std::vector<std::unique_ptr<Cleaner>> cleaners_;
  std::vector<Value> cells_;
  Arena arena_;
};

/// One step on one text, shown. Problems of the step are shown too.
std::string clean(std::string_view step, std::string_view text, ValueType type = ValueType::String);
/// Problems of making one step.
std::string problems_of(std::string_view step, ValueType type = ValueType::String);
/// A value as Outcome shows it.
std::string shown(const Value& value);
/// convert_cell() on a text.
std::string converted(std::string_view text, ValueType type);
/// A random byte string, biased to what trips text code: blanks, digits, UTF-8 pieces.
std::string random_bytes(std::uint64_t& state, std::size_t longest);

}  // namespace sinter::fusion::test

// range: numbers and times within bounds. One thread per object.
#include <algorithm>
#include <limits>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"

namespace sinter::fusion {
namespace {

/// What to do with a value outside.
enum class Outside : std::uint8_t { Reject, Null, Clamp };

class NumberRange : public Cleaner {
 public:
  NumberRange(double min, double max, Outside outside, std::string reason)
      : min_(min), max_(max), outside_(outside), reason_(std::move(reason)) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) override {
    Value& value = row.cells[cell];
    if (!value.is_number()) {
      if (const CellVerdict verdict = convert_cell(row, cell, ValueType::Double, reason); verdict != CellVerdict::Keep) return verdict;
      if (value.is_null()) return CellVerdict::Keep;
    }
    const double number = value.as_double();
    if (number >= min_ && number <= max_) return CellVerdict::Keep;
    if (outside_ == Outside::Reject) {
      reason = reason_;
      return CellVerdict::Fail;
    }
    value = outside_ == Outside::Null ? Value::null() : Value::of_double(std::clamp(number, min_, max_));
    return CellVerdict::Keep;
  }

 private:
  double min_, max_;
  Outside outside_;
  std::string reason_;
};

class TimeRange : public Cleaner {
 public:
  TimeRange(Timestamp min, Timestamp max, Outside outside, std::string reason)
      : min_(min), max_(max), outside_(outside), reason_(std::move(reason)) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) override {
    if (const CellVerdict verdict = convert_cell(row, cell, ValueType::Timestamp, reason); verdict != CellVerdict::Keep) return verdict;
    Value& value = row.cells[cell];
    if (value.is_null() || (value.timestamp() >= min_ && value.timestamp() <= max_)) return CellVerdict::Keep;
    if (outside_ == Outside::Reject) {
      reason = reason_;
      return CellVerdict::Fail;
    }
    value = outside_ == Outside::Null ? Value::null() : Value::of_timestamp(std::clamp(value.timestamp(), min_, max_));
    return CellVerdict::Keep;
  }

 private:
  Timestamp min_, max_;
  Outside outside_;
  std::string reason_;
};

/// "outside 0 .. 100"
std::string range_reason(const OptionMap& options) {
  if (!options.has("max")) return "below the minimum " + options.string("min");
  if (!options.has("min")) return "above the maximum " + options.string("max");
  return "outside " + options.string("min") + " to " + options.string("max");
}

bool read_outside(const OptionMap& options, Outside& outside) {
  const ConfigNode* node = options.node("else");
  if (node == nullptr) return true;
  if (node->kind == NodeKind::Null || node->scalar == "null") outside = Outside::Null;
  else if (node->scalar == "clamp") outside = Outside::Clamp;
  else if (node->scalar != "reject") {
    options.error("else", "'" + node->scalar + "' is not possible for else", "give reject, null or clamp");
    return false;
  }
  return true;
}

/// Reads one bound by `parse`; the bound stays when the option is absent.
template <class T, class Parse>
bool read_bound(const OptionMap& options, std::string_view name, T& bound, std::string_view expected, Parse parse) {
  if (!options.has(name) || parse(options.string(name), bound)) return true;
  options.error(name, "'" + options.string(name) + "' is not " + std::string(expected), "");
  return false;
}

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting& setting) {
  Outside outside = Outside::Reject;
  if (!read_outside(options, outside)) return nullptr;
  if (!options.has("min") && !options.has("max")) {
    options.error("min", "range needs 'min', 'max' or both", "like { range: { min: 0, max: 100 } }");
    return nullptr;
  }
  const auto refuse_empty = [&](bool empty) {
    if (empty)
      options.error("min", "the minimum " + options.string("min") + " is above the maximum " + options.string("max"), "exchange them");
    return empty;
  };
  if ((*setting.schema)[setting.cell].type == ValueType::Timestamp) {
    constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min(), kLast = std::numeric_limits<std::int64_t>::max();
    Timestamp min{kFirst}, max{kLast};
    const auto parse = [](const std::string& text, Timestamp& bound) {
      const auto parsed = parse_iso8601(text);
      if (parsed) bound = *parsed;
      return parsed.has_value();
    };
    constexpr std::string_view kExpected = "a time (write it like 2024-03-01 or 2024-03-01T12:30:00Z)";
    if (!read_bound(options, "min", min, kExpected, parse) || !read_bound(options, "max", max, kExpected, parse) ||
        refuse_empty(min > max))
      return nullptr;
    return std::make_unique<TimeRange>(min, max, outside, range_reason(options));
  }
  double min = -std::numeric_limits<double>::infinity(), max = std::numeric_limits<double>::infinity();
  const auto parse = [](const std::string& text, double& bound) { return parse_double(text, bound) == NumberProblem::None; };
  if (!read_bound(options, "min", min, "a number", parse) || !read_bound(options, "max", max, "a number", parse) ||
      refuse_empty(min > max))
    return nullptr;
  return std::make_unique<NumberRange>(min, max, outside, range_reason(options));
}

}  // namespace

CleanerInfo range_cleaner() {
  return {"range",
          {"between"},
          "allows numbers (or times, for timestamp attributes) within bounds, ends included",
          "{ range: { min: 0, max: 100, else: null } }",
          "",
          {{"min", OptionType::String, false, "the least allowed number or time", ""},
           {"max", OptionType::String, false, "the greatest allowed number or time", ""},
           {"else", OptionType::Any, false, "values outside: reject, null, or clamp to the nearest bound", "reject"}},
          make};
}

}  // namespace sinter::fusion

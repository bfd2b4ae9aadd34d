// scale: value * factor + offset; integers stay exact. One thread per object.
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/numeric_text.hpp"

namespace sinter::fusion {
namespace {

__extension__ using Wide = __int128;  // a product of two 64-bit integers

/// The integer that a cell is or spells, if it is one: beyond 2^53 a double would lose its last digits.
std::optional<std::int64_t> integer_of(const Value& value) {
  if (value.type() == ValueType::Int64) return value.int64();
  if (value.type() != ValueType::String || value.string().find_first_of(".eE") != std::string_view::npos) return std::nullopt;
  std::int64_t integer = 0;
  return parse_int64(value.string(), integer) == NumberProblem::None ? std::optional(integer) : std::nullopt;
}

/// A factor or offset that is a whole number, as one.
std::optional<std::int64_t> whole(double number) {
  std::int64_t integer = 0;
  return to_int64(number, integer) == NumberProblem::None ? std::optional(integer) : std::nullopt;
}

class Scale : public Cleaner {
 public:
  /// A factor like 0.01 is no double, but 100 is: dividing by it is correctly rounded, so that 3498 becomes 34.98 and
  /// not 34.980000000000004.
  Scale(double factor, double offset) : factor_(factor), offset_(offset), whole_factor_(whole(factor)), whole_offset_(whole(offset)) {
    const double inverse = std::round(1 / factor);
    if (std::abs(factor) < 1 && 1 / inverse == factor) divisor_ = inverse;
    if (divisor_ != 0) whole_divisor_ = whole(divisor_);
  }

  CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) override {
    if (const auto integer = integer_of(row.cells[cell]); integer && scale_exactly(*integer, row.cells[cell])) return CellVerdict::Keep;
    if (const CellVerdict verdict = convert_cell(row, cell, ValueType::Double, reason); verdict != CellVerdict::Keep) return verdict;
    Value& value = row.cells[cell];
    if (value.is_null()) return CellVerdict::Keep;
    const double scaled = (divisor_ != 0 ? value.number() / divisor_ : value.number() * factor_) + offset_;
    if (!std::isfinite(scaled)) {
      reason = "out of range for double after scaling";
      return CellVerdict::Fail;
    }
    value = Value::of_double(scaled);
    return CellVerdict::Keep;
  }

 private:
  /// False: the answer is no integer of 64 bits.
  bool scale_exactly(std::int64_t integer, Value& out) const {
    if (!whole_offset_ || (!whole_factor_ && !whole_divisor_)) return false;
    if (!whole_factor_ && integer % *whole_divisor_ != 0) return false;
    const Wide scaled = (whole_factor_ ? Wide{integer} * *whole_factor_ : Wide{integer / *whole_divisor_}) + *whole_offset_;
    if (scaled < std::numeric_limits<std::int64_t>::min() || scaled > std::numeric_limits<std::int64_t>::max()) return false;
    out = Value::of_int64(static_cast<std::int64_t>(scaled));
    return true;
  }

  double factor_, offset_;
  double divisor_ = 0;  // 0: multiply
  std::optional<std::int64_t> whole_factor_, whole_offset_, whole_divisor_;
};

}  // namespace

CleanerInfo scale_cleaner() {
  return {"scale",
          {"multiply"},
          "multiplies by a factor, then adds an offset",
          "{ scale: 0.01 }",
          "factor",
          {{"factor", OptionType::Number, false, "what to multiply by", "1"},
           {"offset", OptionType::Number, false, "what to add afterwards", "0"}},
          [](const OptionMap& options, const CleanerSetting&) {
            return std::make_unique<Scale>(options.number("factor", 1), options.number("offset", 0));
          }};
}

}  // namespace sinter::fusion

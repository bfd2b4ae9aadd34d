// scale: value * factor + offset. One thread per object.
#include <cmath>

#include "jobs/fusion/clean/cleaner_list.hpp"

namespace sinter::fusion {
namespace {

class Scale : public Cleaner {
 public:
  /// A factor like 0.01 is no double, but 100 is: dividing by it is correctly rounded, so that 3498 becomes 34.98 and
  /// not 34.980000000000004.
  Scale(double factor, double offset) : factor_(factor), offset_(offset) {
    const double inverse = std::round(1 / factor);
    if (std::abs(factor) < 1 && 1 / inverse == factor) divisor_ = inverse;
  }

  CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) override {
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
  double factor_, offset_;
  double divisor_ = 0;  // 0: multiply
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

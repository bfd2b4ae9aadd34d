// scale: value * factor + offset. One thread per object.
#include <cmath>

#include "jobs/fusion/clean/cleaner_list.hpp"

namespace sinter::fusion {
namespace {

class Scale : public Cleaner {
 public:
  Scale(double factor, double offset) : factor_(factor), offset_(offset) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) override {
    if (const CellVerdict verdict = convert_cell(row, cell, ValueType::Double, reason); verdict != CellVerdict::Keep) return verdict;
    Value& value = row.cells[cell];
    if (value.is_null()) return CellVerdict::Keep;
    const double scaled = value.number() * factor_ + offset_;
    if (!std::isfinite(scaled)) {
      reason = "out of range for double after scaling";
      return CellVerdict::Fail;
    }
    value = Value::of_double(scaled);
    return CellVerdict::Keep;
  }

 private:
  double factor_, offset_;
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

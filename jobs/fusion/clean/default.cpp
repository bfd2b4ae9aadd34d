// default: a value for cells without one. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"

namespace sinter::fusion {
namespace {

class Default : public Cleaner {
 public:
  Default(std::string text, Value value) : text_(std::move(text)), value_(value) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string&) override {
    if (!row.cells[cell].is_null()) return CellVerdict::Keep;
    // Strings view this object's text, which lives as long as the attempt.
    row.cells[cell] = value_.is_null() ? Value::of_string(text_) : value_;
    return CellVerdict::Keep;
  }
  bool sees_null() const override { return true; }

 private:
  std::string text_;
  Value value_;  // null when it is the text
};

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting& setting) {
  const std::string text = options.string("value");
  const ValueType type = (*setting.schema)[setting.cell].type;
  Value value;
  if (type != ValueType::String && type != ValueType::List) {
    // Converted once, so that a default that does not fit is an error of the job file and not of every row.
    Arena arena(256);
    Value cell = Value::of_string(text);
    RowCells row{{&cell, 1}, &arena};
    std::string reason;
    if (convert_cell(row, 0, type, reason) != CellVerdict::Keep || cell.is_null()) {
      options.error(
          "value", "'" + text + "' cannot be a default of " + std::string(to_string(type)) + ": " + (cell.is_null() ? "empty" : reason),
          "give a value of the attribute's type");
      return nullptr;
    }
    value = cell;
  }
  return std::make_unique<Default>(text, value);
}

}  // namespace

CleanerInfo default_cleaner() {
  return {"default",
          {"fill", "fillna"},
          "gives cells without a value this one",
          "{ default: unknown }",
          "value",
          {{"value", OptionType::String, true, "the value, of the attribute's type", ""}},
          make};
}

}  // namespace sinter::fusion

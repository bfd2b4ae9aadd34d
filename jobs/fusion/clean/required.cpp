// required: a cell must have a value. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

class Required : public Cleaner {
 public:
  CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) override {
    const Value& value = row.cells[cell];
    const bool missing = value.is_null() || (value.type() == ValueType::String && trimmed(value.string()).empty()) ||
                         (value.type() == ValueType::List && value.list_size() == 0);
    if (!missing) return CellVerdict::Keep;
    reason = "required, but there is no value";
    return CellVerdict::Fail;
  }
  bool sees_null() const override { return true; }
};

}  // namespace

CleanerInfo required_cleaner() {
  return {"required", {"not_null"}, "rejects a cell without a value; blank text and empty lists count as none",          "required",
          "",         {},           [](const OptionMap&, const CleanerSetting&) { return std::make_unique<Required>(); }};
}

}  // namespace sinter::fusion

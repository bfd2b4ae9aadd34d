// drop_if_null: a row without this value is dropped by name, not as an error. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"

namespace sinter::fusion {
namespace {

class DropIfNull : public Cleaner {
 public:
  CellVerdict apply(RowCells& row, std::size_t cell, std::string&) override {
    return row.cells[cell].is_null() ? CellVerdict::DropRow : CellVerdict::Keep;
  }
  bool sees_null() const override { return true; }
};

}  // namespace

CleanerInfo drop_if_null_cleaner() {
  return {"drop_if_null",
          {"drop_null"},
          "drops the row when the cell has no value; dropped rows are counted, not rejected",
          "drop_if_null",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<DropIfNull>(); }};
}

}  // namespace sinter::fusion

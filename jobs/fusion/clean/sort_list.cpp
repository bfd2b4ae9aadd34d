// sort_list: sorts the items of a list, texts by their bytes. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/list_values.hpp"

namespace sinter::fusion {
namespace {

class SortList : public Cleaner {
 public:
  CellVerdict apply(RowCells& row, std::size_t cell, std::string&) override {
    Value& value = row.cells[cell];
    if (value.type() != ValueType::List) return CellVerdict::Keep;
    const std::size_t count = value.list_size();
    Value* const items = row.arena->allocate_values(count);
    for (std::size_t i = 0; i < count; ++i) items[i] = value.item(i);
    sort_items(items, count);
    value = Value::of_list(items, count);
    return CellVerdict::Keep;
  }
};

}  // namespace

CleanerInfo sort_list_cleaner() {
  return {"sort_list",
          {"sort"},
          "sorts the items of a list, texts by their bytes",
          "sort_list",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<SortList>(); }};
}

}  // namespace sinter::fusion

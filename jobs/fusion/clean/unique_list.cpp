// unique_list: keeps the first of equal items of a list. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/list_values.hpp"

namespace sinter::fusion {
namespace {

class UniqueList : public Cleaner {
 public:
  CellVerdict apply(RowCells& row, std::size_t cell, std::string&) override {
    Value& value = row.cells[cell];
    if (value.type() != ValueType::List) return CellVerdict::Keep;
    std::size_t count = value.list_size();
    Value* const items = row.arena->allocate_values(count);
    for (std::size_t i = 0; i < count; ++i) items[i] = value.item(i);
    count = unique_items(items, count, *row.arena);
    value = Value::of_list(items, count);
    return CellVerdict::Keep;
  }
};

}  // namespace

CleanerInfo unique_list_cleaner() {
  return {"unique_list",
          {"unique", "distinct"},
          "keeps the first of equal items of a list",
          "unique_list",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<UniqueList>(); }};
}

}  // namespace sinter::fusion

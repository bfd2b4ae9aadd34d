// join: a list becomes one text. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"

namespace sinter::fusion {
namespace {

class Join : public Cleaner {
 public:
  explicit Join(std::string separator) : separator_(std::move(separator)) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string&) override {
    Value& value = row.cells[cell];
    if (value.type() != ValueType::List) return CellVerdict::Keep;
    scratch_.clear();
    for (std::size_t i = 0; i < value.list_size(); ++i) {
      if (i > 0) scratch_ += separator_;
      scratch_ += scalar_text(value.item(i), *row.arena);
    }
    value = Value::of_string(row.arena->copy(scratch_));
    return CellVerdict::Keep;
  }

 private:
  std::string separator_;
  std::string scratch_;  // kept: grows to the longest cell once
};

}  // namespace

CleanerInfo join_cleaner() {
  return {"join",
          {"from_list"},
          "makes one text of a list",
          "{ join: \"; \" }",
          "separator",
          {{"separator", OptionType::String, false, "the text between items", "\", \""}},
          [](const OptionMap& options, const CleanerSetting&) { return std::make_unique<Join>(options.string("separator", ", ")); }};
}

}  // namespace sinter::fusion

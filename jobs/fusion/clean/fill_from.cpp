// fill_from: another field's value for cells without one. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"

namespace sinter::fusion {
namespace {

class FillFrom : public Cleaner {
 public:
  explicit FillFrom(std::vector<std::size_t> fields) : fields_(std::move(fields)) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string&) override {
    for (const std::size_t field : fields_) {
      if (!row.cells[cell].is_null()) break;
      row.cells[cell] = row.cells[field];
    }
    return CellVerdict::Keep;
  }
  bool sees_null() const override { return true; }

 private:
  std::vector<std::size_t> fields_;
};

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting& setting) {
  std::vector<std::size_t> fields;
  for (const std::string& name : options.strings("fields")) {
    const std::ptrdiff_t field = find_field(options, "fields", name, setting);
    if (field < 0) return nullptr;
    if (static_cast<std::size_t>(field) == setting.cell) {
      options.error("fields", "attribute '" + name + "' cannot be filled from itself", "name another attribute");
      return nullptr;
    }
    fields.push_back(static_cast<std::size_t>(field));
  }
  return std::make_unique<FillFrom>(std::move(fields));
}

}  // namespace

CleanerInfo fill_from_cleaner() {
  return {"fill_from",
          {"coalesce"},
          "gives cells without a value that of another attribute: the first that has one",
          "{ fill_from: list_price }",
          "fields",
          {{"fields", OptionType::StringList, true, "the attributes to take it from, best first, as they are at that moment", ""}},
          make};
}

}  // namespace sinter::fusion

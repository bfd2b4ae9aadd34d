// split: a text with separators becomes a list. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/list_values.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

class Split : public Cleaner {
 public:
  Split(std::vector<std::string> separators, bool sorts, bool makes_unique)
      : separators_(std::move(separators)), sorts_(sorts), makes_unique_(makes_unique) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string&) override {
    Value& value = row.cells[cell];
    if (value.type() != ValueType::String) return CellVerdict::Keep;
    items_.clear();
    for (std::string_view rest = value.string();;) {
      std::size_t size = 0;
      const std::size_t at = find_separator(rest, size);
      if (const std::string_view item = trimmed(rest.substr(0, at)); !item.empty()) items_.push_back(Value::of_string(item));
      if (at == std::string_view::npos) break;
      rest.remove_prefix(at + size);
    }
    Value* const items = row.arena->allocate_values(items_.size());
    std::copy(items_.begin(), items_.end(), items);
    std::size_t count = items_.size();
    if (makes_unique_) count = unique_items(items, count, *row.arena);
    if (sorts_) sort_items(items, count);
    value = Value::of_list(items, count);
    return CellVerdict::Keep;
  }

 private:
  /// The first place of any separator, the longest one there.
  std::size_t find_separator(std::string_view text, std::size_t& size) const {
    std::size_t first = std::string_view::npos;
    for (const std::string& separator : separators_) {
      const std::size_t at = text.find(separator);
      if (at == std::string_view::npos || at > first || (at == first && separator.size() < size)) continue;
      first = at;
      size = separator.size();
    }
    return first;
  }

  std::vector<std::string> separators_;
  bool sorts_, makes_unique_;
  std::vector<Value> items_;  // kept: grows to the longest list once
};

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  std::vector<std::string> separators = options.strings("separator");
  if (!options.has("separator")) separators = {","};
  for (const std::string& separator : separators) {
    if (!separator.empty()) continue;
    options.error("separator", "a separator cannot be empty", "like { split: \";\" }");
    return nullptr;
  }
  return std::make_unique<Split>(std::move(separators), options.boolean("sort", false), options.boolean("unique", false));
}

}  // namespace

CleanerInfo split_cleaner() {
  return {"split",
          {"to_list"},
          "makes a list of a text with separators; items are trimmed, empty ones left out",
          "{ split: { separator: \";\", unique: true } }",
          "separator",
          {{"separator", OptionType::StringList, false, "the text between items; several are possible", "\",\""},
           {"sort", OptionType::Bool, false, "whether items are sorted", "false"},
           {"unique", OptionType::Bool, false, "whether of equal items only the first stays", "false"}},
          make};
}

}  // namespace sinter::fusion

// map: values by a table of the user's. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/word_table.hpp"

namespace sinter::fusion {
namespace {

class Map : public TextCleaner {
 public:
  Map(WordTable words, std::vector<std::string> values, Otherwise otherwise)
      : TextCleaner(Reads::EveryScalar), words_(std::move(words)), values_(std::move(values)), otherwise_(std::move(otherwise)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string& reason) override {
    const std::ptrdiff_t found = words_.find(text, arena);
    if (found < 0) return otherwise_.apply(out, reason, "not in the table of 'map'");
    out = Value::of_string(values_[static_cast<std::size_t>(found)]);
    return CellVerdict::Keep;
  }

 private:
  WordTable words_;
  std::vector<std::string> values_;
  Otherwise otherwise_;
};

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  WordTable words(options.boolean("ignore_case", false));
  std::vector<std::string> values;
  for (auto& [word, value] : options.string_map("values")) {
    if (!words.add(word, values.size())) {
      options.error("values", "'" + word + "' is twice in the table (blanks around it do not count, nor case with ignore_case)",
                    "remove one");
      return nullptr;
    }
    values.push_back(std::move(value));
  }
  return std::make_unique<Map>(std::move(words), std::move(values),
                               Otherwise::read(options, "else", Otherwise::Kind::Keep, true, true));
}

}  // namespace

CleanerInfo map_cleaner() {
  return {"map",
          {"translate", "lookup"},
          "replaces whole values by a table",
          "{ map: { values: { on time: scheduled, landed: arrived }, else: reject } }",
          "",
          {{"values", OptionType::StringMap, true, "the table: value in the cell, value to become", ""},
           {"else", OptionType::Any, false,
            "values not in the table: keep, null, reject, or a value (quote it when it is one of these words)", "keep"},
           {"ignore_case", OptionType::Bool, false, "whether values match without case", "false"}},
          make};
}

}  // namespace sinter::fusion

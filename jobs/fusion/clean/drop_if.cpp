// drop_if: a row with one of these values is dropped by name, not as an error. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/word_table.hpp"

namespace sinter::fusion {
namespace {

class DropIf : public TextCleaner {
 public:
  explicit DropIf(WordTable words) : TextCleaner(Reads::EveryScalar), words_(std::move(words)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value&, std::string&) override {
    return words_.find(text, arena) >= 0 ? CellVerdict::DropRow : CellVerdict::Keep;
  }

 private:
  WordTable words_;
};

}  // namespace

CleanerInfo drop_if_cleaner() {
  return {"drop_if",
          {"drop_rows"},
          "drops the row when the cell is one of these words; dropped rows are counted, not rejected",
          "{ drop_if: [test, demo] }",
          "values",
          {{"values", OptionType::StringList, true, "the words; blanks around a cell do not count", ""},
           {"ignore_case", OptionType::Bool, false, "whether they match without case", "false"}},
          [](const OptionMap& options, const CleanerSetting&) {
            WordTable words(options.boolean("ignore_case", false));
            for (const std::string& word : options.strings("values")) words.add(word, 0);
            return std::make_unique<DropIf>(std::move(words));
          }};
}

}  // namespace sinter::fusion

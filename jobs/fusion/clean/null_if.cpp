// null_if: words that mean "nothing here" become null. One thread per object.
#include <optional>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/regular_expression.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"
#include "jobs/fusion/clean/word_table.hpp"

namespace sinter::fusion {
namespace {

class NullIf : public TextCleaner {
 public:
  NullIf(WordTable words, std::optional<RegularExpression> pattern)
      : TextCleaner(Reads::EveryScalar), words_(std::move(words)), pattern_(std::move(pattern)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    if (words_.find(text, arena) >= 0 || (pattern_ && pattern_->matches_whole(trimmed(text)))) out = Value::null();
    return CellVerdict::Keep;
  }

 private:
  WordTable words_;
  std::optional<RegularExpression> pattern_;
};

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  const bool ignore_case = options.boolean("ignore_case", false);
  if (!options.has("values") && !options.has("pattern")) {
    options.error("values", "null_if needs the words that mean nothing", "like { null_if: [\"\", \"-\", N/A] }, or a pattern");
    return nullptr;
  }
  WordTable words(ignore_case);
  for (const std::string& word : options.strings("values")) words.add(word, 0);
  std::optional<RegularExpression> pattern;
  if (options.has("pattern")) {
    auto compiled = RegularExpression::compile(options.string("pattern"), ignore_case);
    if (!compiled.ok()) {
      options.error("pattern", compiled.error().message(), "patterns are those of RE2");
      return nullptr;
    }
    pattern = std::move(compiled).value();
  }
  return std::make_unique<NullIf>(std::move(words), std::move(pattern));
}

}  // namespace

CleanerInfo null_if_cleaner() {
  return {"null_if",
          {"nullif", "missing_if"},
          "makes words that stand for a missing value null",
          "{ null_if: [\"\", \"-\", TBA, N/A] }",
          "values",
          {{"values", OptionType::StringList, false, "the words; blanks around a cell do not count", ""},
           {"pattern", OptionType::String, false, "a regular expression (RE2) for the whole cell", ""},
           {"ignore_case", OptionType::Bool, false, "whether they match without case", "false"}},
          make};
}

}  // namespace sinter::fusion

// bool: words for true and false. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/word_table.hpp"

namespace sinter::fusion {
namespace {

constexpr std::string_view kTrueWords[] = {"true", "t", "yes", "y", "on", "1"};
constexpr std::string_view kFalseWords[] = {"false", "f", "no", "n", "off", "0"};

class BoolWords : public TextCleaner {
 public:
  BoolWords(WordTable words, Otherwise otherwise)
      : TextCleaner(Reads::EveryScalar), words_(std::move(words)), otherwise_(std::move(otherwise)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string& reason) override {
    if (out.type() == ValueType::Bool) return CellVerdict::Keep;
    const std::ptrdiff_t found = words_.find(text, arena);
    if (found < 0 && take_blank(text, out)) return CellVerdict::Keep;
    if (found < 0) return otherwise_.apply(out, reason, "not one of the words for true and false");
    out = Value::of_bool(found == 1);
    return CellVerdict::Keep;
  }

 private:
  WordTable words_;
  Otherwise otherwise_;
};

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  WordTable words(!options.boolean("match_case", false));
  for (const std::size_t number : {std::size_t{1}, std::size_t{0}}) {
    const std::string_view option = number == 1 ? "true" : "false";
    std::vector<std::string> own = options.strings(option);
    if (!options.has(option)) {
      if (number == 1) own.assign(std::begin(kTrueWords), std::end(kTrueWords));
      else own.assign(std::begin(kFalseWords), std::end(kFalseWords));
    }
    for (const std::string& word : own) {
      Arena arena(256);
      if (words.add(word, number) || words.find(word, arena) == static_cast<std::ptrdiff_t>(number)) continue;
      options.error(option, "'" + word + "' cannot be both true and false",
                    "give both lists when one has words of the other's default");
      return nullptr;
    }
  }
  return std::make_unique<BoolWords>(std::move(words), Otherwise::read(options, "else", Otherwise::Kind::Reject, false, false));
}

}  // namespace

CleanerInfo bool_cleaner() {
  return {"bool",
          {"boolean", "to_bool"},
          "reads words for true and false",
          "{ bool: { true: [open, ja], false: [closed, nein] } }",
          "",
          {{"true", OptionType::StringList, false, "the words for true", "[true, t, yes, y, on, 1]"},
           {"false", OptionType::StringList, false, "the words for false", "[false, f, no, n, off, 0]"},
           {"match_case", OptionType::Bool, false, "whether case counts", "false"},
           {"else", OptionType::Any, false, "any other word: reject or null", "reject"}},
          make};
}

}  // namespace sinter::fusion

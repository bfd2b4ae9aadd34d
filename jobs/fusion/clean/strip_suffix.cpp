// strip_suffix: removes a word at the end; a view, nothing is copied. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

class StripSuffix : public TextCleaner {
 public:
  StripSuffix(std::vector<std::string> words, bool ignore_case) : words_(std::move(words)), ignore_case_(ignore_case) {}

 protected:
  CellVerdict clean(std::string_view text, Arena&, Value& out, std::string&) override {
    for (const std::string& word : words_) {
      if (ignore_case_ ? !ends_with_ignore_ascii_case(text, word) : !text.ends_with(word)) continue;
      text.remove_suffix(word.size());
      break;
    }
    out = Value::of_string(text);
    return CellVerdict::Keep;
  }

 private:
  std::vector<std::string> words_;
  bool ignore_case_;
};

}  // namespace

CleanerInfo strip_suffix_cleaner() {
  return {"strip_suffix",
          {"remove_suffix"},
          "removes a word at the end, once; of several the first that is there",
          "{ strip_suffix: [\" Inc.\", \" Ltd\"] }",
          "text",
          {{"text", OptionType::StringList, true, "the words to remove at the end", ""},
           {"ignore_case", OptionType::Bool, false, "whether ASCII letters match without case", "false"}},
          [](const OptionMap& options, const CleanerSetting&) {
            return std::make_unique<StripSuffix>(options.strings("text"), options.boolean("ignore_case", false));
          }};
}

}  // namespace sinter::fusion

// strip_prefix: removes a word at the start; a view, nothing is copied. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

class StripPrefix : public TextCleaner {
 public:
  StripPrefix(std::vector<std::string> words, bool ignore_case) : words_(std::move(words)), ignore_case_(ignore_case) {}

 protected:
  CellVerdict clean(std::string_view text, Arena&, Value& out, std::string&) override {
    for (const std::string& word : words_) {
      if (ignore_case_ ? !starts_with_ignore_ascii_case(text, word) : !text.starts_with(word)) continue;
      text.remove_prefix(word.size());
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

CleanerInfo strip_prefix_cleaner() {
  return {"strip_prefix",
          {"remove_prefix"},
          "removes a word at the start, once; of several the first that is there",
          "{ strip_prefix: \"GATE \" }",
          "text",
          {{"text", OptionType::StringList, true, "the words to remove at the start", ""},
           {"ignore_case", OptionType::Bool, false, "whether ASCII letters match without case", "false"}},
          [](const OptionMap& options, const CleanerSetting&) {
            return std::make_unique<StripPrefix>(options.strings("text"), options.boolean("ignore_case", false));
          }};
}

}  // namespace sinter::fusion

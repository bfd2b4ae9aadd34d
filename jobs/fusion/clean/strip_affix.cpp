// strip_prefix and strip_suffix: remove a word at one end; a view, nothing is copied. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

enum class End : std::uint8_t { Front, Back };

class StripAffix : public TextCleaner {
 public:
  StripAffix(End end, std::vector<std::string> words, bool ignore_case) : end_(end), words_(std::move(words)), ignore_case_(ignore_case) {}

 protected:
  CellVerdict clean(std::string_view text, Arena&, Value& out, std::string&) override {
    for (const std::string& word : words_) {
      if (word.size() > text.size()) continue;
      const std::string_view there = end_ == End::Front ? text.substr(0, word.size()) : text.substr(text.size() - word.size());
      if (ignore_case_ ? !equals_ignore_ascii_case(there, word) : there != word) continue;
      text = end_ == End::Front ? text.substr(word.size()) : text.substr(0, text.size() - word.size());
      break;
    }
    out = Value::of_string(text);
    return CellVerdict::Keep;
  }

 private:
  End end_;
  std::vector<std::string> words_;
  bool ignore_case_;
};

std::vector<OptionInfo> affix_options(std::string_view what) {
  return {{"text", OptionType::StringList, true, what, ""},
          {"ignore_case", OptionType::Bool, false, "whether ASCII letters match without case", "false"}};
}

template <End end>
std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  return std::make_unique<StripAffix>(end, options.strings("text"), options.boolean("ignore_case", false));
}

}  // namespace

CleanerInfo strip_prefix_cleaner() {
  return {"strip_prefix",
          {"remove_prefix"},
          "removes a word at the start, once; of several the first that is there",
          "{ strip_prefix: \"GATE \" }",
          "text",
          affix_options("the words to remove at the start"),
          make<End::Front>};
}

CleanerInfo strip_suffix_cleaner() {
  return {"strip_suffix",
          {"remove_suffix"},
          "removes a word at the end, once; of several the first that is there",
          "{ strip_suffix: [\" Inc.\", \" Ltd\"] }",
          "text",
          affix_options("the words to remove at the end"),
          make<End::Back>};
}

}  // namespace sinter::fusion

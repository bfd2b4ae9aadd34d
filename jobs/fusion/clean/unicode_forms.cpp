// lower, upper, title, nfkc and casefold: one form of UnicodeMapper each. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/unicode.hpp"

namespace sinter::fusion {
namespace {

/// Letter case: stray bytes stay as they are, so nothing fails.
template <std::string_view (UnicodeMapper::*form)(std::string_view, Arena&)>
class LetterCase : public TextCleaner {
 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    out = Value::of_string((mapper_.*form)(text, arena));
    return CellVerdict::Keep;
  }

 private:
  UnicodeMapper mapper_;
};

/// Normal forms, which only valid UTF-8 has.
template <bool (UnicodeMapper::*form)(std::string_view&, Arena&)>
class NormalForm : public TextCleaner {
 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string& reason) override {
    if (!(mapper_.*form)(text, arena)) {
      reason = "not valid UTF-8";
      return CellVerdict::Fail;
    }
    out = Value::of_string(text);
    return CellVerdict::Keep;
  }

 private:
  UnicodeMapper mapper_;
};

template <class Form>
CleanerInfo describe(std::string_view name, std::vector<std::string_view> aliases, std::string_view help) {
  return {name, std::move(aliases), help, name, "", {}, [](const OptionMap&, const CleanerSetting&) { return std::make_unique<Form>(); }};
}

}  // namespace

CleanerInfo lower_cleaner() {
  return describe<LetterCase<&UnicodeMapper::lower>>("lower", {"lowercase", "lower_case"},
                                                     "turns letters into lower case, in every script");
}

CleanerInfo upper_cleaner() {
  return describe<LetterCase<&UnicodeMapper::upper>>("upper", {"uppercase", "upper_case"},
                                                     "turns letters into upper case, in every script");
}

CleanerInfo title_cleaner() {
  return describe<LetterCase<&UnicodeMapper::title>>("title", {"title_case", "capitalize"},
                                                     "starts every word with a capital and makes the rest lower case");
}

CleanerInfo nfkc_cleaner() {
  return describe<NormalForm<&UnicodeMapper::nfkc>>("nfkc", {"unicode_normalize", "normalize"},
                                                    "makes characters that mean the same the same bytes (Unicode NFKC)");
}

CleanerInfo casefold_cleaner() {
  return describe<NormalForm<&UnicodeMapper::casefold>>("casefold", {"case_fold", "fold"},
                                                        "folds text for comparing: NFKC, no case, no invisible characters");
}

}  // namespace sinter::fusion

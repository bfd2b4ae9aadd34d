// casefold: folds text for comparing: NFKC, no case, no invisible characters. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/unicode.hpp"

namespace sinter::fusion {
namespace {

class CaseFold : public TextCleaner {
 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string& reason) override {
    if (!mapper_.casefold(text, arena)) {
      reason = "not valid UTF-8";
      return CellVerdict::Fail;
    }
    out = Value::of_string(text);
    return CellVerdict::Keep;
  }

 private:
  UnicodeMapper mapper_;
};

}  // namespace

CleanerInfo casefold_cleaner() {
  return {"casefold",
          {"case_fold", "fold"},
          "folds text for comparing: NFKC, no case, no invisible characters",
          "casefold",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<CaseFold>(); }};
}

}  // namespace sinter::fusion

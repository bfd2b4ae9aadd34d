// upper: turns letters into upper case, in every script. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/unicode.hpp"

namespace sinter::fusion {
namespace {

class Upper : public TextCleaner {
 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    out = Value::of_string(mapper_.upper(text, arena));
    return CellVerdict::Keep;
  }

 private:
  UnicodeMapper mapper_;
};

}  // namespace

CleanerInfo upper_cleaner() {
  return {"upper",
          {"uppercase", "upper_case"},
          "turns letters into upper case, in every script",
          "upper",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<Upper>(); }};
}

}  // namespace sinter::fusion

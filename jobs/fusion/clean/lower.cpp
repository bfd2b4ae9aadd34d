// lower: turns letters into lower case, in every script. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/unicode.hpp"

namespace sinter::fusion {
namespace {

class Lower : public TextCleaner {
 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    out = Value::of_string(mapper_.lower(text, arena));
    return CellVerdict::Keep;
  }

 private:
  UnicodeMapper mapper_;
};

}  // namespace

CleanerInfo lower_cleaner() {
  return {"lower",
          {"lowercase", "lower_case"},
          "turns letters into lower case, in every script",
          "lower",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<Lower>(); }};
}

}  // namespace sinter::fusion

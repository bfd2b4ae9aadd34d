// nfkc: makes characters that mean the same the same bytes (Unicode NFKC). One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/unicode.hpp"

namespace sinter::fusion {
namespace {

class Nfkc : public TextCleaner {
 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string& reason) override {
    if (!mapper_.nfkc(text, arena)) {
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

CleanerInfo nfkc_cleaner() {
  return {"nfkc",
          {"unicode_normalize", "normalize"},
          "makes characters that mean the same the same bytes (Unicode NFKC)",
          "nfkc",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<Nfkc>(); }};
}

}  // namespace sinter::fusion

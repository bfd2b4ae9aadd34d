// title: starts every word with a capital and makes the rest lower case. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/unicode.hpp"

namespace sinter::fusion {
namespace {

class Title : public TextCleaner {
 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    out = Value::of_string(mapper_.title(text, arena));
    return CellVerdict::Keep;
  }

 private:
  UnicodeMapper mapper_;
};

}  // namespace

CleanerInfo title_cleaner() {
  return {"title",
          {"title_case", "capitalize"},
          "starts every word with a capital and makes the rest lower case",
          "title",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<Title>(); }};
}

}  // namespace sinter::fusion

// collapse_spaces: every run of blanks becomes one space. One thread per object.
#include <cstring>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

bool is_collapsed(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = leading_blank_size(text.substr(i));
    if (size > 1 || (size == 1 && (text[i] != ' ' || leading_blank_size(text.substr(i + 1)) > 0))) return false;
    i += size > 0 ? size : 1;
  }
  return true;
}

class CollapseSpaces : public TextCleaner {
 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    text = trimmed(text);
    if (!is_collapsed(text)) {
      char* const collapsed = arena.allocate(text.size());
      char* to = collapsed;
      while (!text.empty()) {
        const std::size_t size = leading_blank_size(text);
        if (size == 0) {
          *to++ = text.front();
          text.remove_prefix(1);
        } else {
          text.remove_prefix(size);
          if (to[-1] != ' ') *to++ = ' ';
        }
      }
      text = {collapsed, static_cast<std::size_t>(to - collapsed)};
    }
    out = Value::of_string(text);
    return CellVerdict::Keep;
  }
};

}  // namespace

CleanerInfo collapse_spaces_cleaner() {
  return {"collapse_spaces",
          {"normalize_spaces", "squeeze"},
          "makes every run of blanks one space and removes those at the ends",
          "collapse_spaces",
          "",
          {},
          [](const OptionMap&, const CleanerSetting&) { return std::make_unique<CollapseSpaces>(); }};
}

}  // namespace sinter::fusion

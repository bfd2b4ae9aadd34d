// trim: no blanks at the ends; views only, nothing is copied. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

class Trim : public TextCleaner {
 public:
  explicit Trim(std::string extra) : extra_(std::move(extra)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena&, Value& out, std::string&) override {
    std::string_view rest = trimmed(text);
    while (!extra_.empty()) {
      const std::size_t before = rest.size();
      while (const std::size_t size = leading_extra(rest)) rest.remove_prefix(size);
      while (const std::size_t size = trailing_extra(rest)) rest.remove_suffix(size);
      rest = trimmed(rest);
      if (rest.size() == before) break;
    }
    out = Value::of_string(rest);
    return CellVerdict::Keep;
  }

 private:
  std::size_t leading_extra(std::string_view text) const {
    if (text.empty()) return 0;
    const std::size_t size = leading_character_size(text);
    return extra_.find(text.substr(0, size)) == std::string::npos ? 0 : size;
  }
  std::size_t trailing_extra(std::string_view text) const {
    for (std::string_view rest = extra_; !rest.empty(); rest.remove_prefix(leading_character_size(rest))) {
      const std::size_t size = leading_character_size(rest);
      if (text.ends_with(rest.substr(0, size))) return size;
    }
    return 0;
  }
  std::string extra_;
};

}  // namespace

CleanerInfo trim_cleaner() {
  return {"trim",
          {"strip"},
          "removes blanks at both ends, no-break and other Unicode spaces too",
          "trim",
          "also",
          {{"also", OptionType::String, false, "more characters to remove at both ends", ""}},
          [](const OptionMap& options, const CleanerSetting&) { return std::make_unique<Trim>(options.string("also")); }};
}

}  // namespace sinter::fusion

// remove: every match of a pattern goes. One thread per object.
#include <cstring>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/regular_expression.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

class Remove : public TextCleaner {
 public:
  explicit Remove(RegularExpression pattern) : pattern_(std::move(pattern)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    std::string_view whole, part;
    char* kept = nullptr;  // allocated at the first match only
    std::size_t size = 0, done = 0, from = 0;
    while (from <= text.size() && pattern_.find(text, from, 0, whole, part)) {
      const auto at = static_cast<std::size_t>(whole.data() - text.data());
      if (whole.empty()) {  // nothing to remove here; the next match starts a character later
        from = at + (at < text.size() ? leading_character_size(text.substr(at)) : 1);
        continue;
      }
      if (kept == nullptr) kept = arena.allocate(text.size());
      std::memcpy(kept + size, text.data() + done, at - done);
      size += at - done;
      done = from = at + whole.size();
    }
    if (kept == nullptr) return CellVerdict::Keep;
    std::memcpy(kept + size, text.data() + done, text.size() - done);
    out = Value::of_string({kept, size + text.size() - done});
    return CellVerdict::Keep;
  }

 private:
  RegularExpression pattern_;
};

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  const bool ignore_case = options.boolean("ignore_case", false);
  auto pattern = RegularExpression::compile(options.string("pattern"), ignore_case);
  if (!pattern.ok()) {
    options.error("pattern", pattern.error().message(), "patterns are those of RE2");
    return nullptr;
  }
  // Neighbouring matches go in one: (?:x)+ repeats x exactly where searching for x again would find it next. It does not compile
  // for an open \Q, which then stays as it is.
  auto run = RegularExpression::compile("(?:" + options.string("pattern") + ")+", ignore_case);
  return std::make_unique<Remove>(std::move(run.ok() ? run : pattern).value());
}

}  // namespace

CleanerInfo remove_cleaner() {
  return {"remove",
          {"delete"},
          "removes every match of a regular expression",
          "{ remove: \"[^A-Z0-9]\" }",
          "pattern",
          {{"pattern", OptionType::String, true, "what to remove, a regular expression (RE2)", ""},
           {"ignore_case", OptionType::Bool, false, "whether it matches without case", "false"}},
          make};
}

}  // namespace sinter::fusion

// replace: every occurrence of a text, or match of a pattern, by another text. One thread per object.
#include <optional>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/regular_expression.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

class ReplaceText : public TextCleaner {
 public:
  ReplaceText(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    std::size_t at = text.find(from_);
    if (at == std::string_view::npos) return CellVerdict::Keep;
    scratch_.clear();
    std::size_t done = 0;
    for (; at != std::string_view::npos; at = text.find(from_, done)) {
      scratch_.append(text, done, at - done).append(to_);
      done = at + from_.size();
    }
    scratch_.append(text, done);
    out = Value::of_string(arena.copy(scratch_));
    return CellVerdict::Keep;
  }

 private:
  std::string from_, to_;
  std::string scratch_;  // kept: grows to the longest cell once
};

class ReplacePattern : public TextCleaner {
 public:
  ReplacePattern(RegularExpression pattern, std::string to) : pattern_(std::move(pattern)), to_(std::move(to)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string&) override {
    scratch_.clear();
    std::size_t done = 0, from = 0;
    bool found = false;
    std::string_view whole;
    while (from <= text.size() && pattern_.find_and_rewrite(text, from, to_, whole, rewritten_)) {
      const auto at = static_cast<std::size_t>(whole.data() - text.data());
      found = true;
      scratch_.append(text, done, at - done).append(rewritten_);
      rewritten_.clear();
      done = from = at + whole.size();
      // Behind an empty match the next one starts a character later.
      if (whole.empty()) from += from < text.size() ? leading_character_size(text.substr(from)) : 1;
    }
    if (!found) return CellVerdict::Keep;
    scratch_.append(text, done);
    out = Value::of_string(arena.copy(scratch_));
    return CellVerdict::Keep;
  }

 private:
  RegularExpression pattern_;
  std::string to_;
  std::string scratch_, rewritten_;
};

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  const std::string to = options.string("to");
  if (options.has("from") == options.has("pattern")) {
    options.error("from", "replace needs either 'from' (a text) or 'pattern' (a regular expression)",
                  "like { replace: { from: \"&\", to: and } }");
    return nullptr;
  }
  if (options.has("from")) {
    if (options.string("from").empty()) {
      options.error("from", "replace cannot search for the empty text", "give 'from' at least one character");
      return nullptr;
    }
    return std::make_unique<ReplaceText>(options.string("from"), to);
  }
  auto pattern = RegularExpression::compile(options.string("pattern"), options.boolean("ignore_case", false));
  if (!pattern.ok()) {
    options.error("pattern", pattern.error().message(), "patterns are those of RE2");
    return nullptr;
  }
  if (const std::string problem = pattern->check_rewrite(to); !problem.empty()) {
    options.error("to", "'" + to + "' does not fit the pattern: " + problem,
                  "\\0 is the whole match, \\1 the first group; \\\\ is a backslash");
    return nullptr;
  }
  return std::make_unique<ReplacePattern>(std::move(pattern).value(), to);
}

}  // namespace

CleanerInfo replace_cleaner() {
  return {"replace",
          {"substitute"},
          "replaces every occurrence of a text, or every match of a pattern",
          "{ replace: { from: \"&\", to: and } }",
          "",
          {{"from", OptionType::String, false, "the text to search for", ""},
           {"pattern", OptionType::String, false, "the regular expression (RE2) to search for, instead of 'from'", ""},
           {"to", OptionType::String, true, "what stands there afterwards; with 'pattern', \\1 is the first group", ""},
           {"ignore_case", OptionType::Bool, false, "whether the pattern matches without case", "false"}},
          make};
}

}  // namespace sinter::fusion

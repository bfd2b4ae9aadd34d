// extract: the part of a text that a pattern finds; a view, nothing is copied. One thread per object.
#include <charconv>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/regular_expression.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"

namespace sinter::fusion {
namespace {

/// RegularExpression::find() goes up to here.
constexpr int kMaxGroup = 9;

class Extract : public TextCleaner {
 public:
  Extract(RegularExpression pattern, int group, Otherwise otherwise)
      : TextCleaner(Reads::EveryScalar), pattern_(std::move(pattern)), group_(group), otherwise_(std::move(otherwise)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena&, Value& out, std::string& reason) override {
    std::string_view whole, part;
    if (!pattern_.find(text, 0, group_, whole, part) || part.data() == nullptr)
      return otherwise_.apply(out, reason, "does not contain what 'extract' looks for");
    out = Value::of_string(part);
    return CellVerdict::Keep;
  }

 private:
  RegularExpression pattern_;
  int group_;
  Otherwise otherwise_;
};

/// The group that the option names, by number or by name; -1 after reporting.
int read_group(const OptionMap& options, const RegularExpression& pattern) {
  if (!options.has("group")) return pattern.groups() > 0 ? 1 : 0;
  const std::string name = options.string("group");
  int group = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), group);
  if (error != std::errc{} || end != name.data() + name.size()) group = pattern.group_named(name);
  const int last = std::min(pattern.groups(), kMaxGroup);
  if (group >= 0 && group <= last) return group;
  options.error("group", "the pattern has no group '" + name + "'",
                "groups 0 (everything found) to " + std::to_string(last) + " are possible, or the name in (?P<name>...)");
  return -1;
}

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  auto pattern = RegularExpression::compile(options.string("pattern"), options.boolean("ignore_case", false));
  Otherwise otherwise = Otherwise::read(options, "else", Otherwise::Kind::Null, true, true);
  if (!pattern.ok()) {
    options.error("pattern", pattern.error().message(), "patterns are those of RE2");
    return nullptr;
  }
  const int group = read_group(options, *pattern);
  if (group < 0) return nullptr;
  return std::make_unique<Extract>(std::move(pattern).value(), group, std::move(otherwise));
}

}  // namespace

CleanerInfo extract_cleaner() {
  return {"extract",
          {},
          "keeps what a regular expression finds: its first group, or all of it",
          "{ extract: \"([0-9]+) oz\" }",
          "pattern",
          {{"pattern", OptionType::String, true, "what to find, a regular expression (RE2)", ""},
           {"group", OptionType::String, false, "the number or name of the group to keep; 0 is everything found", "1"},
           {"ignore_case", OptionType::Bool, false, "whether it matches without case", "false"},
           {"else", OptionType::Any, false, "when nothing is found: null, keep, reject or a value", "null"}},
          make};
}

}  // namespace sinter::fusion

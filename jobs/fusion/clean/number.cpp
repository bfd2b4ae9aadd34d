// number: numbers as people write them become numbers. One thread per object.
#include <algorithm>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"

namespace sinter::fusion {
namespace {

class Number : public TextCleaner {
 public:
  explicit Number(NumberStyle style) : style_(std::move(style)) {
    expected_ = style_.decimal == ',' ? "not a number (expected like 1.234,56)" : "not a number (expected like 1,234.56)";
  }

 protected:
  CellVerdict clean(std::string_view text, Arena&, Value& out, std::string& reason) override {
    Value value;
    const NumberProblem problem = parse_written_number(text, style_, value);
    if (problem != NumberProblem::None) {
      if (take_blank(text, out)) return CellVerdict::Keep;
      reason = problem == NumberProblem::NotANumber ? expected_ : problem_phrase(problem);
      return CellVerdict::Fail;
    }
    out = value;
    return CellVerdict::Keep;
  }

 private:
  NumberStyle style_;
  std::string_view expected_;
};

bool read_separators(const OptionMap& options, NumberStyle& style) {
  const std::string decimal = options.string("decimal", ".");
  if (decimal != "." && decimal != ",") {
    options.error("decimal", "the decimal character is \".\" or \",\", not '" + decimal + "'", "quote it: decimal: \",\"");
    return false;
  }
  style.decimal = decimal.front();
  style.thousands = options.string("thousands", decimal == "." ? "," : ".");
  const auto fits = [&](char c) { return c != style.decimal && !(c >= '0' && c <= '9') && static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(style.thousands.begin(), style.thousands.end(), fits)) return true;
  options.error("thousands", "'" + style.thousands + "' cannot separate thousands",
                "give ASCII characters other than digits and the decimal character; spaces and apostrophes always do");
  return false;
}

bool read_percent(const OptionMap& options, NumberStyle& style) {
  const std::string percent = options.string("percent", "fraction");
  if (percent == "fraction") style.percent = PercentPolicy::Fraction;
  else if (percent == "plain") style.percent = PercentPolicy::Plain;
  else if (percent == "reject") style.percent = PercentPolicy::Reject;
  else {
    options.error("percent", "'" + percent + "' is not possible for percent",
                  "give fraction (12% is 0.12), plain (12% is 12) or reject");
    return false;
  }
  return true;
}

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  NumberStyle style;
  if (!read_separators(options, style) || !read_percent(options, style)) return nullptr;
  style.strict_groups = options.boolean("strict_groups", true);
  style.suffixes = options.boolean("suffixes", false);
  if (options.has("currency")) {
    style.any_currency = false;
    for (std::string& word : options.strings("currency")) {
      if (word == "any") style.any_currency = true;
      else if (word != "none") style.currencies.push_back(std::move(word));
    }
  }
  for (std::string& word : options.strings("units")) {
    if (word == "any") style.any_unit = true;
    else if (!word.empty()) style.units.push_back(std::move(word));
  }
  std::stable_sort(style.units.begin(), style.units.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  return std::make_unique<Number>(std::move(style));
}

}  // namespace

CleanerInfo number_cleaner() {
  return {"number",
          {"numeric", "to_number"},
          "reads numbers as people write them: 1,234.56  (12)  $9.90  12%  5 oz",
          "{ number: { decimal: \",\" } }",
          "decimal",
          {{"decimal", OptionType::String, false, "the decimal character, \".\" or \",\"", "."},
           {"thousands", OptionType::String, false, "characters between groups of digits, besides spaces and apostrophes",
            "the other one of , and ."},
           {"strict_groups", OptionType::Bool, false, "whether groups must have three digits", "true"},
           {"currency", OptionType::StringList, false, "symbols and codes to skip: any, none, or your own", "any"},
           {"percent", OptionType::String, false, "what 12% is: fraction (0.12), plain (12) or reject", "fraction"},
           {"units", OptionType::StringList, false, "words to skip behind the number, or any", ""},
           {"suffixes", OptionType::Bool, false, "whether k, M, bn, T multiply: 1.5k is 1500", "false"}},
          make};
}

}  // namespace sinter::fusion

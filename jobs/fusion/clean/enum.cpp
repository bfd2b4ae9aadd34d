// enum: only these values are allowed. One thread per object.
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"
#include "jobs/fusion/clean/word_table.hpp"

namespace sinter::fusion {
namespace {

/// A reason lists this many values, not more.
constexpr std::size_t kMaxListedValues = 8;

class Enum : public TextCleaner {
 public:
  Enum(WordTable words, std::vector<std::string> values, Otherwise otherwise)
      : TextCleaner(Reads::EveryScalar), words_(std::move(words)), values_(std::move(values)), otherwise_(std::move(otherwise)) {
    reason_ = "not one of ";
    for (std::size_t i = 0; i < values_.size() && i < kMaxListedValues; ++i) reason_ += (i > 0 ? ", " : "") + values_[i];
    if (values_.size() > kMaxListedValues) reason_ += ", ...";
  }

 protected:
  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string& reason) override {
    const std::ptrdiff_t found = words_.find(text, arena);
    if (found < 0) return otherwise_.apply(out, reason, reason_);
    // As the list spells it, so that equal values are equal bytes.
    out = Value::of_string(values_[static_cast<std::size_t>(found)]);
    return CellVerdict::Keep;
  }

 private:
  WordTable words_;
  std::vector<std::string> values_;
  Otherwise otherwise_;
  std::string reason_;
};

}  // namespace

CleanerInfo enum_cleaner() {
  return {"enum",
          {"one_of", "allowed"},
          "allows only the listed values, spelled as listed",
          "{ enum: { values: [open, closed], ignore_case: true } }",
          "values",
          {{"values", OptionType::StringList, true, "the allowed values", ""},
           {"ignore_case", OptionType::Bool, false, "whether values match without case", "false"},
           {"else", OptionType::Any, false, "other values: reject, null, or a value", "reject"}},
          [](const OptionMap& options, const CleanerSetting&) {
            WordTable words(options.boolean("ignore_case", false));
            std::vector<std::string> values;
            for (std::string& word : options.strings("values")) {
              if (words.add(word, values.size())) values.push_back(std::move(word));
            }
            return std::make_unique<Enum>(std::move(words), std::move(values),
                                          Otherwise::read(options, "else", Otherwise::Kind::Reject, false, true));
          }};
}

}  // namespace sinter::fusion

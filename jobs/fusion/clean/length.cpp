// length: texts (in characters) and lists (in items) within bounds. One thread per object.
#include <limits>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

class Length : public Cleaner {
 public:
  Length(std::size_t min, std::size_t max, Otherwise otherwise) : min_(min), max_(max), otherwise_(std::move(otherwise)) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) override {
    Value& value = row.cells[cell];
    const bool is_list = value.type() == ValueType::List;
    const std::size_t length = is_list ? value.list_size() : count_characters(scalar_text(value, *row.arena));
    if (length >= min_ && length <= max_) return CellVerdict::Keep;
    return otherwise_.apply(
        value, reason, length < min_ ? (is_list ? "has too few items" : "too short") : (is_list ? "has too many items" : "too long"));
  }

 private:
  std::size_t min_, max_;
  Otherwise otherwise_;
};

}  // namespace

CleanerInfo length_cleaner() {
  return {"length",
          {"size"},
          "allows texts of so many characters, or lists of so many items",
          "{ length: { min: 10, max: 13 } }",
          "",
          {{"min", OptionType::Integer, false, "the least length", "0"},
           {"max", OptionType::Integer, false, "the greatest length", "no limit"},
           {"else", OptionType::Any, false, "other lengths: reject or null", "reject"}},
          [](const OptionMap& options, const CleanerSetting&) -> std::unique_ptr<Cleaner> {
            const std::int64_t min = options.integer("min", 0), max = options.integer("max", std::numeric_limits<std::int64_t>::max());
            if (min < 0 || max < min) {
              options.error(min < 0 ? "min" : "max", "lengths must be 0 <= min <= max", "like { length: { min: 10, max: 13 } }");
              return nullptr;
            }
            return std::make_unique<Length>(static_cast<std::size_t>(min), static_cast<std::size_t>(max),
                                            Otherwise::read(options, "else", Otherwise::Kind::Reject, false, false));
          }};
}

}  // namespace sinter::fusion

// convert: a measurement into another unit; the unit may stand in the text. One thread per object.
#include <cmath>

#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"
#include "jobs/fusion/clean/units.hpp"

namespace sinter::fusion {
namespace {

bool starts_number(char c) { return is_digit(c) || c == '+' || c == '-' || c == '.' || c == ','; }

class Convert : public TextCleaner {
 public:
  Convert(const Unit* from, const Unit* to, NumberStyle style)
      : TextCleaner(Reads::EveryScalar), from_(from), to_(to), style_(std::move(style)) {}

 protected:
  CellVerdict clean(std::string_view text, Arena&, Value& out, std::string& reason) override {
    if (take_blank(text, out)) return CellVerdict::Keep;
    std::string_view rest = trimmed(text);
    double total = 0;
    bool first = true, minus = false;
    const Unit* unit = nullptr;
    // "5 ft 10 in" is the sum of its parts.
    while (first || !rest.empty()) {
      if (!first && rest.front() == ',') rest = trimmed(rest.substr(1));
      double part = 0;
      const Unit* const before = unit;
      if (!take_part(rest, part, unit, reason)) return CellVerdict::Fail;
      if (unit == nullptr && (unit = unit_of_bare(before)) == nullptr) {
        reason = first ? "has no unit, and the step has no 'from'" : "its last number has no unit";
        return CellVerdict::Fail;
      }
      if (first) minus = part < 0;
      if (!first && (part < 0 || to_->dimension == Dimension::Temperature)) {
        reason = "not one measurement";
        return CellVerdict::Fail;
      }
      const double converted = convert_unit(part, *unit, *to_);
      total += !first && minus ? -converted : converted;
      first = false;
    }
    if (!std::isfinite(total)) {
      reason = "out of range for double after conversion";
      return CellVerdict::Fail;
    }
    out = Value::of_double(total);
    return CellVerdict::Keep;
  }

 private:
  /// The unit of a number that names none. Behind feet it is inches (5'10); behind anything else nobody can say.
  const Unit* unit_of_bare(const Unit* before) const {
    if (before == nullptr) return from_;
    return before == find_unit("ft", &before->dimension) ? find_unit("in", &before->dimension) : nullptr;
  }

  /// Takes "12.5 cm" off the front; `unit` is null when none is named.
  bool take_part(std::string_view& rest, double& number, const Unit*& unit, std::string& reason) {
    std::size_t end = 0;
    while (end < rest.size() && (starts_number(rest[end]) || is_exponent(rest, end))) ++end;
    // A blank between digits groups them ("1 234 m"); any other blank ends the number.
    for (std::size_t size = 0; end < rest.size() && (size = leading_blank_size(rest.substr(end))) > 0;) {
      std::size_t digits = end + size;
      while (digits < rest.size() && is_digit(rest[digits])) ++digits;
      if (digits == end + size) break;
      end = digits;
      while (end < rest.size() && starts_number(rest[end])) ++end;
    }
    Value value;
    const NumberProblem problem = parse_written_number(rest.substr(0, end), style_, value);
    if (problem != NumberProblem::None) {
      reason = problem == NumberProblem::NotANumber ? "not a measurement (expected a number and a unit, like 12.5 " + shown(*to_) + ")"
                                                    : std::string(problem_phrase(problem));
      return false;
    }
    number = value.as_double();
    rest = trimmed(rest.substr(end));
    std::size_t word = 0;
    while (word < rest.size() && !is_digit(rest[word]) &&
           !(word > 0 && starts_number(rest[word]) && rest[word] != '.' && rest[word] != '-'))
      ++word;
    // "m2" and "cm3" end in a digit.
    if (word > 0 && word < rest.size() && find_unit(rest.substr(0, word + 1), &to_->dimension) != nullptr) ++word;
    const std::string_view name = trimmed(rest.substr(0, word));
    rest = trimmed(rest.substr(word));
    return find(name, unit, reason);
  }

  static bool is_exponent(std::string_view text, std::size_t at) {
    return at > 0 && is_digit(text[at - 1]) && ascii_lower(text[at]) == 'e' && at + 1 < text.size() &&
           (is_digit(text[at + 1]) || ((text[at + 1] == '-' || text[at + 1] == '+') && at + 2 < text.size() && is_digit(text[at + 2])));
  }

  static std::string shown(const Unit& unit) { return std::string(unit.names.substr(0, unit.names.find('|'))); }

  bool find(std::string_view name, const Unit*& unit, std::string& reason) const {
    unit = nullptr;
    if (name.empty()) return true;
    unit = find_unit(name, &to_->dimension);
    if (unit == nullptr) reason = "its unit is not one of " + std::string(to_string(to_->dimension));
    return unit != nullptr;
  }

  const Unit* from_;
  const Unit* to_;
  NumberStyle style_;
};

const Unit* read_unit(const OptionMap& options, std::string_view option, const Dimension* wanted) {
  const std::string name = options.string(option);
  if (const Unit* unit = find_unit(name, wanted)) return unit;
  if (const Unit* other = find_unit(name, nullptr)) {
    options.error(
        option,
        "'" + name + "' is a unit of " + std::string(to_string(other->dimension)) + ", not of " + std::string(to_string(*wanted)),
        "'from' and 'to' must measure the same");
  } else {
    options.error(option, "unknown unit '" + name + "'", did_you_mean(name, unit_names()));
  }
  return nullptr;
}

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting&) {
  if (!options.has("to")) return nullptr;  // reported: it is required
  // "m" alone is a metre, but { from: h, to: m } are minutes: the other side decides.
  const Unit* from = options.has("from") ? find_unit(options.string("from"), nullptr) : nullptr;
  const Unit* to = from != nullptr ? find_unit(options.string("to"), &from->dimension) : nullptr;
  if (to == nullptr) to = read_unit(options, "to", nullptr);
  if (to == nullptr) return nullptr;
  if (options.has("from") && (from = read_unit(options, "from", &to->dimension)) == nullptr) return nullptr;
  NumberStyle style;
  const std::string decimal = options.string("decimal", ".");
  if (decimal != "." && decimal != ",") {
    options.error("decimal", "the decimal character is \".\" or \",\", not '" + decimal + "'", "quote it: decimal: \",\"");
    return nullptr;
  }
  style.decimal = decimal.front();
  style.thousands = decimal == "." ? "," : ".";
  return std::make_unique<Convert>(from, to, std::move(style));
}

}  // namespace

CleanerInfo convert_cleaner() {
  return {"convert",
          {"convert_unit", "unit"},
          "converts a measurement to another unit; a unit in the text goes before 'from'; 5 ft 10 in is summed",
          "{ convert: { from: degF, to: degC } }",
          "to",
          {{"to", OptionType::String, true, "the unit to convert to, like cm, kg, degC, hPa, km/h, l, min", ""},
           {"from", OptionType::String, false, "the unit of cells that name none", ""},
           {"decimal", OptionType::String, false, "the decimal character, \".\" or \",\"", "."}},
          make};
}

}  // namespace sinter::fusion

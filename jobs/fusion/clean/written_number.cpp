// Numbers as people write them: signs, currencies, groups, percent, units, suffixes. See numeric_text.hpp. Any thread.
#include <array>
#include <charconv>
#include <cstring>

#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

/// Longer digit strings are no measurement; the limit bounds the stack buffer.
constexpr std::size_t kMaxNumberBytes = 400;

// Longest first where one starts with another.
constexpr std::string_view kCurrencySymbols[] = {"US$", "CA$", "AU$", "NZ$", "HK$", "MX$", "A$", "C$", "S$", "R$", "$", "€", "£", "¥",
                                                 "₹", "₽", "₩", "₺", "₫", "₪", "฿", "₴",
                                                 "₦", "₱", "₡", "₲", "₵", "₸", "¢"};
constexpr std::string_view kCurrencyCodes[] = {
    "USD", "EUR", "GBP", "JPY", "CHF", "CNY", "RMB", "INR", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "HUF",
    "RON", "BGN", "RUB", "UAH", "TRY", "ILS", "ZAR", "BRL", "MXN", "ARS", "CLP", "COP", "KRW", "TWD", "HKD", "SGD", "THB", "IDR",
    "MYR", "PHP", "VND", "SAR", "AED", "EGP", "NGN", "KES", "Kč",  "zł",  "kr.", "kr",  "Ft",  "lei", "Fr.", "Rs.", "Rs"};

/// What surrounds the digits, while it is peeled off.
struct Peeled {
  std::string_view core;
  bool negative = false;
  bool has_sign = false;
  bool has_currency = false;
  bool has_percent = false;
  bool has_unit = false;
  int exponent = 0;  // from percent and suffixes
};

bool take_front(std::string_view& text, std::string_view word) {
  if (word.empty() || !text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool take_back(std::string_view& text, std::string_view word) {
  if (word.empty() || !text.ends_with(word)) return false;
  text.remove_suffix(word.size());
  return true;
}

bool take_code_front(std::string_view& text, std::string_view code) {
  if (!starts_with_ignore_ascii_case(text, code)) return false;
  if (text.size() > code.size() && is_ascii_letter(text[code.size()])) return false;
  text.remove_prefix(code.size());
  return true;
}

bool take_code_back(std::string_view& text, std::string_view code) {
  if (!ends_with_ignore_ascii_case(text, code)) return false;
  const std::size_t at = text.size() - code.size();
  if (at > 0 && is_ascii_letter(text[at - 1])) return false;
  text.remove_suffix(code.size());
  return true;
}

bool take_currency(std::string_view& text, const NumberStyle& style, bool front) {
  for (const std::string& own : style.currencies) {
    if (front ? take_front(text, own) : take_back(text, own)) return true;
  }
  if (!style.any_currency) return false;
  for (const std::string_view symbol : kCurrencySymbols) {
    if (front ? take_front(text, symbol) : take_back(text, symbol)) return true;
  }
  for (const std::string_view code : kCurrencyCodes) {
    if (front ? take_code_front(text, code) : take_code_back(text, code)) return true;
  }
  return false;
}

bool take_sign(std::string_view& text, Peeled& peeled) {
  constexpr std::string_view kMinusSign = "\u2212";
  if (peeled.has_sign) return false;
  const bool minus = take_front(text, "-") || take_front(text, kMinusSign);
  if (!minus && !take_front(text, "+")) return false;
  peeled.has_sign = true;
  peeled.negative = minus;
  return true;
}

bool take_unit(std::string_view& text, const NumberStyle& style) {
  for (const std::string& unit : style.units) {
    if (!ends_with_ignore_ascii_case(text, unit)) continue;
    text.remove_suffix(unit.size());
    return true;
  }
  if (!style.any_unit) return false;
  std::size_t end = text.size();
  while (end > 0 && !is_digit(text[end - 1])) --end;
  if (end == text.size() || end == 0) return false;
  text = text.substr(0, end);
  return true;
}

bool take_suffix(std::string_view& text, int& exponent) {
  struct Suffix {
    std::string_view word;
    int exponent;
  };
  static constexpr std::array<Suffix, 10> kSuffixes = {
      {{"bn", 9}, {"mn", 6}, {"mio", 6}, {"mrd", 9}, {"tsd", 3}, {"k", 3}, {"m", 6}, {"b", 9}, {"g", 9}, {"t", 12}}};
  for (const Suffix& suffix : kSuffixes) {
    if (!take_code_back(text, suffix.word)) continue;
    exponent += suffix.exponent;
    return true;
  }
  return false;
}

void peel_front(Peeled& peeled, const NumberStyle& style) {
  for (;;) {
    peeled.core = trimmed(peeled.core);
    if (peeled.core.empty() || is_digit(peeled.core.front())) return;
    if (take_sign(peeled.core, peeled)) continue;
    if (peeled.has_currency || !take_currency(peeled.core, style, true)) return;
    peeled.has_currency = true;
  }
}

void peel_back(Peeled& peeled, const NumberStyle& style) {
  bool has_suffix = false;
  for (;;) {
    peeled.core = trimmed(peeled.core);
    if (peeled.core.empty() || is_digit(peeled.core.back())) return;
    if (!peeled.has_percent && take_back(peeled.core, "%")) {
      peeled.has_percent = true;
    } else if (!peeled.has_currency && take_currency(peeled.core, style, false)) {
      peeled.has_currency = true;
    } else if (!has_suffix && style.suffixes && take_suffix(peeled.core, peeled.exponent)) {
      has_suffix = true;
    } else if (!peeled.has_unit && take_unit(peeled.core, style)) {
      peeled.has_unit = true;
    } else {
      return;
    }
  }
}

/// Bytes of the group separator at the front of the text, 0 for none.
std::size_t separator_size(std::string_view text, const NumberStyle& style) {
  constexpr std::string_view kTypographicApostrophe = "\u2019";
  if (text.empty()) return 0;
  if (style.thousands.find(text.front()) != std::string::npos || text.front() == '\'') return 1;
  if (text.starts_with(kTypographicApostrophe)) return kTypographicApostrophe.size();
  return leading_blank_size(text);
}

/// The digits of the core as from_chars() wants them.
class Digits {
 public:
  NumberProblem read(std::string_view core, const NumberStyle& style) {
    if (core.size() > kMaxNumberBytes) return NumberProblem::NotANumber;
    while (!core.empty() && is_digit(core.front())) take(core);
    if (const NumberProblem problem = read_groups(core, style); problem != NumberProblem::None) return problem;
    if (!core.empty() && core.front() == style.decimal) {
      is_integral_ = false;
      put('.');
      core.remove_prefix(1);
      while (!core.empty() && is_digit(core.front())) take(core);
    }
    if (digits_ == 0) return NumberProblem::NotANumber;
    return core.empty() ? NumberProblem::None : read_exponent(core);
  }
  bool is_integral() const { return is_integral_; }
  int exponent() const { return exponent_; }
  void put(char c) { buffer_[size_++] = c; }
  void put_exponent(int exponent) {
    put('e');
    size_ = static_cast<std::size_t>(std::to_chars(buffer_ + size_, buffer_ + sizeof buffer_, exponent).ptr - buffer_);
  }
  std::string_view text() const { return {buffer_, size_}; }

 private:
  void take(std::string_view& core) {
    put(core.front());
    ++digits_;
    core.remove_prefix(1);
  }
  NumberProblem read_groups(std::string_view& core, const NumberStyle& style) {
    std::string_view separator;
    while (const std::size_t size = separator_size(core, style)) {
      const std::string_view found = core.substr(0, size);
      if (digits_ == 0 || (!separator.empty() && separator != found)) return NumberProblem::NotANumber;
      if (style.strict_groups && separator.empty() && digits_ > 3) return NumberProblem::BadGroups;
      separator = found;
      core.remove_prefix(size);
      const std::size_t before = digits_;
      while (!core.empty() && is_digit(core.front())) take(core);
      if (digits_ == before) return NumberProblem::NotANumber;
      if (style.strict_groups && digits_ - before != 3) return NumberProblem::BadGroups;
    }
    return NumberProblem::None;
  }
  NumberProblem read_exponent(std::string_view core) {
    constexpr int kMaxExponent = 9999;
    if (ascii_lower(core.front()) != 'e') return NumberProblem::NotANumber;
    core.remove_prefix(1);
    if (!core.empty() && core.front() == '+') core.remove_prefix(1);
    const auto [end, error] = std::from_chars(core.data(), core.data() + core.size(), exponent_);
    if (error == std::errc::invalid_argument || end != core.data() + core.size()) return NumberProblem::NotANumber;
    if (error != std::errc{} || exponent_ > kMaxExponent || exponent_ < -kMaxExponent) return NumberProblem::OutOfRange;
    is_integral_ = false;
    return NumberProblem::None;
  }

  char buffer_[kMaxNumberBytes + 32];
  std::size_t size_ = 0;
  std::size_t digits_ = 0;
  int exponent_ = 0;
  bool is_integral_ = true;
};

NumberProblem finish(const Peeled& peeled, const NumberStyle& style, Value& value) {
  if (peeled.has_percent && style.percent == PercentPolicy::Reject) return NumberProblem::NotANumber;
  Digits digits;
  if (peeled.negative) digits.put('-');
  if (const NumberProblem problem = digits.read(peeled.core, style); problem != NumberProblem::None) return problem;
  int exponent = digits.exponent() + peeled.exponent;
  if (peeled.has_percent && style.percent == PercentPolicy::Fraction) exponent -= 2;
  std::int64_t integer = 0;
  if (digits.is_integral() && exponent == 0 && parse_int64(digits.text(), integer) == NumberProblem::None) {
    value = Value::of_int64(integer);
    return NumberProblem::None;
  }
  // The exponent goes into the text, so that 0.1 % is rounded once.
  if (exponent != 0) digits.put_exponent(exponent);
  double number = 0;
  if (const NumberProblem problem = parse_double(digits.text(), number); problem != NumberProblem::None) return problem;
  value = Value::of_double(number);
  return NumberProblem::None;
}

/// Whether it is only digits and points behind an optional minus: no peeling needed.
bool is_plain(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  for (const char c : text) {
    if (!is_digit(c) && c != '.') return false;
  }
  return !text.empty();
}

NumberProblem parse_plain(std::string_view text, Value& value) {
  std::int64_t integer = 0;
  if (text.find('.') == std::string_view::npos && parse_int64(text, integer) == NumberProblem::None) {
    value = Value::of_int64(integer);
    return NumberProblem::None;
  }
  double number = 0;
  const NumberProblem problem = parse_double(text, number);
  if (problem == NumberProblem::None) value = Value::of_double(number);
  return problem;
}

}  // namespace

NumberProblem parse_written_number(std::string_view text, const NumberStyle& style, Value& value) {
  // Most cells are plain; the same answer as below, sooner.
  if (style.decimal == '.' && style.thousands.find('.') == std::string::npos && is_plain(text)) return parse_plain(text, value);
  Peeled peeled;
  peeled.core = trimmed(text);
  if (peeled.core.size() >= 2 && peeled.core.front() == '(' && peeled.core.back() == ')') {
    peeled.core = peeled.core.substr(1, peeled.core.size() - 2);
    peeled.negative = peeled.has_sign = true;
  }
  peel_front(peeled, style);
  peel_back(peeled, style);
  if (peeled.core.empty()) return NumberProblem::NotANumber;
  if (!is_digit(peeled.core.front()) && peeled.core.front() != style.decimal) {
    double ignored = 0;
    return parse_double(peeled.core, ignored) == NumberProblem::NotFinite ? NumberProblem::NotFinite : NumberProblem::NotANumber;
  }
  return finish(peeled, style, value);
}

}  // namespace sinter::fusion

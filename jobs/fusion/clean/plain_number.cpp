// Plain decimal text to double and int64: see numeric_text.hpp. Pure functions; any thread.
#include <charconv>
#include <cmath>

#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

// Up to 15 digits and powers of ten up to 10^22 are exact doubles, so one division rounds correctly (Clinger 1990).
constexpr std::size_t kMaxExactDigits = 15;
constexpr double kPowersOfTen[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/// Short decimals without exponent; false: take the general way.
bool parse_short_decimal(std::string_view text, double& value) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool minus = at != end && *at == '-';
  if (minus) ++at;
  std::uint64_t mantissa = 0;
  const char* const digits = at;
  while (at != end && is_digit(*at)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at++ - '0');
  std::size_t count = static_cast<std::size_t>(at - digits), decimals = 0;
  if (at != end && *at == '.') {
    const char* const point = ++at;
    while (at != end && is_digit(*at)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at++ - '0');
    decimals = static_cast<std::size_t>(at - point);
    count += decimals;
  }
  if (at != end || count == 0 || count > kMaxExactDigits) return false;
  const double magnitude = static_cast<double>(mantissa) / kPowersOfTen[decimals];
  value = minus ? -magnitude : magnitude;
  return true;
}

/// Without blanks and without a plus sign; empty when what is left cannot be a number.
std::string_view bare(std::string_view text) {
  text = trimmed(text);
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) return {};
  }
  return text;
}

bool is_not_finite_word(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return equals_ignore_ascii_case(text, "nan") || equals_ignore_ascii_case(text, "inf") || equals_ignore_ascii_case(text, "infinity");
}

}  // namespace

NumberProblem parse_double(std::string_view text, double& value) {
  if (parse_short_decimal(text, value)) return NumberProblem::None;
  text = bare(text);
  if (text.empty()) return NumberProblem::NotANumber;
  if (parse_short_decimal(text, value)) return NumberProblem::None;
  // from_chars would take nan(...) and hexadecimal-looking words of its own.
  const char first = text.front() == '-' && text.size() > 1 ? text[1] : text.front();
  if (!is_digit(first) && first != '.') return is_not_finite_word(text) ? NumberProblem::NotFinite : NumberProblem::NotANumber;
  double parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return NumberProblem::NotANumber;
  if (error == std::errc::result_out_of_range) return NumberProblem::OutOfRange;
  value = parsed;
  return NumberProblem::None;
}

NumberProblem to_int64(double number, std::int64_t& value) {
  if (!std::isfinite(number)) return NumberProblem::NotFinite;
  if (number != std::trunc(number)) return NumberProblem::HasFraction;
  // 2^63 itself is the first double that does not fit.
  if (number < -0x1p63 || number >= 0x1p63) return NumberProblem::OutOfRange;
  value = static_cast<std::int64_t>(number);
  return NumberProblem::None;
}

NumberProblem parse_int64(std::string_view text, std::int64_t& value) {
  text = bare(text);
  if (text.empty()) return NumberProblem::NotANumber;
  const char* const end = text.data() + text.size();
  std::int64_t parsed = 0;
  const auto [at, error] = std::from_chars(text.data(), end, parsed);
  if (error == std::errc{} && at == end) {
    value = parsed;
    return NumberProblem::None;
  }
  if (error == std::errc::result_out_of_range && at == end) return NumberProblem::OutOfRange;
  // "12.000": decided on the text, since a double would round beyond 2^53.
  if (error == std::errc{} && at != end && *at == '.') {
    const char* zero = at + 1;
    while (zero != end && *zero == '0') ++zero;
    if (zero == end && at + 1 != end) {
      value = parsed;
      return NumberProblem::None;
    }
  }
  double number = 0;
  if (const NumberProblem problem = parse_double(text, number); problem != NumberProblem::None) return problem;
  return to_int64(number, value);
}

std::string_view problem_phrase(NumberProblem problem) {
  switch (problem) {
    case NumberProblem::None: return "";
    case NumberProblem::NotANumber: return "not a number (expected like -1234.56)";
    case NumberProblem::OutOfRange: return "out of range for its number type";
    case NumberProblem::NotFinite: return "not a finite number";
    case NumberProblem::HasFraction: return "not an integer";
    case NumberProblem::BadGroups: return "not a number: its digits are not grouped by three";
  }
  return "";
}

}  // namespace sinter::fusion

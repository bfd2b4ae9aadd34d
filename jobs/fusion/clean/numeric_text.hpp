// Numbers in text: the plain kind that convert_cell() takes, and the written kind (1,234.56 EUR) of the cleaner `number`.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

enum class NumberProblem : std::uint8_t { None, NotANumber, OutOfRange, NotFinite, HasFraction, BadGroups };

/// A plain decimal number: blanks around it, a sign (+ too), digits, a point, an exponent. "nan" and "inf" are NotFinite,
/// 1e400 is OutOfRange. Correctly rounded; about 10 ns for up to 15 digits.
NumberProblem parse_double(std::string_view text, double& value);
/// Likewise; "12.0" and "1e3" are taken since they are integral.
NumberProblem parse_int64(std::string_view text, std::int64_t& value);
/// A double that is integral and fits.
NumberProblem to_int64(double number, std::int64_t& value);

enum class PercentPolicy : std::uint8_t { Fraction, Plain, Reject };

/// How numbers are written.
struct NumberStyle {
  char decimal = '.';
  std::string thousands = ",";          // characters that separate groups, besides blanks and apostrophes
  bool strict_groups = true;            // groups of exactly three digits
  bool any_currency = true;             // the built-in symbols and ISO codes
  std::vector<std::string> currencies;  // own ones
  PercentPolicy percent = PercentPolicy::Fraction;
  std::vector<std::string> units;  // words to strip behind the number, longest first
  bool any_unit = false;           // strips whatever follows the number
  bool suffixes = false;           // k, M, G/B/bn, T multiply
};

/// A written number: Int64 when it is integral as written and fits, else Double. Cost: about that of parse_double() when plain.
NumberProblem parse_written_number(std::string_view text, const NumberStyle& style, Value& value);

/// The phrase for a rejected cell.
std::string_view problem_phrase(NumberProblem problem);

}  // namespace sinter::fusion

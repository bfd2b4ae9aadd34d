// Scalars of a job file as values: only what the language page says (docs/job-file.md §2), never YAML's own guesses
// (yes/no, octal, hex). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sinter::fusion {

/// "true" or "false".
std::optional<bool> parse_bool(std::string_view text);
/// A decimal integer without leading zeros: "-12", "0".
std::optional<std::int64_t> parse_integer(std::string_view text);
/// A finite decimal number: "1", "-0.5", "1e-3".
std::optional<double> parse_number(std::string_view text);
/// A share: "0.5%" or "0.005".
std::optional<double> parse_fraction(std::string_view text);
/// Whether a plain (unquoted) scalar means null: empty, "null" or "~".
bool is_null_word(std::string_view text);

/// "'a', 'b' or 'c'": for messages.
std::string quoted_list(const std::string_view* words, std::size_t count, std::string_view last_joint = " or ");

}  // namespace sinter::fusion

// Scalars of a job file as values. Pure functions; any thread.
#include "jobs/fusion/config/scalar.hpp"

#include <charconv>
#include <cmath>

namespace sinter::fusion {

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;  // octal elsewhere, so refused here
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> parse_fraction(std::string_view text) {
  if (!text.ends_with('%')) return parse_number(text);
  text.remove_suffix(1);
  const auto percent = parse_number(text);
  if (!percent) return std::nullopt;
  return *percent / 100.0;
}

bool is_null_word(std::string_view text) { return text.empty() || text == "null" || text == "~"; }

std::string quoted_list(const std::string_view* words, std::size_t count, std::string_view last_joint) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += i + 1 == count ? last_joint : std::string_view(", ");
    out += '\'';
    out += words[i];
    out += '\'';
  }
  return out;
}

}  // namespace sinter::fusion

// Sizes and durations. Stateless; any thread.
#include "base/parse_size.hpp"

#include <cstdio>

namespace sinter {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kKilo = 1000;
constexpr std::uint64_t kBinary = 1024;
constexpr Unit kSizeUnits[] = {
    {"", 1}, {"b", 1},
    {"k", kBinary}, {"kib", kBinary}, {"kb", kKilo},
    {"m", kBinary * kBinary}, {"mib", kBinary * kBinary}, {"mb", kKilo * kKilo},
    {"g", kBinary * kBinary * kBinary}, {"gib", kBinary * kBinary * kBinary}, {"gb", kKilo * kKilo * kKilo},
    {"t", kBinary * kBinary * kBinary * kBinary}, {"tib", kBinary * kBinary * kBinary * kBinary},
    {"tb", kKilo * kKilo * kKilo * kKilo},
};
constexpr Unit kDurationUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A decimal number as digits / 10^places, so that fractions stay exact.
struct Decimal {
  std::uint64_t digits = 0;
  std::uint64_t scale = 1;
};

/// Takes "12" or "1.25" from the front of `text`; false when there is none or it has too many digits.
bool take_decimal(std::string_view& text, Decimal& number) {
  bool seen_point = false;
  std::size_t count = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !seen_point && count > 0) {
      seen_point = true;
    } else if (is_digit(c)) {
      ++count;
      if (__builtin_mul_overflow(number.digits, 10, &number.digits) ||
          __builtin_add_overflow(number.digits, static_cast<std::uint64_t>(c - '0'), &number.digits) ||
          (seen_point && __builtin_mul_overflow(number.scale, 10, &number.scale)))
        return false;
    } else {
      break;
    }
  }
  if (count == 0 || text[at - 1] == '.') return false;
  text.remove_prefix(at);
  return true;
}

/// The letters at the front of `text`, in lower case.
std::string take_unit(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::string unit;
  while (!text.empty() && ((text.front() | 0x20) >= 'a' && (text.front() | 0x20) <= 'z')) {
    unit += static_cast<char>(text.front() | 0x20);
    text.remove_prefix(1);
  }
  return unit;
}

/// number * factor when that is a whole number below 2^64.
bool scale_exactly(const Decimal& number, std::uint64_t factor, std::uint64_t& result) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(number.digits) * factor;
  if (product % number.scale != 0 || product / number.scale > UINT64_MAX) return false;
  result = static_cast<std::uint64_t>(product / number.scale);
  return true;
}

template <std::size_t kCount>
const Unit* find_unit(const Unit (&units)[kCount], std::string_view name) {
  for (const Unit& unit : units)
    if (unit.name == name) return &unit;
  return nullptr;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = trimmed(text);
  Decimal number;
  std::uint64_t bytes = 0;
  const bool has_number = take_decimal(rest, number);
  const Unit* unit = has_number ? find_unit(kSizeUnits, take_unit(rest)) : nullptr;
  if (unit == nullptr || !rest.empty() || !scale_exactly(number, unit->factor, bytes))
    return user_error("'" + std::string(text) + "' is not a size in whole bytes")
        .with_hint("Write a number and a unit: 512k, 64MiB, 1.5GiB, 100MB");
  return bytes;
}

std::string format_size(std::uint64_t size_bytes) {
  static constexpr std::string_view kNames[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t index = 0;
  std::uint64_t unit = 1;
  while (index + 1 < std::size(kNames) && size_bytes / unit >= kBinary) {
    unit *= kBinary;
    ++index;
  }
  std::string text = std::to_string(size_bytes / unit);
  const std::uint64_t tenth = size_bytes % unit * 10 / unit;
  if (tenth > 0) text.append(".").append(std::to_string(tenth));
  return text.append(kNames[index]);
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  std::string_view rest = trimmed(text);
  const auto fail = [&] {
    return user_error("'" + std::string(text) + "' is not a duration in whole milliseconds")
        .with_hint("Write a number and a unit: 250ms, 30s, 10m, 2h, 1h30m");
  };
  if (rest == "0") return std::int64_t{0};
  if (rest.empty()) return fail();
  std::int64_t total_ms = 0;
  std::uint64_t previous_factor = UINT64_MAX;
  while (!rest.empty()) {
    Decimal number;
    std::uint64_t part_ms = 0;
    if (!take_decimal(rest, number)) return fail();
    const Unit* unit = find_unit(kDurationUnits, take_unit(rest));
    // Units go down, so that "30m1h" and "1m1m" are seen as the typing errors they are.
    if (unit == nullptr || unit->factor >= previous_factor || !scale_exactly(number, unit->factor, part_ms)) return fail();
    if (part_ms > INT64_MAX || __builtin_add_overflow(total_ms, static_cast<std::int64_t>(part_ms), &total_ms)) return fail();
    previous_factor = unit->factor;
  }
  return total_ms;
}

std::string format_duration_ms(std::int64_t duration_ms) {
  std::string text = duration_ms < 0 ? "-" : "";
  std::uint64_t left = duration_ms < 0 ? 0 - static_cast<std::uint64_t>(duration_ms) : static_cast<std::uint64_t>(duration_ms);
  if (left < 1000) return text + std::to_string(left) + "ms";
  for (const auto& [name, factor] : {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}}) {
    if (left >= factor) text.append(std::to_string(left / factor)).append(name);
    left %= factor;
  }
  if (left == 0) return text;
  text += std::to_string(left / 1000);
  if (left % 1000 != 0) {
    const std::string fraction = std::to_string(1000 + left % 1000).substr(1);
    text.append(".").append(fraction.substr(0, fraction.find_last_not_of('0') + 1));
  }
  return text + "s";
}

}  // namespace sinter

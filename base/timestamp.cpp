// Timestamps to and from ISO 8601. Stateless; any thread.
#include "base/timestamp.hpp"

#include "base/calendar.hpp"

namespace sinter {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
// The years 0000 to 9999, which are written without a sign.
constexpr std::int64_t kFirstPlainSecond = days_from_civil(0, 1, 1) * kSecondsPerDay;
constexpr std::int64_t kLastPlainSecond = days_from_civil(10'000, 1, 1) * kSecondsPerDay - 1;

void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

/// Walks over the text; every step says whether it matched and consumes only then.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Digits from here, at most `most`.
  std::size_t count_digits(std::size_t most) const {
    std::size_t count = 0;
    while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') ++count;
    return count;
  }
  /// Exactly `count` digits.
  bool take_digits(std::size_t count, unsigned& value) {
    if (count_digits(count) != count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
    rest_.remove_prefix(count);
    return true;
  }

 private:
  std::string_view rest_;
};

bool scan_date(Scanner& scan, std::int64_t& days, bool& has_sign) {
  const bool minus = scan.take('-');
  const bool plus = !minus && scan.take('+');
  has_sign = minus || plus;
  // Years outside 0000..9999 need a sign, so that "20240301" never reads as a year.
  const std::size_t width = has_sign ? scan.count_digits(6) : 4;
  unsigned year = 0, month = 0, day = 0;
  if (width < 4 || !scan.take_digits(width, year) || !scan.take('-') || !scan.take_digits(2, month) || !scan.take('-') ||
      !scan.take_digits(2, day))
    return false;
  const std::int64_t signed_year = minus ? -static_cast<std::int64_t>(year) : static_cast<std::int64_t>(year);
  if ((minus && year == 0) || !is_valid_date(signed_year, month, day)) return false;
  days = days_from_civil(signed_year, month, day);
  return true;
}

bool scan_fraction(Scanner& scan, std::int64_t& micros) {
  const std::size_t count = scan.count_digits(10);
  if (count < 1 || count > 9) return false;
  std::int64_t place = kMicrosPerSecond;
  for (std::size_t i = 0; i < count; ++i) {
    unsigned digit = 0;
    if (!scan.take_digits(1, digit)) return false;
    place /= 10;
    micros += place * digit;
  }
  return true;
}

bool scan_time(Scanner& scan, std::int64_t& seconds, std::int64_t& micros) {
  unsigned hour = 0, minute = 0, second = 0;
  if (!scan.take_digits(2, hour) || !scan.take(':') || !scan.take_digits(2, minute)) return false;
  if (scan.take(':')) {
    if (!scan.take_digits(2, second)) return false;
    if (scan.take('.') && !scan_fraction(scan, micros)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  seconds = static_cast<std::int64_t>(hour) * 3600 + minute * 60 + second;
  return true;
}

/// "", "Z", "+hh:mm", "+hhmm" or "+hh" (minus likewise).
bool scan_zone(Scanner& scan, std::int64_t& offset_seconds) {
  if (scan.at_end() || scan.take('Z')) return true;
  const bool minus = scan.take('-');
  if (!minus && !scan.take('+')) return false;
  unsigned hour = 0, minute = 0;
  if (!scan.take_digits(2, hour)) return false;
  if (!scan.at_end()) {
    (void)scan.take(':');
    if (!scan.take_digits(2, minute)) return false;
  }
  if (hour > 23 || minute > 59) return false;
  offset_seconds = static_cast<std::int64_t>(hour) * 3600 + minute * 60;
  if (minus) offset_seconds = -offset_seconds;
  return true;
}

}  // namespace

std::string format_timestamp(Timestamp at) {
  std::int64_t seconds = at.micros / kMicrosPerSecond;
  std::int64_t micros = at.micros % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  std::int64_t days = seconds / kSecondsPerDay;
  std::int64_t second_of_day = seconds % kSecondsPerDay;
  if (second_of_day < 0) {
    second_of_day += kSecondsPerDay;
    --days;
  }
  const CivilDate date = civil_from_days(days);
  std::string out;
  if (date.year < 0) out += '-';
  if (date.year > 9999) out += '+';
  append_padded(out, static_cast<std::uint64_t>(date.year < 0 ? -date.year : date.year), 4);
  out += '-';
  append_padded(out, date.month, 2);
  out += '-';
  append_padded(out, date.day, 2);
  out += 'T';
  append_padded(out, static_cast<std::uint64_t>(second_of_day / 3600), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(second_of_day / 60 % 60), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(second_of_day % 60), 2);
  if (micros != 0) {
    out += '.';
    append_padded(out, static_cast<std::uint64_t>(micros), 6);
    while (out.back() == '0') out.pop_back();
  }
  out += 'Z';
  return out;
}

std::optional<Timestamp> parse_iso8601(std::string_view text) {
  Scanner scan(text);
  std::int64_t days = 0, second_of_day = 0, micros = 0, offset_seconds = 0;
  bool has_sign = false;
  if (!scan_date(scan, days, has_sign)) return std::nullopt;
  if (!scan.at_end()) {
    if (!scan.take('T') && !scan.take(' ')) return std::nullopt;
    if (!scan_time(scan, second_of_day, micros) || !scan_zone(scan, offset_seconds) || !scan.at_end()) return std::nullopt;
  }
  std::int64_t seconds = days * kSecondsPerDay + second_of_day - offset_seconds;
  // A zone must not carry "9999-12-31T23:00-10:00" into a year that its writer did not sign for.
  if (!has_sign && (seconds < kFirstPlainSecond || seconds > kLastPlainSecond)) return std::nullopt;
  // Borrow one second below zero: the product alone can leave the range at the very first representable second.
  if (seconds < 0 && micros > 0) {
    ++seconds;
    micros -= kMicrosPerSecond;
  }
  Timestamp at;
  if (__builtin_mul_overflow(seconds, kMicrosPerSecond, &at.micros) || __builtin_add_overflow(at.micros, micros, &at.micros))
    return std::nullopt;
  return at;
}

}  // namespace sinter

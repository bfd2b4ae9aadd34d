// Writing times by a format: see time_format.hpp. Any thread.
#include "base/calendar.hpp"
#include "jobs/fusion/clean/time_format.hpp"
#include "jobs/fusion/clean/time_names.hpp"

namespace sinter::fusion {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::size_t kShortName = 3;

void append_padded(std::string& out, std::int64_t number, std::size_t width, char pad = '0') {
  const std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), pad);
  out += digits;
}

}  // namespace

void TimeFormat::write(std::int64_t local_seconds, std::int64_t micros, std::int64_t offset_seconds, std::string& out) const {
  require(kind_ == Kind::Letters, "epoch and iso8601 are formats to read");
  for (const Token& token : tokens_) {
    if (token.letter == 0) out += token.literal;
    else if (token.letter == ' ') out += ' ';
    else write_directive(token.letter, local_seconds, micros, offset_seconds, out);
  }
}

void TimeFormat::write_directive(char letter, std::int64_t local_seconds, std::int64_t micros, std::int64_t offset_seconds,
                                 std::string& out) const {
  const std::int64_t second_of_day = ((local_seconds % kSecondsPerDay) + kSecondsPerDay) % kSecondsPerDay;
  const std::int64_t days = (local_seconds - second_of_day) / kSecondsPerDay;
  const CivilDate date = civil_from_days(days);
  const std::int64_t hour = second_of_day / 3600;
  switch (letter) {
    case 'Y': return append_padded(out, date.year, 4);
    case 'y': return append_padded(out, ((date.year % 100) + 100) % 100, 2);
    case 'm': return append_padded(out, date.month, 2);
    case 'd': return append_padded(out, date.day, 2);
    case 'e': return append_padded(out, date.day, 2, ' ');
    case 'j': return append_padded(out, days - days_from_civil(date.year, 1, 1) + 1, 3);
    case 'H': return append_padded(out, hour, 2);
    case 'I': return append_padded(out, hour % 12 == 0 ? 12 : hour % 12, 2);
    case 'M': return append_padded(out, second_of_day / 60 % 60, 2);
    case 'S': return append_padded(out, second_of_day % 60, 2);
    case 'f': return append_padded(out, micros, 6);
    case 'p': out += hour < 12 ? "AM" : "PM"; return;
    case 'b': out += month_name(date.month).substr(0, kShortName); return;
    case 'B': out += month_name(date.month); return;
    case 'a': out += weekday_name(weekday_from_days(days)).substr(0, kShortName); return;
    case 'A': out += weekday_name(weekday_from_days(days)); return;
    case 'z': {
      const std::int64_t minutes = (offset_seconds < 0 ? -offset_seconds : offset_seconds) / 60;
      out += offset_seconds < 0 ? '-' : '+';
      append_padded(out, minutes / 60, 2);
      return append_padded(out, minutes % 60, 2);
    }
    default: require(false, "every letter that compile() takes is written");
  }
}

}  // namespace sinter::fusion

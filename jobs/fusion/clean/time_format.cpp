// Compiling and reading time formats: see time_format.hpp. Any thread.
#include "jobs/fusion/clean/time_format.hpp"

#include <cmath>

#include "base/calendar.hpp"
#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/text_scan.hpp"
#include "jobs/fusion/clean/time_names.hpp"
#include "jobs/fusion/clean/time_zone.hpp"

namespace sinter::fusion {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
/// Epoch numbers beyond years 1 to 9999 have another unit: they are not taken, so that [epoch, epoch_ms] tells them apart.
constexpr std::int64_t kFirstEpochSecond = -62'135'596'800;
constexpr std::int64_t kLastEpochSecond = 253'402'300'799;
/// Two-digit years from here are of the last century (POSIX).
constexpr int kFirstYearOfLastCentury = 69;

constexpr std::string_view kLetters = "YymdejHIMSfpbaBAzZ";

/// Takes `least` to `most` digits whose number is in range.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, int first, int last, int& number) {
  std::size_t count = 0;
  int value = 0;
  while (count < most && count < text.size() && is_digit(text[count])) value = value * 10 + (text[count++] - '0');
  if (count < least || value < first || value > last) return false;
  text.remove_prefix(count);
  number = value;
  return true;
}

bool take_fraction(std::string_view& text, std::int64_t& micros) {
  std::int64_t place = kMicrosPerSecond;
  std::size_t count = 0;
  micros = 0;
  for (; count < 9 && count < text.size() && is_digit(text[count]); ++count) {
    place /= 10;
    micros += place * (text[count] - '0');
  }
  text.remove_prefix(count);
  return count > 0;
}

/// %z: "Z", "+hh", "+hhmm", "+hh:mm".
bool take_offset(std::string_view& text, std::optional<std::int64_t>& offset) {
  for (const std::size_t size : {std::size_t{6}, std::size_t{5}, std::size_t{3}, std::size_t{1}}) {
    if (text.size() < size) continue;
    if (const auto found = parse_utc_offset(text.substr(0, size))) {
      offset = found;
      text.remove_prefix(size);
      return true;
    }
  }
  return false;
}

bool take_zone(std::string_view& text, std::string_view& zone) {
  std::size_t size = 0;
  while (size < text.size() &&
         (is_ascii_letter(text[size]) ||
          (size > 0 && (is_digit(text[size]) || text[size] == '/' || text[size] == '_' || text[size] == '+' || text[size] == '-'))))
    ++size;
  zone = text.substr(0, size);
  text.remove_prefix(size);
  return size > 0;
}

/// The ways to read AM or PM at the front: sizes, longest first; 0 ends. "a", "am", "a.m.", "a.m", "noon", "midnight".
struct MeridiemChoices {
  int meridiem = -1;  // 0 AM, 1 PM
  std::size_t sizes[3] = {0, 0, 0};
};

MeridiemChoices meridiem_choices(std::string_view text) {
  MeridiemChoices choices;
  if (starts_with_ignore_ascii_case(text, "noon")) return {1, {4, 0, 0}};
  if (starts_with_ignore_ascii_case(text, "midnight")) return {0, {8, 0, 0}};
  if (text.empty()) return choices;
  const char letter = ascii_lower(text.front());
  if (letter != 'a' && letter != 'p') return choices;
  choices.meridiem = letter == 'p' ? 1 : 0;
  std::size_t count = 0;
  const std::size_t dot = text.size() > 1 && text[1] == '.' ? 2 : 1;
  if (text.size() > dot && ascii_lower(text[dot]) == 'm') {
    if (dot == 2 && text.size() > 3 && text[3] == '.') choices.sizes[count++] = 4;
    choices.sizes[count++] = dot + 1;
  }
  choices.sizes[count] = dot;
  return choices;
}

/// 12 AM is midnight, 12 PM is noon.
int to_hour24(int hour12, int meridiem) { return hour12 % 12 + 12 * meridiem; }

bool read_iso8601(std::string_view text, ClockReading& reading) {
  text = trimmed(text);
  const auto at = parse_iso8601(text);
  if (!at) return false;
  const std::size_t time = text.find_first_of("T ");
  if (time != std::string_view::npos) {
    const std::size_t zone = text.find_first_of("Z+-", time);
    if (zone != std::string_view::npos) reading.offset_seconds = parse_utc_offset(text.substr(zone));
  }
  // Back to what the clock showed: a missing zone is the caller's to fill in.
  const std::int64_t seconds =
      (at->micros - (((at->micros % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond)) / kMicrosPerSecond;
  const std::int64_t local = seconds + reading.offset_seconds.value_or(0);
  const std::int64_t second_of_day = ((local % kSecondsPerDay) + kSecondsPerDay) % kSecondsPerDay;
  const CivilDate date = civil_from_days((local - second_of_day) / kSecondsPerDay);
  if (date.year < 0 || date.year > 9999) return false;  // as %Y; and no arithmetic on what is taken can overflow
  reading.year = static_cast<int>(date.year);
  reading.month = static_cast<int>(date.month);
  reading.day = static_cast<int>(date.day);
  reading.micros = at->micros - seconds * kMicrosPerSecond;
  if (time == std::string_view::npos) return true;
  reading.hour = static_cast<int>(second_of_day / 3600);
  reading.minute = static_cast<int>(second_of_day / 60 % 60);
  reading.second = static_cast<int>(second_of_day % 60);
  return true;
}

/// `per_second`: units of the number in a second. Whole numbers are exact, fractions are rounded to the microsecond.
bool read_epoch(std::string_view text, std::int64_t per_second, ClockReading& reading) {
  std::int64_t whole = 0;
  if (parse_int64(text, whole) == NumberProblem::None) {
    if (whole < kFirstEpochSecond * per_second || whole > kLastEpochSecond * per_second) return false;
    reading.instant = Timestamp{whole * (kMicrosPerSecond / per_second)};
    return true;
  }
  double number = 0;
  if (parse_double(text, number) != NumberProblem::None) return false;
  const double seconds = number / static_cast<double>(per_second);
  if (seconds < static_cast<double>(kFirstEpochSecond) || seconds > static_cast<double>(kLastEpochSecond)) return false;
  const double whole_seconds = std::floor(seconds);
  reading.instant =
      Timestamp{static_cast<std::int64_t>(whole_seconds) * kMicrosPerSecond + std::llround((seconds - whole_seconds) * 1e6)};
  return true;
}

}  // namespace

bool TimeFormat::says(std::string_view letters) const {
  if (kind_ != Kind::Letters) return true;
  for (const Token& token : tokens_) {
    if (token.letter != 0 && letters.find(token.letter) != std::string_view::npos) return true;
  }
  return false;
}

Status TimeFormat::add_directive(char letter, const std::string& text, Purpose purpose) {
  // Letters that stand for several, or that read alike.
  struct Shorthand {
    char letter;
    std::string_view meaning;
  };
  static constexpr Shorthand kShorthands[] = {
      {'T', "%H:%M:%S"}, {'R', "%H:%M"}, {'D', "%m/%d/%y"}, {'F', "%Y-%m-%d"}, {'r', "%I:%M:%S %p"}};
  for (const Shorthand& shorthand : kShorthands) {
    if (shorthand.letter != letter) continue;
    for (std::size_t i = 0; i < shorthand.meaning.size(); ++i) {
      const char c = shorthand.meaning[i];
      if (c == '%') tokens_.push_back({shorthand.meaning[++i], 0});
      else tokens_.push_back(c == ' ' ? Token{' ', 0} : Token{0, c});
    }
    return {};
  }
  if (letter == '%') tokens_.push_back({0, '%'});
  else if (letter == 'h' || (letter == 'B' && purpose == Purpose::Read)) tokens_.push_back({'b', 0});
  else if (letter == 'A' && purpose == Purpose::Read) tokens_.push_back({'a', 0});
  else if (letter == 'e' && purpose == Purpose::Read) tokens_.push_back({'d', 0});
  else if (letter == 'n' || letter == 't') tokens_.push_back({' ', 0});
  else if (letter == 'Z' && purpose == Purpose::Write)
    return user_error("the time format '" + text + "' cannot write %Z: names of zones are not kept").with_hint("write %z");
  else if (kLetters.find(letter) != std::string_view::npos) tokens_.push_back({letter, 0});
  else {
    return user_error("unknown letter '%" + std::string(1, letter) + "' in the time format '" + text + "'")
        .with_hint(
            "known: %Y %y %m %d %e %j %b %B %a %A %H %I %M %S %f %p %z %Z %T %R %D %F %r %%, and the words iso8601, epoch, epoch_ms, "
            "epoch_us");
  }
  return {};
}

Status TimeFormat::check(const std::string& text) const {
  const auto bad = [&](const std::string& why, std::string hint) {
    return user_error("the time format '" + text + "' " + why).with_hint(std::move(hint));
  };
  if (says("I") != says("p"))
    return bad(says("I") ? "has %I (12 hours) without %p" : "has %p without %I", "write \"%I:%M %p\", or %H for 24 hours");
  if (says("MSf") && !says("HI")) return bad("has minutes without hours", "add %H");
  if (says("H") && says("I")) return bad("has both %H and %I", "keep one");
  if (says("d") && !says("mb")) return bad("has a day without a month", "add %m or %b");
  if (says("mb") && !says("d") && !says("Yy"))
    return bad("has a month without a day", "add %d, or the year for the first of the month");
  if (!says("HIYymbj")) return bad("says nothing about a time", "write it like \"%Y-%m-%d %H:%M\"");
  std::size_t meridiems = 0;
  for (const Token& token : tokens_) meridiems += token.letter == 'p' ? 1 : 0;
  if (meridiems > 1) return bad("has %p twice", "keep one");
  return {};
}

Result<TimeFormat> TimeFormat::compile(const std::string& text, Purpose purpose) {
  TimeFormat format;
  if (text == "iso8601" || text == "iso") format.kind_ = Kind::Iso8601;
  else if (text == "epoch" || text == "epoch_s") format.kind_ = Kind::Epoch;
  else if (text == "epoch_ms") format.kind_ = Kind::EpochMillis;
  else if (text == "epoch_us") format.kind_ = Kind::EpochMicros;
  if (format.kind_ != Kind::Letters) {
    if (purpose == Purpose::Write)
      return user_error("'" + text + "' cannot be written as text").with_hint("write it like \"%Y-%m-%dT%H:%M:%S\"");
    return format;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_ascii_blank(text[i])) {
      if (format.tokens_.empty() || format.tokens_.back().letter != ' ' || purpose == Purpose::Write)
        format.tokens_.push_back({' ', ' '});
    } else if (text[i] != '%') {
      format.tokens_.push_back({0, text[i]});
    } else {
      if (++i == text.size()) return user_error("the time format '" + text + "' ends in a lone %").with_hint("%% is a percent sign");
      SINTER_TRY(format.add_directive(text[i], text, purpose));
    }
  }
  if (purpose == Purpose::Read) SINTER_TRY(format.check(text));
  return format;
}

bool TimeFormat::read(std::string_view text, ClockReading& reading) const {
  switch (kind_) {
    case Kind::Iso8601: return read_iso8601(text, reading);
    case Kind::Epoch: return read_epoch(text, 1, reading);
    case Kind::EpochMillis: return read_epoch(text, 1000, reading);
    case Kind::EpochMicros: return read_epoch(text, kMicrosPerSecond, reading);
    case Kind::Letters: break;
  }
  return read_from(0, trimmed(text), reading, -1, -1);
}

bool TimeFormat::read_from(std::size_t at, std::string_view text, ClockReading& reading, int hour12, int meridiem) const {
  int ignored = 0;
  for (; at < tokens_.size(); ++at) {
    const Token token = tokens_[at];
    bool fits = true;
    switch (token.letter) {
      case 0:
        fits = !text.empty() && ascii_lower(text.front()) == ascii_lower(token.literal);
        if (fits) text.remove_prefix(1);
        break;
      case ' ':
        while (const std::size_t size = leading_blank_size(text)) text.remove_prefix(size);
        break;
      case 'Y': fits = take_number(text, 4, 4, 0, 9999, reading.year); break;
      case 'y':
        fits = take_number(text, 2, 2, 0, 99, reading.year);
        if (fits) reading.year += reading.year >= kFirstYearOfLastCentury ? 1900 : 2000;
        break;
      case 'm': fits = take_number(text, 1, 2, 1, 12, reading.month); break;
      case 'd': fits = take_number(text, 1, 2, 1, 31, reading.day); break;
      case 'j': fits = take_number(text, 3, 3, 1, 366, reading.day_of_year); break;
      case 'H': fits = take_number(text, 1, 2, 0, 23, reading.hour); break;
      case 'I': fits = take_number(text, 1, 2, 1, 12, hour12); break;
      case 'M': fits = take_number(text, 2, 2, 0, 59, reading.minute); break;
      case 'S': fits = take_number(text, 2, 2, 0, 59, reading.second); break;
      case 'f': fits = take_fraction(text, reading.micros); break;
      case 'b': fits = take_month_name(text, reading.month); break;
      case 'a': fits = take_weekday_name(text, ignored); break;
      case 'z': fits = take_offset(text, reading.offset_seconds); break;
      case 'Z': fits = take_zone(text, reading.zone); break;
      case 'p': {
        // "9:35aMar 4": the longest reading of AM may have eaten into the month; then the next shorter one is tried.
        const MeridiemChoices choices = meridiem_choices(text);
        for (const std::size_t size : choices.sizes) {
          if (size == 0) break;
          ClockReading attempt = reading;
          if (!read_from(at + 1, text.substr(size), attempt, hour12, choices.meridiem)) continue;
          reading = attempt;
          return true;
        }
        return false;
      }
      default: return false;
    }
    if (!fits) return false;
  }
  if (!text.empty()) return false;
  if (meridiem >= 0 && hour12 >= 0) reading.hour = to_hour24(hour12, meridiem);
  return true;
}

}  // namespace sinter::fusion
